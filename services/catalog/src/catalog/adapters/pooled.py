"""Searches in lists that no read model is kept for: courses, and an organization's own drafts.

As in those of what is published, the best matches are ranked among a pool of bounded size, and the list goes on with
the others, newest first (ADR 85). What the pool is of is the moment of creation: the newest rows are looked through
first, and only a word that is rare among them is looked up in the whole index.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, and_, literal, not_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.adapters.keyset import Order, fetch, moment
from catalog.adapters.words import Question
from service_kit.errors import invalid_field
from service_kit.inputs import Page, PageRequest

POOL = 200
WINDOW = 2_000
BEST, REST = "relevance", "rest"
Ids = Page[str]
Key = tuple[datetime, str]


@dataclass(frozen=True, slots=True)
class Searched:
    """The columns of one list: what its rows say, and in their titles alone. `within` is what its index begins with."""

    id: ColumnElement[str]
    created_at: ColumnElement[datetime]
    words: ColumnElement[str]
    title: ColumnElement[str]
    within: Sequence[ColumnElement[bool]]
    narrowed: Sequence[ColumnElement[bool]]

    @property
    def key(self) -> ColumnElement[Any]:
        """What is sorted by."""
        return tuple_(self.created_at, self.id)


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
                return await self._best(page, *await self._pool())
            case (str(name), str(rank), str(key), *bounds) if name == BEST and len(bounds) == 4:
                reach = _reach(bounds)
                return await self._best(PageRequest(page.limit, (name, rank, key)), reach, await self._pooled(reach))
            case (str(name), str(at), str(key), *bounds) if name == REST and len(bounds) == 4:
                return await self._rest(page.limit, _key(at, key), _reach(bounds))
            case _:
                raise invalid_field("cursor", "is of a list in another order")

    async def _pool(self) -> tuple[Reach, Sequence[Key]]:
        """All that match, if these are few; else the newest with the words in their titles, and then the newest."""
        newest = await self._newest(self.searched.words, POOL + 1)
        if len(newest) <= POOL:
            return Reach(), newest
        titled = await self._newest(self.searched.title, POOL)
        others = [key for key in newest if key not in set(titled)][: POOL - len(titled)]
        beyond = (newest[0][0] + timedelta(microseconds=1), newest[0][1])
        reach = Reach(others[-1] if others else beyond, titled[-1] if len(titled) == POOL else None)
        return reach, [*titled, *others]

    async def _pooled(self, reach: Reach) -> Sequence[Key]:
        """The same pool again, with what came meanwhile."""
        everywhere = await self._newest(self.searched.words, 2 * POOL, above=reach.any)
        titled = await self._newest(self.searched.title, 2 * POOL, above=reach.titled) if reach.any else []
        return [*everywhere, *titled]

    async def _best(self, page: PageRequest, reach: Reach, pool: Sequence[Key]) -> Ids:
        among = self._among(pool)
        statement = select(among.c.id).where(self.question.matches(among.c.words))
        order = Order(BEST, self.question.rank(among.c.words), among.c.id, float, descending=True)
        found = await fetch(self.session, statement, order, page, lambda row: str(row["id"]))
        if found.next is not None:
            return Page(found.items, (*found.next, *reach.written()))
        bounds = reach.written()
        return Page(found.items, (REST, *bounds[:2], *bounds) if reach.any else None)

    async def _rest(self, limit: int, below: Key | None, reach: Reach) -> Ids:
        """Further matches, newest first: of a bounded number of those that the index names, so a page may be short."""
        looked_at = POOL + limit + 1
        keys = await self._newest(self.searched.words, looked_at, below=below)
        among = self._among(keys, titled=True)
        matching = select(among.c.created_at, among.c.id).where(self.question.matches(among.c.words))
        found = await self._keys(matching.where(*self._others(among, reach)), among, limit + 1)
        kept = found[:limit]
        last = kept[-1] if len(found) > limit else keys[-1] if len(keys) == looked_at else None
        ids = [one for _, one in kept]
        return Page(ids, None if last is None else (REST, last[0].isoformat(), last[1], *reach.written()))

    def _others(self, among: Subquery, reach: Reach) -> list[ColumnElement[bool]]:
        """Not those whose titles brought them into the pool."""
        if reach.any is None:
            return []
        titled = self.question.may_match(among.c.title)
        key = tuple_(among.c.created_at, among.c.id)
        return [not_(titled if reach.titled is None else and_(titled, key >= _bound(reach.titled)))]

    async def _newest(
        self, vector: ColumnElement[str], most: int, *, above: Key | None = None, below: Key | None = None
    ) -> Sequence[Key]:
        """The newest that may match: of the window, or if it holds too few of all."""
        here = self.searched
        bounds = [*here.within]
        if above is not None:
            bounds.append(here.key >= _bound(above))
        if below is not None:
            bounds.append(here.key < _bound(below))
        if vector is here.words and (found := await self._near(bounds, most)) is not None:
            return found
        at, key = here.created_at.label("created_at"), here.id.label("id")
        # `offset(0)` keeps PostgreSQL from walking through the newest in the hope of meeting words soon.
        every = select(at, key).where(*bounds, *here.narrowed, *self._asked(vector)).offset(0).subquery()
        return await self._keys(select(every.c.created_at, every.c.id), every, most)

    async def _near(self, bounds: Sequence[ColumnElement[bool]], most: int) -> Sequence[Key] | None:
        """So many of the newest rows, with the words in their texts. None if there are too few there."""
        here = self.searched
        at, key = here.created_at.label("created_at"), here.id.label("id")
        looked_at = select(at, key, here.words.label("words"))
        order = (here.created_at.desc(), here.id.desc())
        if here.narrowed:
            window = select(here.id).where(*bounds).order_by(*order).limit(WINDOW)
            near = looked_at.where(here.id.in_(window), *here.narrowed).offset(0).subquery()
        else:
            near = looked_at.where(*bounds).order_by(*order).limit(WINDOW).subquery()
        wanted = select(near.c.created_at, near.c.id).where(self.question.may_match(near.c.words))
        found = await self._keys(wanted, near, most)
        return found if len(found) >= most else None

    def _asked(self, vector: ColumnElement[str]) -> list[ColumnElement[bool]]:
        """What a title lacks, the text may have: exclusions are asked of both."""
        asked = [self.question.may_match(vector)]
        return [*asked, self.question.may_match(self.searched.words)] if self.question.excludes else asked

    async def _keys(self, wanted: Select[Any], rows: Subquery, most: int) -> list[Key]:
        newest = wanted.order_by(rows.c.created_at.desc(), rows.c.id.desc()).limit(most)
        return [(row.created_at, row.id) for row in await self.session.execute(newest)]

    def _among(self, keys: Sequence[Key], *, titled: bool = False) -> Subquery:
        """Those of them that match exactly, found by their ids: the index of words would read all that has a word."""
        here = self.searched
        columns = (here.id.label("id"), here.created_at.label("created_at"), here.words.label("words"))
        chosen = select(*columns, here.title.label("title")) if titled else select(*columns)
        return chosen.where(here.id.in_([one for _, one in keys])).offset(0).subquery()


def _bound(key: Key) -> ColumnElement[Any]:
    return tuple_(literal(key[0]), literal(key[1]))


def _key(at: str, key: str) -> Key:
    try:
        key.encode()  # half a surrogate pair is text to Python, not to PostgreSQL
        return moment(at), key
    except (ValueError, OverflowError) as error:
        raise invalid_field("cursor", "is not a cursor of this list") from error


def _reach(bounds: Sequence[str]) -> Reach:
    anywhere, titled = (None if not at else _key(at, key) for at, key in (bounds[:2], bounds[2:]))
    return Reach(anywhere, titled)
