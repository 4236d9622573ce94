"""A digest over all projections, to compare two registries, or one before and after a rebuild."""

import hashlib
from typing import Any

import orjson
from sqlalchemy import Table, Text, collate, select
from sqlalchemy.ext.asyncio import AsyncSession

from registry.adapters.tables import PROJECTIONS
from registry.core.rebuild import Fingerprint

BATCH = 1000


async def fingerprint(session: AsyncSession) -> Fingerprint:
    """Read every row, in the order of its key, whatever the database's collation is."""
    digest = hashlib.sha256()
    rows = {table.name: await _add(session, table, digest) for table in PROJECTIONS}
    return Fingerprint(rows, digest.hexdigest())


async def _add(session: AsyncSession, table: Table, digest: "hashlib._Hash") -> int:
    order = [collate(key, "C") if isinstance(key.type, Text) else key for key in table.primary_key]
    rows = await session.stream(select(table).order_by(*order).execution_options(yield_per=BATCH))
    count = 0
    async for row in rows:
        digest.update(orjson.dumps([table.name, *row], default=_hexadecimal) + b"\n")
        count += 1
    return count


def _hexadecimal(value: Any) -> str:
    if isinstance(value, bytes):
        return value.hex()
    raise TypeError(f"no canonical form for {type(value).__name__}")
