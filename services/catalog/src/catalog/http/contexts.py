"""The route that publishes our JSON-LD context: bytes that never change, with their digest."""

import base64
import hashlib
from functools import cache

from fastapi import APIRouter, Request, Response

from catalog.http.answers import documented
from catalog.http.representation import FOR_EVER, stored
from credential_core.contexts import MICRO_CREDENTIAL_PATH, MICRO_CREDENTIAL_V1, frozen_contexts
from service_kit.app import router
from service_kit.described import UNCHANGED

LD_JSON = "application/ld+json"


@cache
def _micro_credential() -> tuple[bytes, dict[str, str]]:
    """The document, and the fields that say what it is."""
    content = frozen_contexts()[MICRO_CREDENTIAL_V1].read()
    digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
    return content, {"Repr-Digest": f"sha-256=:{digest}:"}


def routes() -> APIRouter:
    """One document; a changed one would be a v2 beside it."""
    contexts = router(tags=["contexts"])

    @contexts.get(
        MICRO_CREDENTIAL_PATH,
        responses=UNCHANGED | documented(None, content={LD_JSON: {"schema": {"type": "object"}}}),
        response_class=Response,
    )
    async def micro_credential_context(request: Request) -> Response:
        """The terms of micro-credential metadata (JSON-LD 1.1), version 1. `Repr-Digest` is of its bytes (RFC 9530)."""
        content, digest = _micro_credential()
        return stored(request, content, media_type=LD_JSON, cache_control=FOR_EVER, headers=digest)

    return contexts
