"""Canonical N-Quads with holes, written again and again: sorted once, as far as no value can change the order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from operator import itemgetter
from typing import Final, TypeAlias

Statement: TypeAlias = Sequence[str | int]  # subject, predicate, object, graph; a number stands for a term filled in
_Pieces: TypeAlias = list[str | int]  # text, and numbers of what stands between


class Statements:
    """The lines of a dataset, kept by subject: where subjects differ, blocks of lines sort as their subjects do.

    No term is the beginning of another one with its space behind it, so the same holds for the predicates within a
    block, and only the objects of one subject and predicate ever need sorting.
    """

    __slots__ = ("_blocks", "_groups", "_texts")

    def __init__(self, statements: Iterable[Statement], width: int) -> None:
        """`width` is how many terms will be filled in."""
        by_subject: dict[str | int, dict[str, list[Statement]]] = {}
        for subject, predicate, *rest in statements:
            by_subject.setdefault(subject, {}).setdefault(str(predicate), []).append((predicate, *rest))
        self._groups: list[tuple[str | int, _Lines]] = []
        blocks = [(subject, self._block(subject, by_predicate)) for subject, by_predicate in by_subject.items()]
        if all(isinstance(subject, str) for subject in by_subject):  # their order is known: they make one block
            in_order = sorted(blocks, key=lambda block: str(block[0]))
            blocks = [("", _merged([piece for _, pieces in in_order for piece in pieces]))]
        self._texts: list[str] = []
        self._blocks = [(self._place(subject, width), self._picker(pieces, width)) for subject, pieces in blocks]

    def _block(self, subject: str | int, by_predicate: dict[str, list[Statement]]) -> _Pieces:
        """The lines of one subject. Those that need sorting are a group, numbered from -1 downwards."""
        pieces: _Pieces = []
        for name in sorted(by_predicate):
            alike = by_predicate[name]
            if len(alike) > 1 and any(isinstance(term, int) for statement in alike for term in statement):
                self._groups.append((subject, _Lines(alike)))
                pieces.append(-len(self._groups))
            else:
                for statement in sorted(alike, key=str):
                    pieces += [subject, " ", *_pieces(statement)]
        return _merged(pieces)

    def _place(self, piece: str | int, width: int) -> int:
        """Where a piece is found when it is time to fill: terms first, then constant text; groups from the end."""
        if isinstance(piece, int):
            return piece
        self._texts.append(piece)
        return width + len(self._texts) - 1

    def _picker(self, pieces: _Pieces, width: int) -> Callable[[Sequence[str]], Iterable[str]]:
        return itemgetter(*(self._place(piece, width) for piece in [*pieces, ""]))  # of two at least: it gives a tuple

    def filled(self, terms: Sequence[str]) -> str | None:
        """The whole text, sorted; None if a statement or a subject comes twice."""
        groups: list[str] = []
        for subject, lines in self._groups:
            several = lines.filled(terms)
            if len(set(several)) != len(several):
                return None
            lead = f"{terms[subject] if isinstance(subject, int) else subject} "
            groups.append(lead + lead.join(several))
        groups.reverse()
        found = [*terms, *self._texts, *groups]
        if len(self._blocks) == 1:
            return "".join(self._blocks[0][1](found))
        blocks = {found[subject]: pick for subject, pick in self._blocks}
        if len(blocks) != len(self._blocks):
            return None
        pieces: list[str] = []
        for subject in sorted(blocks):
            pieces += blocks[subject](found)
        return "".join(pieces)


def _merged(pieces: _Pieces) -> _Pieces:
    """The same with neighbouring texts as one."""
    merged: _Pieces = [""]
    for piece in pieces:
        last = merged[-1]
        if isinstance(piece, str) and isinstance(last, str):
            merged[-1] = last + piece
        else:
            merged.append(piece)
    return merged


class _Lines:
    """What follows a subject in some lines: sorted whenever it is filled."""

    __slots__ = ("_split",)

    def __init__(self, statements: Iterable[Statement]) -> None:
        self._split = [_pieces(statement) for statement in statements]

    def filled(self, terms: Sequence[str]) -> list[str]:
        """The sorted lines."""
        return sorted("".join([terms[p] if isinstance(p, int) else p for p in pieces]) for pieces in self._split)


_END: Final = ".\n"


def _pieces(terms: Statement) -> _Pieces:
    """The end of a line: text in as few pieces as there are holes to keep apart."""
    pieces: _Pieces = [""]
    for term in terms:
        if isinstance(term, int):
            pieces += [term, " "]
        elif term:
            pieces[-1] = f"{pieces[-1]}{term} "
    pieces[-1] = f"{pieces[-1]}{_END}"
    return pieces
