"""Merkle trees of transparency logs: roots, inclusion and consistency proofs (RFC 9162 §2.1, as RFC 6962), SHA-256.

A hash is 32 bytes. Sizes and indexes count leaves, up to 2^63 - 1. Nothing here stores a tree: proofs are made from a
`NodeReader`, that is from a table of nodes, from tiles (`tiles.nodes`) or from a `Tree` in memory.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from credential_core.errors import LogError

HASH_BYTES: Final = 32
MAX_SIZE: Final = 2**63 - 1  # leaves
EMPTY_ROOT: Final = hashlib.sha256(b"").digest()

# The hash of the perfect subtree over the leaves [index * 2^level, (index + 1) * 2^level), by (level, index).
NodeReader = Callable[[int, int], bytes]


def leaf_hash(entry: bytes) -> bytes:
    """The hash of one entry: SHA-256 of 0x00 and the entry."""
    return hashlib.sha256(b"\0" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of two subtrees: SHA-256 of 0x01, the left and the right hash."""
    return hashlib.sha256(b"\1" + left + right).digest()


class CompactRange:
    """The right edge of a growing tree: all that appending and the root need, one hash per set bit of the size."""

    __slots__ = ("_peaks", "_size")

    def __init__(self, size: int = 0, peaks: Sequence[bytes] = ()) -> None:
        """Start empty, or where `size` and `peaks` of an earlier range left off. LogError if they do not fit."""
        _check_size(size)
        if len(peaks) != size.bit_count():
            raise LogError("tree_malformed", f"a range of {size} leaves has {size.bit_count()} hashes")
        _check_hashes(peaks, "tree_malformed")
        self._size = size
        self._peaks = list(peaks)

    @property
    def size(self) -> int:
        """How many leaves there are."""
        return self._size

    @property
    def peaks(self) -> tuple[bytes, ...]:
        """The hashes of the perfect subtrees that make up the tree, the largest, left-most first."""
        return tuple(self._peaks)

    def append(self, leaf: bytes) -> list[bytes]:
        """Add the hash of a leaf.

        Returned are the perfect subtrees that it completes, upwards from itself: the one at place l is the node
        (l, index of the leaf >> l). Who stores them all has a NodeReader.
        """
        _check_hashes([leaf], "tree_malformed")
        _check_size(self._size + 1)
        completed = [leaf]
        for _ in range(_trailing_ones(self._size)):
            completed.append(node_hash(self._peaks.pop(), completed[-1]))
        self._peaks.append(completed[-1])
        self._size += 1
        return completed

    def root(self) -> bytes:
        """The Merkle Tree Hash of all leaves."""
        return _fold(self._peaks) if self._peaks else EMPTY_ROOT


class Tree:
    """A whole tree in memory, for tests, small logs and auditors: every perfect subtree is kept."""

    __slots__ = ("_levels", "_range")

    def __init__(self, leaves: Iterable[bytes] = ()) -> None:
        """Start with the hashes of these leaves."""
        self._range = CompactRange()
        self._levels: list[list[bytes]] = []
        for leaf in leaves:
            self.append(leaf)

    @property
    def size(self) -> int:
        """How many leaves there are."""
        return self._range.size

    def append(self, leaf: bytes) -> None:
        """Add the hash of a leaf."""
        for level, digest in enumerate(self._range.append(leaf)):
            if level == len(self._levels):
                self._levels.append([])
            self._levels[level].append(digest)

    def node(self, level: int, index: int) -> bytes:
        """The hash of a perfect subtree: this tree as a NodeReader. LogError for one that it does not have."""
        if not 0 <= level < len(self._levels) or not 0 <= index < len(self._levels[level]):
            raise LogError("tree_node_unknown", f"the tree has no node {index} at level {level}")
        return self._levels[level][index]

    def root(self, size: int | None = None) -> bytes:
        """The root, now or when the tree had `size` leaves."""
        return root_at(self.size if size is None else size, self.node)


def root_at(size: int, node: NodeReader) -> bytes:
    """The root of the first `size` leaves."""
    _check_size(size)
    return _range_hash(0, size, node) if size else EMPTY_ROOT


def inclusion_proof(index: int, size: int, node: NodeReader) -> list[bytes]:
    """The audit path of leaf `index` in the tree of `size` leaves, from the leaf's sibling upwards (§2.1.3.1).

    LogError `tree_index_out_of_range`, or what `node` raises.
    """
    _check_size(size)
    if not 0 <= index < size:
        raise LogError("tree_index_out_of_range", f"leaf {index} is not among {size}")
    ranges: list[tuple[int, int]] = []
    begin, end = 0, size
    while end - begin > 1:
        split = begin + _split(end - begin)
        if index < split:
            ranges.append((split, end))
            end = split
        else:
            ranges.append((begin, split))
            begin = split
    return [_range_hash(*place, node) for place in reversed(ranges)]


