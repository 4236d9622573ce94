"""How long answers to a GET may be kept (RFC 9111), and by whom."""

from typing import Any

import orjson
from fastapi import Request, Response

from service_kit import representation
from service_kit.representation import document_reply

SHORTLY = "public, max-age=5"
FOR_EVER = "public, max-age=31536000, immutable"
PRIVATE = "private, no-store"


def reply(
    request: Request,
    document: Any,
    *,
    tag: str | None = None,
    cache_control: str = SHORTLY,
    headers: dict[str, str] | None = None,
) -> Response:
    """The document, or 304."""
    return document_reply(request, document, tag=tag, cache_control=cache_control, headers=headers)


def dumped(document: Any) -> bytes:
    """A JSON document's text."""
    return orjson.dumps(document)


def stored(
    request: Request,
    body: bytes,
    *,
    media_type: str,
    cache_control: str = SHORTLY,
    headers: dict[str, str] | None = None,
) -> Response:
    """These bytes, or 304."""
    return representation.reply(request, body, media_type=media_type, cache_control=cache_control, headers=headers)
