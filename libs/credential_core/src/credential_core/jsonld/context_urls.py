"""Which contexts a `@context` names: frozen ones only."""

from __future__ import annotations

from typing import Any, Final

from credential_core.contexts import frozen_contexts, known_as
from credential_core.errors import ContextError

_MAX_CONTEXTS: Final = 16


def context_urls(value: Any) -> tuple[str, ...]:
    """The URLs of a `@context`, as the manifest knows them.

    Only frozen ones: an inline context could rename what a verifier reads.
    """
    urls = value if isinstance(value, list) else [] if value is None else [value]
    if not urls or len(urls) > _MAX_CONTEXTS:
        raise ContextError("context_invalid", f"a @context names 1 to {_MAX_CONTEXTS} contexts")
    known = []
    for url in urls:
        if not isinstance(url, str):
            raise ContextError("context_inline", "a context must be named by its URL, not written inline")
        known.append(known_as(url))
        if known[-1] not in frozen_contexts():
            raise ContextError("context_unknown", f"the context {url[:200]} is not one this library knows")
    return tuple(known)
