"""What the frozen contexts call things, and what a document's own contexts may add to that.

A verifier reads members by their names. So an inline context may not change what a name of the frozen contexts means
where a verifier looks. It adds names in the root. In the scoped contexts of those, it may use a name that Open Badges
or another frozen context has, in a sense of its own; that counts only inside nodes which are the document's own (see
`general`). The names of credentials/v2, of proofs and of statuses are nobody's to define.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final

from credential_core.contexts import OWN, frozen_contexts, load_context
from credential_core.errors import ContextError, DocumentError
from credential_core.jsonld.context_urls import context_urls
from credential_core.jsonld.lexical import RDF

_MAX_TERMS: Final = 256
# What credentials/v2 and Open Badges say by these names: the first data model has no such terms, and may be given them.
_SAME_MEANING: Final = {"name": "https://schema.org/name", "description": "https://schema.org/description"}
_ALIASES: Final = {"id": "@id", "type": "@type"}
_CONTEXT_KEYWORDS: Final = frozenset({"@version", "@vocab", "@language", "@direction", "@protected"})
_SCOPED_KEYWORDS: Final = frozenset({"@version", "@protected"})
_TERM_KEYWORDS: Final = frozenset(
    {"@id", "@type", "@container", "@language", "@direction", "@protected", "@prefix", "@context"}
)
_CONTAINERS: Final = frozenset({"@list", "@set", "@language", "@graph"})
# Contexts of the first data model say these by the scheme of their day.
_SAID_BEFORE: Final = {name: f"http://schema.org/{name}" for name in ("name", "description")}
_EVERYBODYS: Final = ("https://schema.org/", "http://schema.org/")
# By these of its words Open Badges says what decides: a result, a level, what evidence is.
_DECIDING: Final = frozenset(f"https://schema.org/{name}" for name in ("value", "targetUrl", "genre"))
# The data models of the first generation and those of credentials' contents; the names of all others are fixed.
_CONTENTS: Final = ("/2018/credentials/v1", "/ob/v3p0/", "/clr/v2p0/", "/credentials/examples/")


class Meanings:
    """Every name that any frozen context defines, at any depth, with the IRIs it has in one or another of them.

    Not the names of our own context: no check reads them, and others may call their things so.
    """

    def __init__(self) -> None:
        self.iris_of: dict[str, set[str]] = {}
        self.fixed: set[str] = set()
        self.vocabularies: set[str] = set()
        for url in frozen_contexts().keys() - OWN:
            context = load_context(url)["@context"]
            names = set()
            for known, name, definition in definitions(context, {}):
                target = definition.get("@id", name) if isinstance(definition, dict) else definition
                iris = self.iris_of.setdefault(name, set())
                if isinstance(target, str):
                    iris.add(resolved(target, known))
                names.add(name)
            self.vocabularies.update(_vocabularies(context))
            if not any(part in url for part in _CONTENTS):
                self.fixed |= names
        self.iris = frozenset(iri for iris in self.iris_of.values() for iri in iris)
        self.fixed_iris = frozenset(iri for name in self.fixed for iri in self.iris_of[name])
        members = {iri for name, iris in self.iris_of.items() if name[:1].islower() for iri in iris}
        self._classes = frozenset(
            name for name, iris in self.iris_of.items() if name[:1].isupper() and not iris.isdisjoint(members)
        )

    def check_type(self, iri: str) -> None:
        """Refuse a type by its IRI that has a name: who reads types by their names would not see it. DocumentError."""
        if iri in self.iris:
            raise DocumentError("type_malformed", f"a type that has a name is said by it, not by {iri[:200]!r}")

    def check_member(self, name: str) -> None:
        """Refuse a member by the name of a class that has the IRI of a property, as Image and image. DocumentError."""
        if name in self._classes:
            raise DocumentError("member_not_term", f"{name[:200]!r} is a class, and no member")

    def check_hidden(self, name: str, iri: str) -> None:
        """Refuse a term that turned out to mean what is known by another name, or a word of RDF's own. ContextError."""
        if iri in self.iris or iri.startswith(RDF):
            self.check_term(name, iri)

    def check_term(self, name: str, iri: str) -> None:
        """Refuse a term that an added context defines, if it takes or hides what is known already. ContextError.

        A word of schema.org's is the world's, and Open Badges has some: anybody may call those that decide nothing as
        they like.
        """
        if iri == _SAID_BEFORE.get(name):
            return
        check_predicate(iri)
        if not iri.startswith(_EVERYBODYS) or iri in self.fixed_iris | _DECIDING or name in self.fixed:
            self.check(name, iri, at_home=True)

    def check(self, name: str, iri: str, *, at_home: bool) -> None:
        """Refuse a name that means another thing here than by the frozen contexts, or that hides what they define.

        `at_home`: the node is one of the document's own. ContextError `context_conflict`.
        """
        iris = self.iris_of.get(name)
        if iri in self.iris:
            if iris is None or iri not in iris:
                raise ContextError("context_conflict", f"an inline context gives {iri[:200]} another name")
        elif iris is not None and not (at_home and name not in self.fixed) and not self._by_vocabulary(name, iri):
            raise ContextError("context_conflict", f"an inline context gives {name[:80]!r} another meaning")

    def _by_vocabulary(self, name: str, iri: str) -> bool:
        return any(iri == vocabulary + name for vocabulary in self.vocabularies)


