"""The newest rows of a table that have some words in them, however common or rare the words are.

To read a row's vector costs ten times what it costs to find the row by an index, and the index of words knows no
order. So a few of the newest rows are read, to see how common the words are; then the index is asked for them among as
many of the newest as should hold enough, and in the whole table only for words that are rare (ADR 115).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise

from sqlalchemy.ext.asyncio import AsyncSession

from catalog.adapters.asked import Condition, Given, all_of, query_of
from catalog.adapters.words import Question
from service_kit.direct import fetch

READ = 300
SIZES = (1_500, 5_000, 12_000)
MARGIN = 1.2  # so many times what is wanted is to be expected in a window, else the next larger one is taken
WORDS, TITLE = "search", "ts_filter(search, '{a}')"
NEWEST = "ORDER BY created_at DESC, id DESC"
PLAIN = "SELECT created_at, id FROM {rows} {newest} LIMIT {most}"
# `OFFSET 0` keeps PostgreSQL from walking through the newest in the hope of meeting words soon.
MATCHING = """
SELECT created_at, id FROM (SELECT created_at, id FROM {rows} AND {matches} OFFSET 0) AS found {newest} LIMIT {most}
"""
# The bounds of windows are looked for only where words are common enough to be expected there. From here on PostgreSQL
# takes rows from indexes as sets: it would else walk through the newest in their order, and read the vector of each.
READING = """
WITH newest AS MATERIALIZED (SELECT created_at, id, search FROM {rows} {newest} LIMIT {read}),
  hits AS MATERIALIZED (SELECT created_at, id FROM newest WHERE {matches}),
  is_common AS MATERIALIZED (SELECT count(*) >= {enough} FROM hits), {bounds}
SELECT 0 AS size, created_at, id FROM hits
UNION ALL SELECT -count(*), NULL, set_config('enable_indexscan', 'off', true) FROM newest
"""
BOUND = """to_{size} AS (
  SELECT created_at, id FROM {rows} AND {beyond} {newest} LIMIT 1 OFFSET {further})"""
BEYOND = "(created_at, id) < (SELECT created_at, id FROM to_{size})"
BOUNDS = "UNION ALL SELECT {size}, created_at, id FROM to_{size} "
OF_ITS = "EXISTS (SELECT FROM {table} WHERE {table}.id = newest.id AND {narrowed})"
Key = tuple[datetime, str]


@dataclass(frozen=True, slots=True)
class Searched:
    """The rows of one list: of an organization's, with which an index begins, or of all; and of these some."""

    table: str
    org: str | None = None
    narrowed: Sequence[Condition] = ()


@dataclass(slots=True)
class Newest:
    """Looks in one list, from its newest row on or from below some row on. What its keys are of may match."""

    session: AsyncSession
    question: Question
    searched: Searched
    below: Key | None = None
    _windows: list[tuple[int, Key]] = field(default_factory=list)

    async def with_words(self, most: int) -> Sequence[Key]:
        """So many of the newest with the words anywhere; fewer only if there are no more."""
        if self.question.indexed is None:
            return await self.plain(most)
        read, found = await self._read(most)
        if len(found) >= most or read < READ:
            return found[:most]
        return await self._search(WORDS, most, len(found) / READ)

    async def titled(self, most: int) -> Sequence[Key]:
        """The same of those with the words in their titles. Of the windows that `with_words` found, the largest."""
        return await self._search(TITLE, most, most / SIZES[-1] * MARGIN)

    async def above(self, vector: str, reach: Key | None, most: int) -> Sequence[Key]:
        """The same down to a row, with which they end."""
        return await self._window(vector, most, reach)

    async def plain(self, most: int) -> Sequence[Key]:
        """So many of the newest, whatever they say."""
        given = Given()
        rows = self._rows(given, self.searched.narrowed)
        return await self._keys(PLAIN.format(rows=rows, newest=NEWEST, most=most), given)

    async def _search(self, vector: str, most: int, share: float) -> Sequence[Key]:
        """Through windows, as long as they are to be expected to hold enough; then everywhere."""
        for size, bound in self._windows:
            if share * size >= most * MARGIN:
                found = await self._window(vector, most, bound)
                if len(found) >= most:
                    return found
                share = len(found) / size
        return await self._window(vector, most)

    async def _read(self, most: int) -> tuple[int, list[Key]]:
        """How many of the newest were read, and those among them that match. Finds the bounds of windows, too."""
        given = Given()
        rows, matches = self._rows(given), self._matches(WORDS, given)
        if self.searched.narrowed:
            narrowed = all_of(self.searched.narrowed, given)
            matches += " AND " + OF_ITS.format(table=self.searched.table, narrowed=narrowed)
        enough = most * MARGIN * READ / SIZES[-1]
        statement = READING.format(
            rows=rows, newest=NEWEST, read=READ, matches=matches, enough=enough, bounds=_bounds(rows)
        ) + "".join(BOUNDS.format(size=size) for size in SIZES)
        read, found = 0, []
        for size, at, key in await fetch(self.session, statement, *given.values):
            if size > 0:
                self._windows.append((size, (at, key)))
            elif at is None:
                read = -size
            else:
                found.append((at, key))
        self._windows.sort()
        return read, sorted(found, reverse=True)

    async def _window(self, vector: str, most: int, bound: Key | None = None) -> Sequence[Key]:
        given = Given()
        rows, matches = self._rows(given, self.searched.narrowed), self._matches(vector, given)
        if vector != WORDS and self.question.excludes:  # what a title lacks, the text may have
            matches += f" AND {self._matches(WORDS, given)}"
        if bound is not None:
            matches += f" AND (created_at, id) >= {_key(bound, given)}"
        return await self._keys(MATCHING.format(rows=rows, matches=matches, newest=NEWEST, most=most), given)

    async def _keys(self, statement: str, given: Given) -> list[Key]:
        return [(at, key) for at, key in await fetch(self.session, statement, *given.values)]

    def _matches(self, vector: str, given: Given) -> str:
        return f"{vector} @@ {query_of(self.question.indexed or '', given)}"

    def _rows(self, given: Given, narrowed: Sequence[Condition] = ()) -> str:
        """The table and a WHERE."""
        parts = [] if self.searched.org is None else [f"org_id = {given(self.searched.org)}"]
        parts += [] if self.below is None else [f"(created_at, id) < {_key(self.below, given)}"]
        return f"{self.searched.table} WHERE {' AND '.join(parts) or 'true'} AND {all_of(narrowed, given)}"


def _bounds(rows: str) -> str:
    """Where windows end, each counted from the end of the one before."""
    found = []
    for smaller, size in pairwise((0, *SIZES)):
        beyond = BEYOND.format(size=smaller) if smaller else "(TABLE is_common)"
        found.append(BOUND.format(size=size, rows=rows, beyond=beyond, newest=NEWEST, further=size - smaller - 1))
    return ", ".join(found)


def _key(key: Key, given: Given) -> str:
    return f"({given(key[0], 'timestamptz')}, {given(key[1])})"
