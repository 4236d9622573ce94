"""Lists of what is published, and searches in it: in the order asked for, or the best matches first.

The best matches are ranked among a pool of bounded size; where more match, the list goes on with the others, newest
first (ADR 85). A cursor says how far down the pool reaches, so that it is the same one on each page.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import assert_never

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    RowMapping,
    Select,
    Text,
    and_,
    func,
    literal,
    not_,
    select,
    union,
)
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.adapters.keyset import Order, fetch, moment
from catalog.adapters.listing_tables import LISTINGS, shelves
from catalog.adapters.skill_tables import ACHIEVEMENT_SKILLS
from catalog.adapters.words import Question, understood
from catalog.core.model import AchievementId, Status
from catalog.core.ports import AchievementQuery, Sort
from service_kit.errors import invalid_field
from service_kit.inputs import Page, PageRequest

PLACE = re.compile(r"[0-9]{1,18}")
POOL = 200
BEST, REST = "relevance", "rest"
KEYS = LISTINGS.c["keys"]
Ids = Page[AchievementId]


async def listed(session: AsyncSession, query: AchievementQuery, status: Status, page: PageRequest) -> Ids:
    """A page of achievements, by their ids."""
    narrowed = [LISTINGS.c.status == status.value, *_filters(query)]
    if query.q is not None:
        question = await understood(session, query.q)
        if question is None:
            return Page([], None)
        if query.sort is Sort.RELEVANCE:
            return await Search(Matches(session, question, status, narrowed)).page(page)
        narrowed.append(question.matches(LISTINGS.c.words))
    return await fetch(session, select(LISTINGS.c.achievement_id).where(*narrowed), _order(query.sort), page, _id)


def _filters(query: AchievementQuery) -> list[ColumnElement[bool]]:
    wanted = {
        "o": query.organization,
        "d": query.department,
        "c": query.course,
        "t": query.achievement_type,
        "s": query.skill,
    }
    keys = [f"{kind}:{value}" for kind, value in wanted.items() if value is not None]
    found = [KEYS.contains(literal(keys, ARRAY(Text)))] if keys else []
    return [*found, _gives(query.skill, query.level)] if query.skill and query.level is not None else found


def _gives(skill: str, level: float) -> ColumnElement[bool]:
    """Whether what is published stands for a skill at this level or a higher one."""
    given = ACHIEVEMENT_SKILLS.c
    shown = (given.achievement_id == LISTINGS.c.achievement_id, given.version == LISTINGS.c.version)
    return select(given.skill).where(*shown, given.skill == skill, given.level >= level).exists()


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
    narrowed: Sequence[ColumnElement[bool]]

    async def newest(
        self, vector: ColumnElement[str], most: int, *, above: int = 0, below: int | None = None
    ) -> Sequence[int]:
        """The newest of them: of the nearest shelves, or if these hold too few of all."""
        wanted = select(LISTINGS.c.place).where(self.question.may_match(vector), *self.narrowed)
        if self.question.excludes:  # what a name lacks, the text may have
            wanted = wanted.where(self.question.may_match(LISTINGS.c.words))
        wanted = wanted.where(LISTINGS.c.place >= above) if above else wanted
        wanted = wanted if below is None else wanted.where(LISTINGS.c.place < below)
        if self.question.indexed is None:
            return (await self.session.scalars(_newest(wanted, most))).all()
        near = _newest(wanted.where(KEYS.overlap(self._shelves(below))).offset(0), most).cte("near")
        too_few = select(func.count()).select_from(near).scalar_subquery() < most
        everywhere = _newest(wanted.where(too_few).offset(0), most).subquery()
        either = union(select(near.c.place), select(everywhere.c.place)).subquery()
        return (await self.session.scalars(_newest(select(either.c.place), most))).all()

    def _shelves(self, below: int | None) -> ColumnElement[Sequence[str]]:
        top = literal(below) if below is not None else select(func.max(LISTINGS.c.place)).scalar_subquery()
        return select(shelves(self.status.value, top)).scalar_subquery()


def _newest(wanted: Select[int], most: int) -> Select[int]:
    """`offset(0)` in what is wanted keeps PostgreSQL from walking through places in the hope of meeting words soon."""
    found = wanted.subquery()
    return select(found.c.place).order_by(found.c.place.desc()).limit(most)


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
                return await self._best(page, *await self._pool())
            case (str(name), str(rank), str(key), str(anywhere), str(titled)) if name == BEST:
                reach = _reach(anywhere, titled)
                return await self._best(PageRequest(page.limit, (name, rank, key)), reach, await self._pooled(reach))
            case (str(name), str(place), str(anywhere), str(titled)) if name == REST:
                return await self._rest(page.limit, _place(place), _reach(anywhere, titled))
            case _:
                raise invalid_field("cursor", "is of a list in another order")

    async def _pool(self) -> tuple[Reach, Sequence[int]]:
        """All that match, if these are few; else the newest with the words in their names, and then the newest."""
        newest = await self.matches.newest(LISTINGS.c.words, POOL + 1)
        if len(newest) <= POOL:
            return Reach(), newest
        titled = await self.matches.newest(LISTINGS.c.title, POOL)
        others = [place for place in newest if place not in set(titled)][: POOL - len(titled)]
        reach = Reach(others[-1] if others else newest[0] + 1, titled[-1] if len(titled) == POOL else 0)
        return reach, [*titled, *others]

    async def _pooled(self, reach: Reach) -> Sequence[int]:
        """The same pool again, with what came meanwhile."""
        everywhere = await self.matches.newest(LISTINGS.c.words, 2 * POOL, above=reach.any)
        titled = await self.matches.newest(LISTINGS.c.title, 2 * POOL, above=reach.titled) if reach.any else []
        return sorted({*everywhere, *titled}, reverse=True)

    async def _best(self, page: PageRequest, reach: Reach, pool: Sequence[int]) -> Ids:
        statement = select(LISTINGS.c.achievement_id).where(self._among(pool))
        order = Order(
            BEST, self.matches.question.rank(LISTINGS.c.words), LISTINGS.c.achievement_id, float, descending=True
        )
        found = await fetch(self.matches.session, statement, order, page, _id)
        bounds = (str(reach.any), str(reach.titled))
        if found.next is not None:
            return Page(found.items, (*found.next, *bounds))
        return Page(found.items, (REST, bounds[0], *bounds) if reach.any else None)

    async def _rest(self, limit: int, below: int | None, reach: Reach) -> Ids:
        """Further matches, newest first: of a bounded number of those that the index names, so a page may be short."""
        looked_at = POOL + limit + 1
        places = await self.matches.newest(LISTINGS.c.words, looked_at, below=below)
        pooled = and_(self.matches.question.may_match(LISTINGS.c.title), LISTINGS.c.place >= reach.titled)
        others = [not_(pooled)] if reach.any else []
        statement = select(LISTINGS.c.achievement_id, LISTINGS.c.place).where(self._among(places), *others)
        newest = statement.order_by(LISTINGS.c.place.desc()).limit(limit + 1)
        found = (await self.matches.session.execute(newest)).mappings().all()
        kept = found[:limit]
        last = kept[-1]["place"] if len(found) > limit else places[-1] if len(places) == looked_at else None
        bounds = (str(reach.any), str(reach.titled))
        return Page([_id(row) for row in kept], None if last is None else (REST, str(last), *bounds))

    def _among(self, places: Sequence[int]) -> ColumnElement[bool]:
        chosen = LISTINGS.c.place == func.any(literal(list(places), ARRAY(BigInteger)))
        return and_(chosen, self.matches.question.matches(LISTINGS.c.words))


def _place(text: str) -> int:
    if not PLACE.fullmatch(text):
        raise invalid_field("cursor", "is not a cursor of this list")
    return int(text)


def _reach(anywhere: str, titled: str) -> Reach:
    return Reach(_place(anywhere), _place(titled))
