"""Active contexts, processed once by PyLD and compiled into term tables that the expansion reads.

Only the frozen contexts are ever processed, so the tables are few; the memory they take is bounded all the same.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pyld.context_resolver import ContextResolver
from pyld.jsonld import JsonLdError, JsonLdProcessor

from credential_core.contexts import load_context
from credential_core.errors import ContextError
from credential_core.jsonld.lexical import is_absolute_iri

_MAX_COMPILED: Final = 1024  # active contexts kept; each is some 10 kB
_UNSUPPORTED_CONTAINERS: Final = frozenset({"@index", "@language", "@id", "@type"})
_KEYWORDS: Final = frozenset({"@id", "@type"})


@dataclass(frozen=True, slots=True)
class Term:
    """One term definition: its IRI (or `@id`, `@type`), how values are coerced, and its own context if it has one."""

    iri: str
    coercion: str | None  # @id, @vocab, @json, a datatype IRI, or None
    is_list: bool
    is_graph: bool
    scoped: Any  # the property-scoped or type-scoped local context; None if there is none, False for null
    predicate: str


def _compile(name: str, mapping: Mapping[str, Any]) -> Term:
    container = mapping.get("@container") or ()
    if mapping.get("reverse") or "@nest" in mapping or _UNSUPPORTED_CONTAINERS.intersection(container):
        raise ContextError("context_unsupported", f"the term {name} uses a JSON-LD feature not supported here")
    coercion = mapping.get("@type")
    iri = mapping["@id"]
    return Term(
        iri=iri,
        coercion=None if coercion == "@none" else coercion,
        is_list="@list" in container,
        is_graph="@graph" in container,
        scoped=mapping.get("@context"),
        predicate=f"<{iri}>",
    )


class ActiveContext:
    """What terms mean at one place of a document. Derived contexts are made once and remembered."""

    __slots__ = ("_by_scope", "_by_url", "_library", "_terms", "id_aliases", "previous", "raw", "type_aliases")

    def __init__(self, library: Library, raw: Mapping[str, Any], previous: ActiveContext | None) -> None:
        self._library = library
        self.raw = raw
        self.previous = previous  # what to go back to when a type-scoped context ends
        self.id_aliases = _aliases(raw, "@id")
        self.type_aliases = _aliases(raw, "@type")
        self._terms: dict[str, Term | None] = {}
        self._by_scope: dict[tuple[int, bool], tuple[Any, ActiveContext]] = {}
        self._by_url: dict[tuple[str, ...], ActiveContext] = {}

    def term(self, name: str) -> Term | None:
        """The definition of a term; None if it has none or is set to null. `@vocab` applies."""
        try:
            return self._terms[name]
        except KeyError:
            pass
        mappings = self.raw["mappings"]
        if name not in mappings:
            vocab = self.raw.get("@vocab")
            return _compile(name, {"@id": vocab + name}) if vocab else None
        mapping = mappings[name]
        found = _compile(name, mapping) if mapping and _usable(mapping["@id"]) else None
        self._terms[name] = found
        return found

    def expand_type(self, value: str) -> str | None:
        """The IRI of a type or of an `@vocab` value: a term, a compact IRI, an absolute IRI, or under `@vocab`."""
        if value in self.raw["mappings"]:
            term = self.term(value)
            return term.iri if term else None
        absolute = self.expand_reference(value)
        if absolute is None and ":" not in value and "@vocab" in self.raw:
            return str(self.raw["@vocab"]) + value
        return absolute

    def expand_reference(self, value: str) -> str | None:
        """The IRI of an `@id` value: a compact or an absolute IRI. None for anything relative."""
        prefix, colon, suffix = value.partition(":")
        if colon and not suffix.startswith("//"):
            mapping = self.raw["mappings"].get(prefix)
            if mapping and mapping["_prefix"]:
                return str(mapping["@id"]) + suffix
        return value if is_absolute_iri(value) else None

    def for_property(self, term: Term) -> ActiveContext:
        """This context with a term's property-scoped context applied (JSON-LD 1.1 §4.1.8)."""
        return self._scoped(term.scoped, propagate=True)

    def for_type(self, term: Term) -> ActiveContext:
        """This context with a type's own context applied, until the node ends."""
        return self._scoped(term.scoped, propagate=False)

    def _scoped(self, local: Any, *, propagate: bool) -> ActiveContext:
        known = self._by_scope.get((id(local), propagate))
        if known is not None:
            return known[1]
        raw = self._library.process(self.raw, local, propagate=propagate, override_protected=propagate)
        previous = self.previous if propagate else self.previous or self
        made = self._library.compiled(raw, None if local is False else previous)
        self._by_scope[id(local), propagate] = (local, made)  # holding `local` keeps its id its own
        return made

    def with_contexts(self, urls: tuple[str, ...]) -> ActiveContext:
        """This context with the frozen contexts of a node's `@context` applied in order."""
        known = self._by_url.get(urls)
        if known is None:
            raw = self._library.process(self.raw, list(urls), propagate=True, override_protected=False)
            known = self._by_url[urls] = self._library.compiled(raw, self.previous)
        return known


def _aliases(raw: Mapping[str, Any], keyword: str) -> tuple[str, ...]:
    return tuple(name for name, mapping in raw["mappings"].items() if mapping and mapping["@id"] == keyword)


def _usable(iri: object) -> bool:
    return isinstance(iri, str) and (iri in _KEYWORDS or is_absolute_iri(iri))


class Library:
    """Makes active contexts through PyLD's context processing, one thread at a time, and bounds how many are kept."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._processor = JsonLdProcessor()
        self._options = {
            "base": "",
            "documentLoader": _load,
            "contextResolver": ContextResolver({}, _load),
            "processingMode": "json-ld-1.1",
        }
        self._count = 0
        self.initial = self._fresh()

    def _fresh(self) -> ActiveContext:
        return ActiveContext(self, self._processor._get_initial_context(self._options), None)

    def compiled(self, raw: Mapping[str, Any], previous: ActiveContext | None) -> ActiveContext:
        """A new active context; the whole library starts afresh when too many have been made."""
        with self._lock:
            self._count += 1
            if self._count > _MAX_COMPILED:
                self._count = 0
                self.initial = self._fresh()
        return ActiveContext(self, raw, previous)

    def process(
        self, raw: Mapping[str, Any], local: Any, *, propagate: bool, override_protected: bool
    ) -> Mapping[str, Any]:
        """PyLD's context processing (JSON-LD 1.1 API §5.1). ContextError if it refuses."""
        with self._lock:
            try:
                # PyLD offers scoped contexts only through this inner method; the lock file pins its version.
                processed: Mapping[str, Any] = self._processor._process_context(
                    raw, local, self._options, propagate=propagate, override_protected=override_protected
                )
            except JsonLdError as error:
                code = "context_conflict" if error.code == "protected term redefinition" else "context_invalid"
                raise ContextError(code, f"the contexts cannot be combined: {error.code}") from None
        return processed


def _load(url: str, _options: object) -> dict[str, Any]:
    return {
        "contentType": "application/ld+json",
        "contextUrl": None,
        "documentUrl": url,
        "document": load_context(url),
        "tag": "static",
    }
