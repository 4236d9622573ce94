"""Searches in lists that no read model is kept for: courses, and an organization's own drafts.

As in those of what is published, the best matches are ranked among a pool of bounded size, and the list goes on with
the others, newest first (ADR 85, 102). What the pool is of is the moment of creation.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from catalog.adapters.asked import Given, query_of
from catalog.adapters.keyset import moment, ranked_at
from catalog.adapters.windows import NEWEST, TITLE, WORDS, Key, Newest, Searched
from catalog.adapters.words import Question
from service_kit.direct import fetch
from service_kit.errors import invalid_field
from service_kit.inputs import Page, PageRequest

POOL = 200
BEST, REST = "relevance", "rest"
RANKED = """
SELECT id, rank FROM (SELECT id, CAST(ts_rank(search, {query}) AS float8) AS rank FROM {among}) AS ranked {beyond}
ORDER BY rank DESC, id DESC LIMIT {most}
"""
OTHERS = "SELECT created_at, id FROM {among} AND {others} {newest} LIMIT {most}"
Ids = Page[str]


@dataclass(frozen=True, slots=True)
class Reach:
    """How far down a pool reaches: any match, and those with the words in their titles. None is everything."""

    any: Key | None = None
    titled: Key | None = None

    def written(self) -> tuple[str, str, str, str]:
        """As part of a cursor."""
        parts = [("", "") if one is None else (one[0].isoformat(), one[1]) for one in (self.any, self.titled)]
        return (*parts[0], *parts[1])


@dataclass(frozen=True, slots=True)
class PooledSearch:
    """One search, best matches first."""

    session: AsyncSession
    question: Question
    searched: Searched

    async def page(self, page: PageRequest) -> Ids:
        """The first page, or the one after a position. Raises Invalid for a cursor of another list."""
        match page.after:
            case None if self.question.indexed is None:
                return await self._rest(page.limit, None, Reach())
            case None:
                return await self._best(page.limit, None, *await self._pool())
            case (str(name), str(rank), str(key), *bounds) if name == BEST and len(bounds) == 4:
                after, reach = ranked_at(rank, key), _reach(bounds)
                return await self._best(page.limit, after, reach, await self._pooled(reach))
            case (str(name), str(at), str(key), *bounds) if name == REST and len(bounds) == 4:
                return await self._rest(page.limit, _key(at, key), _reach(bounds))
            case _:
                raise invalid_field("cursor", "is of a list in another order")

    async def _pool(self) -> tuple[Reach, Sequence[Key]]:
        """All that match, if these are few; else the newest with the words in their titles, and then the newest."""
        look = self._newest()
        newest = await look.with_words(POOL + 1)
        if len(newest) <= POOL:
            return Reach(), newest
        titled = await look.titled(POOL)
        others = [key for key in newest if key not in set(titled)][: POOL - len(titled)]
        beyond = (newest[0][0] + timedelta(microseconds=1), newest[0][1])
        reach = Reach(others[-1] if others else beyond, titled[-1] if len(titled) == POOL else None)
        return reach, [*titled, *others]

    async def _pooled(self, reach: Reach) -> Sequence[Key]:
        """The same pool again, with what came meanwhile."""
        look = self._newest()
        everywhere = await look.above(WORDS, reach.any, 2 * POOL)
        titled = await look.above(TITLE, reach.titled, 2 * POOL) if reach.any else []
        return [*everywhere, *titled]

    async def _best(self, limit: int, after: tuple[float, str] | None, reach: Reach, pool: Sequence[Key]) -> Ids:
        given = Given()
        beyond = f"WHERE (rank, id) < ({given(after[0], 'float8')}, {given(after[1])})" if after else ""
        asked, among = query_of(self.question.exact, given), self._among(pool, given)
        statement = RANKED.format(query=asked, among=among, beyond=beyond, most=limit + 1)
        found = await fetch(self.session, statement, *given.values)
        bounds, ids = reach.written(), [str(key) for key, _ in found[:limit]]
        if len(found) > limit:
            return Page(ids, (BEST, str(found[limit - 1][1]), ids[-1], *bounds))
        return Page(ids, (REST, *bounds[:2], *bounds) if reach.any else None)

    async def _rest(self, limit: int, below: Key | None, reach: Reach) -> Ids:
        """Further matches, newest first: of a bounded number of those that the index names, so a page may be short."""
        looked_at = POOL + limit + 1
        keys = await self._newest(below).with_words(looked_at)
        given = Given()
        among, others = self._among(keys, given), self._others(reach, given)
        statement = OTHERS.format(among=among, others=others, newest=NEWEST, most=limit + 1)
        found = await fetch(self.session, statement, *given.values)
        last = found[limit - 1] if len(found) > limit else keys[-1] if len(keys) == looked_at else None
        ids = [str(key) for _, key in found[:limit]]
        return Page(ids, None if last is None else (REST, last[0].isoformat(), last[1], *reach.written()))

    def _others(self, reach: Reach, given: Given) -> str:
        """Not those whose titles brought them into the pool."""
        if reach.any is None or self.question.indexed is None:
            return "true"
        titled = f"{TITLE} @@ {query_of(self.question.indexed, given)}"
        if reach.titled is not None:
            at, key = reach.titled
            titled += f" AND (created_at, id) >= ({given(at, 'timestamptz')}, {given(key)})"
        return f"NOT ({titled})"

    def _newest(self, below: Key | None = None) -> Newest:
        return Newest(self.session, self.question, self.searched, below)

    def _among(self, keys: Sequence[Key], given: Given) -> str:
        """Those of them that match exactly, found by their ids. What the index alone decides needs no other look."""
        chosen = f"{self.searched.table} WHERE id = ANY({given([key for _, key in keys], 'text[]')})"
        if self.question.exact == self.question.indexed:
            return chosen
        return f"{chosen} AND search @@ {query_of(self.question.exact, given)}"


def _key(at: str, key: str) -> Key:
    try:
        key.encode()  # half a surrogate pair is text to Python, not to PostgreSQL
        return moment(at), key
    except (ValueError, OverflowError) as error:
        raise invalid_field("cursor", "is not a cursor of this list") from error


def _reach(bounds: Sequence[str]) -> Reach:
    anywhere, titled = (None if not at else _key(at, key) for at, key in (bounds[:2], bounds[2:]))
    return Reach(anywhere, titled)
