"""The bit in a status list of a credential that was issued as it was handed in (VC-API)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from credential_core.bitstring import ENTRY_TYPE
from credential_core.model.violation import listed
from issuer.core.addresses import Addresses
from issuer.core.credentials.any_credentials import refused
from issuer.core.model import PURPOSE, AnyCredential, State
from issuer.core.ports import Audit, UnitsOfWork
from service_kit.clock import Clock
from service_kit.errors import NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyStatus:
    """Set or clear the bit of a credential: of the entry that is given, else of the newest that goes by this name."""

    org_id: str
    actor: str
    name: str
    entry: Mapping[str, Any]
    status: bool


class SetAnyStatus:
    """Revokes a credential that was issued as it was handed in. Repeating it does nothing and succeeds."""

    def __init__(self, *, unit_of_work: UnitsOfWork, addresses: Addresses, audit: Audit, clock: Clock) -> None:
        self._unit_of_work = unit_of_work
        self._addresses = addresses
        self._audit = audit
        self._clock = clock

    async def __call__(self, command: AnyStatus) -> None:
        """Set it. Raises NotFound; Malformed for what its list cannot say, or is said for good."""
        self._check(command.entry)
        async with self._unit_of_work() as work:
            found = await work.any_credentials.lock(command.org_id, command.name)
            credential = next((each for each in found if self._is_meant(each, command.entry)), None)
            if credential is None:
                raise NotFound("there is no such credential with such a status")
            changed = self._changed(credential, status=command.status)
            if changed is not credential and credential.slot is not None:
                await work.any_credentials.save(changed)
                await work.status_lists.note_change(credential.slot.list_id)
            await work.commit()
        self._audit("status_changed", credential=credential.id, actor=command.actor, action=changed.state.value)

    def _check(self, status: Mapping[str, Any]) -> None:
        if ENTRY_TYPE not in listed(status.get("type")):
            raise refused("credentialStatus.type", f"must be {ENTRY_TYPE}")
        if status.get("statusPurpose", PURPOSE) != PURPOSE:
            raise refused("credentialStatus.statusPurpose", f"must be {PURPOSE}: there is no list for another")

    def _is_meant(self, credential: AnyCredential, status: Mapping[str, Any]) -> bool:
        """Whether the credential's place is the one that is named, as far as it is."""
        if credential.slot is None:
            return False
        url, index = self._addresses.status_list(credential.slot.list_id), str(credential.slot.index)
        named = status.get("statusListCredential", url), str(status.get("statusListIndex", index))
        return named == (url, index)

    def _changed(self, credential: AnyCredential, *, status: bool) -> AnyCredential:
        if status is credential.state.bit:
            return credential
        if not status:
            raise refused("status", "a revocation is for good (Bitstring Status List §2.2)")
        return replace(credential, state=State.REVOKED, changed_at=self._clock())
