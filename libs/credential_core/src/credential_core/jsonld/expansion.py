"""From a JSON-LD document to quads, without the expanded form in between (JSON-LD 1.1 API §5, §8.2).

Terms of a quad are canonical N-Quads text: `<iri>`, `_:bN`, or a literal; the default graph is the empty string.
Safe mode: an undefined term, a relative IRI, an unsafe number or any other thing that JSON-LD would drop or guess is
a DocumentError. Beyond that, so that one JSON reading goes with one set of quads: contexts are frozen URLs, members are
named by terms (never by IRIs, keywords or classes), types that have a name by that name, and no nested node states
members or types of the document's root under its id.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping
from typing import Any, Final, TypeAlias

from credential_core import jcs
from credential_core.errors import DocumentError, LimitError
from credential_core.json_input import check_tree
from credential_core.jsonld.active_context import ActiveContext, Library, Term
from credential_core.jsonld.context_urls import context_urls
from credential_core.jsonld.lexical import RDF, literal, native_literal, quoted, tagged_literal

Quad: TypeAlias = tuple[str, str, str, str]

_MAX_APPLIED: Final = 128  # contexts that a document may apply in different places; each takes some 0.6 ms
_TYPE: Final = f"<{RDF}type>"
_FIRST: Final = f"<{RDF}first>"
_REST: Final = f"<{RDF}rest>"
_NIL: Final = f"<{RDF}nil>"
_VALUE_MEMBERS: Final = frozenset({"@value", "@language", "@direction"})
_library: Final = Library()


def to_quads(document: Mapping[str, Any]) -> list[Quad]:
    """The quads of a JSON-LD document, in document order, repeats included. DocumentError, ContextError, LimitError."""
    root = dict(document)
    check_tree(root)
    walk = Walk()
    walk.root(_library.initial, root)
    if not walk.quads:
        raise DocumentError("value_dropped", "the document states nothing")
    return walk.quads


def initial_context() -> ActiveContext:
    """The active context before any `@context` is applied."""
    return _library.initial


class AppliedContexts:
    """The contexts that one document applies, and how many more it may: the same ones in the same place count once."""

    __slots__ = ("_known", "_left")

    def __init__(self) -> None:
        self._known: set[tuple[Hashable, tuple[str, ...]]] = set()
        self._left = _MAX_APPLIED

    def take(self, place: Hashable, urls: tuple[str, ...]) -> None:
        """Count contexts that are applied in some place. LimitError `too_many_contexts` past the budget."""
        if (place, urls) not in self._known:
            self._known.add((place, urls))
            self._left -= len(urls)
        if self._left < 0:
            raise LimitError("too_many_contexts", f"a document may apply {_MAX_APPLIED} contexts")


class Walk:
    """One pass over one document. The walk that compiles a template looks into some of these steps."""

    __slots__ = ("_applied", "_blank_nodes", "_root_subject", "_root_types", "quads")

    def __init__(self) -> None:
        self.quads: list[Quad] = []
        self._applied = AppliedContexts()
        self._blank_nodes = 0
        self._root_subject = ""
        self._root_types: tuple[str, ...] = ()

    def root(self, context: ActiveContext, document: dict[str, Any]) -> None:
        """Emit the quads of a whole document."""
        self.node(context, document, "", is_root=True)

    def identifier(self, context: ActiveContext, value: Any) -> str:
        """The subject that an id gives."""
        if not isinstance(value, str):
            raise DocumentError("id_malformed", "an id must be one IRI")
        return context.id_iri(value)

    def scalar(self, context: ActiveContext, term: Term, value: Any) -> str:
        """The object that a string, number or boolean gives as the term coerces it (JSON-LD 1.1 API §5.3)."""
        if isinstance(value, str):
            if term.is_literal:
                return quoted(value) + term.datatype
            return context.id_iri(value) if term.coercion == "@id" else context.type_iri(value)
        return native_literal(value, term.coercion if term.is_literal else None)

    def applied(self, context: ActiveContext, value: Any) -> ActiveContext:
        """The context inside a node that brings a `@context`."""
        urls = context_urls(value)
        self._applied.take(context, urls)
        return context.with_contexts(urls)

    def _blank(self) -> str:
        label = f"_:b{self._blank_nodes}"
        self._blank_nodes += 1
        return label

    def node(self, context: ActiveContext, element: dict[str, Any], graph: str, *, is_root: bool = False) -> str:
        """Emit one node object; its subject term."""
        if "@context" in element:
            context = self.applied(context, element["@context"])
        names = _type_names(context, element)
        context, types = context.for_types(names) if names else (context, names)
        subject = self._subject(context, element)
        if is_root:
            self._root_subject, self._root_types = subject, types
        elif subject == self._root_subject and not self._refers_to_root(context, element, types):
            raise DocumentError("root_id_repeated", "a nested node says more about the document's own id")
        quads, members = self.quads, context.members
        for type_ in types:
            quads.append((subject, _TYPE, type_, graph))
        for name, value in element.items():
            term = members.get(name)
            if term is None:
                if name == "@context":
                    continue
                term = self.member(context, name)
            if term.is_plain and type(value) is str:  # what most members are
                object_ = quoted(value) + term.datatype if term.is_literal else self.scalar(context, term, value)
                quads.append((subject, term.predicate, object_, graph))
            elif not term.is_keyword:
                self._property(context, term, value, subject, graph)
        return subject

    def member(self, context: ActiveContext, name: str) -> Term:
        """The term that a member names, the first time it is met."""
        return context.member(name)

    def _refers_to_root(self, context: ActiveContext, element: dict[str, Any], types: tuple[str, ...]) -> bool:
        """Whether a node says no member of the root, and nothing of what kind of document it is."""
        named = all(name in context.id_aliases or name in context.type_aliases for name in element)
        return named and not says_kind(types, self._root_types)

    def _subject(self, context: ActiveContext, element: dict[str, Any]) -> str:
        found = None
        for name in context.id_aliases:
            if name in element:
                if found is not None:
                    raise DocumentError("id_malformed", "an id must be one IRI")
                found = name
        return self._blank() if found is None else self.identifier(context, element[found])

    def _property(self, context: ActiveContext, term: Term, value: Any, subject: str, graph: str) -> None:
        """Emit the quads of one member of a node."""
        if term.coercion == "@json":
            self.quads.append((subject, term.predicate, _json_literal(value), graph))
            return
        if value is None:
            return
        items = [item for item in value if item is not None] if isinstance(value, list) else [value]
        if term.is_list:
            head = self._list([self._object(context, term, item, graph) for item in items], graph)
            self.quads.append((subject, term.predicate, head, graph))
            return
        for item in items:
            if term.is_graph:
                name = self._graph(context, term, item)
                self.quads.append((subject, term.predicate, name, graph))
            else:
                self.quads.append((subject, term.predicate, self._object(context, term, item, graph), graph))

    def _graph(self, context: ActiveContext, term: Term, item: Any) -> str:
        """A node in a graph of its own (`@container: @graph`), named by a blank node."""
        if not isinstance(item, dict) or "@value" in item:
            raise DocumentError("value_malformed", f"{term.iri} must hold objects")
        name = self._blank()
        self._object(context, term, item, name)
        return name

    def _list(self, objects: list[str], graph: str) -> str:
        """An RDF list; its head."""
        if not objects:
            return _NIL
        cells = [self._blank() for _ in objects]
        for cell, following, item in zip(cells, [*cells[1:], _NIL], objects, strict=True):
            self.quads += [(cell, _FIRST, item, graph), (cell, _REST, following, graph)]
        return cells[0]

    def _object(self, context: ActiveContext, term: Term, item: Any, graph: str) -> str:
        """The object term of one value; nested nodes are emitted on the way."""
        if isinstance(item, dict):
            if "@value" in item:
                return _value_object(item)
            return self.node(_nested(context, term, item), item, graph)
        if isinstance(item, list):
            raise DocumentError("array_nested", f"{term.iri} holds an array within an array")
        return self.scalar(context.for_property(term), term, item)


def _nested(context: ActiveContext, term: Term, element: dict[str, Any]) -> ActiveContext:
    """The context inside a property's node: type-scoped contexts end, then the property's own begins."""
    inner = context.for_property(term)
    if inner.previous is None or _only_id(inner, element):
        return inner.for_property(term)
    return inner.previous.for_property(term)


def _only_id(context: ActiveContext, element: dict[str, Any]) -> bool:
    return len(element) == 1 and next(iter(element)) in context.id_aliases


def says_kind(types: Collection[str], of_root: Collection[str]) -> bool:
    """Whether types of a nested node with the root's id make of it a credential or a presentation that it does not say.

    An endorsement calls what it endorses an EndorsementSubject; but what is read as a credential says so itself.
    """
    kinds = (name for name in types if name.rstrip(">").endswith(("Credential", "Presentation")))
    return any(kind not in of_root for kind in kinds)


def _type_names(context: ActiveContext, element: dict[str, Any]) -> tuple[str, ...]:
    names: list[str] = []
    for alias in context.type_aliases:
        if alias in element:
            value = element[alias]
            names.extend(value) if isinstance(value, list) else names.append(value)
    for name in names:
        if not isinstance(name, str):
            raise DocumentError("type_malformed", "a type must be a string or a list of strings")
    return tuple(names)


def _value_object(item: dict[str, Any]) -> str:
    """A `{"@value", "@language", "@direction"}` object, as VCDM 2.0 §11.1 uses them."""
    value, language, direction = item["@value"], item.get("@language"), item.get("@direction")
    if not item.keys() <= _VALUE_MEMBERS or not isinstance(value, str):
        raise DocumentError("value_malformed", "a value object holds a string, a language and a direction, no more")
    if not isinstance(language, str | None) or direction not in (None, "ltr", "rtl"):
        raise DocumentError("value_malformed", "a language or a direction is not one")
    return tagged_literal(value, language, direction)


def _json_literal(value: Any) -> str:
    """An rdf:JSON literal: RFC 8785 text (JSON-LD 1.1 §10.2)."""
    return literal(jcs.canonicalize(value).decode(), RDF + "JSON")
