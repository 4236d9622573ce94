"""The general path: PyLD expands what the compiled path does not cover, still in safe mode and under the same budgets.

It covers contexts written inline in the `@context` of the root, and in those of the credentials that a presentation
holds, which stand there as they were signed; and the JSON-LD that comes with them: scoped contexts, `@list`, `@set`,
`@json` and typed value objects, language maps, graphs, lists of lists, members named by whole IRIs. What a reader sees
must stay what is signed: no member that a verifier looks for may hide under another name, or mean another thing (VC
Data Integrity 1.0 §2.4.1). So wherever a name of a frozen context stands, it has an IRI that a frozen context gives it,
and no other name, and no member by its IRI, has one of those. The exception are nodes of the document's own: reached by
a property that an inline context defines, and of no frozen type. There a name of Open Badges, say, may have a meaning
of its own; but not one of credentials/v2, of proofs or of statuses. And no member has an IRI of RDF's own: `rdf:type`
would be a type that no reader of `type` sees. The names that an inline context adds can be
exchanged for others under the same proof: do not rely on them.

PyLD drops without a word what it cannot use. So the scalars of the document are counted against those of the expanded
form; from that to quads it is our code, which refuses instead. Some 10 ms for an ordinary credential.
"""

from __future__ import annotations

import json
import threading
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from pyld.jsonld import JsonLdError

from credential_core import jcs
from credential_core.errors import ContextError, CredentialError, DocumentError
from credential_core.json_input import check_tree
from credential_core.jsonld import expansion
from credential_core.jsonld.context_urls import context_urls
from credential_core.jsonld.expansion import AppliedContexts, says_kind
from credential_core.jsonld.guarded import GuardedProcessor
from credential_core.jsonld.lexical import RDF, is_absolute_iri, literal, native_literal, tagged_literal
from credential_core.jsonld.meanings import check_predicate, meanings, own_names
from credential_core.rdfc import Quad

# What the compiled path says of a document that this one may cover.
NOT_COVERED: Final = frozenset(
    {"context_inline", "context_unsupported", "member_not_term", "value_malformed", "array_nested"}
)
_VALUE_KEYWORDS: Final = frozenset({"@value", "@type", "@language", "@direction"})
_HELD: Final = "verifiableCredential"
_FIRST, _REST, _NIL, _TYPE = (f"<{RDF}{name}>" for name in ("first", "rest", "nil", "type"))
_lock: Final = threading.Lock()


def either(document: Mapping[str, Any], *, inline_contexts: bool) -> list[Quad]:
    """The quads of a document by the compiled path, or else, if `inline_contexts` are taken, by this one."""
    try:
        return expansion.to_quads(document)
    except CredentialError as error:
        if not inline_contexts or error.code not in NOT_COVERED:
            raise
    return to_quads(document)


def to_quads(document: Mapping[str, Any]) -> list[Quad]:
    """The quads of a document that may have inline contexts. DocumentError, ContextError, LimitError."""
    root = dict(document)
    check_tree(root)
    inner = _credentials(root)
    names = own_names(root.get("@context"), *(each["@context"] for each in inner if "@context" in each))
    _check_members(_looked_at(root), names)
    _check_nested_contexts(root, (), AppliedContexts())
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


def _credentials(root: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The nodes inside of a presentation that may bring contexts of their own."""
    return [each for each in _listed(root.get(_HELD)) if isinstance(each, Mapping)]


def _looked_at(root: Mapping[str, Any]) -> dict[str, Any]:
    """The members of the root, without the contexts of the root and of the credentials that it holds."""
    members = _without_context(root)
    if _HELD in members:
        held = _listed(members[_HELD])
        members[_HELD] = [_without_context(each) if isinstance(each, Mapping) else each for each in held]
    return members


def _without_context(node: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in node.items() if name != "@context"}


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


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
        elif ":" in name and not is_absolute_iri(name):
            raise DocumentError("member_not_term", f"a member is named by a term or an IRI, not by {name[:200]!r}")
        elif name in meanings().iris_of and any(isinstance(each, dict) and "@set" in each for each in _listed(member)):
            raise DocumentError("member_not_term", f"a set of {name[:80]!r} is an array: who reads it looks for that")
        else:
            _check_members(member, names)


def _check_nested_contexts(value: Any, place: tuple[Any, ...], applied: AppliedContexts) -> None:
    """Hold the contexts inside the document against the budget; a place is what has been applied on the way to it."""
    if isinstance(value, dict):
        if place and "@context" in value:
            urls = _named(value["@context"])
            applied.take(place, urls)
            place = (*place, urls)
        value = [member for name, member in value.items() if name != "@context"]
    if isinstance(value, list):
        for item in value:
            _check_nested_contexts(item, place or ((),), applied)


def _named(contexts: Any) -> tuple[str, ...]:
    """Contexts by their URLs, and by their text where they are written inline."""
    parts = contexts if isinstance(contexts, list) else [contexts]
    return tuple(part if isinstance(part, str) else json.dumps(part, sort_keys=True) for part in parts)


def _expand(root: dict[str, Any]) -> list[dict[str, Any]]:
    """PyLD's expansion, guarded."""
    with _lock, _pyld():
        return GuardedProcessor().expanded(root)


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

    __slots__ = ("_blank_nodes", "_root", "_root_types", "quads")

    def __init__(self) -> None:
        self.quads: list[Quad] = []
        self._blank_nodes = 0
        self._root: str | None = None
        self._root_types: list[str] = []

    def _blank(self) -> str:
        self._blank_nodes += 1
        return f"_:b{self._blank_nodes - 1}"

    def node(self, element: dict[str, Any], graph: str) -> str:
        """Emit one node object; its subject."""
        subject = _iri(element["@id"]) if "@id" in element else self._blank()
        types = element.get("@type", [])
        if self._root is None:
            self._root, self._root_types = subject, types
        elif subject == self._root and (element.keys() - {"@id", "@type"} or says_kind(types, self._root_types)):
            raise DocumentError("root_id_repeated", "a nested node says more about the document's own id")
        self.quads += [(subject, _TYPE, _iri(name), graph) for name in types]
        for name, values in element.items():
            if name not in ("@id", "@type"):
                check_predicate(name)
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
