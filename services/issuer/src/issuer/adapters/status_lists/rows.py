"""Status lists in a transaction: places leased from them, and how often they were published."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from issuer.adapters.tables import STATUS_LISTS
from issuer.core.model import IssuerId, Lease, ListId, StatusList


class StatusListRows:
    """See issuer.core.ports.StatusLists."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, status_list: StatusList, digest: str) -> bool:
        """Store a new list that is published so. False when the issuer has a list with free places already."""
        values = {
            "id": status_list.id,
            "issuer_id": status_list.issuer_id,
            "org_id": status_list.org_id,
            "length": status_list.length,
            "permutation_key": status_list.permutation_key,
            "next_counter": 0,
            "changes": status_list.changes,
            "published_changes": status_list.published_changes,
            "revision": status_list.revision,
            "published_at": status_list.published_at,
            "digest": digest,
        }
        statement = insert(STATUS_LISTS).values(values).on_conflict_do_nothing().returning(STATUS_LISTS.c.id)
        return await self._session.scalar(statement) is not None

    async def lease(self, issuer_id: IssuerId, size: int) -> Lease | None:
        """Take at most `size` counters from the issuer's open list. None when there is no such list."""
        table = STATUS_LISTS
        query = select(table).where(table.c.issuer_id == issuer_id, table.c.next_counter < table.c.length)
        row = (await self._session.execute(query.with_for_update())).mappings().one_or_none()
        if row is None:
            return None
        last = min(row["next_counter"] + size, row["length"])
        await self._session.execute(update(table).where(table.c.id == row["id"]).values(next_counter=last))
        return Lease(ListId(row["id"]), row["length"], bytes(row["permutation_key"]), row["next_counter"], last)

    async def note_change(self, list_id: ListId) -> None:
        """A bit has changed: the list is due for publication."""
        table = STATUS_LISTS
        await self._session.execute(update(table).where(table.c.id == list_id).values(changes=table.c.changes + 1))

    async def note_changes(self, issuer_id: IssuerId) -> None:
        """All of the issuer's lists are due for publication."""
        table = STATUS_LISTS
        noted = update(table).where(table.c.issuer_id == issuer_id).values(changes=table.c.changes + 1)
        await self._session.execute(noted)

    async def advance(self, status_list: StatusList, published_at: datetime, digest: str) -> bool:
        """Count a publication of this snapshot. False when another one came first."""
        table = STATUS_LISTS
        statement = (
            update(table)
            .where(table.c.id == status_list.id, table.c.revision == status_list.revision)
            .values(
                revision=status_list.revision + 1,
                published_changes=status_list.changes,
                published_at=published_at,
                digest=digest,
            )
            .returning(table.c.id)
        )
        return await self._session.scalar(statement) is not None
