"""Cases: evidence, the institution's decision with its reason, and one appeal that somebody else decides."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial

from issuer.core.addresses import Addresses
from issuer.core.backpack.arrival import Examine
from issuer.core.credentials.achievements import parse_reference
from issuer.core.credentials.issue import Issue
from issuer.core.model import Credential, Json
from issuer.core.ports import Audit, UnitOfWork, UnitsOfWork
from issuer.core.recognition.appeals import check_in_time, ends
from issuer.core.recognition.award import Worth, order_of
from issuer.core.recognition.deciding import Code, Reason
from issuer.core.recognition.papers import Papers, split
from issuer.core.recognition.ports import NameBox, RecognitionReading, Viewer
from issuer.core.recognition.presented import UNFIT, ends_before
from issuer.core.recognition.queries import NO_RECOGNITION
from issuer.core.recognition.recognition import (
    TO_DECIDE,
    By,
    Recognition,
    RecognitionChange,
    RecognitionId,
    RecognitionState,
    notation_of,
)
from issuer.core.recognition.requests import ATTEMPTS, Changed
from issuer.core.recognition.sources import first_status
from issuer.core.recognition.traces import Traces, traces_of
from issuer.core.recognition.vetting import checked_evidence
from service_kit.clock import Clock
from service_kit.errors import Conflict, Invalid, NotFound, invalid_field
from service_kit.ids import is_id

MOST_EVIDENCE = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Who does something with which recognition, and why."""

    viewer: Viewer
    actor: str
    by: By
    recognition_id: str
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What an institution grants. Without a target, the programme is what is awarded, if it is an achievement."""

    target: str | None
    issuer: str | None
    credits: float | None
    results: Sequence[Json]


class Cases:
    """Changes one recognition at a time. Repeating a step does nothing and succeeds."""

    def __init__(
        self,
        *,
        unit_of_work: UnitsOfWork,
        recognitions: RecognitionReading,
        examine: Examine,
        issue: Issue,
        box: NameBox,
        addresses: Addresses,
        audit: Audit,
        clock: Clock,
    ) -> None:
        self._unit_of_work = unit_of_work
        self._recognitions = recognitions
        self._examine = examine
        self._issue = issue
        self._box = box
        self._addresses = addresses
        self._audit = audit
        self._clock = clock

    async def grant(self, step: Step, given: Given) -> None:
        """Award it. Raises Invalid when the credential stands no longer, Conflict when there is nothing to decide."""
        await self._again(step, partial(self._grant, given=given), RecognitionState.GRANTED)

    async def refuse(self, step: Step) -> None:
        """Award nothing. Raises Conflict when there is nothing to decide."""
        await self._again(step, self._refuse, RecognitionState.REFUSED)

    async def appeal(self, step: Step) -> None:
        """Have a refusal decided again. Raises Conflict when there is none, it was decided twice, or it is too late."""
        await self._again(step, self._appeal, RecognitionState.APPEALED)

    async def withdraw(self, step: Step) -> None:
        """Ask no longer. Raises Conflict for what is decided."""
        await self._again(step, self._withdraw, RecognitionState.WITHDRAWN)

    async def erase(self, step: Step) -> None:
        """Keep nothing of what was shown, and forgo the appeal. Raises Conflict while there is something to decide."""
        await self._again(step, self._erase, None)

    async def add_evidence(self, step: Step, items: Sequence[Json]) -> None:
        """More that speaks for it, while there is something to decide."""
        _check_to_decide(await self._found(step))  # nothing is fetched for whoever may add nothing
        checked = await checked_evidence(self._examine, items)
        await self._again(step, partial(self._add_evidence, items=checked), None)

    async def _again(
        self, step: Step, attempt: Callable[[Step, Recognition], Awaitable[None]], target: RecognitionState | None
    ) -> None:
        for number in range(ATTEMPTS):
            found = await self._found(step)
            if found.state is target:
                return
            try:
                await attempt(step, found)
            except Changed:
                if number + 1 == ATTEMPTS:
                    raise
            else:
                self._audit("recognition_changed", recognition=found.id, by=step.by.value, actor=step.actor)
                return

    async def _found(self, step: Step) -> Recognition:
        named, found = step.recognition_id, None
        if is_id(named):
            found = await self._recognitions.recognition(step.viewer, RecognitionId(named))
        if found is None:
            raise NotFound(NO_RECOGNITION)
        return found

    async def _grant(self, step: Step, found: Recognition, *, given: Given) -> None:
        _check_decider(step, found)
        papers = self._papers(found)
        examined = await self._examine.read(papers.document, notation_of(papers.document))
        if ends_before(examined.document, self._clock()):
            raise Invalid("the credential was refused: validity: expired", code=UNFIT)
        target = self._target(found, given)
        worth = Worth(
            target=target,
            issuer=given.issuer,
            credits=None if given.credits is None else Decimal(str(given.credits)),
            results=given.results,
        )
        granted = replace(
            self._next(found, RecognitionState.GRANTED),
            target=target,
            credits=worth.credits,
            results=tuple(worth.results),
            reasons=(),
            sealed=None,
            decider=step.actor,
        )
        order = order_of(found, worth, papers.recipient, step.actor, self._addresses)
        traces = traces_of(examined.document, examined.report, examined.controllers)
        await self._issue.once(order, partial(self._store_with, step, granted, traces))

    def _papers(self, found: Recognition) -> Papers:
        papers = self._box.open(found)
        assert papers is not None  # noqa: S101 - they are kept as long as there is something to decide
        return papers

    async def _store_with(
        self, step: Step, granted: Recognition, traces: Traces, work: UnitOfWork, credential: Credential
    ) -> None:
        """In the transaction of the award."""
        await work.recognitions.hold_learner(granted.place)
        await self._save(work, step, replace(granted, credential_id=credential.id))
        if granted.own_source is None:
            await work.recognitions.watch(first_status(granted.id, traces, granted.changed_at))

    def _target(self, found: Recognition, given: Given) -> str:
        try:
            return parse_reference(given.target or found.place.programme, self._addresses.base_url).achievement_id
        except Invalid as error:
            raise invalid_field("achievement", "is needed: the achievement that is awarded for it") from error

    async def _refuse(self, step: Step, found: Recognition) -> None:
        _check_decider(step, found)
        reason = Reason(Code.BY_PERSON, step.reason or "")
        days = await self._recognitions.appeal_days(found.place.org_id)
        refused = self._next(found, RecognitionState.REFUSED)
        refused = replace(
            refused,
            reasons=(reason,),
            decider=step.actor,
            sealed=None if found.is_appeal_used else found.sealed,
            appeal_until=None if found.is_appeal_used else ends(refused.changed_at, days),
        )
        await self._store(step, refused)

    async def _appeal(self, step: Step, found: Recognition) -> None:
        check_in_time(found, self._clock())
        if not found.takes_place and (await self._recognitions.counted(found.place)).is_in_it:
            raise Conflict("this was recognised in the programme before", code="already-recognised")
        await self._store(step, replace(self._next(found, RecognitionState.APPEALED), is_appeal_used=True))

    async def _withdraw(self, step: Step, found: Recognition) -> None:
        if found.state is not RecognitionState.OPEN:
            raise Conflict(f"what is {found.state.value} cannot be withdrawn", code="recognition-not-open")
        await self._store(step, replace(self._next(found, RecognitionState.WITHDRAWN), sealed=None))

    async def _erase(self, step: Step, found: Recognition) -> None:
        if found.state in TO_DECIDE:
            raise Conflict("what is to be decided needs its papers: withdraw it first", code="recognition-undecided")
        if found.sealed is not None:
            await self._store(step, replace(self._next(found, found.state), sealed=None))

    async def _add_evidence(self, step: Step, found: Recognition, *, items: Sequence[Json]) -> None:
        _check_to_decide(found)
        bare, texts = split(items)
        new = [item for item in bare if item not in found.evidence]
        if len(found.evidence) + len(new) > MOST_EVIDENCE:
            raise invalid_field("evidence", f"a case has {MOST_EVIDENCE} pieces at most")
        if new:
            papers = self._papers(found)
            sealed = self._box.seal(found.id, replace(papers, evidence={**papers.evidence, **texts}))
            more = replace(self._next(found, found.state), evidence=(*found.evidence, *new), sealed=sealed)
            await self._store(step, more)

    async def _store(self, step: Step, changed: Recognition) -> None:
        async with self._unit_of_work() as work:
            await work.recognitions.hold_learner(changed.place)
            await self._save(work, step, changed)
            await work.commit()

    async def _save(self, work: UnitOfWork, step: Step, changed: Recognition) -> None:
        reasons = changed.reasons if changed.state is RecognitionState.REFUSED else ()
        change = RecognitionChange(
            changed.id,
            changed.revision,
            changed.state,
            step.by,
            step.actor,
            step.reason,
            reasons,
            None,
            changed.changed_at,
        )
        if not await work.recognitions.save(changed, change):
            raise Changed

    def _next(self, found: Recognition, state: RecognitionState) -> Recognition:
        return replace(found, state=state, revision=found.revision + 1, changed_at=self._clock())


def _check_to_decide(found: Recognition) -> None:
    if found.state not in TO_DECIDE:
        raise Conflict(f"what is {found.state.value} is not to be decided about", code="recognition-not-open")


def _check_decider(step: Step, found: Recognition) -> None:
    _check_to_decide(found)
    if found.state is RecognitionState.APPEALED and found.decider == step.actor:
        raise Conflict("who refused it does not decide the appeal: somebody else does", code="same-decider")
