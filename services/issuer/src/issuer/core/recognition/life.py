"""A recognition with everything that both sides may read of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from issuer.core.recognition.papers import Papers
from issuer.core.recognition.ports import NameBox, RecognitionReading
from issuer.core.recognition.recognition import Recognition, RecognitionChange
from issuer.core.recognition.sources import SourceStatus


@dataclass(frozen=True, slots=True)
class RecognitionLife:
    """With everything that happened to it, its papers while they are kept, and how its source was last seen."""

    recognition: Recognition
    changes: Sequence[RecognitionChange]
    papers: Papers | None
    may_appeal: bool
    watched: SourceStatus | None


async def life_of(found: Recognition, reading: RecognitionReading, box: NameBox, now: datetime) -> RecognitionLife:
    """As it is now."""
    changes, watched = await reading.changes(found.id), await reading.watched(found.id)
    return RecognitionLife(found, changes, box.open(found), found.may_be_appealed(now), watched)
