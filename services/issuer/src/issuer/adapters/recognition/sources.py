"""What recognised credentials from elsewhere are looked at by, in SQL."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import RowMapping, Select, bindparam, func, insert, select, text, update

from issuer.adapters.recognition.tables import RECOGNITION_SOURCES, RECOGNITIONS_DUE
from issuer.core.backpack.model import Doubt
from issuer.core.model import State
from issuer.core.recognition.recognition import RecognitionId
from issuer.core.recognition.sources import DueSource, SourceStatus
from issuer.core.recognition.traces import Signer, Traces
from service_kit.database import UnitOfWork
from stacking.statuses import Status

OF = RECOGNITION_SOURCES.c
FOUND = ("state", "seen_at", "list_url", "list_digest", "problem", "failures", "look_at", "review")
CLAIM = text("""
UPDATE recognition_sources AS source SET taken_until = :until
FROM (SELECT recognition_id FROM recognition_sources
      WHERE lists = :lists AND look_at <= :soon AND taken_until <= :now
      ORDER BY look_at LIMIT :most FOR UPDATE SKIP LOCKED) AS free
JOIN recognitions AS found ON found.id = free.recognition_id
WHERE source.recognition_id = free.recognition_id
RETURNING source.*, found.presented ->> 'id' AS credential, found.presented ->> 'issuer' AS issuer
""")


class SourceUnitOfWork(UnitOfWork):
    """See issuer.core.recognition.look.SourceWork."""

    async def claim(self, most: int, *, now: datetime, ahead: timedelta, until: datetime) -> Sequence[DueSource]:
        """Whoever waits longest, and others on the same lists that are due within `ahead`."""
        first = select(OF.lists).where(OF.look_at <= now, OF.taken_until <= now).order_by(OF.look_at).limit(1)
        lists = await self.session.scalar(first.with_for_update(skip_locked=True))
        if lists is None:
            return []
        given = {"lists": lists, "now": now, "soon": now + ahead, "until": until, "most": most}
        found = (await self.session.execute(CLAIM, given)).mappings()
        return [_due(source_status(row), row) for row in found]

    async def settle(self, found: Sequence[SourceStatus], changed: Sequence[SourceStatus], until: datetime) -> None:
        """Keep what was found; what changed is due to be followed. Not what somebody else has taken since."""
        one = update(RECOGNITION_SOURCES).where(OF.recognition_id == bindparam("named"), OF.taken_until == until)
        given = [
            {"named": str(status.recognition_id)} | {f"found_{name}": of_source(status)[name] for name in FOUND}
            for status in sorted(found, key=lambda status: status.recognition_id)
        ]
        await self.session.execute(one.values({name: bindparam(f"found_{name}") for name in FOUND}), given)
        ids = [status.recognition_id for status in changed]
        due = select(OF.recognition_id, func.now()).where(OF.recognition_id.in_(ids))
        await self.session.execute(insert(RECOGNITIONS_DUE).from_select(["recognition_id", "due_at"], due))

    async def put_off(self, lists: str, until: datetime) -> None:
        """Nobody asks for these lists before."""
        later = update(RECOGNITION_SOURCES).where(OF.lists == lists, OF.look_at < until)
        await self.session.execute(later.values(look_at=until))


def watched_in(recognition_id: RecognitionId) -> Select[Any]:
    """The row of one recognition, if it is watched."""
    return select(RECOGNITION_SOURCES).where(OF.recognition_id == recognition_id)


def of_source(value: SourceStatus) -> dict[str, Any]:
    """Values for RECOGNITION_SOURCES."""
    return {
        "recognition_id": value.recognition_id,
        "lists": value.lists,
        "places": [asdict(place) for place in value.traces.places],
        "state": value.state.value,
        "seen_at": value.seen_at,
        "list_url": value.list_url,
        "list_digest": value.list_digest,
        "problem": None if value.problem is None else asdict(value.problem),
        "failures": value.failures,
        "look_at": value.look_at,
        "notices": [asdict(place) for place in value.traces.notices],
        "signer": None if value.traces.signer is None else asdict(value.traces.signer),
        "review": None if value.review is None else asdict(value.review),
        "review_told": value.review_told,
        "review_kept": value.review_kept,
    }


def source_status(row: RowMapping) -> SourceStatus:
    """A row of RECOGNITION_SOURCES."""
    return SourceStatus(
        recognition_id=RecognitionId(str(row["recognition_id"])),
        traces=Traces(
            _places(row["places"]),
            _places(row["notices"]),
            None if row["signer"] is None else Signer(**row["signer"]),
        ),
        state=State(row["state"]),
        seen_at=row["seen_at"],
        list_url=row["list_url"],
        list_digest=row["list_digest"],
        problem=None if row["problem"] is None else Doubt(**row["problem"]),
        failures=row["failures"],
        look_at=row["look_at"],
        review=None if row["review"] is None else Doubt(**row["review"]),
        review_told=row["review_told"],
        review_kept=row["review_kept"],
    )


def _due(status: SourceStatus, row: RowMapping) -> DueSource:
    named = {"id": row["credential"], "issuer": row["issuer"]}
    places, notices = status.traces.places, status.traces.notices
    return DueSource(
        status,
        named | {"credentialStatus": [place.judged_entry for place in places]},
        named | {"credentialStatus": [place.entry for place in notices]},
    )


def _places(found: list[dict[str, Any]]) -> tuple[Status, ...]:
    return tuple(Status(**place) for place in found)
