"""The general path: PyLD expands what the compiled path does not cover, still in safe mode and under the same budgets.

It covers contexts written inline in the root's `@context`, and the JSON-LD that comes with them: `@list`, `@set`,
`@json` and typed value objects, language maps, graphs, lists of lists. What a reader sees must stay what is signed. So
an inline context may add names, and nothing else: it may not touch a name or an IRI that any frozen context defines,
nor rename a keyword. Then no member that a verifier looks for can hide under another name (VC Data Integrity 1.0
§2.4.1). The names it adds can be exchanged for others under the same proof: do not rely on them.

PyLD drops without a word what it cannot use. So the scalars of the document are counted against those of the expanded
form; from that to quads it is our code, which refuses instead. Some 10 ms for an ordinary credential.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any, Final

from pyld.jsonld import JsonLdError, JsonLdProcessor

from credential_core import jcs
from credential_core.contexts import frozen_contexts, load_context
from credential_core.errors import ContextError, DocumentError
from credential_core.json_input import check_tree
from credential_core.jsonld.active_context import Library, load_frozen
from credential_core.jsonld.expansion import AppliedContexts, context_urls
from credential_core.jsonld.lexical import RDF, is_absolute_iri, literal, native_literal, tagged_literal
from credential_core.rdfc import Quad

_MAX_INLINE_TERMS: Final = 256
# What credentials/v2 and Open Badges say by these names: the first data model has no such terms, and may be given them.
_SAME_MEANING: Final = {"name": "https://schema.org/name", "description": "https://schema.org/description"}
_CONTEXT_KEYWORDS: Final = frozenset({"@version", "@vocab", "@language", "@direction", "@protected"})
_TERM_KEYWORDS: Final = frozenset({"@id", "@type", "@container", "@language", "@direction", "@protected", "@prefix"})
_CONTAINERS: Final = frozenset({"@list", "@set", "@language", "@graph"})
_VALUE_KEYWORDS: Final = frozenset({"@value", "@type", "@language", "@direction"})
_FIRST, _REST, _NIL, _TYPE = (f"<{RDF}{name}>" for name in ("first", "rest", "nil", "type"))
_lock: Final = threading.Lock()


def to_quads(document: Mapping[str, Any]) -> list[Quad]:
    """The quads of a document that may have inline contexts. DocumentError, ContextError, LimitError."""
    root = dict(document)
    check_tree(root)
    names = _check_contexts(root.get("@context"))
    _check_members({name: value for name, value in root.items() if name != "@context"}, names)
    _check_nested_contexts(root, (), AppliedContexts())
    _check_renaming(root, names)
    expanded = _expand(root)
    if len(expanded) != 1:
        raise DocumentError("value_malformed", "a document is one node")
    if _scalars(root) != _scalars(expanded[0]):
        raise DocumentError("value_dropped", "JSON-LD would drop a value of the document")
    emission = _Emission()
    emission.node(expanded[0], "")
    if not emission.quads:
        raise DocumentError("value_dropped", "the document states nothing")
    return emission.quads


@cache
def _frozen_definitions() -> tuple[frozenset[str], frozenset[str]]:
    """Every name that any frozen context defines, at any depth, and every IRI that it gives to one."""
    names: set[str] = set()
    iris: set[str] = set()
    for url in frozen_contexts():
        for known, name, definition in _definitions(load_context(url)["@context"], {}):
            target = definition.get("@id", name) if isinstance(definition, dict) else definition
            names.add(name)
            if isinstance(target, str):
                iris.add(_resolved(target, known))
    return frozenset(names), frozenset(iris)


def _definitions(context: Any, known: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str, Any]]:
    for part in context if isinstance(context, list) else [context]:
        if isinstance(part, dict):
            inner = {**known, **part}
            for name, definition in part.items():
                if not name.startswith("@"):
                    yield inner, name, definition
                if isinstance(definition, dict) and "@context" in definition:
                    yield from _definitions(definition["@context"], inner)


def _resolved(target: str, known: Mapping[str, Any], depth: int = 0) -> str:
    """A term's IRI through prefixes and other terms of the same context."""
    prefix, colon, suffix = target.partition(":")
    name, rest = (prefix, suffix) if colon and prefix in known else (target, "")
    definition = known.get(name)
    found = definition.get("@id") if isinstance(definition, dict) else definition
    if not isinstance(found, str) or found == name or depth > 5:
        return target
    return _resolved(found, known, depth + 1) + rest


