"""What becomes of a learner's stack on a pathway, from everything they hold. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from issuer.core.model import Credential, State
from issuer.core.stack import OpenPathway, Own, Situation, Stack, StackState, evidence_digest
from stacking import Held, Setting, evaluate
from stacking.award import Completion, completion
from stacking.model import Awarding
from stacking.record import Record, read_record


@dataclass(frozen=True, slots=True)
class Award:
    """The pathway is complete. `asks`: somebody must approve first. `case`: the one that waits for that."""

    open: OpenPathway
    found: Completion
    day: Setting
    asks: bool
    case: Stack | None = None


@dataclass(frozen=True, slots=True)
class Restate:
    """The stack's state changes, and its credential's with it, unless that is None."""

    stack: Stack
    state: StackState
    reason: str
    credential: State | None = None
    by_hand: bool = False


@dataclass(frozen=True, slots=True)
class Replace:
    """The stack holds by other components, or by corrected ones, than its credential names: that is to be corrected."""

    stack: Stack
    open: OpenPathway
    found: Completion
    day: Setting
    reason: str


Step = Award | Restate | Replace


def decide(situation: Situation, now: datetime) -> Step | None:
    """What is to be done, None for nothing. Deciding again after it was done gives None, or the next step."""
    live = situation.live
    if live is None:
        return _anew(situation, now)
    if live.version not in situation.versions:  # its publication is still on its way to a projection built anew
        return None
    if live.state is StackState.WAITING:
        return _case(situation, live, now)
    return _awarded(situation, live, now)


def evidence_of(situation: Situation, found: Completion) -> bytes:
    """What tells one completion from another."""
    digests = {own.address: own.credential.digest for own in situation.own.values()}
    return evidence_digest((held.id, digests[held.id]) for held in found.counting)


def _anew(situation: Situation, now: datetime) -> Award | None:
    """Nothing is awarded or waiting: the newest version may be complete."""
    open_pathway = situation.open
    if open_pathway is None:
        return None
    pathway = open_pathway.rules.pathway
    if pathway.worth is None or any(_holds(own.credential, pathway.worth) for own in situation.own.values()):
        return None
    found, day = _completed(situation, open_pathway, now)
    if found is None or _was_decided(situation, open_pathway, found):
        return None
    asks = pathway.awarding is Awarding.APPROVAL or any(stack.by_hand for stack in situation.stacks)
    return Award(open_pathway, found, day, asks)


def _holds(credential: Credential, achievement: str) -> bool:
    """By whatever way they came to it."""
    return credential.achievement_id == achievement and credential.state is not State.REVOKED


def _was_decided(situation: Situation, open_pathway: OpenPathway, found: Completion) -> bool:
    """Nothing is awarded twice for the same, and who was refused is not asked about again for the same."""
    evidence, version = evidence_of(situation, found), open_pathway.version.version
    return any(
        (stack.evidence, stack.version) == (evidence, version) and stack.state is not StackState.WITHDRAWN
        for stack in situation.stacks
    )


def _case(situation: Situation, case: Stack, now: datetime) -> Award | Restate | None:
    """One that waits for approval: it must still be complete, by the version that it was completed by."""
    open_pathway = situation.versions[case.version]
    found, day = _completed(situation, open_pathway, now)
    if found is None:
        return Restate(case, StackState.WITHDRAWN, "the pathway is no longer complete")
    if evidence_of(situation, found) == case.evidence:
        return None
    return Award(open_pathway, found, day, asks=True, case=case)


def approved(situation: Situation, case: Stack, now: datetime) -> Award | Restate:
    """The same when somebody approves it."""
    open_pathway = situation.versions[case.version]
    found, day = _completed(situation, open_pathway, now)
    if found is None:
        return Restate(case, StackState.WITHDRAWN, "the pathway is no longer complete")
    return Award(open_pathway, found, day, asks=False, case=case)


def _completed(situation: Situation, open_pathway: OpenPathway, now: datetime) -> tuple[Completion | None, Setting]:
    day = situation.recognised.at(now)
    owns = (own for own in _theirs(situation) if _stands(own.credential, now))
    return completion(open_pathway.rules, _held(open_pathway, owns), day), day


def _theirs(situation: Situation) -> list[Own]:
    """All that is evidence and theirs: a credential may have been corrected to name somebody else."""
    key = situation.group.recipient_key
    return [own for own in situation.own.values() if own.held is not None and own.credential.recipient_key == key]


def _stands(credential: Credential, now: datetime) -> bool:
    begun = credential.valid_from <= now
    return (
        begun and credential.state is State.ISSUED and (credential.valid_until is None or credential.valid_until > now)
    )


def _held(open_pathway: OpenPathway, owns: Iterable[Own]) -> list[Held]:
    """As the rules look at them: of what they count in elsewhere, what this pathway limits. It never counts itself."""
    pathway = open_pathway.rules.pathway
    limited = {limit.pathway for limit in pathway.sharing}
    held = (own.held for own in owns if own.held is not None and own.held.achievement != pathway.worth)
    return [replace(one, counted_in=one.counted_in & limited) for one in held]


def _awarded(situation: Situation, stack: Stack, now: datetime) -> Restate | Replace | None:
    """One that was awarded: by the rules and on the day of its award, but with what stands today."""
    mine = next((own for own in situation.own.values() if own.credential.id == stack.credential_id), None)
    if mine is None or mine.credential.state is State.REVOKED:
        return Restate(stack, StackState.REVOKED, "its credential was revoked", by_hand=True)
    record, open_pathway = read_record(stack.record), situation.versions[stack.version]
    inputs = {one.held.id: one.digest for one in record.inputs}
    theirs = {own.address: own for own in _theirs(situation)}
    kept = [
        own
        for name, own in theirs.items()
        if own.credential.state is State.ISSUED and inputs.get(name) == own.credential.digest
    ]
    reason = _what_fell(inputs.keys() - {own.address for own in kept}, theirs)
    corrected = any(
        name in theirs and theirs[name].credential.state is State.ISSUED and theirs[name].credential.digest != digest
        for name, digest in inputs.items()
    )
    if not corrected and _completes(open_pathway, record, kept):
        return _restated(stack, mine.credential, StackState.AWARDED, "its components stand")
    standing = [
        own
        for own in theirs.values()
        if own.credential.state is State.ISSUED and (own.address in inputs or _stands(own.credential, now))
    ]
    found = completion(open_pathway.rules, _held(open_pathway, standing), record.setting)
    if found is not None:
        return Replace(stack, open_pathway, found, record.setting, reason)
    recoverable = [*standing, *(own for own in theirs.values() if own.credential.state is State.SUSPENDED)]
    hoped = _completes(open_pathway, record, recoverable)
    return _restated(stack, mine.credential, StackState.SUSPENDED if hoped else StackState.REVOKED, reason)


def _completes(open_pathway: OpenPathway, record: Record, owns: Iterable[Own]) -> bool:
    return evaluate(open_pathway.rules, _held(open_pathway, owns), record.setting).is_complete


def _what_fell(fallen: Iterable[str], theirs: dict[str, Own]) -> str:
    """Why, for people: what became of the components that are no longer what they were."""
    states = {
        name: "is no longer theirs"
        if name not in theirs
        else "was corrected"
        if theirs[name].credential.state is State.ISSUED
        else f"was {theirs[name].credential.state.value}"
        for name in sorted(fallen)
    }
    return "; ".join(f"{name} {became}" for name, became in states.items()) or "its components count one source twice"


def _restated(stack: Stack, credential: Credential, state: StackState, reason: str) -> Restate | None:
    """None when it is so already. What somebody suspended by hand is theirs to reinstate."""
    if stack.state is state:
        return None
    match state:
        case StackState.AWARDED:
            lifted = stack.holds_back and credential.state is State.SUSPENDED
            return Restate(stack, state, reason, State.ISSUED if lifted else None)
        case StackState.SUSPENDED:
            return Restate(stack, state, reason, State.SUSPENDED if credential.state is State.ISSUED else None)
        case _:
            return Restate(stack, StackState.REVOKED, reason, State.REVOKED)
