"""What a pathway's owner sees of the progress of learners who consented: that, and nothing else they hold."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from issuer.core.addresses import Addresses
from issuer.core.ports import Audit
from issuer.core.progress.consents import NO_CONSENT
from issuer.core.progress.consents_model import Consent, ConsentId
from issuer.core.progress.consents_ports import ConsentReading, ConsentWorks
from issuer.core.progress.model import Learner, Progress
from issuer.core.progress.ports import PathwayName, ProgressReading
from issuer.core.progress.progress import NO_PATHWAY, TIME_S, MeasureProgress, pathway_uuid
from issuer.core.stacks.kept_evidence import address_in
from service_kit.clock import Clock
from service_kit.errors import NotFound, invalid_field
from service_kit.ids import is_id
from service_kit.inputs import Page, PageRequest
from service_kit.task_group import task_group

MOST_LEARNERS = 20  # a page
AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class SharedProgress:
    """A learner's progress by a consent. `learner` is the same for one person at one organization, and nowhere else.

    `address` is there only where the learner agreed to show it.
    """

    consent: Consent
    learner: str
    address: str | None
    progress: Progress


class SeeProgress:
    """Reads for one organization. Whatever is answered is noted with the consent, and in the audit trail."""

    def __init__(
        self,
        *,
        consents: ConsentReading,
        works: ConsentWorks,
        reading: ProgressReading,
        measure_progress: MeasureProgress,
        pseudonym: Callable[[str, str], str],
        addresses: Addresses,
        audit: Audit,
        clock: Clock,
    ) -> None:
        self._consents = consents
        self._works = works
        self._reading = reading
        self._measure = measure_progress
        self._pseudonym = pseudonym
        self._addresses = addresses
        self._audit = audit
        self._clock = clock

    async def page(self, org_id: str, pathway: str, page: PageRequest, *, actor: str) -> Page[SharedProgress]:
        """Of the organization's pathway, by URL or UUID; newest consents first. Raises NotFound for another's."""
        uuid = pathway_uuid(self._addresses, pathway)
        if uuid is None:
            raise invalid_field("pathway", f"must be {self._addresses.pathway('')}<uuid>, or the uuid")
        found = await self._reading.pathway(self._addresses.pathway(uuid))
        if found is None or found.org_id != org_id:
            raise NotFound(NO_PATHWAY)
        asked = PageRequest(min(page.limit, MOST_LEARNERS), page.after)
        consents = await self._consents.standing(org_id, found.id, self._clock(), asked)
        return Page(await self._seen(org_id, consents.items, actor), consents.next)

    async def one(self, org_id: str, consent_id: str, *, actor: str) -> SharedProgress:
        """By the consent's id. Raises NotFound where there is none, where it has ended, and for another's."""
        found = None
        if is_id(consent_id):
            found = await self._consents.standing_one(org_id, ConsentId(consent_id), self._clock())
        seen = await self._seen(org_id, [found], actor) if found else []
        if not seen:
            raise NotFound(NO_CONSENT)
        return seen[0]

    async def _seen(self, org_id: str, consents: Sequence[Consent], actor: str) -> list[SharedProgress]:
        """Those that still stand when all is measured: who withdraws meanwhile is not shown."""
        deadline, turns = asyncio.get_running_loop().time() + TIME_S, asyncio.Semaphore(AT_ONCE)
        async with task_group() as group:
            tasks = [group.create_task(self._shared(one, deadline, turns)) for one in consents]
        measured = [found for task in tasks if (found := task.result()) is not None]
        async with self._works() as work:
            stand = set(await work.see(org_id, [one.consent.id for one in measured], self._clock()))
            await work.commit()
        shown = [one for one in measured if one.consent.id in stand]
        for one in shown:
            consent = one.consent
            self._audit("progress_seen", consent=consent.id, pathway=consent.pathway_id, org=org_id, actor=actor)
        return shown

    async def _shared(self, consent: Consent, deadline: float, turns: asyncio.Semaphore) -> SharedProgress | None:
        """None for a pathway that cannot be completed any more."""
        learner = Learner(consent.person, consent.digest)
        async with turns:
            found = await self._measure(learner, [PathwayName(consent.pathway_id, consent.org_id)], deadline)
            address = None
            if consent.shows_address:
                address = address_in(await self._reading.profile(consent.person), consent.digest)
        if not found:
            return None
        return SharedProgress(consent, self._pseudonym(consent.org_id, consent.person), address, found[0])
