"""Answering a public GET: a page for a browser, JSON for a program."""

from typing import Any

import orjson
from fastapi import Request, Response

from service_kit.representation import HTML, JSON, negotiate, reply

KEPT = "public, max-age=300"
# No script, nothing from elsewhere, and nobody frames it.
PAGE_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
}


def wants_page(request: Request) -> bool:
    """Whether the reader likes a page better than JSON."""
    return negotiate(request, JSON, HTML) == HTML


def data(request: Request, document: Any, *, cache_control: str = KEPT) -> Response:
    """JSON that anybody may keep for a while, or 304."""
    return reply(request, orjson.dumps(document), cache_control=cache_control)


def shown(request: Request, html: str) -> Response:
    """A page that anybody may keep for a while, or 304."""
    return reply(request, html.encode(), media_type=HTML, cache_control=KEPT, headers=PAGE_HEADERS)
