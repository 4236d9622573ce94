"""The feed of changes in SQL.

A number from a sequence would not do: a transaction that took a lower one may commit after a reader has gone past it.
Here the last number stands in one row, which a transaction that notes changes keeps locked to its end. So places are
given in the order of commits, without gaps: whoever sees one sees all before it.
"""

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.adapters.tables import CHANGE_COUNT, CHANGES
from catalog.core.changes import Change, ChangeKind, ChangeQuery, ChangeType, Placed
from catalog.core.model import OrgId
from service_kit.database import Database
from service_kit.errors import invalid_field
from service_kit.inputs import Page, PageRequest

LONGEST = 18  # digits of a place
OF = CHANGES.c


class SqlChanges:
    """See core.changes.Changes."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def note(self, *changes: Change) -> None:
        """See core.changes.Changes."""
        if not changes:
            return
        count = CHANGE_COUNT.c.changes
        counted = insert(CHANGE_COUNT).values(single=True, changes=len(changes))
        further = counted.on_conflict_do_update(index_elements=["single"], set_={"changes": count + len(changes)})
        last: int = (await self._session.execute(further.returning(count))).scalar_one()
        first = last - len(changes) + 1
        rows = [_values(place, change) for place, change in enumerate(changes, first)]
        await self._session.execute(insert(CHANGES), rows)


class SqlChangeReadings:
    """See core.changes.ChangeReadings."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def after(self, query: ChangeQuery, page: PageRequest) -> tuple[Page[Placed], int]:
        """See core.changes.ChangeReadings."""
        begin = _place(page.after)
        statement = select(CHANGES).where(OF.position > begin).order_by(OF.position).limit(page.limit + 1)
        if query.kind is not None:
            statement = statement.where(OF.kind == query.kind)
        if query.organization is not None:
            statement = statement.where(OF.org_id == query.organization)
        async with self._database.snapshot() as session:
            rows = (await session.execute(statement)).mappings().all()
            last = int(await session.scalar(select(CHANGE_COUNT.c.changes)) or 0)
        found = [
            Placed(
                row["position"],
                Change(
                    ChangeKind(row["kind"]),
                    row["thing"],
                    ChangeType(row["change"]),
                    row["at"],
                    OrgId(row["org_id"]),
                    row["version"],
                    row["about"],
                ),
            )
            for row in rows[: page.limit]
        ]
        if len(rows) > page.limit:
            return Page(found, (str(found[-1].position),)), found[-1].position
        return Page(found, None), max(begin, last)


def _place(after: tuple[str, ...] | None) -> int:
    if after is None:
        return 0
    [place] = after if len(after) == 1 else [""]
    if not place.isascii() or not place.isdigit() or len(place) > LONGEST:
        raise invalid_field("cursor", "is not a cursor of this list")
    return int(place)


def _values(place: int, change: Change) -> dict[str, object]:
    return {
        "position": place,
        "kind": change.kind.value,
        "thing": change.thing,
        "version": change.version,
        "change": change.change.value,
        "about": change.about,
        "org_id": change.org_id,
        "at": change.at,
    }
