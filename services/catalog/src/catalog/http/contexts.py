"""The routes that publish our JSON-LD contexts: bytes that never change, with their digest; for people, terms."""

import base64
import hashlib
from functools import cache

from fastapi import APIRouter, Request, Response

from catalog.http.answers import documented
from catalog.http.page import SECURITY
from catalog.http.representation import FOR_EVER, stored
from catalog.http.terms_page import decision_terms_page, terms_page
from credential_core.contexts import (
    MICRO_CREDENTIAL_PATH,
    MICRO_CREDENTIAL_V1,
    RECOGNITION_DECISION_PATH,
    RECOGNITION_DECISION_V1,
    frozen_contexts,
)
from service_kit.app import router
from service_kit.described import UNCHANGED
from service_kit.representation import HTML, negotiate

LD_JSON = "application/ld+json"
ForReader = {"Vary": "Accept"}


@cache
def _own(url: str) -> tuple[bytes, dict[str, str]]:
    """The document, and the fields that say what it is."""
    content = frozen_contexts()[url].read()
    digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
    return content, {"Repr-Digest": f"sha-256=:{digest}:"}


def routes() -> APIRouter:
    """One document each; a changed one would be a v2 beside it."""
    contexts = router(tags=["contexts"])

    @contexts.get(
        MICRO_CREDENTIAL_PATH,
        responses=UNCHANGED | documented(None, content={LD_JSON: {"schema": {"type": "object"}}, "text/html": {}}),
        response_class=Response,
    )
    async def micro_credential_context(request: Request) -> Response:
        """The terms of micro-credential metadata (JSON-LD 1.1), version 1. `Repr-Digest` is of its bytes (RFC 9530).

        A browser (`Accept: text/html`) gets a page that says what our own terms mean, each at its own fragment.
        """
        if negotiate(request, LD_JSON, HTML) == HTML:
            return stored(request, terms_page(), media_type=HTML, headers={**ForReader, **SECURITY})
        content, digest = _own(MICRO_CREDENTIAL_V1)
        return stored(request, content, media_type=LD_JSON, cache_control=FOR_EVER, headers={**ForReader, **digest})

    @contexts.get(
        RECOGNITION_DECISION_PATH,
        responses=UNCHANGED | documented(None, content={LD_JSON: {"schema": {"type": "object"}}, "text/html": {}}),
        response_class=Response,
    )
    async def recognition_decision_context(request: Request) -> Response:
        """The terms of signed decisions on recognition (JSON-LD 1.1), version 1. `Repr-Digest` is of its bytes.

        A browser gets a page that says what they mean, each at its own fragment.
        """
        if negotiate(request, LD_JSON, HTML) == HTML:
            return stored(request, decision_terms_page(), media_type=HTML, headers={**ForReader, **SECURITY})
        content, digest = _own(RECOGNITION_DECISION_V1)
        return stored(request, content, media_type=LD_JSON, cache_control=FOR_EVER, headers={**ForReader, **digest})

    return contexts
