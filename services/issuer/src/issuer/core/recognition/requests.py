"""A learner's credential from elsewhere, brought before a programme: decided at once by an agreement, or a case.

What is granted is an ordinary award, signed before the transaction that stores it; that transaction decides again by
what it holds, and gives up where the decision is another.
"""

from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from issuer.core.addresses import Addresses
from issuer.core.credentials.issue import Issue
from issuer.core.model import Credential
from issuer.core.ports import Audit, Reading, UnitOfWork, UnitsOfWork
from issuer.core.recognition.agreement import AgreementId
from issuer.core.recognition.appeals import days_of, ends
from issuer.core.recognition.award import Worth, order_of
from issuer.core.recognition.deciding import Code, Decision, Granted, Reason, Refused, decide
from issuer.core.recognition.life import RecognitionLife, life_of
from issuer.core.recognition.papers import Papers, split
from issuer.core.recognition.ports import NameBox, RecognitionReading, Viewer
from issuer.core.recognition.recognition import (
    By,
    Recognition,
    RecognitionChange,
    RecognitionId,
    RecognitionState,
)
from issuer.core.recognition.sources import first_status
from issuer.core.recognition.vetting import Request, Vet, Vetted
from service_kit.clock import Clock
from service_kit.errors import Conflict, ServiceError, Unavailable
from service_kit.ids import NewId

ATTEMPTS = 5
MOST_WAITING = 20  # of one learner before one institution: a limit for all would let one learner shut out the others
# Of one learner before one institution too: what agreements refuse, and what is withdrawn, may come again, and is kept.
MOST_CLOSED, CLOSED_WITHIN = 50, timedelta(days=30)
NOT_POSSIBLE = "award-not-possible"
NO_AGREEMENT = Reason("no-agreement", "no agreement is about this credential: the institution decides")


class Changed(Conflict):
    """Something is other than it was read: it is to be decided again."""

    code = "changed-meanwhile"

    def __init__(self) -> None:
        super().__init__("what this is about changes all the time; try again")


class _Answered(Exception):
    def __init__(self, recognition_id: str) -> None:
        super().__init__(recognition_id)
        self.recognition_id = recognition_id


