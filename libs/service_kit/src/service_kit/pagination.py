"""Cursor pagination: an opaque cursor, a page of items, and the Link header (RFC 8288)."""

import base64
import binascii
import json
from collections.abc import Callable, Iterable, Sequence
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


def link_next(request: Request, response: Response, base_url: str, position: tuple[str, ...] | None) -> str | None:
    """Set `Link: <...>; rel="next"` when more follows, and return the next cursor for the body."""
    if position is None:
        return None
    cursor = encode_cursor(position)
    query = request.url.include_query_params(cursor=cursor).query
    response.headers["Link"] = f'<{base_url}{request.url.path}?{query}>; rel="next"'
    return cursor


def address_of_next(response: Response) -> str | None:
    """The address that `link_next` set, for a page that links to it."""
    link = response.headers.get("Link")
    return link[1 : link.index(">")] if link else None
