"""Issuing one credential: decide, take a place in the status list, compose, and store it with its event."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from issuer.core.achievements import Reference, await_achievement, parse_reference
from issuer.core.addresses import Addresses
from issuer.core.award import allow
from issuer.core.compose import Compose, Draft
from issuer.core.held_keys import hold, signed_anew
from issuer.core.issue_ports import Basis, Made, ReadBasis, Record
from issuer.core.model import Achievement, Credential, CredentialId, Issuer
from issuer.core.once import already_awarded, once_mark
from issuer.core.order import Order
from issuer.core.ports import Reading, UnitOfWork, UnitsOfWork
from issuer.core.slots import Slots
from service_kit.clock import Clock
from service_kit.errors import Conflict, Unavailable, invalid_field
from service_kit.ids import NewId
from service_kit.together import Together

Also = Callable[[UnitOfWork, Credential], Awaitable[None]]
"""What is stored together with a credential, before it: what it raises undoes both. It may claim idempotency keys."""


@dataclass(frozen=True, slots=True)
class Issued:
    """The credential's address, and its signed text."""

    url: str
    document: str


class Issue:
    """Issues one credential. Nothing signed leaves before it is stored.

    What comes at once is signed together, with one line in the audit trail before and one after, and shares one commit.
    """

    def __init__(
        self,
        *,
        unit_of_work: UnitsOfWork,
        record: Record,
        basis: ReadBasis,
        reading: Reading,
        slots: Slots,
        compose: Compose,
        addresses: Addresses,
        clock: Clock,
        new_id: NewId,
    ) -> None:
        self._unit_of_work = unit_of_work
        self._basis = basis
        self._reading = reading
        self._slots = slots
        self._compose = compose
        self._addresses = addresses
        self._clock = clock
        self._new_id = new_id
        self._compositions: Together[Draft, Credential] = Together(compose.each)
        self._records: Together[Made, str | None] = Together(record)

    async def __call__(self, order: Order) -> Issued:
        """Issue, or repeat the answer that this idempotency key has had. Raises ServiceError."""
        return await signed_anew(lambda: self._attempt(order))

    async def once(self, order: Order, also: Also) -> Issued:
        """Issue to a learner who does not have the achievement, with what else its transaction stores. ServiceError."""
        return await signed_anew(lambda: self._attempt_with(order, also))

    async def _attempt_with(self, order: Order, also: Also) -> Issued:
        reference = self._reference(order)
        basis = await self._basis(order.org_id, None, reference)
        credential, issuer = await self._signed_credential(order, reference, basis)
        return await self._record_once(order, credential, issuer, also)

    async def _attempt(self, order: Order) -> Issued:
        reference = self._reference(order)
        basis = await self._basis(order.org_id, order.key, reference)
        if basis.earlier is not None:  # before anything is checked: what has changed since is no error of a repetition
            return await self._repeat(order.org_id, basis.earlier)
        credential, issuer = await self._signed_credential(order, reference, basis)
        if not order.allow_duplicates:
            return await self._record_once(order, credential, issuer)
        return await self._record(order, credential, issuer)

    def _reference(self, order: Order) -> Reference:
        return parse_reference(order.achievement, self._addresses.base_url)

    async def _signed_credential(self, order: Order, reference: Reference, basis: Basis) -> tuple[Credential, Issuer]:
        # 1. What it is about, who signs it, and whether that is allowed.
        issuer = choose_issuer(basis.issuers, order.issuer)
        achievement = basis.achievement or await await_achievement(self._find_achievement, reference)
        now = self._clock()
        award = allow(order, issuer, achievement, now)
        # 2. Its place in the status list, and the signature. A refusal from here on burns the place.
        slot = await self._slots.take(issuer)
        draft = self._compose.draft(award, credential_id=CredentialId(self._new_id()), slot=slot, now=now)
        return await self._compositions(draft), issuer

    async def _find_achievement(self, reference: Reference) -> Achievement | None:
        return await self._reading.achievement(reference.achievement_id, reference.version)

    async def _record(self, order: Order, credential: Credential, issuer: Issuer) -> Issued:
        made = Made(order.key, credential, issuer.key, self._compose.event(credential, issuer))
        earlier = await self._records(made)
        if earlier is not None:
            return await self._repeat(order.org_id, earlier)
        return Issued(self._addresses.credential(credential.id), credential.document)

    async def _record_once(
        self, order: Order, credential: Credential, issuer: Issuer, also: Also | None = None
    ) -> Issued:
        """Store it unless the learner has the achievement. Raises Conflict, and the key stays free."""
        mark = once_mark(credential.achievement_id, credential.recipient_key)
        made = replace(credential, once=mark)
        async with self._unit_of_work() as work:
            if also is not None:
                await also(work, made)
            await hold(work, issuer.key)  # before the key is claimed, as by those who share a transaction
            earlier = await work.idempotency.claim(order.org_id, order.key, made.id) if order.key else None
            if earlier is None:
                if await work.credentials.holders(made.achievement_id, [made.recipient_key]):
                    raise already_awarded()
                if not await work.credentials.add_all([made]):  # a batch was faster
                    raise already_awarded()
                await work.outbox.append(self._compose.event(made, issuer))
                await work.commit()
        if earlier is not None:
            return await self._repeat(order.org_id, earlier)
        return Issued(self._addresses.credential(made.id), made.document)

    async def _repeat(self, org_id: str, credential_id: str) -> Issued:
        document = await self._reading.document(org_id, CredentialId(credential_id))
        if document is None:
            raise Unavailable("the first request with this Idempotency-Key has not ended")
        return Issued(self._addresses.credential(CredentialId(credential_id)), document)


def choose_issuer(issuers: Sequence[Issuer], wanted: str | None) -> Issuer:
    """The issuer that is named, or the oldest: a second issuer must not stop the requests that knew only the first."""
    if not issuers:
        raise Conflict("your organization has no issuer yet", code="no-issuer")
    if wanted is None:
        return min(issuers, key=lambda issuer: (issuer.created_at, issuer.slug))
    found = next((issuer for issuer in issuers if wanted in (issuer.slug, issuer.did)), None)
    if found is None:
        raise invalid_field("issuer", "is not an issuer of your organization")
    return found
