"""Issuing one credential: decide, take a place in the status list, compose, and store it with its event."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from issuer.core.addresses import Addresses
from issuer.core.credentials.achievements import NotKnownYet, Reference, await_achievement, parse_reference
from issuer.core.credentials.award import allow
from issuer.core.credentials.compose import Compose, Draft
from issuer.core.credentials.once import already_awarded, once_mark
from issuer.core.credentials.order import Order
from issuer.core.credentials.ports import Asked, Basis, Made, ReadBases, Record
from issuer.core.issuers.held_keys import hold, signed_anew
from issuer.core.model import Achievement, Credential, CredentialId, Issuer
from issuer.core.ports import Reading, UnitOfWork, UnitsOfWork
from issuer.core.status_lists.slots import Slots
from service_kit.clock import Clock
from service_kit.errors import Conflict, ServiceError, Unavailable, invalid_field
from service_kit.ids import NewId
from service_kit.inputs import IdempotencyKey
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

    What comes while others are issued is issued together: read at once, signed with one line in the audit trail before
    and one after, and stored by one commit.
    """

    def __init__(
        self,
        *,
        unit_of_work: UnitsOfWork,
        bases: ReadBases,
        record: Record,
        reading: Reading,
        slots: Slots,
        compose: Compose,
        addresses: Addresses,
        clock: Clock,
        new_id: NewId,
    ) -> None:
        self._unit_of_work = unit_of_work
        self._bases = bases
        self._record = record
        self._reading = reading
        self._slots = slots
        self._compose = compose
        self._addresses = addresses
        self._clock = clock
        self._new_id = new_id
        self._lots: Together[Asked, Issued | CredentialId] = Together(self._issue_all)

    async def __call__(self, order: Order) -> Issued:
        """Issue, or repeat the answer that this idempotency key has had. Raises ServiceError."""
        return await signed_anew(lambda: self._attempt(order))

    async def once(self, order: Order, also: Also) -> Issued:
        """Issue to a learner who does not have the achievement, with what else its transaction stores. ServiceError."""
        return await signed_anew(lambda: self._attempt_once(order, None, also))

    async def _attempt(self, order: Order) -> Issued:
        if not order.allow_duplicates:
            return await self._attempt_once(order, order.key)
        asked = Asked(order, order.key, self._reference(order))
        try:
            told = await self._lots(asked)
        except NotKnownYet:
            await self._arrived(asked.reference)
            told = await self._lots(asked)
        return told if isinstance(told, Issued) else await self._repeat(order.org_id, told)

    async def _attempt_once(self, order: Order, key: IdempotencyKey | None, also: Also | None = None) -> Issued:
        asked = Asked(order, key, self._reference(order))
        [basis] = await self._bases([asked])
        if isinstance(basis, ServiceError):
            raise basis
        if basis.earlier is not None:
            return await self._repeat(order.org_id, basis.earlier)
        try:
            draft = await self._draft(order, basis, self._clock())
        except NotKnownYet:
            basis = replace(basis, achievement=await self._arrived(asked.reference))
            draft = await self._draft(order, basis, self._clock())
        [credential] = await self._compose.each([draft])
        if isinstance(credential, ServiceError):
            raise credential
        return await self._record_once(order, credential, draft.award.issuer, also)

    async def _issue_all(self, asked: Sequence[Asked]) -> Sequence[Issued | CredentialId | Exception]:
        """What each is answered, or the id of the credential that its idempotency key stands for."""
        made = await self._sign_all(asked)
        new = [one for one in made if isinstance(one, Made)]
        stored = iter(await self._store_all(new) if new else ())
        return [next(stored) if isinstance(one, Made) else one for one in made]

    async def _sign_all(self, asked: Sequence[Asked]) -> Sequence[Made | CredentialId | ServiceError]:
        """What is to be stored for each, or the id of the credential that its idempotency key stands for."""
        # 1. What each is about, who signs it, and whether that is allowed. A refusal from here on burns the place.
        bases, now = await self._bases(asked), self._clock()
        begun = [await self._begin(one.order, basis, now) for one, basis in zip(asked, bases, strict=True)]
        # 2. The signatures.
        signed = iter(await self._compose.each([one for one in begun if isinstance(one, Draft)]))
        return [
            self._made(one.order, draft, next(signed)) if isinstance(draft, Draft) else draft
            for one, draft in zip(asked, begun, strict=True)
        ]

    async def _store_all(self, made: Sequence[Made]) -> Sequence[Issued | CredentialId | Exception]:
        """One transaction. A failure is told to all: signed anew, what was stored unheard would be issued twice."""
        try:
            earlier = await self._record(made)
        except Exception as error:  # whatever it is, it is told to whoever waits for it
            return [error] * len(made)
        return [self._told(one, before) for one, before in zip(made, earlier, strict=True)]

    async def _begin(
        self, order: Order, basis: Basis | ServiceError, now: datetime
    ) -> Draft | CredentialId | ServiceError:
        if isinstance(basis, ServiceError):
            return basis
        if basis.earlier is not None:  # before anything is checked: what changed since is no error of a repetition
            return CredentialId(basis.earlier)
        try:
            return await self._draft(order, basis, now)
        except ServiceError as error:
            return error

    async def _draft(self, order: Order, basis: Basis, now: datetime) -> Draft:
        """What is to be signed, with its place in the status list."""
        issuer = choose_issuer(basis.issuers, order.issuer)
        if basis.achievement is None:
            raise NotKnownYet
        award = allow(order, issuer, basis.achievement, now)
        _ = issuer.key  # one that has none is refused here, before it takes a place, and others of its lot are not
        slot = await self._slots.take(issuer)
        return self._compose.draft(award, credential_id=CredentialId(self._new_id()), slot=slot, now=now)

    def _made(self, order: Order, draft: Draft, credential: Credential | ServiceError) -> Made | ServiceError:
        if isinstance(credential, ServiceError):
            return credential
        issuer = draft.award.issuer
        return Made(order.key, credential, issuer.key, self._compose.event(credential, issuer))

    def _told(self, made: Made, earlier: str | Exception | None) -> Issued | CredentialId | Exception:
        if earlier is None:
            return Issued(self._addresses.credential(made.credential.id), made.credential.document)
        return earlier if isinstance(earlier, Exception) else CredentialId(earlier)

    def _reference(self, order: Order) -> Reference:
        return parse_reference(order.achievement, self._addresses.base_url)

    async def _arrived(self, reference: Reference) -> Achievement:
        """One that was published a moment ago is waited for."""
        return await await_achievement(self._find_achievement, reference)

    async def _find_achievement(self, reference: Reference) -> Achievement | None:
        return await self._reading.achievement(reference.achievement_id, reference.version)

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
        raise Conflict("open one first, with POST /issuers (a name and a slug)", code="no-issuer")
    if wanted is None:
        return min(issuers, key=lambda issuer: (issuer.created_at, issuer.slug))
    found = next((issuer for issuer in issuers if wanted in (issuer.slug, issuer.did)), None)
    if found is None:
        raise invalid_field("issuer", "is not an issuer of your organization")
    return found
