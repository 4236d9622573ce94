"""RDF Dataset Canonicalization, RDFC-1.0, over quads of N-Quads terms, under a work budget.

A hostile dataset ("poison graph") makes the algorithm's work grow beyond any bound; past the budget this module raises
LimitError instead. Section numbers are those of RDFC-1.0 (W3C Recommendation).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import permutations
from typing import Any, Final, NoReturn, TypeAlias

from credential_core.errors import DocumentError, LimitError

Quad: TypeAlias = tuple[str, str, str, str]  # subject, predicate, object, graph ("" for the default graph)
_Hash: TypeAlias = Callable[[bytes], Any]

MAX_BLANK_NODES: Final = 2048  # a badge has some twelve for its sixty-five values, and a document 8,000 of those
WORK_LIMIT: Final = 40_000  # labels placed on paths, and ten for each related quad hashed; some 30 ms of CPU
TOO_COSTLY: Final = "canonicalization_too_costly"
_HASH_COST: Final = 10
_DEPTH: Final = 128  # from a node to the next alike; each is three calls of Python's, which bears a thousand
_WRITTEN_FOR_ONE: Final = 10  # nodes of an order, whether or not they are placed
_HASHES: Final[dict[str, _Hash]] = {"SHA-256": hashlib.sha256, "SHA-384": hashlib.sha384}


@dataclass(frozen=True, slots=True)
class Canonical:
    """A canonical dataset: its N-Quads text, and the canonical label of each blank node (both without `_:`)."""

    nquads: str
    labels: dict[str, str]


def canonicalize(
    quads: Iterable[Quad],
    *,
    algorithm: str = "SHA-256",
    max_blank_nodes: int = MAX_BLANK_NODES,
    work_limit: int = WORK_LIMIT,
) -> Canonical:
    """Label the blank nodes and sort (§4.4.3). `algorithm` is SHA-256 or SHA-384. LimitError past a budget."""
    if algorithm not in _HASHES:
        raise DocumentError("hash_unsupported", f"RDFC-1.0 with {algorithm[:40]} is not supported")
    lines: list[str] = []
    unlabelled: list[Quad] = []
    for quad in dict.fromkeys(quads):
        subject, predicate, object_, graph = quad
        if subject[0] == "_" or object_[0] == "_" or graph[:1] == "_":
            unlabelled.append(quad)
        else:
            lines.append(
                f"{subject} {predicate} {object_} {graph} .\n" if graph else f"{subject} {predicate} {object_} .\n"
            )
    labelling = _Labelling(unlabelled, _HASHES[algorithm], work_limit)
    if len(labelling.mentions) > max_blank_nodes:
        raise LimitError("too_many_blank_nodes", f"a document may have {max_blank_nodes} blank nodes")
    labels = labelling.labels()
    named = labels.get
    for subject, predicate, object_, graph in unlabelled:
        name = f" {named(graph, graph)}" if graph else ""
        lines.append(f"{named(subject, subject)} {predicate} {named(object_, object_)}{name} .\n")
    lines.sort()
    return Canonical("".join(lines), {old[2:]: new[2:] for old, new in labels.items()})


def first_degree_text(node: str, mentions: Iterable[Quad]) -> str:
    """What the first-degree hash of a blank node is taken of (§4.6): it is `_:a`, every other blank node `_:z`."""
    lines = []
    for subject, predicate, object_, graph in mentions:
        if subject[0] == "_":
            subject = "_:a" if subject == node else "_:z"  # noqa: PLW2901  # masking in place reads best
        if object_[0] == "_":
            object_ = "_:a" if object_ == node else "_:z"  # noqa: PLW2901
        if graph[:1] == "_":
            graph = "_:a" if graph == node else "_:z"  # noqa: PLW2901
        lines.append(
            f"{subject} {predicate} {object_} {graph} .\n" if graph else f"{subject} {predicate} {object_} .\n"
        )
    lines.sort()
    return "".join(lines)


def mentions_of(quads: Iterable[Quad]) -> dict[str, list[Quad]]:
    """The quads that mention each blank node."""
    mentions: dict[str, list[Quad]] = {}
    for quad in quads:
        subject, _, object_, graph = quad
        if subject[0] == "_":
            mentions.setdefault(subject, []).append(quad)
        if object_[0] == "_" and object_ != subject:
            mentions.setdefault(object_, []).append(quad)
        if graph[:1] == "_" and graph not in (subject, object_):
            mentions.setdefault(graph, []).append(quad)
    return mentions


class _Issuer:
    """Issues labels in order, and remembers for whom (§4.5)."""

    __slots__ = ("issued", "prefix")

    def __init__(self, prefix: str, issued: dict[str, str] | None = None) -> None:
        self.prefix = prefix
        self.issued = {} if issued is None else issued

    def copy(self) -> _Issuer:
        return _Issuer(self.prefix, dict(self.issued))

    def issue(self, node: str) -> str:
        label = self.issued.get(node)
        if label is None:
            label = self.issued[node] = f"{self.prefix}{len(self.issued)}"
        return label


class _Labelling:
    """The canonicalization state (§4.3): which quads mention a blank node, first-degree hashes, canonical labels."""

    __slots__ = ("_canonical", "_first_degree", "_hash", "_work", "mentions")

    def __init__(self, dataset: list[Quad], hash_: _Hash, work_limit: int) -> None:
        self._hash = hash_
        self._work = work_limit
        self._canonical = _Issuer("_:c14n")
        self._first_degree: dict[str, str] = {}
        self.mentions = mentions_of(dataset)

    def _digest(self, text: str) -> str:
        return str(self._hash(text.encode()).hexdigest())

    def _spend(self, steps: int = 1) -> None:
        self._work -= steps
        if self._work < 0:
            self._give_up()

    def _give_up(self) -> NoReturn:
        raise LimitError(TOO_COSTLY, "the blank nodes of the document are too entangled")

    def labels(self) -> dict[str, str]:
        """Canonical labels for all blank nodes (§4.4.3)."""
        by_hash: dict[str, list[str]] = {}
        for node in self.mentions:
            digest = self._first_degree[node] = self._digest(first_degree_text(node, self.mentions[node]))
            by_hash.setdefault(digest, []).append(node)
        shared = []
        for digest in sorted(by_hash):
            if len(by_hash[digest]) == 1:
                self._canonical.issue(by_hash[digest][0])
            else:
                shared.append(by_hash[digest])
        for nodes in shared:
            self._label_alike(nodes)
        return self._canonical.issued

    def _label_alike(self, nodes: list[str]) -> None:
        """Tell apart nodes that share a first-degree hash (§4.4.3 step 5)."""
        results: list[tuple[str, _Issuer]] = []
        for node in nodes:
            if node not in self._canonical.issued:
                issuer = _Issuer("_:b")
                issuer.issue(node)
                results.append(self._hash_n_degree(node, issuer))
        for _, issuer in sorted(results, key=lambda result: result[0]):
            for node in issuer.issued:
                self._canonical.issue(node)

    def _hash_related(self, related: str, quad: Quad, issuer: _Issuer, position: str) -> str:
        """§4.7."""
        predicate = quad[1] if position != "g" else ""
        label = self._canonical.issued.get(related) or issuer.issued.get(related)
        return self._digest(position + predicate + (label or self._first_degree[related]))

    def _hash_n_degree(self, node: str, issuer: _Issuer, depth: int = 0) -> tuple[str, _Issuer]:
        """§4.8: try every order of the related nodes, keep the least path."""
        related_by_hash: dict[str, list[str]] = {}
        if depth > _DEPTH:
            self._give_up()
        self._spend(_HASH_COST * len(self.mentions[node]))
        for quad in self.mentions[node]:
            for position, term in (("s", quad[0]), ("o", quad[2]), ("g", quad[3])):
                if term != node and term.startswith("_:"):
                    digest = self._hash_related(term, quad, issuer, position)
                    related_by_hash.setdefault(digest, []).append(term)
        data = ""
        for digest in sorted(related_by_hash):
            path, issuer = self._least_path(related_by_hash[digest], issuer, depth)
            data += digest + path
        return self._digest(data), issuer

    def _least_path(self, related: list[str], issuer: _Issuer, depth: int) -> tuple[str, _Issuer]:
        chosen: tuple[str, _Issuer] | None = None
        for order in _orders(related):
            self._spend(len(order) // _WRITTEN_FOR_ONE)
            found = self._path(order, issuer.copy(), chosen[0] if chosen else None, depth)
            if found is not None and (chosen is None or found[0] < chosen[0]):
                chosen = found
        if chosen is None:  # `related` is never empty, so the first order always gives a path
            raise DocumentError("canonicalization_failed", "no order of blank nodes was found")
        return chosen

    def _path(
        self, order: tuple[str, ...], issuer: _Issuer, best: str | None, depth: int
    ) -> tuple[str, _Issuer] | None:
        """The path of one order, or None as soon as it cannot beat `best` (§4.8 steps 5.4.4 and 5.4.5)."""
        path = ""
        recursion: list[str] = []
        for node in order:
            self._spend()
            label = self._canonical.issued.get(node)
            if label is None:
                if node not in issuer.issued:
                    recursion.append(node)
                label = issuer.issue(node)
            path += label
            if _loses(path, best):
                return None
        for node in recursion:
            digest, after = self._hash_n_degree(node, issuer, depth + 1)
            path += f"{issuer.issue(node)}<{digest}>"
            issuer = after
            if _loses(path, best):
                return None
        return path, issuer


def _orders(related: list[str]) -> Iterable[tuple[str, ...]]:
    """The orders of a list that are different: a node stands in it once for each quad that leads there."""
    if len(set(related)) == len(related):
        return permutations(related)
    return _different_orders(related)


def _different_orders(related: list[str]) -> Iterator[tuple[str, ...]]:
    """One after another as numbers are counted up: the next is found in the one before, however long they are."""
    names = list(dict.fromkeys(related))
    places = {name: place for place, name in enumerate(names)}
    ranks = sorted(places[node] for node in related)
    while True:
        yield tuple(names[rank] for rank in ranks)
        turn = next((place for place in range(len(ranks) - 2, -1, -1) if ranks[place] < ranks[place + 1]), None)
        if turn is None:
            return
        other = next(place for place in range(len(ranks) - 1, turn, -1) if ranks[place] > ranks[turn])
        ranks[turn], ranks[other] = ranks[other], ranks[turn]
        ranks[turn + 1 :] = reversed(ranks[turn + 1 :])


def _loses(path: str, best: str | None) -> bool:
    return best is not None and len(path) >= len(best) and path > best
