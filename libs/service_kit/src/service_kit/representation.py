"""Answering a public GET: which media type, which entity tag, and 304 when the reader has it already (RFC 9110)."""

import base64
import hashlib
import re
from collections.abc import Sequence
from functools import lru_cache

from fastapi import Request, Response

JSON = "application/json"
HTML = "text/html; charset=utf-8"
ENTITY_TAG = re.compile(r'(?:W/)?("[^"]*")')
MAX_ACCEPT = 1024
REVALIDATE = "public, no-cache"


def reply(
    request: Request,
    body: bytes,
    *,
    media_type: str = JSON,
    cache_control: str = REVALIDATE,
    headers: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    """The representation, or 304. The entity tag is strong: it changes with any byte and with the type."""
    tag = entity_tag(media_type, body)
    fields = {
        "ETag": tag,
        "Cache-Control": cache_control,
        "Vary": "Accept",
        "X-Content-Type-Options": "nosniff",
        **(headers or {}),
    }
    if status == 200 and has_current(request.headers.get("if-none-match"), tag):
        return Response(status_code=304, headers=fields)
    return Response(body, status, fields, media_type)


def entity_tag(media_type: str, body: bytes) -> str:
    """A strong entity tag: 128 bits of SHA-256."""
    digest = hashlib.sha256(media_type.encode() + b"\n" + body).digest()[:16]
    return f'"{base64.urlsafe_b64encode(digest).decode().rstrip("=")}"'


def has_current(if_none_match: str | None, tag: str) -> bool:
    """Whether If-None-Match names this tag (weak comparison, RFC 9110 §13.1.2)."""
    if if_none_match is None:
        return False
    return if_none_match.strip() == "*" or tag in ENTITY_TAG.findall(if_none_match)


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
