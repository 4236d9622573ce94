"""What somebody searches for, as PostgreSQL looks it up: in both dictionaries, exactly, and by its words alone."""

import re
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Double, cast, func, literal, text, true
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.ext.asyncio import AsyncSession

LEXEME_OR_PHRASE = re.compile(r"('(?:[^'\\]|''|\\.)*'(?::[*A-D]+)?)|<(?:-|\d+)>")
# Plans are made for the words that are asked for: a common word and a rare one want different ones. A scan of the table
# is never what is wanted: it reads every vector.
READ = text("""
SELECT asked::text AS exact, querytree(asked) AS tree,
  set_config('plan_cache_mode', 'force_custom_plan', true), set_config('enable_seqscan', 'off', true)
FROM CAST(websearch_to_tsquery('english', :words) || websearch_to_tsquery('simple', :words) AS tsquery) AS asked
""")


@dataclass(frozen=True, slots=True)
class Question:
    """Words that are asked for.

    `indexed` is what an index alone decides: the same, or where phrases are in it only their words, so that it finds
    too much. None when nothing but exclusions is asked for.
    """

    exact: str
    indexed: str | None

    @property
    def excludes(self) -> bool:
        """Whether a text that has further words may be excluded by them."""
        return "!" in self.exact

    def matches(self, vector: ColumnElement[str]) -> ColumnElement[bool]:
        """Whether a text has them."""
        return vector.bool_op("@@")(_query(self.exact))

    def may_match(self, vector: ColumnElement[str]) -> ColumnElement[bool]:
        """Whether the index says that a text may have them."""
        return true() if self.indexed is None else vector.bool_op("@@")(_query(self.indexed))

    def rank(self, vector: ColumnElement[str]) -> ColumnElement[float]:
        """How well a text matches. It depends on the row alone, so it can be a cursor."""
        return cast(func.ts_rank(vector, _query(self.exact)), Double)


async def understood(session: AsyncSession, words: str) -> Question | None:
    """The question of these words, in web search syntax. None when there are no words in them.

    The rest of the transaction plans its statements for the values they are given.
    """
    row = (await session.execute(READ, {"words": words})).one()
    return question(row.exact, row.tree)


def question(exact: str, tree: str) -> Question | None:
    """The question of a query, and of the part of it that is no exclusion (`T` when there is none)."""
    if not exact:
        return None
    if tree in {"", "T"}:
        return Question(exact, None)
    return Question(exact, without_phrases(tree) if without_phrases(exact) != exact else exact)


def without_phrases(query: str) -> str:
    """The query with words that stand anywhere instead of one after another."""
    return LEXEME_OR_PHRASE.sub(lambda found: found[1] or "&", query)


def _query(query: str) -> ColumnElement[str]:
    return cast(literal(query), TSQUERY)
