"""Skills by words, the best matches first: ranked among a pool of bounded size (ADR 85).

Where more match than the pool holds, it is of those with the shortest labels, and the list goes on with longer ones.
Where few match as they are written, labels that are written almost so are looked for too.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Double, cast, func, literal, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.adapters.keyset import Order, fetch
from catalog.adapters.skills.tables import SKILLS
from catalog.adapters.words import Question, understood
from service_kit.errors import invalid_field
from service_kit.ids import is_id
from service_kit.inputs import Page, PageRequest

POOL = 1_000
FEW = 20
ALIKE = 200
BEST, REST = "relevance", "rest"
LENGTH = func.length(SKILLS.c.label)
NUMBER = re.compile(r"[0-9]{1,9}")
THRESHOLD = text("SELECT set_config('pg_trgm.similarity_threshold', '0.3', true)")

Ids = Page[str]
Key = tuple[int, str]


async def found(session: AsyncSession, words: str, narrowed: Sequence[ColumnElement[bool]], page: PageRequest) -> Ids:
    """A page of skills, by their ids. Raises Invalid for a cursor of another list."""
    question = await understood(session, words)
    return await Search(session, words, question, narrowed).page(page)


@dataclass(frozen=True, slots=True)
class Search:
    """One search."""

    session: AsyncSession
    words: str
    question: Question | None
    narrowed: Sequence[ColumnElement[bool]]

    async def page(self, page: PageRequest) -> Ids:
        """The first page, or the one after a position."""
        match page.after:
            case None:
                matching = await self._shortest(POOL + 1)
                pool, reach = matching[:POOL], matching[POOL - 1] if len(matching) > POOL else None
                return await self._best(page, await self._with_alike(pool), reach)
            case (str(name), str(rank), str(key), str(length), str(last)) if name == BEST:
                reach = _key(length, last) if length else None
                pool = await self._shortest(2 * POOL, upto=reach)
                return await self._best(PageRequest(page.limit, (name, rank, key)), await self._with_alike(pool), reach)
            case (str(name), str(length), str(last)) if name == REST:
                return await self._rest(page.limit, _key(length, last))
            case _:
                raise invalid_field("cursor", "is of a list in another order")

    async def _shortest(self, most: int, *, upto: Key | None = None, after: Key | None = None) -> Sequence[Key]:
        if self.question is None:
            return []
        found = select(LENGTH.label("length"), SKILLS.c.id).where(
            self.question.matches(SKILLS.c.search), *self.narrowed
        )
        found = found if upto is None else found.where(tuple_(LENGTH, SKILLS.c.id) <= _bound(upto))
        found = found if after is None else found.where(tuple_(LENGTH, SKILLS.c.id) > _bound(after))
        rows = await self.session.execute(found.order_by(LENGTH, SKILLS.c.id).limit(most))
        return [(row.length, row.id) for row in rows]

    async def _with_alike(self, pool: Sequence[Key]) -> Sequence[str]:
        """The pool's ids, and where they are few those whose labels are most like the words."""
        ids = [one for _, one in pool]
        if len(ids) >= FEW:
            return ids
        await self.session.execute(THRESHOLD)
        alike = select(SKILLS.c.id).where(SKILLS.c.label.bool_op("%")(self.words), *self.narrowed)
        nearest = alike.order_by(self._likeness().desc(), SKILLS.c.id).limit(ALIKE)
        return sorted({*ids, *await self.session.scalars(nearest)})

    def _likeness(self) -> ColumnElement[float]:
        return func.similarity(SKILLS.c.label, self.words)

    async def _best(self, page: PageRequest, pool: Sequence[str], reach: Key | None) -> Ids:
        statement = select(SKILLS.c.id).where(SKILLS.c.id.in_(pool))
        order = Order(BEST, self._relevance(), SKILLS.c.id, float, descending=True)
        ranked = await fetch(self.session, statement, order, page, _id)
        bound = ("", "") if reach is None else (str(reach[0]), reach[1])
        if ranked.next is not None:
            return Page(ranked.items, (*ranked.next, *bound))
        return Page(ranked.items, None if reach is None else (REST, *bound))

    def _relevance(self) -> ColumnElement[float]:
        """How well words match, plus how much the label is like them: of the row alone, so it can be a cursor."""
        rank = literal(0.0, Double) if self.question is None else self.question.rank(SKILLS.c.search)
        return cast(rank + self._likeness(), Double)

    async def _rest(self, limit: int, after: Key) -> Ids:
        longer = await self._shortest(limit + 1, after=after)
        last = longer[limit - 1] if len(longer) > limit else None
        return Page([one for _, one in longer[:limit]], None if last is None else (REST, str(last[0]), last[1]))


def _bound(key: Key) -> ColumnElement[Any]:
    return tuple_(literal(key[0]), literal(key[1]))


def _key(length: str, last: str) -> Key:
    if not NUMBER.fullmatch(length) or not is_id(last):
        raise invalid_field("cursor", "is not a cursor of this list")
    return int(length), last


def _id(row: Mapping[str, Any]) -> str:
    return str(row["id"])
