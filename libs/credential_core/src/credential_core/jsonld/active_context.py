"""Active contexts, processed once by PyLD and compiled into term tables that the expansion reads.

Only the frozen contexts are ever processed, so the tables are few; the memory they take is bounded all the same.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from pyld.context_resolver import ContextResolver
from pyld.jsonld import JsonLdError, JsonLdProcessor

from credential_core.contexts import load_context
from credential_core.errors import ContextError, DocumentError
from credential_core.jsonld.lexical import XSD, is_absolute_iri
from credential_core.jsonld.meanings import meanings

_MAX_COMPILED: Final = 1024  # active contexts kept; each is some 10 kB
_MAX_TYPES: Final = 256  # combinations of types remembered in one active context
_UNSUPPORTED_CONTAINERS: Final = frozenset({"@index", "@language", "@id", "@type"})
_UNSUPPORTED_MEMBERS: Final = ("@nest", "@language", "@direction", "@index")
_KEYWORDS: Final = frozenset({"@id", "@type"})

DocumentLoader: TypeAlias = Callable[[str, Any], dict[str, Any]]
Types: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Term:
    """One term definition: its IRI (or `@id`, `@type`), how values are coerced, and its own context if it has one."""

    iri: str
    coercion: str | None  # @id, @vocab, @json, a datatype IRI, or None
    is_list: bool
    is_graph: bool
    scoped: Any  # the property-scoped or type-scoped local context; None if there is none, False for null
    predicate: str
    is_keyword: bool  # names an id or a type
    is_plain: bool  # a scalar value is one quad in the same context: no list, graph, JSON or context of its own
    is_literal: bool  # a string is a literal, not an IRI
    datatype: str  # what follows a string's closing quote: empty, or ^^<datatype>


def _compile(name: str, mapping: Mapping[str, Any]) -> Term:
    container = mapping.get("@container") or ()
    unsupported = mapping.get("reverse") or any(member in mapping for member in _UNSUPPORTED_MEMBERS)
    if unsupported or _UNSUPPORTED_CONTAINERS.intersection(container):
        raise ContextError("context_unsupported", f"the term {name} uses a JSON-LD feature not supported here")
    coercion = None if mapping.get("@type") == "@none" else mapping.get("@type")
    iri = mapping["@id"]
    is_list, is_graph, scoped = "@list" in container, "@graph" in container, mapping.get("@context")
    return Term(
        iri=iri,
        coercion=coercion,
        is_list=is_list,
        is_graph=is_graph,
        scoped=scoped,
        predicate=f"<{iri}>",
        is_keyword=iri in _KEYWORDS,
        is_plain=scoped is None and not (is_list or is_graph or coercion == "@json" or iri in _KEYWORDS),
        is_literal=coercion not in ("@id", "@vocab"),
        datatype="" if coercion in (None, XSD + "string") else f"^^<{coercion}>",
    )


class ActiveContext:
    """What terms mean at one place of a document. Derived contexts are made once and remembered."""

    __slots__ = (
        "_by_scope",
        "_by_types",
        "_by_url",
        "_library",
        "_terms",
        "id_aliases",
        "members",
        "previous",
        "raw",
        "type_aliases",
    )

    def __init__(self, library: Library, raw: Mapping[str, Any], previous: ActiveContext | None) -> None:
        if "@language" in raw or "@direction" in raw or _has_other_aliases(raw):
            raise ContextError("context_unsupported", "the context uses a JSON-LD feature not supported here")
        self._library = library
        self.raw = raw
        self.previous = previous  # what to go back to when a type-scoped context ends
        self.id_aliases = _aliases(raw, "@id")
        self.type_aliases = _aliases(raw, "@type")
        self.members: dict[str, Term] = {}  # the terms that members were found to name; see `member`
        self._terms: dict[str, Term | None] = {}
        self._by_types: dict[Types, tuple[ActiveContext, Types]] = {}
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

    def member(self, name: str) -> Term:
        """The term that a member names, also found in `members` from then on. DocumentError if it is no term."""
        if "@" in name[:1] or ":" in name:
            raise DocumentError("member_not_term", f"a member must be named by a term, not by {name[:200]!r}")
        term = self.term(name)
        if term is None:
            raise DocumentError("term_undefined", f"no context defines the member {name[:200]!r}")
        meanings().check_member(name)
        meanings().check_hidden(name, term.iri)  # by a prefix of another context than its own
        if name in self._terms:  # what @vocab makes of any name is not kept: there is no end to it
            self.members[name] = term
        return term

    def for_types(self, names: Types) -> tuple[ActiveContext, Types]:
        """The context inside a node of these types, and their IRIs as terms of quads. DocumentError for a bad one."""
        known = self._by_types.get(names)
        if known is not None:
            return known
        context = self
        for name in sorted(names):
            term = self.term(name)
            if term is not None and term.scoped:
                context = context._scoped(term.scoped, propagate=False)
        made = context, tuple(self.type_iri(name) for name in names)
        if len(self._by_types) >= _MAX_TYPES:
            self._by_types.clear()
        self._by_types[names] = made
        return made

    def type_iri(self, value: str) -> str:
        """The IRI, as a term of quads, of a type or an `@vocab` value: a term, by `@vocab`, or a nameless IRI."""
        if value in self.raw["mappings"]:
            term = self.term(value)
            if term is None or term.is_keyword:
                raise _relative(value)
            meanings().check_hidden(value, term.iri)
            return term.predicate
        if ":" not in value and "@vocab" in self.raw:
            found = _checked(str(self.raw["@vocab"]) + value)
        else:
            found = self.id_iri(value)
        meanings().check_type(found[1:-1])
        return found

    def id_iri(self, value: str) -> str:
        """The IRI, as a term of quads, of an `@id` value: a compact or an absolute IRI. DocumentError otherwise."""
        colon = value.find(":")
        if colon > 0 and not value.startswith("//", colon + 1):
            mapping = self.raw["mappings"].get(value[:colon])
            if mapping and mapping["_prefix"]:
                return _checked(str(mapping["@id"]) + value[colon + 1 :])
        if not is_absolute_iri(value):
            raise _relative(value)
        return f"<{value}>"

    def for_property(self, term: Term) -> ActiveContext:
        """This context with a term's property-scoped context applied (JSON-LD 1.1 §4.1.8)."""
        return self if term.scoped is None else self._scoped(term.scoped, propagate=True)

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


