"""The worker's part of stacks: evaluates what is due, and does what follows from it.

What is due is taken for a minute, or until the connection that took it ends, so that processes share the work; nothing
is locked while anything is evaluated or signed. What follows is stored only if all that it was decided by is still so,
and the tables allow one stack for one learner, pathway and evidence. So a process that dies in between leaves work to
be done again, and none is done twice.

What fails unexpectedly for one learner is put off, so that it stops nobody else; a database that is away cannot even do
that, and its error is the caller's.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

from issuer.core.backpack.model import KeptId
from issuer.core.ports import Audit, UnitsOfWork
from issuer.core.stacks.apply import ApplyStacks
from issuer.core.stacks.decide import Award, Replace, Step, decide
from issuer.core.stacks.ports import Gathered, StackReading
from issuer.core.stacks.situations import Situations, is_unsettled, to_look_at
from issuer.core.stacks.stack import Due, Group, Situation, StackState
from service_kit.clock import Clock
from service_kit.errors import ServiceError

AT_ONCE = 100
LEASE = timedelta(seconds=60)
AT_ONCE_AGAIN = timedelta(milliseconds=50)  # something changed meanwhile
SOON = timedelta(milliseconds=500)
LATER = timedelta(seconds=5)
MOST_ATTEMPTS = 60  # that the time between two grows with
PATIENCE = 5  # attempts at something that may come yet, before a person is asked
Decided = Sequence[tuple[Situation, Step | None]]
Groups = Mapping[Group, Sequence[Due]]
Offload = Callable[..., Coroutine[Any, Any, Decided]]


class Failed(Protocol):
    """Counts work that failed unexpectedly, and tells whoever looks after the service."""

    def __call__(self, pathway: str, error: Exception) -> None: ...


@dataclass(frozen=True, slots=True)
class Wait:
    """How long until it is tried again. `is_attempt`: it was tried, and could not be."""

    time: timedelta
    is_attempt: bool = False


class SettleStacks:
    """Evaluates the next that are due."""

    def __init__(
        self,
        *,
        unit_of_work: UnitsOfWork,
        reading: StackReading,
        situations: Situations,
        apply: ApplyStacks,
        offload: Offload,
        audit: Audit,
        failed: Failed,
        clock: Clock,
        at_once: int = AT_ONCE,
    ) -> None:
        self._unit_of_work = unit_of_work
        self._reading = reading
        self._situations = situations
        self._apply = apply
        self._offload = offload
        self._audit = audit
        self._failed = failed
        self._clock = clock
        self._at_once = at_once

    async def __call__(self) -> int:
        """Do one piece. Returns how many evaluations were due; 0 when there are none, or others have them."""
        now = self._clock()
        async with self._unit_of_work() as work:
            taken = await work.stacks.claim(self._at_once, now=now, until=now + LEASE)
            await work.commit()
        groups: defaultdict[Group, list[Due]] = defaultdict(list)
        for due in taken:
            if due.recipient_key is None:
                await self._spread(due)
            else:
                groups[Group(due.org_id, due.recipient_key, due.pathway_id)].append(due)
        if groups:
            await self._settle(groups)
        return len(taken)

    async def _spread(self, due: Due) -> None:
        try:
            async with self._unit_of_work() as work:
                await work.stacks.spread(due)
                await work.commit()
        except Exception as error:  # of any kind: it must not stop all others
            await self._put_off([due], due.pathway_id, error)

    async def _settle(self, groups: Groups) -> None:
        try:
            gathered, decided = await self._decided(groups)
        except Exception as error:  # of any kind: each is looked at on its own next
            await self._settle_sound(groups, error)
            return
        done: list[int] = []
        for situation, step in decided:
            done += await self._done(situation, step, groups[situation.group], gathered)
        async with self._unit_of_work() as work:
            await work.stacks.done(done)
            await work.commit()

    async def _settle_sound(self, groups: Groups, error: Exception) -> None:
        """Those that can be decided alone; the others are put off. Raises the error if it is none of theirs."""
        sound = {group: due for group, due in groups.items() if await self._is_sound(group, due)}
        if len(sound) == len(groups):
            raise error
        if sound:
            await self._settle(sound)

    async def _is_sound(self, group: Group, due: Sequence[Due]) -> bool:
        try:
            await self._decided({group: due})
        except Exception as error:  # of any kind: it must not stop all others
            await self._put_off(due, group.pathway_id, error)
            return False
        return True

    async def _done(
        self, situation: Situation, step: Step | None, due: Sequence[Due], gathered: Gathered
    ) -> Sequence[int]:
        """Those that are no longer due; the others wait."""
        ids = [one.id for one in due]
        try:
            wait = await self._follow(situation, step, due, gathered)
        except Exception as error:  # of any kind: it must not stop all others
            await self._put_off(due, situation.group.pathway_id, error)
            return ()
        if wait is None:
            return ids
        await self._postpone(ids, wait)
        return ()

    async def _decided(self, groups: Groups) -> tuple[Gathered, Decided]:
        gathered = await self._reading.gather(groups.keys(), self._clock())
        return gathered, await self._offload(self._decide, gathered, list(groups))

    async def _put_off(self, due: Sequence[Due], pathway: str, error: Exception) -> None:
        await self._postpone([one.id for one in due], _again(due))
        self._failed(pathway, error)

    def _decide(self, gathered: Gathered, groups: Sequence[Group]) -> Decided:
        now = self._clock()
        decided = [(situation, decide(situation, now)) for situation in self._situations(gathered, groups)]
        return sorted(decided, key=_is_limited)

    async def _follow(
        self, situation: Situation, step: Step | None, due: Sequence[Due], gathered: Gathered
    ) -> Wait | None:
        """Do what was decided; or how long it is to wait."""
        ready: Step | Wait | None = step
        if isinstance(step, Award | Replace):
            settled = not is_unsettled(situation, step.found, gathered)
            ready = await self._confirmed(situation, step, due) if settled else Wait(SOON)
        if ready is None or isinstance(ready, Wait):
            return ready
        try:
            is_done = await self._apply(situation, ready, due, last_try=_attempts(due) >= PATIENCE)
        except ServiceError as error:
            self._audit("stack_not_settled", pathway=situation.group.pathway_id, code=error.code)
            return _again(due)
        return None if is_done else Wait(AT_ONCE_AGAIN * (1 + _attempts(due) ** 2), is_attempt=True)

    async def _confirmed(self, situation: Situation, step: Award | Replace, due: Sequence[Due]) -> Step | Wait | None:
        """The step if all that counts was looked at just now. Else None: whoever looks makes it due again.

        What stands already and has lost a component waits only for a while for what might take its place.
        """
        stale = to_look_at(step.pieces, self._clock())
        if not stale:
            return step
        await self._want_looks(stale)
        if not _stands_already(situation):
            return None
        if _attempts(due) < PATIENCE:
            return Wait(SOON * (1 + _attempts(due)), is_attempt=True)
        now = self._clock()
        found = decide(situation.looked_at(now), now)
        return None if isinstance(found, Award) else found

    async def _want_looks(self, kept: Collection[KeptId]) -> None:
        """Somebody who may read the web verifies them again, and makes this due then."""
        async with self._unit_of_work() as work:
            await work.stacks.want_looks(kept, self._clock())
            await work.commit()

    async def _postpone(self, ids: Sequence[int], wait: Wait) -> None:
        async with self._unit_of_work() as work:
            await work.stacks.postpone(ids, self._clock() + wait.time, is_attempt=wait.is_attempt)
            await work.commit()


def _stands_already(situation: Situation) -> bool:
    return situation.live is not None and situation.live.state is not StackState.WAITING


def _attempts(due: Sequence[Due]) -> int:
    return min(max(one.attempts for one in due), MOST_ATTEMPTS)


def _again(due: Sequence[Due]) -> Wait:
    return Wait(LATER * (1 + _attempts(due)), is_attempt=True)


def _is_limited(decided: tuple[Situation, Step | None]) -> bool:
    """Pathways that limit what they share come after those that they may share it with."""
    step = decided[1]
    return isinstance(step, Award | Replace) and bool(step.open.rules.pathway.sharing)
