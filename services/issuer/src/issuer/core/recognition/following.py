"""What becomes of a recognition when the credential that was recognised changes, or the award itself. Pure."""

from dataclasses import dataclass
from enum import Enum, auto

from issuer.core.model import State
from issuer.core.recognition.deciding import Presented
from issuer.core.recognition.recognition import RecognitionState


class Corrected(Enum):
    """What a correction of the source means for what was decided by it."""

    NOTHING = auto()
    WORTH = auto()
    """It is to be looked at by people: what was decided may be another's, or worth something else."""
    LEARNER = auto()
    """It names somebody else."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a recognition stands, with its award. `holds_back`: the award fell with the source, for now or for good."""

    state: RecognitionState
    award: State
    holds_back: bool


def correction(before: Presented, now: Presented, *, is_vouched: bool) -> Corrected:
    """What was corrected. Where a registrar vouched for the learner, the name in the credential never decided."""
    if before.recipient not in {None, now.recipient}:
        return Corrected.WORTH if is_vouched else Corrected.LEARNER
    is_worth_the_same = (before.credits, before.results) == (now.credits, now.results)
    return Corrected.NOTHING if is_worth_the_same else Corrected.WORTH


def follow(standing: Standing, source: State | None, corrected: Corrected = Corrected.NOTHING) -> Standing:
    """Where it stands after what became of its source; None is a source that was issued elsewhere.

    What falls for good takes the award along. A suspension is followed and lifted again; what somebody suspended by
    hand stays so, and so does what waits for people since a correction.
    """
    if standing.state not in {RecognitionState.GRANTED, RecognitionState.SUSPENDED}:
        return standing
    if State.REVOKED in {source, standing.award} or corrected is Corrected.LEARNER:
        return Standing(RecognitionState.REVOKED, State.REVOKED, holds_back=standing.award is not State.REVOKED)
    if corrected is Corrected.WORTH:
        return Standing(RecognitionState.SUSPENDED, State.SUSPENDED, holds_back=False)
    if source is State.SUSPENDED:
        holds_back = standing.holds_back or standing.award is State.ISSUED
        return Standing(RecognitionState.SUSPENDED, State.SUSPENDED, holds_back)
    if standing.award is State.SUSPENDED and not standing.holds_back:
        return Standing(RecognitionState.SUSPENDED, State.SUSPENDED, holds_back=False)
    return Standing(RecognitionState.GRANTED, State.ISSUED, holds_back=False)
