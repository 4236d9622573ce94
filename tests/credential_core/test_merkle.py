"""Merkle trees and tiles: published roots, the definitions of RFC 6962 word for word, and proofs that must not hold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credential_core import merkle, tiles
from credential_core.errors import CredentialError, LogError

LEAVES = [merkle.leaf_hash(number.to_bytes(2)) for number in range(301)]
TREE = merkle.Tree(LEAVES)
ROOTS = [TREE.root(size) for size in range(len(LEAVES) + 1)]
SIZES = st.integers(0, 300)
OTHER = merkle.leaf_hash(b"another")


def defined_root(leaves: Sequence[bytes]) -> bytes:
    """MTH of RFC 6962 §2.1, as it is written there."""
    if len(leaves) < 2:
        return leaves[0] if leaves else merkle.EMPTY_ROOT
    split = largest_power_below(len(leaves))
    return merkle.node_hash(defined_root(leaves[:split]), defined_root(leaves[split:]))


def defined_path(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    """PATH of RFC 6962 §2.1.1."""
    if len(leaves) == 1:
        return []
    split = largest_power_below(len(leaves))
    if index < split:
        return [*defined_path(index, leaves[:split]), defined_root(leaves[split:])]
    return [*defined_path(index - split, leaves[split:]), defined_root(leaves[:split])]


def defined_subproof(first: int, leaves: Sequence[bytes], known: bool) -> list[bytes]:
    """SUBPROOF of RFC 6962 §2.1.2."""
    if first == len(leaves):
        return [] if known else [defined_root(leaves)]
    split = largest_power_below(len(leaves))
    if first <= split:
        return [*defined_subproof(first, leaves[:split], known), defined_root(leaves[split:])]
    return [*defined_subproof(first - split, leaves[split:], False), defined_root(leaves[:split])]


def largest_power_below(size: int) -> int:
    power = 1
    while power * 2 < size:
        power *= 2
    return power


def test_published_roots(load: Callable[[str], Any]) -> None:
    published = load("rfc6962-merkle/roots.json")
    grown = merkle.CompactRange()
    roots = [grown.root()]
    for entry in published["leaf_inputs_hex"]:
        grown.append(merkle.leaf_hash(bytes.fromhex(entry)))
        roots.append(grown.root())
    assert [root.hex() for root in roots] == published["root_hash_by_tree_size"]


@pytest.mark.parametrize("size", [0, 1, 2, 3, 5, 8, 21, 64, 65, 127, 255, 256, 257, 300])
def test_roots_and_proofs_are_those_of_the_definition(size: int) -> None:
    leaves = LEAVES[:size]
    assert ROOTS[size] == defined_root(leaves)
    for place in range(0, size, 7):
        assert merkle.inclusion_proof(place, size, TREE.node) == defined_path(place, leaves)
        assert merkle.consistency_proof(place + 1, size, TREE.node) == defined_subproof(place + 1, leaves, True)


def test_every_leaf_of_every_size_is_included_and_no_other() -> None:
    for size in range(1, 301):
        for index in range(size):
            proof = merkle.inclusion_proof(index, size, TREE.node)
            merkle.verify_inclusion(LEAVES[index], index, size, proof, ROOTS[size])
        with pytest.raises(LogError, match="inclusion_proof_invalid"):
            merkle.verify_inclusion(OTHER, index, size, proof, ROOTS[size])


def test_every_pair_of_sizes_is_consistent() -> None:
    for second in range(301):
        for first in range(second + 1):
            proof = merkle.consistency_proof(first, second, TREE.node)
            merkle.verify_consistency(first, ROOTS[first], second, ROOTS[second], proof)


@given(st.integers(1, 300), st.data())
def test_an_inclusion_proof_holds_for_nothing_else(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    proof = merkle.inclusion_proof(index, size, TREE.node)
    for changed in changes(proof, data):
        refused(merkle.verify_inclusion, LEAVES[index], index, size, changed, ROOTS[size])
    for place in {data.draw(SIZES), size, size + 1, -1, 2**63, 2**70} - {index}:
        refused(merkle.verify_inclusion, LEAVES[index], place, size, proof, ROOTS[size])
    refused(merkle.verify_inclusion, LEAVES[index], index, size, proof, OTHER)
    refused(merkle.verify_inclusion, LEAVES[index], index, index, proof, ROOTS[size])


@given(st.integers(0, 300), st.data())
def test_a_consistency_proof_holds_for_nothing_else(second: int, data: st.DataObject) -> None:
    first = data.draw(st.integers(0, second))
    proof = merkle.consistency_proof(first, second, TREE.node)
    for changed in changes(proof, data):
        refused(merkle.verify_consistency, first, ROOTS[first], second, ROOTS[second], changed)
    refused(merkle.verify_consistency, first, OTHER, second, ROOTS[second], proof)
    if first:
        refused(merkle.verify_consistency, first, ROOTS[first], second, OTHER, proof)
    for size in {data.draw(SIZES), second + 1, -1, 2**63} - {first}:
        refused(merkle.verify_consistency, size, ROOTS[first], second, ROOTS[second], proof)


def changes(proof: list[bytes], data: st.DataObject) -> list[Any]:
    """The proof with a hash more, cut, of another size or of another value."""
    longer: list[Any] = [[*proof, OTHER], [OTHER, *proof], [*proof, proof[0] if proof else OTHER]]
    if not proof:
        return longer
    place = data.draw(st.integers(0, len(proof) - 1))
    swapped = [
        [*proof[:place], value, *proof[place + 1 :]] for value in (OTHER, proof[place][:31], b"", None, "x" * 32)
    ]
    return [*longer, *swapped, proof[1:], proof[:-1]]


def refused(check: Callable[..., None], *arguments: Any) -> None:
    with pytest.raises(LogError):
        check(*arguments)


@given(SIZES)
def test_a_range_goes_on_where_it_left_off(size: int) -> None:
    grown = merkle.CompactRange()
    for leaf in LEAVES[:size]:
        grown.append(leaf)
    resumed = merkle.CompactRange(grown.size, grown.peaks)
    resumed.append(LEAVES[size])
    assert (grown.root(), resumed.root()) == (ROOTS[size], ROOTS[size + 1])


@pytest.mark.parametrize(
    ("size", "peaks"), [(1, []), (0, [OTHER]), (3, [OTHER]), (1, [b"x"]), (-1, []), (2**63, [OTHER])]
)
def test_an_impossible_range_is_refused(size: int, peaks: list[bytes]) -> None:
    with pytest.raises(LogError, match="tree_malformed"):
        merkle.CompactRange(size, peaks)


def test_what_a_tree_does_not_have_is_refused() -> None:
    with pytest.raises(LogError):
        merkle.inclusion_proof(5, 5, TREE.node)
    with pytest.raises(LogError):
        merkle.inclusion_proof(0, 302, TREE.node)
    with pytest.raises(LogError):
        merkle.consistency_proof(6, 5, TREE.node)
    with pytest.raises(LogError):
        merkle.CompactRange().append(b"not a hash")


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (tiles.Tile(0, 1234067), "tile/0/x001/x234/067"),
        (tiles.Tile(0, 0), "tile/0/000"),
        (tiles.Tile(2, 999, 1), "tile/2/999.p/1"),
        (tiles.Tile(63, 1000, 255), "tile/63/x001/000.p/255"),
        (tiles.Tile(None, 67, 112), "tile/entries/067.p/112"),
    ],
)
def test_tiles_have_one_path(tile: tiles.Tile, path: str) -> None:
    assert tile.path == path
    assert tiles.Tile.from_path(path) == tile


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/67",
        "tile/00/067",
        "tile/64/067",
        "tile/0/x000/067",
        "tile/0/001/067",
        "tile/0/x001",
        "tile/0/067.p/0",
        "tile/0/067.p/256",
        "tile/0/067.p/01",
        "tile/0/067/",
        "tile/0/\u0660\u0660\u0661",
        "tile/0/../067",
        "/tile/0/067",
        "tile/entries/x999/x999/x999/x999/x999/x999/999",
        "",
    ],
)
def test_other_paths_are_no_tiles(path: str) -> None:
    with pytest.raises(LogError, match="tile_malformed"):
        tiles.Tile.from_path(path)


@given(st.text("tile/0x123.pentris"))
def test_any_path_is_a_tile_or_an_error(path: str) -> None:
    try:
        assert tiles.Tile.from_path(path).path == path
    except CredentialError:
        return


def test_the_tiles_of_the_specification_s_example() -> None:
    partial = [tile for tile in tiles.tiles_at(70_000) if tile.width < tiles.WIDTH]
    assert partial == [
        tiles.Tile(None, 273, 112),
        tiles.Tile(0, 273, 112),
        tiles.Tile(1, 1, 17),
        tiles.Tile(2, 0, 1),
    ]
    assert sum(tile.level == 0 for tile in tiles.tiles_at(70_000)) == 274
    assert list(tiles.tiles_at(256)) == [tiles.Tile(None, 0), tiles.Tile(0, 0), tiles.Tile(1, 0, 1)]
    assert list(tiles.tiles_at(0)) == []


@given(st.integers(0, 200_000), st.integers(0, 70_000))
def test_growing_adds_what_was_missing_and_nothing_else(since: int, more: int) -> None:
    before, after = set(tiles.tiles_at(since)), set(tiles.tiles_at(since + more))
    assert set(tiles.tiles_at(since + more, since)) == after - before


@given(st.lists(st.binary(max_size=40), min_size=1, max_size=256))
def test_bundles_round_trip(entries: list[bytes]) -> None:
    bundle = tiles.Tile(None, 0, len(entries))
    assert tiles.decode_entries(bundle, tiles.encode_entries(entries)) == entries


@given(st.binary(max_size=40), st.integers(1, 256))
def test_any_bytes_are_a_bundle_or_an_error(data: bytes, width: int) -> None:
    try:
        assert tiles.encode_entries(tiles.decode_entries(tiles.Tile(None, 0, width), data)) == data
    except LogError:
        return


@pytest.mark.parametrize("entries", [[], [b""] * 257, [bytes(65_536)]])
def test_what_no_bundle_can_hold_is_refused(entries: list[bytes]) -> None:
    with pytest.raises(LogError, match="bundle_malformed"):
        tiles.encode_entries(entries)


@pytest.mark.parametrize("size", [1, 255, 256, 257, 300, 600])
def test_a_tree_reads_back_from_its_tiles(size: int) -> None:
    whole = merkle.Tree(merkle.leaf_hash(bytes([number % 251])) for number in range(size))
    served = {
        tile.path: b"".join(whole.node(tile.level * 8, tile.index * 256 + place) for place in range(tile.width))
        for tile in tiles.tiles_at(size)
        if tile.level is not None
    }
    node = tiles.nodes(size, lambda tile: served[tile.path])
    assert merkle.root_at(size, node) == whole.root()
    assert merkle.inclusion_proof(size // 2, size, node) == merkle.inclusion_proof(size // 2, size, whole.node)
    assert merkle.consistency_proof(size // 3, size, node) == merkle.consistency_proof(size // 3, size, whole.node)
    for place in [(0, size), (10, 0), (-1, 0), (0, -1), (2000, 0)]:
        with pytest.raises(LogError):
            node(*place)
    with pytest.raises(LogError, match="tile_malformed"):
        tiles.nodes(size, lambda tile: served[tile.path][:-1])(0, 0)
