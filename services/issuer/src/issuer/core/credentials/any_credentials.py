"""Any credential of the W3C data model, issued as it was handed in (VC-API)."""

from collections.abc import Awaitable, Callable, Coroutine, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from credential_core.bitstring import ENTRY_TYPE, check_entry, entry
from credential_core.contexts import CREDENTIALS_V2
from credential_core.errors import CredentialError
from credential_core.json_input import parse
from credential_core.model import validate_credential
from credential_core.model.violation import listed
from credential_core.verify import issuer_id
from issuer.core.addresses import Addresses
from issuer.core.credentials.securing import Form, Manner, Secured, choose_key
from issuer.core.issuers.held_keys import hold, signed_anew
from issuer.core.model import PURPOSE, Algorithm, AnyCredential, CredentialId, Issuer, IssuerKey, Json, Slot, State
from issuer.core.ports import Audit, KeyStore, Reading, UnitOfWork, UnitsOfWork
from issuer.core.status_lists.slots import Slots
from service_kit.clock import Clock
from service_kit.errors import Conflict, FieldError, Malformed, Unavailable
from service_kit.ids import NewId
from service_kit.inputs import IdempotencyKey

REFUSED = "credential-refused"
MAX_NAME = 500  # characters
_BEGINNINGS = ("issuer", "issuanceDate", "validFrom")
_ENDS = ("credentialStatus", "validUntil", "expirationDate")


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyOrder:
    """What is asked for: the credential itself, and how it is to be secured. `name` is what it goes by afterwards.

    `key` and `named` make it repeatable: the latter if the name was chosen by whoever orders. `revocable`: whether it
    gets a place in the issuer's list; as the issuer's policy says, unless given.
    """

    org_id: str
    actor: str
    document: Json
    form: Form | None = None
    algorithm: Algorithm | None = None
    created: datetime | None = None
    domain: str | tuple[str, ...] | None = None
    challenge: str | None = None
    mandatory: tuple[str, ...] | None = None
    name: str | None = None
    key: IdempotencyKey | None = None
    named: IdempotencyKey | None = None
    revocable: bool | None = None
    addressed: bool = False
    """Whether its `id` is an address that this service chose for it."""


Also = Callable[[UnitOfWork, AnyCredential], Awaitable[None]]
"""What else is stored with a credential, in the same transaction."""


class IssueAny:
    """Secures a credential by one of the organization's issuers, which must be the credential's own.

    Nothing secured leaves before it is stored. Its life is told by its status list alone: it has no achievement, so it
    is no `credential-issued` event and no public record.
    """

    def __init__(
        self,
        *,
        unit_of_work: UnitsOfWork,
        reading: Reading,
        slots: Slots,
        keys: KeyStore,
        addresses: Addresses,
        audit: Audit,
        clock: Clock,
        new_id: NewId,
    ) -> None:
        self._unit_of_work = unit_of_work
        self._reading = reading
        self._slots = slots
        self._keys = keys
        self._addresses = addresses
        self._audit = audit
        self._clock = clock
        self._new_id = new_id

    async def __call__(self, order: AnyOrder, also: Also | None = None) -> str:
        """The secured credential's text. Raises Malformed for whatever is wrong with the request."""
        earlier = await _first_answer(order, self._reading.answered)
        if earlier is not None:
            return await self._repeat(order.org_id, earlier)
        document = well_made(order.document)
        if not order.addressed:
            await self._check_id(order.org_id, document)
        return await signed_anew(lambda: self._attempt(order, document, also))

    async def _attempt(self, order: AnyOrder, document: Json, also: Also | None) -> str:
        issuer = await self._issuer(order.org_id, document)
        key, form = choose_key(issuer, order.form, order.algorithm)
        if order.mandatory and form is not Form.ECDSA_SD:
            raise Malformed(f"mandatoryPointers are for {Form.ECDSA_SD}, not for {form}", code=REFUSED)
        document, slot = await self._with_status(document, issuer, revocable=order.revocable)
        now = self._clock()
        manner = Manner(
            form=form,
            created=order.created or now.replace(microsecond=0),
            domain=order.domain,
            challenge=order.challenge,
            mandatory=_mandatory(document, order.mandatory),
        )
        credential_id = CredentialId(self._new_id())
        trail = {"document": credential_id, "key_id": key.id, "form": form.value, "actor": order.actor}
        self._audit("signing", **trail)
        try:
            secured = await self._keys.secure(document, key, manner)
        except CredentialError as error:
            self._audit("signed", **trail, outcome="refused", reason=error.code)
            raise Malformed(f"the credential cannot be signed: {error.detail}", code=REFUSED) from error
        self._audit("signed", **trail, outcome="ok", digest=secured.digest)
        kept = _kept(order, secured, credential_id=credential_id, issuer=issuer, slot=slot, now=now)
        return await self._record(order, kept, key, also)

    async def _issuer(self, org_id: str, document: Json) -> Issuer:
        wanted = issuer_id(document)
        issuers = await self._reading.issuers_of(org_id)
        found = next((issuer for issuer in issuers if issuer.did == wanted), None)
        if found is None:
            raise refused("credential.issuer", "is not an issuer of your organization")
        if not found.active:
            raise refused("credential.issuer", "is not active")
        return found

    async def _check_id(self, org_id: str, document: Json) -> None:
        """An address of ours leads to one credential, and to who issued it: nobody else signs under it."""
        identifier = document.get("id")
        if not isinstance(identifier, str) or not self._addresses.leads_here(identifier):
            return
        found = self._addresses.credential_in(identifier)
        if found is None or await self._reading.credential(org_id, found) is None:
            raise refused("credential.id", "is an address of this Laurel, and of no credential of your organization")

    async def _with_status(self, document: Json, issuer: Issuer, *, revocable: bool | None) -> tuple[Json, Slot | None]:
        """With a place in the issuer's list, if order or policy say so and it brings no status of its own."""
        is_listed = issuer.policy.adds_status if revocable is None else revocable
        if not is_listed or "credentialStatus" in document:
            return document, None
        if CREDENTIALS_V2 not in listed(document.get("@context")):
            raise refused("credential.@context", "this issuer adds a status, which takes the VC Data Model 2.0")
        slot = await self._slots.take(issuer)
        status = entry(self._addresses.status_list(slot.list_id), slot.index, PURPOSE)
        return {**document, "credentialStatus": dict(status)}, slot

    async def _record(self, order: AnyOrder, credential: AnyCredential, key: IssuerKey, also: Also | None) -> str:
        async with self._unit_of_work() as work:
            earlier = await _first_answer(order, lambda org, key: work.idempotency.claim(org, key, credential.id))
            if earlier is None:
                await hold(work, key)
                await work.any_credentials.add(credential)
                if also is not None:
                    await also(work, credential)
                await work.commit()
        return credential.document if earlier is None else await self._repeat(order.org_id, earlier)

    async def _repeat(self, org_id: str, credential_id: str) -> str:
        document = await self._reading.any_document(org_id, CredentialId(credential_id))
        if document is None:
            raise Unavailable("the first request with this Idempotency-Key has not ended")
        return document