def consistency_proof(first: int, second: int, node: NodeReader) -> list[bytes]:
    """The proof that the tree of `second` leaves began with the tree of `first` (§2.1.4.1).

    It is empty if the sizes are equal or `first` is 0. LogError `tree_index_out_of_range`, or what `node` raises.
    """
    _check_size(second)
    if not 0 <= first <= second:
        raise LogError("tree_index_out_of_range", f"a tree of {second} leaves never began with {first}")
    ranges: list[tuple[int, int]] = []
    begin, end = 0, second
    while 0 < first != end:
        split = begin + _split(end - begin)
        if first <= split:
            ranges.append((split, end))
            end = split
        else:
            ranges.append((begin, split))
            begin = split
    if begin:  # else the last range is the first tree itself, whose root the verifier has
        ranges.append((begin, end))
    return [_range_hash(*place, node) for place in reversed(ranges)]


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Check that `leaf`, a leaf hash, is number `index` of the `size` leaves under `root` (RFC 9162 §2.1.3.2).

    LogError `inclusion_proof_malformed` for a proof of impossible form, else `inclusion_proof_invalid`.
    """
    if root_of_inclusion(leaf, index, size, proof) != root:
        raise LogError("inclusion_proof_invalid", "the proof leads to another root")


def root_of_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes:
    """The root that an inclusion proof leads to. LogError `inclusion_proof_malformed` if it cannot be one."""
    if not (_is_size(size) and _is_size(index) and index < size):
        raise LogError("inclusion_proof_malformed", "the index is not one of the tree")
    _check_hashes([leaf, *proof], "inclusion_proof_malformed")
    place, last, digest = index, size - 1, leaf
    for sibling in proof:
        if not last:
            raise LogError("inclusion_proof_malformed", "the proof is too long")
        if place & 1 or place == last:
            digest = node_hash(sibling, digest)
            place, last = _skip_lone(place, last)
        else:
            digest = node_hash(digest, sibling)
        place, last = place >> 1, last >> 1
    if last:
        raise LogError("inclusion_proof_malformed", "the proof is too short")
    return digest


def verify_consistency(first: int, first_root: bytes, second: int, second_root: bytes, proof: Sequence[bytes]) -> None:
    """Check that the tree of `second` leaves began with that of `first` (RFC 9162 §2.1.4.2).

    From size 0 and between equal sizes the proof is empty: the roots say all. LogError `consistency_proof_malformed`
    for a proof of impossible form, else `consistency_proof_invalid`.
    """
    if not (_is_size(first) and _is_size(second) and first <= second):
        raise LogError("consistency_proof_malformed", "a tree does not shrink")
    _check_hashes([first_root, second_root, *proof], "consistency_proof_malformed")
    if 0 < first < second:
        expected = _roots_of_consistency(first, second, first_root, proof)
    elif proof:
        raise LogError("consistency_proof_malformed", "between these sizes the proof is empty")
    else:
        expected = (second_root if first else EMPTY_ROOT, second_root if second else EMPTY_ROOT)
    if expected != (first_root, second_root):
        raise LogError("consistency_proof_invalid", "the trees do not share their first leaves")


def _roots_of_consistency(first: int, second: int, first_root: bytes, proof: Sequence[bytes]) -> tuple[bytes, bytes]:
    path = list(proof) if first & (first - 1) else [first_root, *proof]  # a perfect first tree is its own first hash
    if not path:
        raise LogError("consistency_proof_malformed", "the proof is too short")
    aligned = _trailing_ones(first - 1)
    place, last = (first - 1) >> aligned, (second - 1) >> aligned
    old = new = path[0]
    for sibling in path[1:]:
        if not last:
            raise LogError("consistency_proof_malformed", "the proof is too long")
        if place & 1 or place == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            place, last = _skip_lone(place, last)
        else:
            new = node_hash(new, sibling)
        place, last = place >> 1, last >> 1
    if last:
        raise LogError("consistency_proof_malformed", "the proof is too short")
    return old, new


def _skip_lone(place: int, last: int) -> tuple[int, int]:
    """Rise past the levels where the right-most node has no sibling."""
    while place and not place & 1:
        place, last = place >> 1, last >> 1
    return place, last


def _range_hash(begin: int, end: int, node: NodeReader) -> bytes:
    """The hash of the leaves [begin, end), where `begin` is a multiple of the largest power of two that fits."""
    parts: list[bytes] = []
    while begin < end:
        level = (end - begin).bit_length() - 1
        parts.append(node(level, begin >> level))
        begin += 1 << level
    return _fold(parts)


def _fold(peaks: Sequence[bytes]) -> bytes:
    digest = peaks[-1]
    for peak in reversed(peaks[:-1]):
        digest = node_hash(peak, digest)
    return digest


def _split(size: int) -> int:
    """The largest power of two below `size`, which is at least 2."""
    return 1 << ((size - 1).bit_length() - 1)


def _trailing_ones(number: int) -> int:
    return (~number & (number + 1)).bit_length() - 1


def _is_size(value: object) -> bool:
    return isinstance(value, int) and 0 <= value <= MAX_SIZE


def _check_size(size: int) -> None:
    if not _is_size(size):
        raise LogError("tree_malformed", f"a tree has 0 to {MAX_SIZE} leaves")


def _check_hashes(hashes: Iterable[bytes], code: str) -> None:
    if not all(isinstance(item, bytes) and len(item) == HASH_BYTES for item in hashes):
        raise LogError(code, f"a hash has {HASH_BYTES} bytes")
