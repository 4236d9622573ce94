"""Answering a public GET: which media type, which entity tag, and 304 when the reader has it already (RFC 9110)."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import orjson
from fastapi import Request, Response

from service_kit.entity_tags import has_current, tag_of, tag_of_bytes

JSON = "application/json"
HTML = "text/html; charset=utf-8"
MAX_ACCEPT = 1024
REVALIDATE = "public, no-cache"
PRIVATE = "private, no-cache"


def reply(
    request: Request,
    body: bytes,
    *,
    media_type: str = JSON,
    cache_control: str = REVALIDATE,
    headers: dict[str, str] | None = None,
    status: int = 200,
    state: Any = None,
) -> Response:
    """The representation, or 304. The entity tag changes with any byte and with the type.

    `state` is what If-Match looks at where changes are made in another room.
    """
    tag = tag_of_bytes(media_type, body, state)
    fields = {
        "ETag": tag,
        "Cache-Control": cache_control,
        "Vary": "Accept",
        "X-Content-Type-Options": "nosniff",
        **(headers or {}),
    }
    if status == 200 and has_current(request.headers.getlist("if-none-match"), tag):
        return Response(status_code=304, headers=fields)
    return Response(body, status, fields, media_type)


def document_reply(
    request: Request,
    document: Any,
    *,
    tag: str | None = None,
    cache_control: str = PRIVATE,
    headers: dict[str, str] | None = None,
) -> Response:
    """A JSON document, or 304. `tag` is its entity tag where that is not made of the document alone."""
    present = tag or tag_of(document)
    fields = {
        "ETag": present,
        "Cache-Control": cache_control,
        "X-Content-Type-Options": "nosniff",
        **(headers or {}),
    }
    if has_current(request.headers.getlist("if-none-match"), present):
        return Response(status_code=304, headers=fields)
    return Response(orjson.dumps(document), headers=fields, media_type=JSON)


def negotiate(request: Request, *offers: str) -> str:
    """The offer that Accept likes best. The first one wins a tie, and when nothing is acceptable."""
    accept = ",".join(request.headers.getlist("accept"))
    return _choose(accept, offers) if 0 < len(accept) <= MAX_ACCEPT else offers[0]


@lru_cache(maxsize=256)
def _choose(accept: str, offers: Sequence[str]) -> str:
    ranges = [_media_range(part) for part in accept.split(",")]
    return max(offers, key=lambda offer: _quality(offer.partition(";")[0], ranges))


def _media_range(part: str) -> tuple[str, float]:
    name, *parameters = (piece.strip().lower() for piece in part.split(";"))
    weight = next((text[2:] for text in parameters if text.startswith("q=")), "1")
    return name, float(weight) if re.fullmatch(r"[01](\.\d{0,3})?", weight) else 0.0


def _quality(media_type: str, ranges: list[tuple[str, float]]) -> float:
    """The weight that the most specific matching range gives (RFC 9110 §12.5.1)."""
    for candidate in (media_type, f"{media_type.partition('/')[0]}/*", "*/*"):
        weights = [weight for name, weight in ranges if name == candidate]
        if weights:
            return max(weights)
    return 0.0