async def _first_answer(
    order: AnyOrder, ask: Callable[[str, IdempotencyKey], Coroutine[Any, Any, str | None]]
) -> str | None:
    """What an earlier order by the same key, or under the same name, gave. Malformed if the name is another's."""
    earlier = None if order.key is None else await ask(order.org_id, order.key)
    if earlier is not None or order.named is None:
        return earlier
    try:
        return await ask(order.org_id, order.named)
    except Conflict as conflict:
        raise refused(
            "options.credentialId", "stands for a credential that was issued by another request"
        ) from conflict


def well_made(document: Json) -> Json:
    """The credential, if it follows the data model it claims to. Raises Malformed, naming what does not."""
    try:
        read = parse(document)
    except CredentialError as error:
        raise refused("credential", error.detail) from error
    violations = validate_credential(read)
    if violations:
        errors = [FieldError(f"credential.{violation.path}", violation.detail) for violation in violations]
        raise Malformed("the credential does not follow its data model", code=REFUSED, errors=errors)
    for status in _entries(read):
        try:
            check_entry(status)
        except CredentialError as error:
            raise refused("credential.credentialStatus", error.detail) from error
    return read


def _mandatory(document: Json, ordered: tuple[str, ...] | None) -> tuple[str, ...]:
    """What no part of a credential can do without, unless the order says otherwise; and always what ends it.

    A holder who could leave out the status or the end would show a revoked or an expired credential as one that holds.
    """
    if ordered is None:
        ordered = tuple(f"/{name}" for name in _BEGINNINGS if document.get(name) is not None)
    ends = (f"/{name}" for name in _ENDS if document.get(name) not in (None, []))
    return tuple(dict.fromkeys((*ordered, *ends)))


def _entries(document: Json) -> Iterator[Json]:
    """Whatever calls itself a status entry, wherever it stands."""
    pending: list[Any] = [document]
    while pending:
        value = pending.pop()
        if isinstance(value, list):
            pending.extend(value)
        elif isinstance(value, dict):
            pending.extend(value.values())
            if ENTRY_TYPE in listed(value.get("type")):
                yield value


def _kept(
    order: AnyOrder, secured: Secured, *, credential_id: CredentialId, issuer: Issuer, slot: Slot | None, now: datetime
) -> AnyCredential:
    identifier = order.document.get("id")
    usable = isinstance(identifier, str) and len(identifier) <= MAX_NAME
    return AnyCredential(
        id=credential_id,
        org_id=order.org_id,
        issuer_id=issuer.id,
        name=order.name or (identifier if usable else None),
        state=State.ISSUED,
        slot=slot,
        document=secured.text,
        issued_by=order.actor,
        issued_at=now,
        changed_at=now,
    )


def refused(field: str, detail: str) -> Malformed:
    """What is wrong with one member of a request."""
    return Malformed(f"{field}: {detail}", code=REFUSED, errors=(FieldError(field, detail),))