def _check_contexts(value: Any) -> frozenset[str]:
    """The names that the root's inline contexts add. ContextError for one that does more than add names."""
    parts = value if isinstance(value, list) else [value]
    names: set[str] = set()
    for part in parts:
        if isinstance(part, dict):
            for name, definition in part.items():
                _check_definition(name, definition)
                names.update([] if name.startswith("@") else [name])
    if len(names) > _MAX_INLINE_TERMS:
        raise ContextError("context_invalid", f"inline contexts may define {_MAX_INLINE_TERMS} terms")
    context_urls([part for part in parts if not isinstance(part, dict)] or [next(iter(frozen_contexts()))])
    return frozenset(names)


def _check_definition(name: str, definition: Any) -> None:
    if name.startswith("@"):
        if name not in _CONTEXT_KEYWORDS:
            raise ContextError("context_unsupported", f"an inline context may not use {name[:80]}")
        return
    if name in _SAME_MEANING and definition == _SAME_MEANING[name]:
        return
    if not name or ":" in name or name in _frozen_definitions()[0]:
        raise ContextError("context_conflict", f"an inline context may not define {name[:80]!r}")
    members = definition if isinstance(definition, dict) else {"@id": definition}
    container = members.get("@container", [])
    containers = container if isinstance(container, list) else [container]
    if not members.keys() <= _TERM_KEYWORDS or not all(
        isinstance(kind, str) and kind in _CONTAINERS for kind in containers
    ):
        raise ContextError("context_unsupported", f"the term {name[:80]!r} uses a JSON-LD feature not supported here")
    if not isinstance(members.get("@id", ""), str) or str(members.get("@id")).startswith("@"):
        raise ContextError("context_conflict", f"an inline context may not make {name[:80]!r} a keyword or nothing")


def _check_members(value: Any, names: frozenset[str]) -> None:
    """Members are named by terms; keywords stand in value objects only; no text is a compact IRI by an inline term."""
    if isinstance(value, str) and value.partition(":")[0] in names and ":" in value:
        raise DocumentError("iri_relative", "an inline term is no prefix")
    if isinstance(value, list):
        for item in value:
            _check_members(item, names)
    if not isinstance(value, dict):
        return
    keywords = {name for name in value if name.startswith("@") and name != "@context"}
    in_value_object = "@value" in keywords and value.keys() <= _VALUE_KEYWORDS
    if keywords and not in_value_object and value.keys() not in ({"@list"}, {"@set"}):
        raise DocumentError("member_not_term", "a member must be named by a term, not by a keyword")
    for name, member in value.items():
        if name == "@context":
            context_urls(member)
        elif ":" in name:
            raise DocumentError("member_not_term", f"a member must be named by a term, not by {name[:200]!r}")
        else:
            _check_members(member, names)


def _check_nested_contexts(value: Any, place: tuple[Any, ...], applied: AppliedContexts) -> None:
    """Hold the contexts inside the document against the budget; a place is what has been applied on the way to it."""
    if isinstance(value, dict):
        if place and "@context" in value:
            urls = context_urls(value["@context"])
            applied.take(place, urls)
            place = (*place, urls)
        value = [member for name, member in value.items() if name != "@context"]
    if isinstance(value, list):
        for item in value:
            _check_nested_contexts(item, place or ((),), applied)


def _expand(root: dict[str, Any]) -> list[dict[str, Any]]:
    """PyLD's expansion. DocumentError `term_undefined` for a member that it drops."""

    def dropped(name: str) -> None:
        raise DocumentError("term_undefined", f"no context defines the member {str(name)[:200]!r}")

    options = {
        "expandContext": {"@base": None},  # relative IRIs stay so, and are refused
        "documentLoader": load_frozen,
        "processingMode": "json-ld-1.1",
    }
    with _lock, _pyld():
        expanded: list[dict[str, Any]] = JsonLdProcessor(on_property_dropped=dropped).expand(root, options)
    return expanded


