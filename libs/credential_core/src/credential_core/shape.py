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
from credential_core.json_input import check_tree
from credential_core.jsonld import to_quads
from credential_core.jsonld.active_context import ActiveContext, Term
from credential_core.jsonld.expansion import Quad, Walk, initial_context
from credential_core.rdfc import MAX_BLANK_NODES, canonicalize, first_degree_text, mentions_of

Path: TypeAlias = tuple[str | int, ...]
_Convert: TypeAlias = Callable[[Any], str]
_SCALARS: Final = str | bool | int | float
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
        return self._trace(value, lambda filled: Walk.identifier(self, context, filled))

    def scalar(self, context: ActiveContext, term: Term, value: Any) -> str:
        if not isinstance(value, _Mark):
            return super().scalar(context, term, value)
        return self._trace(value, lambda filled: Walk.scalar(self, context, term, filled))

    def _trace(self, mark: _Mark, convert: _Convert) -> str:
        self.converts[mark.slot] = convert
        return _hole(mark.slot)


class _Lines:
    """Lines of N-Quads with up to two holes each, and those without."""

    __slots__ = ("_one", "_two", "constant")

    def __init__(self, quads: Iterable[Sequence[str | int]]) -> None:
        """Each quad has four terms, a number standing for a hole."""
        self.constant: list[str] = []
        self._one: list[tuple[str, int, str]] = []
        self._two: list[tuple[str, int, str, int, str]] = []
        for quad in quads:
            parts, holes = _split(quad)
            if not holes:
                self.constant.append(parts[0])
            elif len(holes) == 1:
                self._one.append((parts[0], holes[0], parts[1]))
            elif len(holes) == 2:
                self._two.append((parts[0], holes[0], parts[1], holes[1], parts[2]))
            else:
                raise DocumentError("slot_unsupported", "a statement depends on three values")
        self.constant.sort()

    def filled(self, terms: Sequence[str]) -> list[str]:
        """All lines, sorted."""
        lines = self.constant + [a + terms[i] + b for a, i, b in self._one]
        lines += [a + terms[i] + b + terms[j] + c for a, i, b, j, c in self._two]
        lines.sort()
        return lines


def _split(quad: Sequence[str | int]) -> tuple[list[str], list[int]]:
    """The text around the holes of one line, and the holes."""
    parts, holes = [""], []
    for term in quad:
        if isinstance(term, int):
            holes.append(term)
            parts.append(" ")
        elif term:
            parts[-1] += f"{term} "
    parts[-1] += ".\n"
    return parts, holes


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
        "_inner_subjects",
        "_json",
        "_lines",
        "_nodes",
        "_paths",
        "_root",
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
        self._digest = _HASHES[algorithm]
        examples = [read(document, path) for path in paths]
        canonicalize(to_quads(document), algorithm=algorithm)
        quads = self._trace()
        mentions = mentions_of(quads)
        numbers = {node: len(paths) + position for position, node in enumerate(mentions)}
        self._lines = _Lines(_with_holes(quad, numbers) for quad in quads)
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
        self._root, self._inner_subjects = walk.subjects[-1], frozenset(walk.subjects[:-1])
        return list(dict.fromkeys(walk.quads))

    def _node(self, node: str, mentions: list[Quad]) -> str | _Lines:
        """The first-degree hash of a blank node; the lines to take it of if a slot touches it."""
        if not any(isinstance(term, _Hole) for quad in mentions for term in quad):
            return str(self._digest(first_degree_text(node, mentions).encode()).hexdigest())
        masked = ([_masked(term, node) for term in quad] for quad in mentions)
        return _Lines(_with_holes(quad, {}) for quad in masked)

    def _prove(self, examples: Sequence[Any]) -> None:
        if self.nquads(examples) != self._generic(examples):
            raise DocumentError("slot_unsupported", "the compiled form is not the canonical form")

    def fill(self, values: Sequence[Any]) -> dict[str, Any]:
        """The document with these values in its slots; it shares nothing with any other."""
        document: dict[str, Any] = orjson.loads(self._json)
        for path, value in zip(self._paths, values, strict=True):
            write(document, path, value)
        return document

    def nquads(self, values: Sequence[Any]) -> str:
        """The canonical N-Quads of the filled document. Refuses what `to_quads` refuses of it."""
        if not all(isinstance(value, _SCALARS) for value in values):
            return self._generic(values)
        check_tree(list(values))
        terms = [convert(value) for convert, value in zip(self._converts, values, strict=True)]
        if self._root_is_repeated(terms):
            return self._generic(values)
        labels = self._labels(terms)
        if labels is None:
            return self._generic(values)
        lines = self._lines.filled(terms + labels)
        if len(set(lines)) != len(lines):  # what is said twice counts once, also in the hashes of its nodes
            return self._generic(values)
        return "".join(lines)

    def _labels(self, terms: list[str]) -> list[str] | None:
        """The canonical label of each blank node; None if first-degree hashes do not tell them apart (§4.4.3)."""
        digests = [
            node if isinstance(node, str) else self._digest("".join(node.filled(terms)).encode()).hexdigest()
            for node in self._nodes
        ]
        order = sorted(digests)
        if len(set(order)) != len(order):
            return None
        ranks = dict(zip(order, _LABELS, strict=False))
        return [ranks[digest] for digest in digests]

    def _root_is_repeated(self, terms: list[str]) -> bool:
        """Whether a nested node has the id of the document, which `to_quads` looks at more closely."""
        root = terms[self._root.slot] if isinstance(self._root, _Hole) else self._root
        return any(
            (terms[subject.slot] if isinstance(subject, _Hole) else subject) == root for subject in self._inner_subjects
        )

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
