"""What becomes of a recognition when the credential that was recognised changes, or the award itself. Pure."""

from dataclasses import dataclass

from issuer.core.model import State
from issuer.core.recognition.recognition import RecognitionState


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a recognition stands, with its award. `holds_back`: the award was suspended on account of the source."""

    state: RecognitionState
    award: State
    holds_back: bool


def follow(standing: Standing, source: State | None) -> Standing:
    """Where it stands after what became of its source; None is a source that was issued elsewhere.

    What falls for good takes the award along. A suspension is followed and lifted again; what somebody suspended by
    hand stays so.
    """
    if standing.state not in {RecognitionState.GRANTED, RecognitionState.SUSPENDED}:
        return standing
    if State.REVOKED in {source, standing.award}:
        return Standing(RecognitionState.REVOKED, State.REVOKED, holds_back=False)
    if source is State.SUSPENDED:
        holds_back = standing.holds_back or standing.award is State.ISSUED
        return Standing(RecognitionState.SUSPENDED, State.SUSPENDED, holds_back)
    if standing.award is State.SUSPENDED and not standing.holds_back:
        return Standing(RecognitionState.SUSPENDED, State.SUSPENDED, holds_back=False)
    return Standing(RecognitionState.GRANTED, State.ISSUED, holds_back=False)