@contextmanager
def _pyld() -> Iterator[None]:
    """PyLD's errors as ours, and none of its warnings."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except JsonLdError as error:
        code = "context_conflict" if error.code == "protected term redefinition" else "context_invalid"
        raise ContextError(code, f"the document cannot be expanded: {error.code}") from None
    except (ValueError, TypeError, KeyError, AttributeError, IndexError):  # PyLD's ways to say that input is malformed
        raise DocumentError("value_malformed", "the document cannot be expanded") from None


def _check_renaming(root: Mapping[str, Any], names: frozenset[str]) -> None:
    """No inline term, and no name that an inline `@vocab` makes a term, may have an IRI of a frozen context."""
    frozen_names, frozen_iris = _frozen_definitions()
    library = Library()  # a fresh one: what PyLD remembers of inline contexts has no bound
    with _lock, _pyld():
        active = library.process(library.initial.raw, root["@context"], propagate=True, override_protected=False)
    for name in names.union(_member_names(root)) - frozen_names:
        mapping = active["mappings"].get(name)
        target = mapping["@id"] if mapping else str(active.get("@vocab", "")) + name
        if target in frozen_iris:
            raise ContextError("context_conflict", f"an inline context gives {target[:200]} another name")


def _member_names(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, member in value.items():
            if not name.startswith("@"):
                yield name
            if name != "@context":
                yield from _member_names(member)
    elif isinstance(value, list):
        for item in value:
            yield from _member_names(item)


def _scalars(value: Any) -> int:
    """How many scalars a document states, beside its contexts and what qualifies a value."""
    if isinstance(value, dict):
        qualifying = _VALUE_KEYWORDS - {"@value"} if "@value" in value else {"@context"}
        return sum(_scalars(member) for name, member in value.items() if name not in qualifying)
    if isinstance(value, list):
        return sum(map(_scalars, value))
    return int(value is not None)


class _Emission:
    """Quads of an expanded document. What RDF has no place for is refused."""

    __slots__ = ("_blank_nodes", "_root", "quads")

    def __init__(self) -> None:
        self.quads: list[Quad] = []
        self._blank_nodes = 0
        self._root: str | None = None

    def _blank(self) -> str:
        self._blank_nodes += 1
        return f"_:b{self._blank_nodes - 1}"

    def node(self, element: dict[str, Any], graph: str) -> str:
        """Emit one node object; its subject."""
        subject = _iri(element["@id"]) if "@id" in element else self._blank()
        if self._root is None:
            self._root = subject
        elif subject == self._root and not element.keys() <= {"@id", "@type"}:
            raise DocumentError("root_id_repeated", "a nested node says more about the document's own id")
        self.quads += [(subject, _TYPE, _iri(name), graph) for name in element.get("@type", [])]
        for name, values in element.items():
            if name not in ("@id", "@type"):
                predicate = _iri(name)
                for value in values:
                    self.quads.append((subject, predicate, self._object(value, graph), graph))
        return subject

    def _object(self, value: dict[str, Any], graph: str) -> str:
        if "@value" in value:
            return _literal(value)
        if "@list" in value:
            return self._list([self._object(item, graph) for item in value["@list"]], graph)
        if "@graph" not in value:
            return self.node(value, graph)
        if len(value) > 1:
            raise DocumentError("value_malformed", "a graph has a name or an index of its own")
        name = self._blank()
        for item in value["@graph"]:
            self.node(item, name)
        return name

    def _list(self, objects: list[str], graph: str) -> str:
        head = _NIL
        for item in reversed(objects):
            cell = self._blank()
            self.quads += [(cell, _FIRST, item, graph), (cell, _REST, head, graph)]
            head = cell
        return head


def _iri(text: Any) -> str:
    if not isinstance(text, str) or not is_absolute_iri(text):
        raise DocumentError("iri_relative", f"{str(text)[:200]!r} is neither a term nor an absolute IRI")
    return f"<{text}>"


def _literal(item: Mapping[str, Any]) -> str:
    value, datatype = item["@value"], item.get("@type")
    if not item.keys() <= _VALUE_KEYWORDS:
        raise DocumentError("value_malformed", "a value has an index, which is not signed")
    if datatype == "@json":
        return literal(jcs.canonicalize(value).decode(), RDF + "JSON")
    if datatype is not None:
        _iri(datatype)
    if not isinstance(value, str):
        return native_literal(value, datatype)
    language, direction = item.get("@language"), item.get("@direction")
    return tagged_literal(value, language, direction) if datatype is None else literal(value, datatype)
