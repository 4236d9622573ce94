"""Contexts that an operator adds to the frozen ones, checked before they count: a verifier reads by their names."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from credential_core import json_input
from credential_core.contexts import FrozenContext, add, frozen_contexts, known_as
from credential_core.errors import ContextError, CredentialError
from credential_core.jsonld.active_context import DocumentLoader, Library, load_frozen
from credential_core.jsonld.lexical import is_absolute_iri
from credential_core.jsonld.meanings import Meanings, definitions, meanings, resolved

_MEMBERS: Final = {"url", "file", "sha256"}
_REFUSED: Final = frozenset({"@base", "@import"})


def add_contexts(manifest: bytes, read: Callable[[str], bytes]) -> None:
    """Know the contexts of a manifest like the frozen ones, in this process and for its life; all of them, or none.

    The manifest is a JSON array of `{url, file, sha256}`; `read` gives a file's bytes. ContextError `context_invalid`
    for what is malformed or has another hash; `context_conflict` for a context that is known with other bytes, that
    gives a name of credentials/v2, of proofs or of statuses another meaning, or what a frozen context defines another
    name, or RDF's own words any; `context_unsupported` for one that leans on a context that is not known, or gives
    keywords other names. A term that uses what is not read here is refused where a document uses it.
    """
    entries = _parsed(b'{"it":' + manifest + b"}").get("it")
    if not isinstance(entries, list):
        raise ContextError("context_invalid", "a manifest of contexts is an array")
    found = [_entry(entry, read) for entry in entries]
    known = frozen_contexts()
    fresh = [one for one in found if one.url not in known]
    for one in found:
        if known_as(one.url) != one.url or (one.url in known and known[one.url].sha256 != one.sha256):
            raise ContextError("context_conflict", f"{one.url[:200]} is known with other bytes")
    urls = known.keys() | {one.url for one in fresh}
    for one in fresh:
        _check(one, urls, meanings())
    library = Library(_loading(fresh))
    for one in fresh:
        _compile(one, library)
    add(fresh)
    meanings.cache_clear()


def _entry(entry: Any, read: Callable[[str], bytes]) -> FrozenContext:
    if not isinstance(entry, dict) or entry.keys() != _MEMBERS or not all(isinstance(v, str) for v in entry.values()):
        raise ContextError("context_invalid", "a context in a manifest has a url, a file and a sha256")
    url, content = entry["url"], read(entry["file"])
    if not url.startswith(("https://", "http://")) or not is_absolute_iri(url):
        raise ContextError("context_invalid", f"{url[:200]} is no address of a context")
    if hashlib.sha256(content).hexdigest() != entry["sha256"].lower():
        raise ContextError("context_invalid", f"the bytes of {url[:200]} have another hash than the manifest says")
    return FrozenContext(url, entry["file"], entry["sha256"].lower(), {"added": "operator"}, "", content)


def _check(one: FrozenContext, urls: frozenset[str] | set[str], known: Meanings) -> None:
    context = _parsed(one.read()).get("@context")
    if not isinstance(context, dict | list):
        raise ContextError("context_invalid", f"{one.url[:200]} holds no @context")
    for part in _parts(context):
        unknown = part not in urls if isinstance(part, str) else not isinstance(part, dict) or _REFUSED & part.keys()
        if unknown:
            raise ContextError("context_unsupported", f"{one.url[:200]} leans on what is not taken here")
    for within, name, definition in definitions(context, {}):
        target = definition.get("@id", name) if isinstance(definition, dict) else definition
        iri = resolved(target, within) if isinstance(target, str) else None
        if iri is None:
            continue
        try:
            known.check_term(name, iri)
        except ContextError as error:
            raise ContextError(error.code, f"{one.url[:200]}: {error.detail}") from None


def _loading(fresh: Sequence[FrozenContext]) -> DocumentLoader:
    """PyLD's document loader over the frozen contexts and these."""
    documents = {one.url: _parsed(one.read()) for one in fresh}

    def load(url: str, options: object) -> dict[str, Any]:
        if url not in documents:
            return load_frozen(url, options)
        return {
            "contentType": "application/ld+json",
            "contextUrl": None,
            "documentUrl": url,
            "document": documents[url],
        }

    return load


def _compile(one: FrozenContext, library: Library) -> None:
    """Refuse at once what no document could use. ContextError."""
    try:
        library.initial.with_contexts((one.url,))
    except ContextError as error:
        raise ContextError(error.code, f"{one.url[:200]}: {error.detail}") from None


def _parts(context: Any) -> Iterator[Any]:
    """The contexts that a context is made of, scoped ones included."""
    for part in context if isinstance(context, list) else [context]:
        yield part
        if isinstance(part, dict):
            for definition in part.values():
                if isinstance(definition, dict) and definition.get("@context") is not None:
                    yield from _parts(definition["@context"])


def _parsed(data: bytes) -> dict[str, Any]:
    try:
        return json_input.parse(data)
    except CredentialError as error:
        raise ContextError("context_invalid", f"a context cannot be read: {error.detail}") from None
