"""A document's quads under labels that only the holder of a key can link, and which of them pointers select.

ECDSA Cryptosuites 1.0 §3.4 does this by giving blank nodes names in the JSON (skolemization) that a selection keeps.
So does this module, and beyond that it names the cells of RDF lists by what they hold, so that lists can be selected
too (whole ones only).
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from credential_core import jcs
from credential_core.errors import DocumentError
from credential_core.json_input import check_tree
from credential_core.jsonld import Quad, general
from credential_core.jsonld.lexical import RDF
from credential_core.multibase import encode_base64url
from credential_core.proof.selection import select
from credential_core.rdfc import canonicalize

_FIRST: Final = f"<{RDF}first>"
_REST: Final = f"<{RDF}rest>"
_JSON_LITERAL: Final = f"^^<{RDF}JSON>"


@dataclass(frozen=True, slots=True)
class Grouping:
    """The N-Quads of a document in order, each blank node under its secret label, and the means to find parts."""

    lines: tuple[str, ...]
    labels: Mapping[str, str]  # internal label -> secret label, both without `_:`
    _named: _Named

    def quads(self, pointers: Sequence[str]) -> list[Quad]:
        """The quads that pointers select, their blank nodes under internal labels; none for no pointers."""
        return self._named.quads(select(self._named.document, pointers)) if pointers else []

    def indexes(self, quads: Collection[Quad]) -> frozenset[int]:
        """Where such quads stand in `lines`. DocumentError if some are not there: a list or a literal was cut up."""
        blanks = {term[2:] for s, _, o, _ in quads for term in (s, o) if term.startswith("_:")}
        chosen = set(nquads(quads, self.labels)) if blanks <= self.labels.keys() else {""}
        found = frozenset(index for index, line in enumerate(self.lines) if line in chosen)
        if len(found) != len(chosen):
            raise DocumentError("pointer_splits_list", "a list or a JSON literal is selected whole or not at all")
        return found


def group(document: Mapping[str, Any], hmac_key: bytes, *, inline_contexts: bool = False) -> Grouping:
    """Canonicalize a document (without proof) and label its blank nodes by HMAC-SHA-256 (§3.4.8). Some ms.

    `inline_contexts` as for `proof.sign`.
    """
    named = _named(document, inline_contexts=inline_contexts)
    quads = named.quads(named.document)
    labels = {node: secret_label(hmac_key, label) for node, label in canonicalize(quads).labels.items()}
    return Grouping(tuple(nquads(quads, labels)), labels, named)


def secret_label(hmac_key: bytes, canonical: str) -> str:
    """The label of a canonical one: `u` and base64url of its HMAC-SHA-256."""
    return encode_base64url(hmac.digest(hmac_key, canonical.encode(), "sha256"))


def nquads(quads: Collection[Quad], labels: Mapping[str, str]) -> list[str]:
    """Sorted N-Quads lines without repeats, blank nodes under new labels (both sides without `_:`)."""

    def relabelled(term: str) -> str:
        return f"_:{labels[term[2:]]}" if term.startswith("_:") else term

    return sorted({f"{relabelled(s)} {p} {relabelled(o)} .\n" for s, p, o, _ in quads})


@dataclass(frozen=True, slots=True)
class _Named:
    """A document in which every object that makes a blank node has an id of our own: a prefix and a number."""

    document: dict[str, Any]
    prefix: str
    inline_contexts: bool

    def quads(self, part: Mapping[str, Any]) -> list[Quad]:
        """The quads of the document or of a part, our ids turned back into blank nodes `_:nN`, list cells into `_:l..`.

        DocumentError for named graphs, that is for documents within documents.
        """
        ours = re.compile(f"<{re.escape(self.prefix)}([0-9]+)>\\Z")
        found = general.either(part, inline_contexts=self.inline_contexts)
        quads = [(ours.sub(r"_:n\1", s), p, ours.sub(r"_:n\1", o), g) for s, p, o, g in found]
        if any(graph for *_, graph in quads):
            raise DocumentError("selection_unsupported", "documents with named graphs cannot be disclosed in part")
        return _with_named_cells(quads)


def _named(document: Mapping[str, Any], *, inline_contexts: bool) -> _Named:
    """Give ids; where that changed a JSON literal, the object was no node, and is left alone."""
    check_tree(document)
    text = jcs.canonicalize(document).decode()
    prefix = next(name for name in (f"urn:bnid:{n}:" for n in range(len(text) + 1)) if name not in text)
    named = _Named(_Naming(prefix, frozenset()).name(document), prefix, inline_contexts)
    stated = general.either(named.document, inline_contexts=inline_contexts)
    literals = [o for _, _, o, _ in stated if o.endswith(_JSON_LITERAL) and prefix in o]
    if not literals:
        return named
    plain = frozenset(int(number) for literal in literals for number in re.findall(f"{prefix}([0-9]+)", literal))
    return _Named(_Naming(prefix, plain).name(document), prefix, inline_contexts)


class _Naming:
    """One walk through a document, counting the objects that have no id."""

    def __init__(self, prefix: str, plain: frozenset[int]) -> None:
        self._prefix = prefix
        self._plain = plain
        self._count = -1

    def name(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self.name(item) for item in value]
        if not isinstance(value, Mapping) or "@value" in value:
            return value
        extra = {}
        if "id" not in value and value.keys().isdisjoint(("@list", "@set")):
            self._count += 1
            if self._count not in self._plain:
                extra["id"] = f"{self._prefix}{self._count}"
        return extra | {name: item if name == "@context" else self.name(item) for name, item in value.items()}


def _with_named_cells(quads: list[Quad]) -> list[Quad]:
    """Rename the cells of each list after its owner, its predicate and what it holds."""
    first = {s: o for s, p, o, _ in quads if p == _FIRST}
    rest = {s: o for s, p, o, _ in quads if p == _REST}
    names: dict[str, str] = {}
    for subject, predicate, head, _ in quads:
        if head not in first or predicate == _REST:
            continue
        cells = [head]
        while rest[cells[-1]] in first:
            cells.append(rest[cells[-1]])
        content = "\n".join([subject, predicate, *(first[cell] for cell in cells)])
        key = hashlib.sha256(content.encode()).hexdigest()
        fresh = {cell: f"_:l{key}x{place}" for place, cell in enumerate(cells)}
        if not set(fresh.values()).isdisjoint(names.values()):
            raise DocumentError("selection_unsupported", "a document that states one list twice cannot be disclosed")
        names |= fresh
    return [(names.get(s, s), p, names.get(o, o), g) for s, p, o, g in quads]
