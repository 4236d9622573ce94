"""Where a recognised credential from elsewhere has its status published, and what was last seen there. Pure.

The credential itself is not kept: its id, its issuer and its places in status lists are all that a look needs.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from credential_core.report import Check
from issuer.core.backpack.model import Doubt
from issuer.core.model import Json, State
from issuer.core.recognition.recognition import RecognitionId
from issuer.core.recognition.traces import Traces

STATES = {"status_clear": State.ISSUED, "status_suspended": State.SUSPENDED, "status_revoked": State.REVOKED}
FIRST = timedelta(minutes=10)
"""After the award: it may have fallen while that was made."""
UNPUBLISHED = Doubt("status-not-published", "its issuer publishes no status: what becomes of it cannot be followed")


class SourceMatter(StrEnum):
    """What people may have to do about a recognised credential from elsewhere, whose award stands."""

    REVIEW = "review"
    """Its key is gone, or it was replaced, and nobody has said that the award stands in spite of it."""
    NOT_KEPT = "status-not-kept"
    """Nobody looks: it was recognised before its places in status lists were kept."""
    NOT_PUBLISHED = "status-not-published"
    """Its issuer publishes no status."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceStatus:
    """How a recognised credential stood when it could last be told, and why it could not since.

    `list_url` and `list_digest` are of the list that told it. `failures` in a row; without a `look_at` nobody looks.
    `review` is what people should look at; of its code it is noted whether the history tells it, and whether the
    institution keeps the award in spite of it.
    """

    recognition_id: RecognitionId
    traces: Traces
    state: State
    seen_at: datetime
    list_url: str | None
    list_digest: str | None
    problem: Doubt | None
    failures: int
    look_at: datetime | None
    review: Doubt | None = None
    review_told: str | None = None
    review_kept: str | None = None

    @property
    def lists(self) -> str:
        """Stands for the addresses that are to be read, which may be long. Who has the same is looked at together."""
        traces, urls = self.traces, {place.url for place in (*self.traces.places, *self.traces.notices)}
        if traces.signer is not None:
            urls.add(traces.signer.controller)
        named = "\n".join(sorted(urls))
        return hashlib.sha256(named.encode()).hexdigest() if named else ""

    @property
    def is_kept(self) -> bool:
        """Whether the institution has said that the award stands in spite of what is to be reviewed."""
        return self.review is not None and self.review.code == self.review_kept


@dataclass(frozen=True, slots=True)
class DueSource:
    """One that is to be looked at: `claim` has the credential's id, issuer and status entries; `informing` those that
    decide nothing.
    """

    status: SourceStatus
    claim: Json
    informing: Json


def first_status(
    recognition_id: RecognitionId, traces: Traces, now: datetime, *, after: timedelta = FIRST
) -> SourceStatus:
    """Of one that was found to stand a moment ago, and is looked at again after a while."""
    is_looked_at = bool(traces.places or traces.notices or traces.signer)
    return SourceStatus(
        recognition_id=recognition_id,
        traces=traces,
        state=State.ISSUED,
        seen_at=now,
        list_url=None,
        list_digest=None,
        problem=None if traces.places else UNPUBLISHED,
        failures=0,
        look_at=now + after if is_looked_at else None,
    )


def looked(
    before: SourceStatus, check: Check, digest: str | None, now: datetime, pause: Callable[[int], timedelta]
) -> SourceStatus:
    """After a look. What could not be told changes nothing of what was. `pause` by how often that was so in a row."""
    if not before.traces.places:
        return replace(before, look_at=now + pause(0))
    state = STATES.get(check.code)
    if state is None:
        failures, problem = before.failures + 1, Doubt(check.code, check.detail)
        return replace(before, problem=problem, failures=failures, look_at=now + pause(failures))
    return replace(
        before,
        state=state,
        seen_at=now,
        list_url=check.source,
        list_digest=digest,
        problem=None,
        failures=0,
        look_at=now + pause(0),
    )
