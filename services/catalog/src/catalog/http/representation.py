"""Answering a public GET: its entity tag, how long it may be kept, and 304 when the reader has it (RFC 9110, 9111)."""

import base64
import hashlib
import re
from typing import Any

import orjson
from fastapi import Request, Response

ENTITY_TAG = re.compile(r'(?:W/)?("[^"]*")')
SHORTLY = "public, max-age=5"
FOR_EVER = "public, max-age=31536000, immutable"
PRIVATE = "private, no-store"


def reply(
    request: Request, document: Any, *, cache_control: str = SHORTLY, headers: dict[str, str] | None = None
) -> Response:
    """The document, or 304. The entity tag changes with any byte."""
    body = orjson.dumps(document)
    tag = entity_tag(body)
    fields = {"ETag": tag, "Cache-Control": cache_control, "X-Content-Type-Options": "nosniff", **(headers or {})}
    if has_current(request.headers.get("if-none-match"), fields["ETag"]):
        return Response(status_code=304, headers=fields)
    return Response(body, headers=fields, media_type="application/json")


def entity_tag(body: bytes) -> str:
    """A strong entity tag: 128 bits of SHA-256."""
    return f'"{base64.urlsafe_b64encode(hashlib.sha256(body).digest()[:16]).decode().rstrip("=")}"'


def has_current(if_none_match: str | None, tag: str) -> bool:
    """Whether If-None-Match names this tag (weak comparison, RFC 9110 §13.1.2)."""
    if if_none_match is None:
        return False
    return if_none_match.strip() == "*" or tag in ENTITY_TAG.findall(if_none_match)
