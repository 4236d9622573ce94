"""The canonical form of documents that differ only in some values, compiled once.

A blank node's canonical label comes from the order of the hashes of all blank nodes, and a hash from every value beside
the node. So nothing that depends on a value is frozen: constant nodes are hashed at compile time, the others for each
document, and labels are given anew. Whatever is not plain in the filled document (alike nodes, repeated quads, a value
that is no scalar) is left to the generic path. Either way the result is what `canonicalize(to_quads(document))` gives.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, TypeAlias

import orjson

from credential_core.errors import CredentialError, DocumentError
from credential_core.gapped_text import GappedText, Path, json_around
from credential_core.json_input import check_scalars, check_tree
from credential_core.jsonld import to_quads
from credential_core.jsonld.active_context import ActiveContext, Term
from credential_core.jsonld.expansion import Quad, Walk, initial_context
from credential_core.jsonld.lexical import quoted
from credential_core.rdfc import MAX_BLANK_NODES, canonicalize, first_degree_text, mentions_of
from credential_core.statements import Statements

_Convert: TypeAlias = Callable[[Any], str]
SCALARS: Final = (str, int, float)  # a bool is an int
_HASHES: Final = {"SHA-256": hashlib.sha256, "SHA-384": hashlib.sha384}


class _Mark(str):
    """What stands in a document where a slot is."""

    __slots__ = ("slot",)
    slot: int


class _Hole(str):
    """What stands in a quad where a slot's term goes. Its text is no term, so that it equals none."""

    __slots__ = ("slot",)
    slot: int


def _hole(slot: int) -> _Hole:
    hole = _Hole(f"<slot {slot}>")
    hole.slot = slot
    return hole


class _TracingWalk(Walk):
    """Expands a document with marks, and remembers how the value of each slot becomes a term."""

    __slots__ = ("converts", "subjects")

    def __init__(self) -> None:
        super().__init__()
        self.converts: dict[int, _Convert] = {}
        self.subjects: list[str] = []  # of all nodes, the inner before the outer

    def node(self, context: ActiveContext, element: dict[str, Any], graph: str, *, is_root: bool = False) -> str:
        subject = super().node(context, element, graph, is_root=is_root)
        self.subjects.append(subject)
        return subject

    def identifier(self, context: ActiveContext, value: Any) -> str:
        if not isinstance(value, _Mark):
            return super().identifier(context, value)
        return self._trace(
            value,
            lambda filled: context.id_iri(filled) if type(filled) is str else Walk.identifier(self, context, filled),
        )

    def scalar(self, context: ActiveContext, term: Term, value: Any) -> str:
        if not isinstance(value, _Mark):
            return super().scalar(context, term, value)
        if term.is_literal:  # the same, without a look at what kind of term it is
            return self._trace(
                value,
                lambda filled: (
                    quoted(filled) + term.datatype if type(filled) is str else Walk.scalar(self, context, term, filled)
                ),
            )
        return self._trace(value, lambda filled: Walk.scalar(self, context, term, filled))

    def _trace(self, mark: _Mark, convert: _Convert) -> str:
        self.converts[mark.slot] = convert
        return _hole(mark.slot)


def _with_holes(quad: Iterable[str], numbers: Mapping[str, int]) -> list[str | int]:
    """A quad with numbers for the holes and the nodes to be labelled."""
    return [term.slot if isinstance(term, _Hole) else numbers.get(term, term) for term in quad]


def _masked(term: str, node: str) -> str:
    return term if term[:1] != "_" else "_:a" if term == node else "_:z"


