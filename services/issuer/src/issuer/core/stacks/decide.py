"""What becomes of a learner's stack on a pathway, from everything they hold. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time

from issuer.core.model import Credential, State
from issuer.core.stacks.brought import as_issued
from issuer.core.stacks.pieces import Piece
from issuer.core.stacks.stack import OpenPathway, Situation, Stack, StackState, evidence_digest
from stacking import Held, Setting
from stacking.award import Completion, completion
from stacking.evaluation import completes
from stacking.model import Awarding
from stacking.record import Input, Record, read_record
from stacking.trust import trusting


@dataclass(frozen=True, slots=True)
class Award:
    """The pathway is complete. `asks`: somebody must approve first. `case`: the one that waits for that.

    `pieces` are those that count, as `found.counting` has them.
    """

    open: OpenPathway
    found: Completion
    pieces: Sequence[Piece]
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
    pieces: Sequence[Piece]
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


def evidence_of(pieces: Iterable[Piece]) -> bytes:
    """What tells one completion from another."""
    return evidence_digest((piece.held.id, piece.digest) for piece in pieces)


def _anew(situation: Situation, now: datetime) -> Award | None:
    """Nothing is awarded or waiting: the newest version may be complete."""
    open_pathway = situation.open
    if open_pathway is None:
        return None
    pathway = open_pathway.rules.pathway
    if pathway.worth is None or any(_holds(own.credential, pathway.worth) for own in situation.own.values()):
        return None
    award = _completed(situation, open_pathway, now)
    if award is None or _was_decided(situation, award):
        return None
    asks = pathway.awarding is Awarding.APPROVAL or any(stack.by_hand for stack in situation.stacks)
    return replace(award, asks=asks)


def _holds(credential: Credential, achievement: str) -> bool:
    """By whatever way they came to it."""
    return credential.achievement_id == achievement and credential.state is not State.REVOKED


def _was_decided(situation: Situation, award: Award) -> bool:
    """Nothing is awarded twice for the same, and who was refused is not asked about again for the same."""
    evidence, version = evidence_of(award.pieces), award.open.version.version
    return any(
        (stack.evidence, stack.version) == (evidence, version) and stack.state is not StackState.WITHDRAWN
        for stack in situation.stacks
    )


def _case(situation: Situation, case: Stack, now: datetime) -> Award | Restate | None:
    """One that waits for approval: it must still be complete, by the version that it was completed by."""
    award = _completed(situation, situation.versions[case.version], now)
    if award is None:
        return None if _is_in_doubt(situation, case) else _withdrawn(case)
    return None if evidence_of(award.pieces) == case.evidence else replace(award, asks=True, case=case)


def _withdrawn(case: Stack) -> Restate:
    return Restate(case, StackState.WITHDRAWN, "the pathway is no longer complete")


def _is_in_doubt(situation: Situation, case: Stack) -> bool:
    """Whether something that it waits for could not be confirmed just now: that alone takes nothing away."""
    named = {one["id"] for one in case.record["inputs"]}
    return any(name in named and piece.state is None for name, piece in situation.pieces.items())


def approved(situation: Situation, case: Stack, now: datetime) -> Award | Restate | None:
    """The same when somebody approves it. None while a component cannot be confirmed."""
    award = _completed(situation, situation.versions[case.version], now)
    if award is None:
        return None if _is_in_doubt(situation, case) else _withdrawn(case)
    return replace(award, case=case)


def _completed(situation: Situation, open_pathway: OpenPathway, now: datetime) -> Award | None:
    day, pieces = situation.setting(now), situation.pieces
    standing = [piece for piece in pieces.values() if piece.stands(now)]
    found = completion(trusting(open_pathway.rules, day), _held(open_pathway, standing), day)
    return None if found is None else Award(open_pathway, found, _counting(found, pieces), day, asks=False)


def _counting(found: Completion, pieces: Mapping[str, Piece]) -> tuple[Piece, ...]:
    return tuple(pieces[held.id] for held in found.counting)


def _held(open_pathway: OpenPathway, pieces: Iterable[Piece]) -> list[Held]:
    """As the rules look at them: of what they count in elsewhere, what this pathway limits. It never counts itself."""
    pathway = open_pathway.rules.pathway
    limited = {limit.pathway for limit in pathway.sharing}
    held = (piece.held for piece in pieces if piece.held.achievement != pathway.worth)
    return [replace(one, counted_in=one.counted_in & limited) for one in held]


def _awarded(situation: Situation, stack: Stack, now: datetime) -> Restate | Replace | None:
    """One that was awarded: by the rules and on the day of its award, but with what stands today."""
    mine = next((own for own in situation.own.values() if own.credential.id == stack.credential_id), None)
    if mine is None or mine.credential.state is State.REVOKED:
        return Restate(stack, StackState.REVOKED, "its credential was revoked", by_hand=True)
    record, open_pathway = read_record(stack.record), situation.versions[stack.version]
    inputs = {one.held.id: one.digest for one in record.inputs}
    theirs = as_last_known(situation, stack, record)
    kept = [piece for name, piece in theirs.items() if piece.state is State.ISSUED and inputs.get(name) == piece.digest]
    reason = _what_fell(inputs.keys() - {piece.held.id for piece in kept}, theirs)
    corrected = any(
        name in theirs and theirs[name].state is State.ISSUED and theirs[name].digest != digest
        for name, digest in inputs.items()
    )
    if not corrected and _completes(open_pathway, record.setting, kept):
        return _restated(stack, mine.credential, StackState.AWARDED, "its components stand")
    today = situation.setting(now)
    day = _day_of_award(record.setting, today) if situation.brought else record.setting
    ended = record.setting.recognised - today.recognised
    standing = [piece for piece in theirs.values() if _may_count(piece, inputs, ended, now)]
    found = completion(trusting(open_pathway.rules, day), _held(open_pathway, standing), day)
    if found is not None:
        return Replace(stack, open_pathway, found, _counting(found, theirs), day, reason)
    suspended = [piece for piece in theirs.values() if piece.state is State.SUSPENDED]
    recoverable = [*standing, *(piece for piece in suspended if piece.fits or piece.held.id in inputs)]
    hoped = _completes(open_pathway, day, recoverable)
    return _restated(stack, mine.credential, StackState.SUSPENDED if hoped else StackState.REVOKED, reason)


def as_last_known(situation: Situation, stack: Stack, record: Record) -> dict[str, Piece]:
    """What is theirs; and what counts already and was brought, though it is out of sight or cannot be confirmed now.

    It may be kept no more, or the consent has ended: that takes nothing away. What our own rows tell of it still holds.
    """
    found = dict(situation.pieces)
    for one in record.inputs:
        name, piece = one.held.id, found.get(one.held.id)
        known = stack.brought.get(name)
        if known is None or (piece is not None and piece.own is not None):
            continue
        if piece is None:
            piece = _recorded(one, known, record.setting.day)
            issued = situation.issued.get(name)
            found[name] = piece if issued is None else as_issued(piece, issued)
        elif piece.state is None:
            found[name] = replace(piece, state=known, brought=None)
    return found


def _recorded(one: Input, known: State, day: date) -> Piece:
    moment = datetime.combine(day, time(), UTC)
    return Piece(
        held=one.held,
        digest=one.digest,
        state=known,
        since=moment,
        begins=moment,
        ends=None,
        name=one.held.id,
        became=f"was {known.value}",
        listed=one.listed,
        has_no_status=one.has_no_status,
    )


def _day_of_award(before: Setting, now: Setting) -> Setting:
    """The award's, with who is recognised and by what since, for what comes to count only now."""
    return Setting(before.day, before.recognised | now.recognised, before.agreed | now.agreed, before.own | now.own)


def _may_count(piece: Piece, inputs: Mapping[str, str], ended: Collection[str], now: datetime) -> bool:
    """What counts already, and what would be counted anew, unless its issuer is not recognised any more (`ended`)."""
    if piece.state is not State.ISSUED:
        return False
    if piece.held.id in inputs and (piece.own is not None or inputs[piece.held.id] == piece.digest):
        return True
    return piece.stands(now) and piece.held.issuer not in ended


def _completes(open_pathway: OpenPathway, setting: Setting, pieces: Iterable[Piece]) -> bool:
    return completes(trusting(open_pathway.rules, setting), _held(open_pathway, pieces), setting)


def _what_fell(fallen: Iterable[str], theirs: Mapping[str, Piece]) -> str:
    """Why, for people: what became of the components that are no longer what they were."""
    states = {
        name: "is no longer theirs"
        if name not in theirs
        else "was corrected"
        if theirs[name].state is State.ISSUED
        else theirs[name].became
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
