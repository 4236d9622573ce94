"""Where a recognised credential from elsewhere has its status published, and what was last seen there. Pure.

The credential itself is not kept: its id, its issuer and its places in status lists are all that a look needs.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from credential_core.report import Check
from issuer.core.backpack_model import Doubt
from issuer.core.model import Json, State
from issuer.core.recognition.recognition import RecognitionId
from stacking.statuses import Status, statuses_of

STATES = {"status_clear": State.ISSUED, "status_suspended": State.SUSPENDED, "status_revoked": State.REVOKED}
FIRST = timedelta(minutes=10)
"""After the award: it may have fallen while that was made."""
UNPUBLISHED = Doubt("status-not-published", "its issuer publishes no status: what becomes of it cannot be followed")


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceStatus:
    """How a recognised credential stood when it could last be told, and why it could not since.

    `list_url` and `list_digest` are of the list that told it. `failures` in a row; without a `look_at` nobody looks.
    """

    recognition_id: RecognitionId
    places: tuple[Status, ...]
    state: State
    seen_at: datetime
    list_url: str | None
    list_digest: str | None
    problem: Doubt | None
    failures: int
    look_at: datetime | None

    @property
    def lists(self) -> str:
        """Stands for the addresses that are to be read, which may be long. Who has the same is looked at together."""
        urls = "\n".join(sorted({place.url for place in self.places}))
        return hashlib.sha256(urls.encode()).hexdigest() if urls else ""


@dataclass(frozen=True, slots=True)
class DueSource:
    """One that is to be looked at: `claim` has the credential's id, issuer and status entries."""

    status: SourceStatus
    claim: Json


def places_of(document: Mapping[str, Any]) -> tuple[Status, ...]:
    """Where a verified credential is revoked or suspended, if it is. Nothing else of what its entries hold."""
    return statuses_of(document) or ()


def first_status(recognition_id: RecognitionId, places: tuple[Status, ...], now: datetime) -> SourceStatus:
    """Of one that was found to stand a moment ago."""
    return SourceStatus(
        recognition_id=recognition_id,
        places=places,
        state=State.ISSUED,
        seen_at=now,
        list_url=None,
        list_digest=None,
        problem=None if places else UNPUBLISHED,
        failures=0,
        look_at=now + FIRST if places else None,
    )


def looked(
    before: SourceStatus, check: Check, digest: str | None, now: datetime, pause: Callable[[int], timedelta]
) -> SourceStatus:
    """After a look. What could not be told changes nothing of what was. `pause` by how often that was so in a row."""
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
