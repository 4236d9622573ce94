"""Lists of what is published, and searches in it: in the order asked for, or the best matches first.

The best matches are ranked among a pool of bounded size; where more match, the list goes on with the others, newest
first (ADR 85). A cursor says how far down the pool reaches, so that it is the same one on each page.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import assert_never

from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.adapters.achievements.listing_tables import LISTINGS, shelves
from catalog.adapters.asked import Condition, Given, all_of, equal, query_of
from catalog.adapters.keyset import Order, fetch, moment, ranked_at
from catalog.adapters.words import Question, understood
from catalog.core.model import AchievementId, Status
from catalog.core.ports import AchievementQuery, Sort
from service_kit import direct
from service_kit.errors import invalid_field
from service_kit.inputs import Page, PageRequest

PLACE = re.compile(r"[0-9]{1,18}")
POOL = 200
BEST, REST = "relevance", "rest"
WORDS, TITLE = "words", "title"
NEWEST = "ORDER BY place DESC LIMIT {most}"
# `OFFSET 0` keeps PostgreSQL from walking through places in the hope of meeting words soon.
MATCHING = """
WITH near AS (
  SELECT place FROM (SELECT place FROM achievement_listings WHERE {matches} AND keys && (SELECT {nearest}) OFFSET 0)
    AS found ORDER BY place DESC LIMIT {most}
), everywhere AS (
  SELECT place FROM (SELECT place FROM achievement_listings WHERE {matches}
    AND (SELECT count(*) FROM near) < {most} OFFSET 0) AS found ORDER BY place DESC LIMIT {most}
)
SELECT place FROM (TABLE near UNION TABLE everywhere) AS either ORDER BY place DESC LIMIT {most}
"""
PLAIN = "SELECT place FROM achievement_listings WHERE {matches} ORDER BY place DESC LIMIT {most}"
RANKED = """
SELECT achievement_id, rank FROM (
  SELECT achievement_id, CAST(ts_rank(words, {query}) AS float8) AS rank FROM achievement_listings WHERE {among}
) AS ranked {beyond} ORDER BY rank DESC, achievement_id DESC LIMIT {most}
"""
OTHERS = """
SELECT achievement_id, place FROM achievement_listings WHERE {among} AND {others} ORDER BY place DESC LIMIT {most}
"""
GIVES = """EXISTS (SELECT FROM achievement_skills AS given
  WHERE given.achievement_id = achievement_listings.achievement_id
    AND given.version = achievement_listings.version AND given.skill = {} AND given.level >= {})"""
Ids = Page[AchievementId]


async def listed(session: AsyncSession, query: AchievementQuery, status: Status, page: PageRequest) -> Ids:
    """A page of achievements, by their ids."""
    asked = [equal("achievement_listings.status", status.value), *_filters(query)]
    narrowed = [one.clause() for one in asked]
    statement = select(LISTINGS.c.achievement_id).where(*narrowed)
    if query.q is not None:
        question = await understood(session, query.q)
        if question is None:
            return Page([], None)
        if query.sort is Sort.RELEVANCE:
            return await Search(Matches(session, question, status, asked)).page(page)
        statement = statement.where(question.matches(LISTINGS.c.words))
    return await fetch(session, statement, _order(query.sort), page, _id)


def _filters(query: AchievementQuery) -> list[Condition]:
    wanted = {
        "o": query.organization,
        "d": query.department,
        "c": query.course,
        "t": query.achievement_type,
        "s": query.skill,
    }
    keys = [f"{kind}:{value}" for kind, value in wanted.items() if value is not None]
    found = [Condition("achievement_listings.keys @> {}", [keys])] if keys else []
    if query.skill and query.level is not None:
        found.append(Condition(GIVES, [query.skill, query.level]))
    return found


def _order(sort: Sort) -> Order:
    match sort:
        case Sort.NAME:
            return Order("name", LISTINGS.c.name, LISTINGS.c.achievement_id)
        case Sort.CODE:
            return Order("code", LISTINGS.c.code, LISTINGS.c.achievement_id)
        case Sort.NEWEST | Sort.RELEVANCE:
            return Order("newest", LISTINGS.c.created_at, LISTINGS.c.achievement_id, moment, descending=True)
        case _:
            assert_never(sort)


def _id(row: RowMapping) -> AchievementId:
    return AchievementId(row["achievement_id"])


@dataclass(frozen=True, slots=True)
class Reach:
    """How far down a pool reaches: to which place, and to which for what has the words in its name. 0 is everything."""

    any: int = 0
    titled: int = 0


@dataclass(frozen=True, slots=True)
class Matches:
    """Where texts stand that may have the words, as the index alone says."""

    session: AsyncSession
    question: Question
    status: Status
    narrowed: Sequence[Condition]

    async def newest(self, vector: str, most: int, *, above: int = 0, below: int | None = None) -> Sequence[int]:
        """The newest of them: of the nearest shelves, or if these hold too few of all."""
        given = Given()
        matches = [all_of(self.narrowed, given)]
        indexed = self.question.indexed
        if indexed is not None:
            matches.append(f"{vector} @@ {query_of(indexed, given)}")
        if self.question.excludes and indexed is not None and vector != WORDS:
            matches.append(f"words @@ {query_of(indexed, given)}")  # what a name lacks, the text may have
        matches += [f"place >= {given(above, 'bigint')}"] if above else []
        matches += [] if below is None else [f"place < {given(below, 'bigint')}"]
        if indexed is None:
            statement = PLAIN.format(matches=" AND ".join(matches), most=most)
        else:
            nearest = self._nearest(below, given)
            statement = MATCHING.format(matches=" AND ".join(matches), nearest=nearest, most=most)
        return [place for (place,) in await direct.fetch(self.session, statement, *given.values)]

    def _nearest(self, below: int | None, given: Given) -> str:
        top = "(SELECT max(place) FROM achievement_listings)" if below is None else given(below, "bigint")
        return shelves(given(self.status.value), top)


@dataclass(frozen=True, slots=True)
class Search:
    """One search, best matches first."""

    matches: Matches

    async def page(self, page: PageRequest) -> Ids:
        """The first page, or the one after a position. Raises Invalid for a cursor of another list."""
        match page.after:
            case None if self.matches.question.indexed is None:
                return await self._rest(page.limit, None, Reach())
            case None:
                return await self._best(page.limit, None, *await self._pool())
            case (str(name), str(rank), str(key), str(anywhere), str(titled)) if name == BEST:
                after, reach = ranked_at(rank, key), _reach(anywhere, titled)
                return await self._best(page.limit, after, reach, await self._pooled(reach))
            case (str(name), str(place), str(anywhere), str(titled)) if name == REST:
                return await self._rest(page.limit, _place(place), _reach(anywhere, titled))
            case _:
                raise invalid_field("cursor", "is of a list in another order")

    async def _pool(self) -> tuple[Reach, Sequence[int]]:
        """All that match, if these are few; else the newest with the words in their names, and then the newest."""
        newest = await self.matches.newest(WORDS, POOL + 1)
        if len(newest) <= POOL:
            return Reach(), newest
        titled = await self.matches.newest(TITLE, POOL)
        others = [place for place in newest if place not in set(titled)][: POOL - len(titled)]
        reach = Reach(others[-1] if others else newest[0] + 1, titled[-1] if len(titled) == POOL else 0)
        return reach, [*titled, *others]

    async def _pooled(self, reach: Reach) -> Sequence[int]:
        """The same pool again, with what came meanwhile."""
        everywhere = await self.matches.newest(WORDS, 2 * POOL, above=reach.any)
        titled = await self.matches.newest(TITLE, 2 * POOL, above=reach.titled) if reach.any else []
        return sorted({*everywhere, *titled}, reverse=True)

    async def _best(self, limit: int, after: tuple[float, str] | None, reach: Reach, pool: Sequence[int]) -> Ids:
        given = Given()
        beyond = f"WHERE (rank, achievement_id) < ({given(after[0], 'float8')}, {given(after[1])})" if after else ""
        query, among = query_of(self.matches.question.exact, given), self._among(pool, given)
        statement = RANKED.format(query=query, among=among, beyond=beyond, most=limit + 1)
        found = await direct.fetch(self.matches.session, statement, *given.values)
        bounds, ids = (str(reach.any), str(reach.titled)), [AchievementId(key) for key, _ in found[:limit]]
        if len(found) > limit:
            return Page(ids, (BEST, str(found[limit - 1][1]), ids[-1], *bounds))
        return Page(ids, (REST, bounds[0], *bounds) if reach.any else None)

    async def _rest(self, limit: int, below: int | None, reach: Reach) -> Ids:
        """Further matches, newest first: of a bounded number of those that the index names, so a page may be short."""
        looked_at = POOL + limit + 1
        places = await self.matches.newest(WORDS, looked_at, below=below)
        given = Given()
        among, others = self._among(places, given), self._others(reach, given)
        statement = OTHERS.format(among=among, others=others, most=limit + 1)
        found = await direct.fetch(self.matches.session, statement, *given.values)
        last = found[limit - 1][1] if len(found) > limit else places[-1] if len(places) == looked_at else None
        ids, bounds = [AchievementId(key) for key, _ in found[:limit]], (str(reach.any), str(reach.titled))
        return Page(ids, None if last is None else (REST, str(last), *bounds))

    def _others(self, reach: Reach, given: Given) -> str:
        """Not those whose names brought them into the pool."""
        indexed = self.matches.question.indexed
        if not reach.any or indexed is None:
            return "true"
        return f"NOT (title @@ {query_of(indexed, given)} AND place >= {given(reach.titled, 'bigint')})"

    def _among(self, places: Sequence[int], given: Given) -> str:
        """Those of them that match exactly. What the index alone decides needs no other look."""
        chosen, question = f"place = ANY({given(list(places), 'bigint[]')})", self.matches.question
        if question.exact == question.indexed:
            return chosen
        return f"{chosen} AND words @@ {query_of(question.exact, given)}"


def _place(text: str) -> int:
    if not PLACE.fullmatch(text):
        raise invalid_field("cursor", "is not a cursor of this list")
    return int(text)


def _reach(anywhere: str, titled: str) -> Reach:
    return Reach(_place(anywhere), _place(titled))
