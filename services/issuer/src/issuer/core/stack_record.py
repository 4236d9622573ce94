"""A stack as a comprehensive learner record (CLR 2.0): its credential, its components, and how they belong together.

Source: 1EdTech Comprehensive Learner Record 2.0, ClrCredential, ClrSubject and Association.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from credential_core.contexts import CREDENTIALS_V2, OPEN_BADGES_V3
from credential_core.errors import LimitError
from credential_core.json_input import parse
from credential_core.timestamps import format_timestamp
from issuer.core.addresses import Addresses
from issuer.core.any_credentials import AnyOrder, IssueAny
from issuer.core.model import Credential, CredentialId, Issuer, Json, State
from issuer.core.ports import Reading
from issuer.core.stack import StackId, StackState
from issuer.core.stack_ports import StackReading
from service_kit.clock import Clock
from service_kit.errors import Conflict, NotFound
from service_kit.ids import NewId, is_id
from service_kit.inputs import IdempotencyKey

CLR = "https://purl.imsglobal.org/spec/clr/v2p0/context-2.0.1.json"
PART_OF = "isPartOf"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordOrder:
    """Who asks for the record of which stack."""

    org_id: str
    actor: str
    stack_id: str
    key: IdempotencyKey | None = None


class RecordStack:
    """Signs a ClrCredential of a stack that is awarded. What it holds are the documents as they are now."""

    def __init__(
        self,
        *,
        stacks: StackReading,
        reading: Reading,
        issue_any: IssueAny,
        addresses: Addresses,
        clock: Clock,
        new_id: NewId,
    ) -> None:
        self._stacks = stacks
        self._reading = reading
        self._issue_any = issue_any
        self._addresses = addresses
        self._clock = clock
        self._new_id = new_id

    async def __call__(self, order: RecordOrder) -> str:
        """The signed text. Raises NotFound, or Conflict for a stack that is not awarded or too large for one record."""
        stack = await self._stacks.stack(order.org_id, StackId(order.stack_id)) if is_id(order.stack_id) else None
        if stack is None:
            raise NotFound("there is no such stack")
        if stack.state is not StackState.AWARDED or stack.credential_id is None:
            raise Conflict(f"a stack that is {stack.state.value} has no record", code="stack-not-awarded")
        awarded = await self._credential(order.org_id, stack.credential_id)
        if stack.brought:
            detail = "a component was brought along: its document is its holder's to show"
            raise Conflict(detail, code="component-not-yours")
        names = [one["id"].removeprefix(self._addresses.credential_prefix) for one in stack.record["inputs"]]
        components = [await self._credential(order.org_id, CredentialId(name)) for name in names]
        components.sort(key=lambda one: (one.issued_at, one.id))
        document = self._document(awarded, components, await self._reading.issuer(awarded.issuer_id))
        return await self._issue_any(AnyOrder(org_id=order.org_id, actor=order.actor, document=document, key=order.key))

    async def _credential(self, org_id: str, credential_id: CredentialId) -> Credential:
        found = await self._reading.credential(org_id, credential_id)
        if found is None or found.state is not State.ISSUED:
            raise Conflict("one of its credentials does not stand at present", code="stack-not-awarded")
        return found

    def _document(self, awarded: Credential, components: Sequence[Credential], issuer: Issuer) -> Json:
        stacked: Json = orjson.loads(awarded.document)
        subject = {
            name: stacked["credentialSubject"][name]
            for name in ("id", "identifier")
            if name in stacked["credentialSubject"]
        }
        address = self._addresses.credential(awarded.id)
        document = {
            "@context": [CREDENTIALS_V2, CLR, OPEN_BADGES_V3],
            "id": f"urn:uuid:{self._new_id()}",
            "type": ["VerifiableCredential", "ClrCredential"],
            "name": stacked["name"],
            "issuer": issuer.profile,
            "validFrom": format_timestamp(self._clock().replace(microsecond=0)),
            "partial": False,
            "credentialSubject": {
                **subject,
                "type": ["ClrSubject"],
                "verifiableCredential": [*(orjson.loads(one.document) for one in components), stacked],
                "association": [
                    {
                        "type": ["Association"],
                        "associationType": PART_OF,
                        "sourceId": self._addresses.credential(one.id),
                        "targetId": address,
                    }
                    for one in components
                ],
            },
        }
        try:
            return parse(document)
        except LimitError as error:
            raise Conflict(f"it is too large for one record: {error.detail}", code="stack-too-large") from error