def check_predicate(iri: str) -> None:
    """Refuse what RDF itself says by: a type or a list would hide under a member's name. ContextError.

    The address before its words is none of them: many a context has it for a prefix.
    """
    if iri.startswith(RDF) and iri != RDF:
        raise ContextError("context_conflict", f"{iri[:200]} is JSON-LD's to say: by a type, a list or a value object")


@cache
def meanings() -> Meanings:
    """Those of the frozen contexts, read once."""
    return Meanings()


def definitions(context: Any, known: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str, Any]]:
    """Every name in a context, at any depth, with what is defined around it and what it is defined to be."""
    for part in context if isinstance(context, list) else [context]:
        if isinstance(part, dict):
            known = inner = {**known, **part}
            for name, definition in part.items():
                if not name.startswith("@"):
                    yield inner, name, definition
                if isinstance(definition, dict) and "@context" in definition:
                    yield from definitions(definition["@context"], inner)


def _vocabularies(context: Any) -> Iterator[str]:
    for part in context if isinstance(context, list) else [context]:
        if isinstance(part, dict) and isinstance(part.get("@vocab"), str):
            yield part["@vocab"]


def resolved(target: str, known: Mapping[str, Any], depth: int = 0) -> str:
    """A term's IRI through prefixes and other terms of the same context."""
    prefix, colon, suffix = target.partition(":")
    name, rest = (prefix, suffix) if colon and prefix in known else (target, "")
    definition = known.get(name)
    found = definition.get("@id") if isinstance(definition, dict) else definition
    if not isinstance(found, str) or found == name or depth > 5:
        return target
    return resolved(found, known, depth + 1) + rest


def own_names(*contexts: Any) -> frozenset[str]:
    """The names that the inline contexts of some `@context` members define together, scoped ones included.

    ContextError for one that does more than add names.
    """
    names: list[str] = []
    for value in contexts:
        parts = value if isinstance(value, list) else [value]
        for part in parts:
            if isinstance(part, dict):
                names += _names_of(part, scoped=False)
        context_urls([part for part in parts if not isinstance(part, dict)] or [next(iter(frozen_contexts()))])
    if len(names) > _MAX_TERMS:
        raise ContextError("context_invalid", f"inline contexts may define {_MAX_TERMS} terms")
    return frozenset(names) - _ALIASES.keys()


def _names_of(context: dict[str, Any], *, scoped: bool) -> Iterator[str]:
    allowed = _SCOPED_KEYWORDS if scoped else _CONTEXT_KEYWORDS
    for name, definition in context.items():
        if not name.startswith("@"):
            _check_definition(name, definition, scoped=scoped)
            yield name
            if isinstance(definition, dict) and "@context" in definition:
                yield from _names_of(_scoped_context(name, definition["@context"]), scoped=True)
        elif name not in allowed:
            raise ContextError("context_unsupported", f"an inline context may not use {name[:80]} here")


def _scoped_context(name: str, context: Any) -> dict[str, Any]:
    if not isinstance(context, dict):
        raise ContextError(
            "context_unsupported", f"the context of the term {name[:80]!r} is written out, as one object"
        )
    return context


def _check_definition(name: str, definition: Any, *, scoped: bool) -> None:
    if definition in (_SAME_MEANING.get(name), _ALIASES.get(name) if scoped else None) and definition is not None:
        return
    members = definition if isinstance(definition, dict) else {"@id": definition}
    if not name or ":" in name or _is_taken(name, scoped=scoped):
        raise ContextError("context_conflict", f"an inline context may not define {name[:80]!r}")
    container = members.get("@container", [])
    containers = container if isinstance(container, list) else [container]
    if not members.keys() <= _TERM_KEYWORDS or not all(
        isinstance(kind, str) and kind in _CONTAINERS for kind in containers
    ):
        raise ContextError("context_unsupported", f"the term {name[:80]!r} uses a JSON-LD feature not supported here")
    if not isinstance(members.get("@id", ""), str) or str(members.get("@id")).startswith("@"):
        raise ContextError("context_conflict", f"an inline context may not make {name[:80]!r} a keyword or nothing")


def _is_taken(name: str, *, scoped: bool) -> bool:
    known = meanings()
    return name in known.fixed or (name in known.iris_of and not scoped)