def _relative(value: str) -> DocumentError:
    return DocumentError("iri_relative", f"{value[:200]!r} is neither a term nor an absolute IRI")


def _checked(text: str) -> str:
    if not is_absolute_iri(text):
        raise DocumentError("iri_malformed", f"not an absolute IRI: {text[:200]!r}")
    return f"<{text}>"


def _aliases(raw: Mapping[str, Any], keyword: str) -> tuple[str, ...]:
    return tuple(name for name, mapping in raw["mappings"].items() if mapping and mapping["@id"] == keyword)


def _has_other_aliases(raw: Mapping[str, Any]) -> bool:
    """Whether a term stands for a keyword that is neither an id nor a type."""
    named = (mapping["@id"] for mapping in raw["mappings"].values() if mapping)
    return any(isinstance(iri, str) and iri[:1] == "@" and iri not in _KEYWORDS for iri in named)


def _usable(iri: object) -> bool:
    return isinstance(iri, str) and (iri in _KEYWORDS or is_absolute_iri(iri))


class Library:
    """Makes active contexts through PyLD's context processing, one thread at a time, and bounds how many are kept."""

    def __init__(self, load: DocumentLoader | None = None) -> None:
        load = load or load_frozen
        self._lock = threading.RLock()
        self._processor = JsonLdProcessor()
        self._options = {
            "base": "",
            "documentLoader": load,
            "contextResolver": ContextResolver({}, load),
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


def load_frozen(url: str, _options: object) -> dict[str, Any]:
    """PyLD's document loader over the frozen contexts; nothing is fetched."""
    return {
        "contentType": "application/ld+json",
        "contextUrl": None,
        "documentUrl": url,
        "document": load_context(url),
        "tag": "static",
    }
