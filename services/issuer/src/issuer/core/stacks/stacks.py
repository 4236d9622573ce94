"""What an organization may read of its stacks, and what its people decide about those that wait."""

from collections.abc import Callable, Collection, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

from issuer.core.addresses import Addresses
from issuer.core.backpack.model import KeptId
from issuer.core.ports import UnitsOfWork
from issuer.core.stacks.apply import ApplyStacks
from issuer.core.stacks.decide import Restate, approved
from issuer.core.stacks.ports import StackReading, WantedStacks
from issuer.core.stacks.situations import Situations, is_unsettled, to_look_at
from issuer.core.stacks.stack import Situation, Stack, StackChange, StackId, StackState, Why
from service_kit.clock import Clock
from service_kit.errors import Conflict, NotFound, invalid_field
from service_kit.ids import is_id
from service_kit.inputs import Expectation, Page, PageRequest, whatever

ATTEMPTS = 3
NO_STACK = "there is no such stack"
Offload = Callable[..., Coroutine[Any, Any, Sequence[Situation]]]


@dataclass(frozen=True, slots=True)
class StackLife:
    """A stack with everything that happened to it."""

    stack: Stack
    changes: Sequence[StackChange]


class StackQueries:
    """Reads for one organization at a time: what is somebody else's does not exist."""

    def __init__(
        self, *, reading: StackReading, addresses: Addresses, recipient_key: Callable[[str, str], bytes]
    ) -> None:
        self._reading = reading
        self._addresses = addresses
        self._recipient_key = recipient_key

    async def stack(self, org_id: str, stack_id: str) -> StackLife:
        """One of them. Raises NotFound."""
        found = await _found(self._reading, org_id, stack_id)
        return StackLife(found, await self._reading.changes(found.id))

    async def stacks(
        self, org_id: str, *, pathway: str | None, recipient: str | None, state: StackState | None, page: PageRequest
    ) -> Page[Stack]:
        """Newest first. `pathway` by its URL or UUID; `recipient` is the SHA-256 of a normalized identifier."""
        wanted = WantedStacks(
            pathway_id=None if pathway is None else self._pathway(pathway),
            recipient_key=None if recipient is None else self._recipient_key(org_id, recipient),
            state=state,
        )
        return await self._reading.stacks(org_id, wanted, page)

    def _pathway(self, named: str) -> str:
        prefix = self._addresses.pathway("")
        identifier = named.removeprefix(prefix)
        if not is_id(identifier):
            raise invalid_field("pathway", f"must be {prefix}<uuid>, or the uuid")
        return prefix + identifier


class JudgeStack:
    """Approves or refuses a stack that waits. Repeating a decision does nothing and succeeds."""

    def __init__(
        self,
        *,
        unit_of_work: UnitsOfWork,
        reading: StackReading,
        situations: Situations,
        apply: ApplyStacks,
        offload: Offload,
        clock: Clock,
    ) -> None:
        self._unit_of_work = unit_of_work
        self._reading = reading
        self._situations = situations
        self._apply = apply
        self._offload = offload
        self._clock = clock

    async def approve(self, org_id: str, stack_id: str, why: Why, *, expect: Expectation[Stack] = whatever) -> Stack:
        """Issue its credential. Raises NotFound, Stale; Conflict when it does not wait, or is no longer complete.

        What was looked at is what is changed: another revision meanwhile is looked at anew.
        """
        for _ in range(ATTEMPTS):
            case = await _found(self._reading, org_id, stack_id)
            expect(case)
            if case.state is StackState.AWARDED:
                return case
            _refuse_unless_waiting(case)
            gathered = await self._reading.gather([case.group], self._clock())
            [situation] = await self._offload(self._situations, gathered, [case.group])
            step = approved(situation, case, self._clock())
            if isinstance(step, Restate):
                await self._apply(situation, step, ())
                raise Conflict("its components no longer complete the pathway", code="stack-not-complete")
            if step is None or await self._want_looks(to_look_at(step.pieces, self._clock())):
                raise Conflict("a component that was brought is being verified; try again", code="changed-meanwhile")
            if is_unsettled(situation, step.found, gathered):
                raise Conflict("a component's status is being published; try again", code="changed-meanwhile")
            awarded = await self._apply.award(situation, step, why)
            if awarded is not None:
                return awarded
        raise Conflict("what it is for changes all the time; try again", code="changed-meanwhile")

    async def _want_looks(self, kept: Collection[KeptId]) -> bool:
        """Whether there are any: somebody who may read the web verifies them again."""
        if kept:
            async with self._unit_of_work() as work:
                await work.stacks.want_looks(kept, self._clock())
                await work.commit()
        return bool(kept)

    async def refuse(self, org_id: str, stack_id: str, why: Why, *, expect: Expectation[Stack] = whatever) -> Stack:
        """Award nothing for this evidence. Raises NotFound, Stale, or Conflict when it does not wait."""
        for _ in range(ATTEMPTS):
            case = await _found(self._reading, org_id, stack_id)
            expect(case)
            if case.state is StackState.REFUSED:
                return case
            _refuse_unless_waiting(case)
            refused = await self._apply.refuse(case, why)
            if refused is not None:
                return refused
        raise Conflict("what it is for changes all the time; try again", code="changed-meanwhile")


async def _found(reading: StackReading, org_id: str, stack_id: str) -> Stack:
    found = await reading.stack(org_id, StackId(stack_id)) if is_id(stack_id) else None
    if found is None:
        raise NotFound(NO_STACK)
    return found


def _refuse_unless_waiting(case: Stack) -> None:
    if case.state is not StackState.WAITING:
        raise Conflict(f"a stack that is {case.state.value} is not to be decided about", code="stack-not-waiting")
