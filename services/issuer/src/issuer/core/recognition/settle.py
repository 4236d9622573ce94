"""The worker's part of recognition: awards follow what they recognise.

What is due is noted in the transaction of the change, and once more with each award: a change that the award did not
see is seen then. Each is settled in a transaction of its own, by what it holds locked.
"""

from dataclasses import replace
from datetime import timedelta

from contracts.events import credential_event_id
from issuer.core.addresses import Addresses
from issuer.core.change_status import restate
from issuer.core.model import Credential, State, StatusChange
from issuer.core.ports import Audit, UnitOfWork, UnitsOfWork
from issuer.core.recognition.following import Standing, follow
from issuer.core.recognition.ports import DueRecognition
from issuer.core.recognition.recognition import By, Recognition, RecognitionChange
from service_kit.clock import Clock

AT_ONCE = 50
LEASE = timedelta(seconds=60)
WORDS = {
    State.ISSUED: "what was recognised stands again",
    State.SUSPENDED: "what was recognised is suspended",
    State.REVOKED: "what was recognised is revoked",
}
BY_HAND = "the award was changed"


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
            if found is not None and found.credential_id is not None:
                named = [one for one in (found.own_source, found.credential_id) if one is not None]
                held = await work.recognitions.lock_credentials(named)
                source = None if found.own_source is None else held.get(found.own_source)
                await self._follow(work, due, found, source, held[found.credential_id])
            await work.recognitions.done(due)
            await work.commit()

    async def _follow(
        self, work: UnitOfWork, due: DueRecognition, found: Recognition, source: Credential | None, award: Credential
    ) -> None:
        before = Standing(found.state, award.state, found.holds_back)
        after = follow(before, None if source is None else source.state)
        if after == before:
            return
        now, cause = self._clock(), self._cause(due)
        by_source = source is not None and due.credential_id == source.id
        reason = WORDS[after.award] if by_source else BY_HAND
        actor = self._addresses.recognition(found.id)
        if after.award is not award.state:
            change = StatusChange(award.id, award.revision + 1, after.award, reason, actor, now)
            await restate(work, self._addresses, award, change, caused_by=cause)
        changed = replace(
            found, state=after.state, holds_back=after.holds_back, revision=found.revision + 1, changed_at=now
        )
        by = By.SOURCE if by_source else By.INSTITUTION
        step = RecognitionChange(found.id, changed.revision, changed.state, by, actor, reason, (), cause, now)
        await work.recognitions.save(changed, step)
        self._audit("recognition_followed", recognition=found.id, state=after.state.value)

    def _cause(self, due: DueRecognition) -> str | None:
        if due.revision is None:
            return None
        return credential_event_id(self._addresses.credential(due.credential_id), due.revision)
