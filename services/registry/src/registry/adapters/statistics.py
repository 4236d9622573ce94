"""Counting in SQL. What was counted is kept for a minute: a long count must not be asked for again and again."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Date, Text, case, cast, func, select

from registry.adapters.tables import ISSUANCES, STANDINGS
from registry.core.model import State
from registry.core.statistics import Month, StatisticsQuery
from service_kit.database import Database

KEPT_S = 60.0
KEPT = 256  # questions
MONTH = cast(func.date_trunc("month", func.timezone("UTC", ISSUANCES.c.issued_at)), Date)


@dataclass(frozen=True, slots=True)
class Counted:
    """An answer on its way or here, and until when it counts."""

    answer: asyncio.Task[Sequence[Month]]
    until: float


class SqlStatistics:
    """See core.statistics.StatisticsReadings."""

    def __init__(self, database: Database, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._monotonic = monotonic
        self._counted: OrderedDict[StatisticsQuery, Counted] = OrderedDict()

    async def months(self, query: StatisticsQuery) -> Sequence[Month]:
        """See core.statistics.StatisticsReadings. Whoever asks the same meanwhile waits for the same count."""
        now = self._monotonic()
        found = self._counted.get(query)
        if found is None or found.until <= now or _failed(found.answer):
            found = Counted(asyncio.create_task(self._count(query)), now + KEPT_S)
            self._counted[query] = found
            self._counted.move_to_end(query)
            while len(self._counted) > KEPT:
                self._counted.popitem(last=False)
        return await asyncio.shield(found.answer)

    async def _count(self, query: StatisticsQuery) -> Sequence[Month]:
        state, of = STANDINGS.c.state, ISSUANCES.c
        month = MONTH.label("month")
        statement = select(
            month,
            of.achievement_id,
            of.issuer_slug,
            func.count(),
            func.count(case((state == State.REVOKED.value, 1))),
            func.count(case((state == State.SUSPENDED.value, 1))),
        ).join(STANDINGS, STANDINGS.c.credential_id == of.credential_id)
        named = {of.achievement_id: query.achievement_id, of.issuer_slug: query.issuer_slug, of.org_id: query.org_id}
        statement = statement.where(*(column == cast(value, Text) for column, value in named.items() if value))
        async with self._database.connection() as connection:
            rows = await connection.execute(statement.group_by(month, of.achievement_id, of.issuer_slug))
            return [Month(*row) for row in rows]


def _failed(answer: asyncio.Task[Sequence[Month]]) -> bool:
    return answer.done() and (answer.cancelled() or answer.exception() is not None)
