"""A learner lets a pathway's owner see the learner's progress on it, and ends that, at any time and at once."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from issuer.core.addresses import Addresses
from issuer.core.backpack.model import PersonId
from issuer.core.ports import Audit
from issuer.core.progress.consents_model import Consent, ConsentId
from issuer.core.progress.consents_ports import ConsentReading, ConsentWork, ConsentWorks
from issuer.core.progress.model import Learner
from issuer.core.progress.ports import PathwayName, ProgressReading
from issuer.core.progress.progress import pathway_uuid
from issuer.core.stacks.kept_evidence import address_in
from service_kit.clock import Clock
from service_kit.errors import Conflict, Gone, NotFound, invalid_field
from service_kit.ids import NewId, is_id
from service_kit.inputs import IdempotencyKey, Page, PageRequest

NO_CONSENT = "there is no such consent"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentOrder:
    """What a learner agrees to. `pathway` is a URL or a UUID; `shows_address`: its owner sees the address too.

    `allows_award`: what the learner brought along may count in the pathway's stack.
    """

    learner: Learner
    pathway: str
    purpose: str
    shows_address: bool
    allows_award: bool
    expires_at: datetime | None
    key: IdempotencyKey | None


class GrantConsent:
    """Stores a consent. The audit trail names the consent, never whose it is."""

    def __init__(
        self,
        *,
        works: ConsentWorks,
        reading: ProgressReading,
        addresses: Addresses,
        recipient_key: Callable[[str, str], bytes],
        audit: Audit,
        clock: Clock,
        new_id: NewId,
    ) -> None:
        self._recipient_key = recipient_key
        self._works = works
        self._reading = reading
        self._addresses = addresses
        self._audit = audit
        self._clock = clock
        self._new_id = new_id

    async def __call__(self, order: ConsentOrder) -> Consent:
        """Raises Invalid; Conflict while one for the pathway stands; Gone where a repeated one was erased."""
        pathway = await self._pathway(order.pathway)
        now = self._clock()
        if order.expires_at is not None and order.expires_at <= now:
            raise invalid_field("expiresAt", "must be in the future")
        if order.shows_address:
            profile = await self._reading.profile(order.learner.person)
            if address_in(profile, order.learner.digest) is None:
                raise invalid_field("shows", "your profile does not have your confirmed address")
        consent = self._consent(order, pathway, now)
        async with self._works() as work:
            if order.key is not None:
                earlier = await work.idempotency.claim(consent.person, order.key, consent.id)
                if earlier is not None:
                    return await _granted_before(work, consent.person, earlier)
            if not await work.add(consent):
                raise Conflict("a consent for this pathway stands; withdraw it first", code="consent-stands")
            await work.commit()
        self._audit("progress_consent_granted", consent=consent.id, pathway=pathway.id, org=pathway.org_id)
        return consent

    async def _pathway(self, name: str) -> PathwayName:
        uuid = pathway_uuid(self._addresses, name)
        found = await self._reading.pathway(self._addresses.pathway(uuid)) if uuid else None
        if found is None:
            raise invalid_field("pathway", "is no pathway that can still be completed")
        return found

    def _consent(self, order: ConsentOrder, pathway: PathwayName, now: datetime) -> Consent:
        key = self._recipient_key(pathway.org_id, order.learner.digest) if order.allows_award else None
        return Consent(
            id=ConsentId(self._new_id()),
            person=order.learner.person,
            org_id=pathway.org_id,
            pathway_id=pathway.id,
            purpose=order.purpose,
            shows_address=order.shows_address,
            allows_award=order.allows_award,
            recipient_key=key,
            digest=order.learner.digest,
            granted_at=now,
            expires_at=order.expires_at,
        )


async def _granted_before(work: ConsentWork, person: PersonId, consent_id: str) -> Consent:
    found = await work.find(person, ConsentId(consent_id))
    if found is None:
        raise Gone("the consent that this Idempotency-Key gave was erased")
    return found


class EndConsent:
    """Ends a consent, and erases it altogether."""

    def __init__(self, *, works: ConsentWorks, audit: Audit, clock: Clock) -> None:
        self._works = works
        self._audit = audit
        self._clock = clock

    async def withdraw(self, person: PersonId, consent_id: str) -> None:
        """Nobody sees anything by it from now on; the person still sees that it was. Raises NotFound. Repeatable."""
        async with self._works() as work:
            found = await work.find(person, ConsentId(consent_id)) if is_id(consent_id) else None
            if found is None:
                raise NotFound(NO_CONSENT)
            if found.ended_at is not None:
                return
            await work.end(found.id, self._clock())
            await work.commit()
        self._audit("progress_consent_withdrawn", consent=found.id, pathway=found.pathway_id, org=found.org_id)

    async def erase(self, person: PersonId, consent_id: str) -> None:
        """Raises NotFound."""
        async with self._works() as work:
            if not is_id(consent_id) or not await work.remove(person, ConsentId(consent_id)):
                raise NotFound(NO_CONSENT)
            await work.commit()
        self._audit("progress_consent_erased", consent=consent_id)


class ReadConsents:
    """What a learner agreed to."""

    def __init__(self, *, reading: ConsentReading) -> None:
        self._reading = reading

    async def page(self, person: PersonId, page: PageRequest) -> Page[Consent]:
        """Newest first, ended ones too."""
        return await self._reading.of_person(person, page)
