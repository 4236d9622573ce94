"""Query parameters of the lists."""

from typing import Annotated

from fastapi import Query

from catalog.core.ports import Sort
from catalog.http.texts import CONTROL
from service_kit.errors import invalid_field

Words = Annotated[
    str | None, Query(max_length=300, description='full text: words, "a phrase", or, -without; any language')
]
Filter = Annotated[str | None, Query(max_length=300)]


def clean(name: str, text: str | None) -> str | None:
    """A parameter without control characters. A blank one is none."""
    if text is not None and CONTROL.search(text):
        raise invalid_field(name, "must not hold control characters")
    return (text or "").strip() or None


def chosen_sort(sort: Sort | None, q: str | None, default: Sort) -> Sort:
    """The order asked for; by relevance when words are given. Raises Invalid for relevance without words."""
    words = bool(q and q.strip())
    if sort is Sort.RELEVANCE and not words:
        raise invalid_field("sort", "relevance needs q")
    return sort or (Sort.RELEVANCE if words else default)
