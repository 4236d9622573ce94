"""Doing what an evaluation decided: the credential, the stack, its history and the events, in one transaction each."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from contracts.events import credential_event_id
from issuer.core.addresses import Addresses
from issuer.core.batches.batch import problem_of
from issuer.core.credentials.achievements import NotKnownYet
from issuer.core.credentials.amend import Amend
from issuer.core.credentials.change_status import restate
from issuer.core.credentials.compose import Compose
from issuer.core.credentials.correct import achievement_of, replace_document
from issuer.core.credentials.correction import Correction
from issuer.core.credentials.issue import choose_issuer
from issuer.core.credentials.policy import may_issue
from issuer.core.model import Achievement, Credential, CredentialId, Issuer, State, StatusChange
from issuer.core.ports import Audit, Reading, UnitOfWork, UnitsOfWork
from issuer.core.stacks.credential import ComposeStack, Proven
from issuer.core.stacks.decide import Award, Replace, Restate, Step, as_last_known, evidence_of
from issuer.core.stacks.pieces import Piece
from issuer.core.stacks.ports import Components
from issuer.core.stacks.related import related_in
from issuer.core.stacks.stack import Due, Situation, Stack, StackChange, StackId, StackState, Why
from issuer.core.stacks.still_so import still_so, unchanged
from issuer.core.status_lists.slots import Slots
from service_kit.clock import Clock
from service_kit.errors import ServiceError, Unavailable
from service_kit.ids import NewId
from stacking.record import read_record

COMPLETE = "the pathway is complete"


class ApplyStacks:
    """Does a step, if all that it was decided by is still so."""

    def __init__(
        self,
        *,
        unit_of_work: UnitsOfWork,
        reading: Reading,
        slots: Slots,
        compose: ComposeStack,
        event: Compose,
        amend: Amend,
        addresses: Addresses,
        audit: Audit,
        clock: Clock,
        new_id: NewId,
    ) -> None:
        self._unit_of_work = unit_of_work
        self._reading = reading
        self._slots = slots
        self._compose = compose
        self._event = event
        self._amend = amend
        self._addresses = addresses
        self._audit = audit
        self._clock = clock
        self._new_id = new_id

    async def __call__(self, situation: Situation, step: Step, due: Sequence[Due], *, last_try: bool = False) -> bool:
        """Whether it was done; else something changed meanwhile, and is to be decided again.

        Raises ServiceError when it cannot be done now; at the last try a person is asked instead.
        """
        why = Why(COMPLETE, _pathway_address(situation, step), self._cause(due, situation))
        match step:
            case Award(asks=True):
                return await self._ask(situation, step, why)
            case Award():
                return await self._award_or_ask(situation, step, why, last_try=last_try)
            case Replace(reason=reason):
                return await self._replace_or_suspend(situation, step, replace(why, reason=reason))
            case Restate(reason=reason):
                return await self._restate(situation, step, replace(why, reason=reason))

    def _cause(self, due: Iterable[Due], situation: Situation) -> str | None:
        """The event that made it due: of those that there are, one that told of a credential that no longer stands."""
        told = [(one.credential_id, one.revision) for one in due if one.credential_id is not None]
        if not told:
            return None

        def fell(one: tuple[CredentialId, int | None]) -> bool:
            if one[0] in situation.own:
                return situation.own[one[0]].credential.state is not State.ISSUED
            issued = situation.issued.get(self._addresses.credential(one[0]))
            return issued is not None and issued.state is not State.ISSUED

        credential_id, revision = next(filter(fell, reversed(told)), told[-1])
        return credential_event_id(self._addresses.credential(credential_id), revision or 1)

    async def award(self, situation: Situation, step: Award, why: Why) -> Stack | None:
        """Sign and store the credential. None when something changed meanwhile. Raises ServiceError."""
        issuer, achievement = await self._who_and_what(situation, step)
        slot, now = await self._slots.take(issuer), self._clock()
        proven = _proven(step)
        credential = await self._compose(
            proven,
            situation.group,
            issuer=issuer,
            achievement=achievement,
            credential_id=CredentialId(self._new_id()),
            slot=slot,
            actor=why.actor,
            now=now,
        )
        stack = replace(self._stack(situation, step, proven), state=StackState.AWARDED, credential_id=credential.id)
        event = self._event.event(credential, issuer).model_copy(update={"caused_by": why.cause})
        async with self._unit_of_work() as work:
            if not await work.issuers.hold_keys([issuer.key]):  # another will sign
                return None
            if not await still_so(work, situation, step, now=self._clock()):
                return None
            await work.credentials.add_all([credential])
            await work.outbox.append(event)
            if not await self._keep(work, stack, proven.pieces, why, is_new=step.case is None):
                return None
            await work.commit()
        self._audit("stack_awarded", stack=stack.id, credential=credential.id, actor=why.actor)
        return stack

    async def _award_or_ask(self, situation: Situation, step: Award, why: Why, *, last_try: bool) -> bool:
        try:
            return await self.award(situation, step, why) is not None
        except Unavailable:
            raise
        except ServiceError as error:
            if not last_try:
                raise
            return await self._ask(situation, step, why, error)

    async def _ask(self, situation: Situation, step: Award, why: Why, error: ServiceError | None = None) -> bool:
        """Put it before somebody."""
        proven = _proven(step)
        problem = None if error is None else problem_of(error)
        stack = replace(self._stack(situation, step, proven), state=StackState.WAITING, problem=problem)
        async with self._unit_of_work() as work:
            if not await still_so(work, situation, step, now=self._clock()):
                return False
            if not await self._keep(work, stack, proven.pieces, why, is_new=step.case is None):
                return False
            await work.commit()
        return True

    async def _replace_or_suspend(self, situation: Situation, step: Replace, why: Why) -> bool:
        """Sign the credential anew with the components that it holds by; if that cannot be, it must not stand."""
        proven = _proven(step)
        mine = _mine(situation, step.stack)
        issuer = await self._reading.issuer(mine.issuer_id)
        try:
            achievement = await achievement_of(self._reading, mine)
            related = proven.related(achievement.document, related_in(mine))
            amended = await self._amend(
                mine,
                Correction(reason=step.reason, changes={"evidence": proven.evidence}, related=related),
                issuer=issuer,
                achievement=achievement,
                actor=why.actor,
                now=self._clock(),
            )
        except ServiceError:
            if step.stack.state is StackState.AWARDED and mine.state is State.ISSUED:
                held_back = Restate(step.stack, StackState.SUSPENDED, step.reason, State.SUSPENDED)
                await self._restate(situation, held_back, why)
            raise
        stack = replace(
            self._next(step.stack),
            record=proven.record,
            steps=proven.steps,
            evidence=evidence_of(step.pieces),
            brought=proven.brought,
        )
        async with self._unit_of_work() as work:
            if not await work.issuers.hold_keys([issuer.key]):
                return False
            if not await still_so(work, situation, step, mine, now=self._clock()):
                return False
            await replace_document(work, mine, amended)
            await work.outbox.append(amended.event.model_copy(update={"caused_by": why.cause}))
            if not await self._keep(work, stack, proven.pieces, why, is_new=False):
                return False
            await work.commit()
        return True

    async def refuse(self, case: Stack, why: Why) -> Stack | None:
        """Somebody's no. None when it changed meanwhile."""
        refused = replace(self._next(case), state=StackState.REFUSED, by_hand=True)
        async with self._unit_of_work() as work:
            if not await self._keep(work, refused, (), why, is_new=False):
                return None
            await work.commit()
        self._audit("stack_refused", stack=case.id, actor=why.actor)
        return refused

    async def _restate(self, situation: Situation, step: Restate, why: Why) -> bool:
        stack = replace(
            self._next(step.stack),
            state=step.state,
            by_hand=step.stack.by_hand or step.by_hand,
            holds_back=step.state is StackState.SUSPENDED and step.credential is State.SUSPENDED,
            brought=_known_now(situation, step.stack),
        )
        async with self._unit_of_work() as work:
            if not await unchanged(work, situation.group.org_id, [own.credential for own in situation.own.values()]):
                return False
            if step.credential is not None:
                await self._change(work, _mine(situation, step.stack), step.credential, why)
            if not await self._keep(work, stack, (), why, is_new=False):
                return False
            await work.commit()
        self._audit("stack_changed", stack=stack.id, state=step.state.value, actor=why.actor)
        return True

    async def _change(self, work: UnitOfWork, credential: Credential, state: State, why: Why) -> None:
        """The credential's state, its history, the list's bit and the event, as when a person changes it."""
        if credential.state is state:
            return
        change = StatusChange(credential.id, credential.revision + 1, state, why.reason, why.actor, self._clock())
        await restate(work, self._addresses, credential, change, caused_by=why.cause)

    async def _who_and_what(self, situation: Situation, step: Award) -> tuple[Issuer, Achievement]:
        """The issuer of its components, where they have one, else the organization's first; what it is worth."""
        issuers = {issuer.id: issuer for issuer in await self._reading.issuers_of(situation.group.org_id)}
        named = {piece.own.issuer_id for piece in step.pieces if piece.own is not None}
        issuer = issuers[named.pop()] if len(named) == 1 else choose_issuer(list(issuers.values()), None)
        achievement = await self._reading.achievement(step.open.rules.pathway.worth or "", None)
        if achievement is None:
            raise NotKnownYet
        may_issue(issuer, achievement)
        return issuer, achievement

    async def _keep(self, work: UnitOfWork, stack: Stack, pieces: Iterable[Piece], why: Why, *, is_new: bool) -> bool:
        change = StackChange(stack.id, stack.revision, stack.state, why.reason, why.actor, stack.changed_at, why.cause)
        found = list(pieces)
        components = Components(
            [piece.credential.id for piece in found if piece.credential is not None],
            [piece.brought.kept_id for piece in found if piece.brought is not None],
        )
        store = work.stacks.add if is_new else work.stacks.save
        return await store(stack, components, change)

    def _stack(self, situation: Situation, step: Award, proven: Proven) -> Stack:
        """A new stack, or the case's next revision. Its state is for the caller to say."""
        if step.case is not None:
            anew = self._next(step.case)
            return replace(
                anew,
                record=proven.record,
                steps=proven.steps,
                evidence=evidence_of(step.pieces),
                brought=proven.brought,
                problem=None,
            )
        now = self._clock()
        return Stack(
            id=StackId(self._new_id()),
            group=situation.group,
            version=step.open.version.version,
            evidence=evidence_of(step.pieces),
            state=StackState.WAITING,
            revision=1,
            credential_id=None,
            record=proven.record,
            steps=proven.steps,
            brought=proven.brought,
            problem=None,
            holds_back=False,
            by_hand=False,
            created_at=now,
            changed_at=now,
        )

    def _next(self, stack: Stack) -> Stack:
        return replace(stack, revision=stack.revision + 1, changed_at=self._clock())


def _mine(situation: Situation, stack: Stack) -> Credential:
    """The stack's own credential."""
    assert stack.credential_id is not None  # noqa: S101 - one that was awarded has one
    return situation.own[stack.credential_id].credential


def _proven(step: Award | Replace) -> Proven:
    return Proven(step.open, step.found, step.day, step.pieces)


def _known_now(situation: Situation, stack: Stack) -> Mapping[str, State]:
    """What each component that was brought is by now, as far as that is known."""
    found = as_last_known(situation, stack, read_record(stack.record))
    return {name: (name in found and found[name].state) or known for name, known in stack.brought.items()}


def _pathway_address(situation: Situation, step: Step) -> str:
    """Who acts when nobody does: the version of the pathway."""
    version = step.open.version.version if isinstance(step, Award) else step.stack.version
    return f"{situation.group.pathway_id}/versions/{version}"
