"""What people do about recognised credentials from elsewhere: they look again at an award, or show its source anew."""

from dataclasses import replace
from datetime import timedelta

from credential_core.jcs import digest
from issuer.core.backpack.arrival import Examine
from issuer.core.backpack.model import Notation
from issuer.core.ports import Audit, UnitOfWork, UnitsOfWork
from issuer.core.recognition.cases import Step
from issuer.core.recognition.ports import RecognitionReading
from issuer.core.recognition.presented import UNFIT
from issuer.core.recognition.queries import NO_RECOGNITION
from issuer.core.recognition.recognition import Recognition, RecognitionChange, RecognitionId
from issuer.core.recognition.sources import SourceStatus, first_status
from issuer.core.recognition.traces import traces_of
from service_kit.clock import Clock
from service_kit.errors import Conflict, Invalid, NotFound
from service_kit.ids import is_id

STATUS = "status"  # a check
SHOWN = "what was recognised was shown again: it is followed from now on"


class ReviewSources:
    """Changes one recognition at a time. Repeating a step does nothing and succeeds."""

    def __init__(
        self,
        *,
        unit_of_work: UnitsOfWork,
        recognitions: RecognitionReading,
        examine: Examine,
        audit: Audit,
        clock: Clock,
    ) -> None:
        self._unit_of_work = unit_of_work
        self._recognitions = recognitions
        self._examine = examine
        self._audit = audit
        self._clock = clock

    async def keep(self, step: Step) -> None:
        """The award stands in spite of what is to be reviewed. Raises NotFound; Conflict where nothing is."""
        found = await self._found(step)
        async with self._unit_of_work() as work:
            locked, seen = await _watched(work, found)
            if seen.review is None:
                raise Conflict("there is nothing to review", code="nothing-to-review")
            if seen.is_kept:
                return
            await work.recognitions.keep_reviewed(found.id, seen.review.code)
            await self._add_step(work, locked, step, step.reason)
            await work.commit()
        self._audit("recognition_reviewed", recognition=found.id, review=seen.review.code, actor=step.actor)

    async def show(self, step: Step, text: str, notation: Notation) -> None:
        """Follow what nobody could follow, by the credential itself.

        It may have been revoked since: then the first look finds it. Raises NotFound; Invalid for another credential,
        or one that does not hold; Conflict where nothing is to be followed.
        """
        found = await self._found(step)
        seen = _elsewhere(await self._recognitions.watched(found.id))
        if seen.look_at is not None:
            return
        examined = await self._examine.read(text, notation, excused={STATUS})
        if digest(dict(examined.document)) != found.presented.digest:
            raise Invalid("the credential is another document than the one that was recognised", code=UNFIT)
        traces = traces_of(examined.document, examined.report, examined.controllers)
        async with self._unit_of_work() as work:
            locked, seen = await _watched(work, found)
            if seen.look_at is not None:
                return
            now = self._clock()
            await work.recognitions.forget(found.id)
            await work.recognitions.watch(first_status(found.id, traces, now, after=timedelta()))
            await self._add_step(work, locked, step, SHOWN)
            await work.commit()
        self._audit("recognition_source_shown", recognition=found.id, actor=step.actor)

    async def _found(self, step: Step) -> Recognition:
        found = None
        if is_id(step.recognition_id):
            found = await self._recognitions.recognition(step.viewer, RecognitionId(step.recognition_id))
        if found is None:
            raise NotFound(NO_RECOGNITION)
        return found

    async def _add_step(self, work: UnitOfWork, locked: Recognition, step: Step, reason: str | None) -> None:
        now, revision = self._clock(), locked.revision + 1
        change = RecognitionChange(locked.id, revision, locked.state, step.by, step.actor, reason, (), None, now)
        await work.recognitions.save(replace(locked, revision=revision, changed_at=now), change)


async def _watched(work: UnitOfWork, found: Recognition) -> tuple[Recognition, SourceStatus]:
    """Locked, with how its source was last seen. Raises Conflict where there is none from elsewhere, or no award."""
    locked = await work.recognitions.lock(found.id)
    assert locked is not None  # noqa: S101 - it was found a moment ago, and none is ever deleted
    return locked, _elsewhere(await work.recognitions.watched(found.id))


def _elsewhere(seen: SourceStatus | None) -> SourceStatus:
    if seen is None:
        raise Conflict("no award stands here for a credential from elsewhere", code="no-source-elsewhere")
    return seen