class Shape:
    """The canonical form of one document with slots: `Shape(document, paths).nquads(values)`."""

    __slots__ = (
        "_converts",
        "_digest",
        "_inner_slots",
        "_inner_subjects",
        "_json",
        "_nodes",
        "_paths",
        "_root",
        "_statements",
        "_text",
        "algorithm",
    )

    def __init__(self, document: Mapping[str, Any], paths: Sequence[Path], algorithm: str = "SHA-256") -> None:
        """Compile. The values that `document` has at `paths` are only examples.

        DocumentError `slot_missing` or `slot_unsupported` for a path that leads to no scalar, or to one that shapes
        the document (a type, a context, a value object's members); else what `to_quads` and `canonicalize` raise.
        """
        self.algorithm = algorithm
        self._paths = tuple(paths)
        check_tree(dict(document))
        self._json = orjson.dumps(dict(document))
        around, found = json_around(orjson.loads(self._json), frozenset(self._paths))
        self._text = GappedText(around, [self._paths.index(path) for path in found])
        self._digest = _HASHES[algorithm]
        examples = [read(document, path) for path in paths]
        canonicalize(to_quads(document), algorithm=algorithm)
        quads = self._trace()
        mentions = mentions_of(quads)
        numbers = {node: len(paths) + position for position, node in enumerate(mentions)}
        self._statements = Statements((_with_holes(quad, numbers) for quad in quads), len(paths) + len(numbers))
        self._nodes = [self._node(node, found) for node, found in mentions.items()]
        self._prove(examples)

    def _trace(self) -> list[Quad]:
        marked = orjson.loads(self._json)
        for slot, path in enumerate(self._paths):
            mark = _Mark(f"urn:slot:{slot}")
            mark.slot = slot
            write(marked, path, mark)
        walk = _TracingWalk()
        try:
            walk.root(initial_context(), marked)
        except CredentialError as error:
            raise DocumentError("slot_unsupported", f"a slot shapes the document: {error.detail}") from None
        if len(walk.converts) != len(self._paths):
            raise DocumentError("slot_unsupported", "a slot is no literal and no IRI of its own")
        self._converts = [walk.converts[slot] for slot in range(len(self._paths))]
        *inner, self._root = walk.subjects
        self._inner_subjects = frozenset(inner)
        self._inner_slots = [subject.slot for subject in self._inner_subjects if isinstance(subject, _Hole)]
        return list(dict.fromkeys(walk.quads))

    def _node(self, node: str, mentions: list[Quad]) -> str | Statements:
        """The first-degree hash of a blank node; the lines to take it of if a slot touches it."""
        if not any(isinstance(term, _Hole) for quad in mentions for term in quad):
            return str(self._digest(first_degree_text(node, mentions).encode()).hexdigest())
        masked = ([_masked(term, node) for term in quad] for quad in mentions)
        return Statements((_with_holes(quad, {}) for quad in masked), len(self._paths))

    def _prove(self, examples: Sequence[Any]) -> None:
        if self.nquads(examples) != self._generic(examples):
            raise DocumentError("slot_unsupported", "the compiled form is not the canonical form")

    def fill(self, values: Sequence[Any]) -> dict[str, Any]:
        """The document with these values in its slots; it shares nothing with any other."""
        document: dict[str, Any] = orjson.loads(self._json)
        for path, value in zip(self._paths, values, strict=True):
            write(document, path, value)
        return document

    def json(self, texts: Sequence[bytes]) -> bytes:
        """The JSON text of the document filled with values of these texts, not looked at any further."""
        return self._text.filled(texts)

    def nquads(self, values: Sequence[Any]) -> str:
        """The canonical N-Quads of the filled document. Refuses what `to_quads` refuses of it."""
        if not all(isinstance(value, SCALARS) for value in values):
            return self._generic(values)
        check_scalars(values)
        terms = [convert(value) for convert, value in zip(self._converts, values, strict=True)]
        if self._root_is_repeated(terms):
            return self._generic(values)
        labels = self._labels(terms)
        if labels is None:
            return self._generic(values)
        text = self._statements.filled(terms + labels)
        # What is said twice counts once, also in the hashes of its nodes.
        return self._generic(values) if text is None else text

    def _labels(self, terms: list[str]) -> list[str] | None:
        """The canonical label of each blank node; None if first-degree hashes do not tell them apart (§4.4.3)."""
        digests = []
        for node in self._nodes:
            text = node if isinstance(node, str) else node.filled(terms)
            if text is None:
                return None
            digests.append(text if text is node else self._digest(text.encode()).hexdigest())
        order = sorted(digests)
        if len(set(order)) != len(order):
            return None
        ranks = dict(zip(order, _LABELS, strict=False))
        return [ranks[digest] for digest in digests]

    def _root_is_repeated(self, terms: list[str]) -> bool:
        """Whether a nested node has the id of the document, which `to_quads` looks at more closely."""
        root = terms[self._root.slot] if isinstance(self._root, _Hole) else self._root
        return root in self._inner_subjects or any(terms[slot] == root for slot in self._inner_slots)

    def with_hash(self, algorithm: str) -> Shape:
        """The same form under another hash."""
        return Shape(orjson.loads(self._json), self._paths, algorithm)

    def _generic(self, values: Sequence[Any]) -> str:
        return canonicalize(to_quads(self.fill(values)), algorithm=self.algorithm).nquads


_LABELS: Final = tuple(f"_:c14n{number}" for number in range(MAX_BLANK_NODES))


def read(document: Any, path: Path) -> Any:
    """The value at a path. DocumentError `slot_missing` if there is none."""
    for step in path:
        try:
            document = document[step]
        except (LookupError, TypeError):
            raise DocumentError("slot_missing", f"the document has nothing at {path!r}") from None
    return document


def write(document: Any, path: Path, value: Any) -> None:
    """Put a value at a path that exists."""
    for step in path[:-1]:
        document = document[step]
    document[path[-1]] = value
