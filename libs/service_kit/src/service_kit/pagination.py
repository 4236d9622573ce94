"""Cursor pagination: an opaque cursor, a page of items, and the Link header (RFC 8288)."""

import base64
import binascii
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from fastapi import Query, Request, Response

from service_kit import strict_json
from service_kit.errors import invalid_field
from service_kit.inputs import Page, PageRequest

MAX_LIMIT = 200
MAX_CURSOR = 512
LINK: dict[int | str, dict[str, Any]] = {
    200: {"headers": {"Link": {"description": '`<...>; rel="next"` when more follows', "schema": {"type": "string"}}}}
}
"""`responses=` of a route that pages, beside its errors."""
T = TypeVar("T")


def page_request(
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT, description="items per page")] = 50,
    cursor: Annotated[str | None, Query(max_length=MAX_CURSOR, description="from the previous page's Link")] = None,
) -> PageRequest:
    """FastAPI dependency that reads `limit` and `cursor`."""
    return PageRequest(limit, decode_cursor(cursor) if cursor else None)


def part_of(items: Iterable[T], request: PageRequest, place: Callable[[T], tuple[str, ...]]) -> Page[T]:
    """One page of a short list that is at hand whole, in the order of `place`, which is unique in it.

    What a cursor names may be gone by now: the next page begins behind its place. Raises Invalid for a foreign cursor.
    """
    placed = sorted(((place(item), item) for item in items), key=lambda one: one[0])
    if (after := request.after) is not None:
        if any(len(one) != len(after) for one, _ in placed[:1]):
            raise invalid_field("cursor", "is not a cursor of this list")
        placed = [one for one in placed if one[0] > after]
    page = placed[: request.limit]
    return Page([item for _, item in page], page[-1][0] if len(placed) > len(page) else None)


def encode_cursor(position: Sequence[str]) -> str:
    """An opaque, URL-safe form of a position."""
    return base64.urlsafe_b64encode(json.dumps(list(position)).encode()).decode().rstrip("=")


def decode_cursor(cursor: str) -> tuple[str, ...]:
    """The position behind a cursor. Raises Invalid for one we did not make."""
    try:
        position = strict_json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError) as error:
        raise invalid_field("cursor", "is not a cursor of this API") from error
    if not isinstance(position, list) or not position or not all(isinstance(part, str) for part in position):
        raise invalid_field("cursor", "is not a cursor of this API")
    return tuple(position)


@dataclass(frozen=True, slots=True)
class NextPage:
    """Where a list goes on: the cursor for the body, and the address. Neither at its end."""

    cursor: str | None = None
    address: str | None = None

    @property
    def headers(self) -> dict[str, str]:
        """`Link: <...>; rel="next"`, if more follows."""
        return {"Link": f'<{self.address}>; rel="next"'} if self.address else {}


def next_page(request: Request, base_url: str, position: tuple[str, ...] | None) -> NextPage:
    """The page that begins behind `position`, with the same query."""
    if position is None:
        return NextPage()
    cursor = encode_cursor(position)
    query = request.url.include_query_params(cursor=cursor).query
    return NextPage(cursor, f"{base_url}{request.url.path}?{query}")


def link_next(request: Request, response: Response, base_url: str, position: tuple[str, ...] | None) -> str | None:
    """Set the Link field of the next page on a response, and return its cursor for the body."""
    following = next_page(request, base_url, position)
    response.headers.update(following.headers)
    return following.cursor
