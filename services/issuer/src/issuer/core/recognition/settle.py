"""The worker's part of recognition: awards follow what they recognise, and papers go when nobody can appeal any more.

What is due is noted in the transaction of the change, and once more with each award: a change that the award did not
see is seen then. Each is settled in a transaction of its own, by what it holds locked.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

import orjson

from contracts.events import credential_event_id
from issuer.core.addresses import Addresses
from issuer.core.credentials.change_status import restate
from issuer.core.model import Credential, CredentialId, State, StatusChange
from issuer.core.ports import Audit, UnitOfWork, UnitsOfWork
from issuer.core.recognition.deciding import Presented
from issuer.core.recognition.following import Corrected, Standing, correction, follow
from issuer.core.recognition.ports import DueRecognition
from issuer.core.recognition.presented import presented_in
from issuer.core.recognition.recognition import By, Recognition, RecognitionChange
from issuer.core.recognition.sources import SourceStatus
from service_kit.clock import Clock

AT_ONCE = 50
LEASE = timedelta(seconds=60)  # or until the connection that took them ends
WORDS = {
    State.ISSUED: "what was recognised stands again",
    State.SUSPENDED: "what was recognised is suspended",
    State.REVOKED: "what was recognised is revoked",
}
CORRECTED = {
    Corrected.WORTH: "what was recognised was corrected: reinstate the award, corrected if need be, or revoke it",
    Corrected.LEARNER: "what was recognised was corrected, and names somebody else",
}
TOO_LATE = "the time to appeal is over"
BY_HAND = "the award was changed"
NOTHING_TO_REVIEW = "its key is listed, and nothing says that it was replaced: there is nothing to review any more"


@dataclass(frozen=True, slots=True)
class Source:
    """What is recognised, as it stands: our own credential, or by the list that was last read of it."""

    state: State
    own: Credential | None
    seen: SourceStatus | None

    @property
    def list_url(self) -> str | None:
        """Of the list that told it."""
        return None if self.seen is None else self.seen.list_url


class SettleRecognitions:
    """Settles the next that are due."""

    def __init__(self, *, unit_of_work: UnitsOfWork, addresses: Addresses, audit: Audit, clock: Clock) -> None:
        self._unit_of_work = unit_of_work
        self._addresses = addresses
        self._audit = audit
        self._clock = clock

    async def __call__(self) -> int:
        """Do one piece. Returns how many were due; 0 when there are none, or others have them."""
        now = self._clock()
        async with self._unit_of_work() as work:
            taken = await work.recognitions.claim(AT_ONCE, now=now, until=now + LEASE)
            await work.commit()
        for due in taken:
            await self._settle(due)
        return len(taken)

    async def _settle(self, due: DueRecognition) -> None:
        async with self._unit_of_work() as work:
            found = await work.recognitions.lock(due.recognition_id)
            if found is not None and found.credential_id is not None and found.counts:
                named = [one for one in (found.own_source, found.credential_id) if one is not None]
                held = await work.recognitions.lock_credentials(named)
                source = await self._source(work, found, held)
                followed = await self._follow(work, found, source, held[found.credential_id])
                if source is not None and source.seen is not None and followed.counts:
                    await self._tell(work, followed, source.seen)
            elif found is not None and found.is_appealable and found.is_too_late(self._clock()):
                await self._close(work, found)
            await work.recognitions.done(due)
            await work.commit()

    async def _close(self, work: UnitOfWork, found: Recognition) -> None:
        """Nobody can appeal any more: nothing that names the learner is needed."""
        now, revision = self._clock(), found.revision + 1
        changed = replace(found, sealed=None, revision=revision, changed_at=now)
        actor = self._addresses.recognition(found.id)
        step = RecognitionChange(found.id, revision, found.state, By.DEADLINE, actor, TOO_LATE, (), None, now)
        await work.recognitions.save(changed, step)
        self._audit("recognition_closed", recognition=found.id)

    async def _source(
        self, work: UnitOfWork, found: Recognition, held: Mapping[CredentialId, Credential]
    ) -> Source | None:
        """By our own row, or as it was last seen elsewhere."""
        own = None if found.own_source is None else held.get(found.own_source)
        if own is not None:
            return Source(own.state, own, None)
        seen = await work.recognitions.watched(found.id)
        return None if seen is None else Source(seen.state, None, seen)

    async def _tell(self, work: UnitOfWork, found: Recognition, seen: SourceStatus) -> None:
        """People are told once what they should look at: nothing else follows from it."""
        code = None if seen.review is None else seen.review.code
        if code == seen.review_told:
            return
        now, revision, actor = self._clock(), found.revision + 1, self._addresses.recognition(found.id)
        reason = NOTHING_TO_REVIEW if seen.review is None else seen.review.detail
        step = RecognitionChange(found.id, revision, found.state, By.SOURCE, actor, reason, (), None, now)
        await work.recognitions.save(replace(found, revision=revision, changed_at=now), step)
        await work.recognitions.told_review(found.id, code)
        self._audit("recognition_to_review", recognition=found.id, review=code or "")

    async def _follow(
        self, work: UnitOfWork, found: Recognition, source: Source | None, award: Credential
    ) -> Recognition:
        """The recognition after it."""
        before = Standing(found.state, award.state, found.holds_back)
        shown = found.presented
        if source is not None and source.own is not None:
            shown = await _shown(work, shown, source.own)
        corrected = correction(found.presented, shown, is_vouched=found.vouched is not None)
        after = follow(before, None if source is None else source.state, corrected)
        if after == before and corrected is Corrected.NOTHING:
            return found
        by, acts, reason = _cause(source, award, after, corrected)
        now, revision, actor = self._clock(), found.revision + 1, self._addresses.recognition(found.id)
        cause = None if acts is None else credential_event_id(self._addresses.credential(acts.id), acts.revision)
        if after.award is not award.state:
            change = StatusChange(award.id, award.revision + 1, after.award, reason, actor, now)
            await restate(work, self._addresses, award, change, caused_by=cause)
        if corrected is not Corrected.NOTHING:  # it is looked at once
            found = replace(found, presented=shown)
        changed = replace(found, state=after.state, holds_back=after.holds_back, revision=revision, changed_at=now)
        step = RecognitionChange(found.id, revision, after.state, by, actor, reason, (), cause, now)
        await work.recognitions.save(changed, step)
        if not changed.counts:
            await work.recognitions.forget(found.id)
        self._audit("recognition_followed", recognition=found.id, state=after.state.value)
        return changed


async def _shown(work: UnitOfWork, before: Presented, source: Credential) -> Presented:
    """The source as it is now."""
    if source.digest == before.digest:
        return before
    document = orjson.loads(await work.recognitions.document(source.id))
    return replace(presented_in(document), recipient=source.recipient_key.hex(), owner=before.owner)


def _cause(
    source: Source | None, award: Credential, after: Standing, corrected: Corrected
) -> tuple[By, Credential | None, str]:
    """What acts, whichever change was noted: the source where the award follows it, else what was done to the award.

    A source from elsewhere is no credential of ours: what told of it is named in words.
    """
    is_corrected = corrected is not Corrected.NOTHING
    if source is None or award.state is State.REVOKED or (after.award is award.state and not is_corrected):
        return By.INSTITUTION, award, BY_HAND
    if is_corrected and source.state is not State.REVOKED:
        return By.SOURCE, source.own, CORRECTED[corrected]
    told = "" if source.list_url is None else f": so says {source.list_url}"
    return By.SOURCE, source.own, WORDS[after.award] + told