class RequestRecognition:
    """Decides what is requested, or opens a case. Repeating it under its key gives what it gave."""

    def __init__(
        self,
        *,
        unit_of_work: UnitsOfWork,
        reading: Reading,
        recognitions: RecognitionReading,
        vet: Vet,
        issue: Issue,
        box: NameBox,
        addresses: Addresses,
        audit: Audit,
        clock: Clock,
        new_id: NewId,
    ) -> None:
        self._unit_of_work = unit_of_work
        self._reading = reading
        self._recognitions = recognitions
        self._vet = vet
        self._issue = issue
        self._box = box
        self._addresses = addresses
        self._audit = audit
        self._clock = clock
        self._new_id = new_id

    async def __call__(self, request: Request) -> RecognitionLife:
        """Raises Invalid for what does not hold, Conflict for what is before the programme already."""
        earlier = await self._earlier(request)
        if earlier is None:
            earlier = await self._made(request)
        return await self._life(request, earlier)

    async def _made(self, request: Request) -> str:
        """The id of the new one, or of what the key's first request made meanwhile: that is no conflict with it."""
        try:
            made = await self._decided(await self._vet(request))
        except _Answered as answered:
            return answered.recognition_id
        except Conflict:
            earlier = await self._earlier(request)
            if earlier is None:
                raise
            return earlier
        self._audit("recognition_requested", recognition=made.id, state=made.state.value, actor=request.actor)
        return made.id

    async def _earlier(self, request: Request) -> str | None:
        return None if request.key is None else await self._reading.answered(request.owner, request.key)

    async def _decided(self, vetted: Vetted) -> Recognition:
        for _ in range(ATTEMPTS - 1):
            with suppress(Changed):
                return await self._attempt(vetted)
        return await self._attempt(vetted)

    async def _attempt(self, vetted: Vetted) -> Recognition:
        place, now = vetted.place, self._clock()
        signed = await self._recognitions.signed(place, vetted.presented.issuer)
        counted = await self._recognitions.counted(place)
        decision = decide([one.as_open() for one in signed], vetted.presented, counted, now)
        new = self._new(vetted, decision)
        days = days_of(signed, new.agreement_id) or await self._recognitions.appeal_days(place.org_id)
        if isinstance(decision, Granted):
            return await self._granted(vetted, decision, new, ends(new.created_at, days))
        if new.reasons and new.reasons[0].code == Code.RECOGNISED:
            raise Conflict(new.reasons[0].detail, code="already-recognised")
        if new.state is RecognitionState.REFUSED:
            new = replace(new, appeal_until=ends(new.created_at, days))
        return await self._kept(vetted, new)

    async def _granted(
        self, vetted: Vetted, decision: Granted, new: Recognition, appeal_until: datetime
    ) -> Recognition:
        worth = Worth(
            target=decision.target,
            issuer=decision.issuer,
            credits=decision.credits,
            results=decision.results,
            agreement=decision.agreement,
            digest=decision.digest,
        )
        order = order_of(
            new, worth, vetted.request.recipient, self._addresses.agreement(decision.agreement), self._addresses
        )
        try:
            await self._issue.once(order, partial(self._store_with, vetted, decision, new))
        except (Changed, Unavailable):
            raise
        except ServiceError as error:
            return await self._kept(vetted, self._not_awarded(vetted, new, error, appeal_until))
        return new

    def _not_awarded(
        self, vetted: Vetted, new: Recognition, error: ServiceError, appeal_until: datetime
    ) -> Recognition:
        """Who has the achievement is refused; whatever else stands in the way is for a person to look at."""
        bare = replace(new, target=None, credits=None, results=(), sealed=self._sealed(new.id, vetted))
        if error.code == "already-awarded":
            held = Reason(Code.HELD, "the learner has the achievement that this would give")
            return replace(bare, state=RecognitionState.REFUSED, reasons=(held,), appeal_until=appeal_until)
        return replace(bare, state=RecognitionState.OPEN, reasons=(Reason(NOT_POSSIBLE, error.detail),))

    async def _store_with(
        self, vetted: Vetted, decision: Granted, new: Recognition, work: UnitOfWork, credential: Credential
    ) -> None:
        """In the transaction of the award."""
        await self._claim(work, vetted.request, new)
        counted = await work.recognitions.hold_learner(vetted.place)
        signed = await work.recognitions.hold_agreements(vetted.place, vetted.presented.issuer)
        again = decide([one.as_open() for one in signed], vetted.presented, counted, self._clock())
        if again != decision:
            raise Changed
        await self._add(work, vetted, replace(new, credential_id=credential.id))
        if vetted.own_source is None:
            await work.recognitions.watch(first_status(new.id, vetted.traces, new.created_at))

    async def _kept(self, vetted: Vetted, new: Recognition) -> Recognition:
        async with self._unit_of_work() as work:
            await self._claim(work, vetted.request, new)
            counted = await work.recognitions.hold_learner(vetted.place)
            if new.state is RecognitionState.OPEN and counted.waiting >= MOST_WAITING:
                raise Conflict(f"{MOST_WAITING} cases of this learner wait there already", code="cases-full")
            if await work.recognitions.closed_since(vetted.place, self._clock() - CLOSED_WITHIN) >= MOST_CLOSED:
                text = f"{MOST_CLOSED} requests of this learner were refused by agreements or withdrawn in 30 days"
                raise Conflict(text, code="requests-full")
            await self._add(work, vetted, new)
            await work.commit()
        return new

    async def _claim(self, work: UnitOfWork, request: Request, new: Recognition) -> None:
        if request.key is not None:
            earlier = await work.idempotency.claim(request.owner, request.key, new.id)
            if earlier is not None:
                raise _Answered(earlier)

    async def _add(self, work: UnitOfWork, vetted: Vetted, new: Recognition) -> None:
        is_case = new.state is RecognitionState.OPEN
        by = vetted.request.by if is_case else By.AGREEMENT
        actor = vetted.request.actor if is_case or new.agreement_id is None else new.agreement_id
        change = RecognitionChange(new.id, 1, new.state, by, actor, None, new.reasons, None, new.created_at)
        if not await work.recognitions.add(new, change):
            raise Changed

    def _new(self, vetted: Vetted, decision: Decision | None) -> Recognition:
        now, recognition_id = self._clock(), RecognitionId(self._new_id())
        granted = decision if isinstance(decision, Granted) else None
        agreement = None if decision is None else decision.agreement
        return Recognition(
            id=recognition_id,
            place=vetted.place,
            presented=vetted.presented,
            document="",
            own_source=vetted.own_source,
            state=_state(decision),
            revision=1,
            agreement_id=None if agreement is None else AgreementId(agreement),
            target=None if granted is None else granted.target,
            credits=None if granted is None else granted.credits,
            results=() if granted is None else granted.results,
            reasons=_reasons(decision),
            credential_id=None,
            evidence=split(vetted.evidence)[0],
            vouched=vetted.request.vouched,
            sealed=None if granted is not None else self._sealed(recognition_id, vetted),
            decider=None,
            is_appeal_used=False,
            appeal_until=None,
            holds_back=False,
            created_at=now,
            changed_at=now,
        )

    def _sealed(self, recognition_id: RecognitionId, vetted: Vetted) -> bytes:
        papers = Papers(vetted.request.recipient, vetted.document, split(vetted.evidence)[1])
        return self._box.seal(recognition_id, papers)

    async def _life(self, request: Request, recognition_id: str) -> RecognitionLife:
        named, viewer = RecognitionId(recognition_id), Viewer(org_id=request.org_id, person=request.person)
        found = await self._recognitions.recognition(viewer, named)
        if found is None:
            raise Unavailable("the first request with this Idempotency-Key has not ended")
        return await life_of(found, self._recognitions, self._box, self._clock())


def _state(decision: Decision | None) -> RecognitionState:
    if decision is None or (isinstance(decision, Refused) and decision.is_for_people):
        return RecognitionState.OPEN
    return RecognitionState.GRANTED if isinstance(decision, Granted) else RecognitionState.REFUSED


def _reasons(decision: Decision | None) -> tuple[Reason, ...]:
    if decision is None:
        return (NO_AGREEMENT,)
    return decision.reasons if isinstance(decision, Refused) else ()
