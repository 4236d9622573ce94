"""The files of a tiled log (C2SP tlog-tiles): their paths, their contents, and the tree read back from them.

A tile holds up to 256 hashes of 32 bytes; those at level 0 are leaves, each one above covers a full tile below.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from credential_core.errors import LogError
from credential_core.merkle import HASH_BYTES, MAX_SIZE, CompactRange, NodeReader

WIDTH: Final = 256  # hashes or entries in a full tile or bundle
HEIGHT: Final = 8  # levels of the tree that one tile spans
MAX_ENTRY_BYTES: Final = 0xFFFF
MAX_LEVEL: Final = 63
_ENTRIES: Final = "entries"
_PATH: Final = re.compile(
    r"tile/(?P<level>entries|0|[1-9]\d?)/(?P<index>(?:x\d{3}/){0,6}\d{3})(?:\.p/(?P<width>[1-9]\d{0,2}))?", re.ASCII
)


@dataclass(frozen=True, slots=True)
class Tile:
    """One file of the log: a tile of hashes, or with `level` None a bundle of entries. LogError if impossible."""

    level: int | None
    index: int
    width: int = WIDTH

    def __post_init__(self) -> None:
        level_fits = self.level is None or 0 <= self.level <= MAX_LEVEL
        if not level_fits or not 0 <= self.index <= MAX_SIZE or not 1 <= self.width <= WIDTH:
            raise LogError("tile_malformed", "there is no tile of such level, index or width")

    @property
    def path(self) -> str:
        """Where it is served, below the log's prefix: `tile/0/x001/x234/067`, with `.p/<width>` if partial."""
        digits = str(self.index)
        digits = digits.zfill(-(-len(digits) // 3) * 3)
        steps = [digits[place : place + 3] for place in range(0, len(digits), 3)]
        number = "/".join([*(f"x{step}" for step in steps[:-1]), steps[-1]])
        suffix = "" if self.width == WIDTH else f".p/{self.width}"
        return f"tile/{_ENTRIES if self.level is None else self.level}/{number}{suffix}"

    @classmethod
    def from_path(cls, path: str) -> Tile:
        """Read a path. LogError for any text but the one that `path` writes."""
        match = _PATH.fullmatch(path) if len(path) < 64 else None
        if match is None:
            raise LogError("tile_malformed", "not the path of a tile")
        level = None if match["level"] == _ENTRIES else int(match["level"])
        index = int(match["index"].replace("x", "").replace("/", ""))
        tile = cls(level, index, int(match["width"] or WIDTH))
        if tile.path != path:
            raise LogError("tile_malformed", "not the canonical path of a tile")
        return tile


def tiles_at(size: int, since: int = 0) -> Iterator[Tile]:
    """The tiles and bundles that a log of `size` entries must serve and one of `since` entries did not have.

    LogError `tree_malformed` if `since` is more.
    """
    if not 0 <= since <= size <= MAX_SIZE:
        raise LogError("tree_malformed", "a log does not shrink")
    for number, level in enumerate([None, *range(MAX_LEVEL + 1)]):
        shift = HEIGHT * max(number - 1, 0)
        held, wanted = since >> shift, size >> shift
        if held == wanted:
            if level is not None:
                return
            continue
        for index in range(held // WIDTH, -(-wanted // WIDTH)):
            yield Tile(level, index, min(WIDTH, wanted - index * WIDTH))


def tile_for(size: int, level: int | None, index: int) -> Tile:
    """The tile of that place in a log of `size` entries: full or partial. LogError if it would be empty."""
    full = Tile(level, index)
    width = min(WIDTH, (size >> (HEIGHT * (level or 0))) - index * WIDTH)
    if width < 1:
        raise LogError("tree_node_unknown", f"a log of {size} entries has no such tile")
    return replace(full, width=width)


def hashes_of(tile: Tile, data: bytes) -> list[bytes]:
    """The hashes in the contents of a tile. LogError unless it has exactly its width of them."""
    if len(data) != tile.width * HASH_BYTES:
        raise LogError("tile_malformed", f"a tile of width {tile.width} has {tile.width * HASH_BYTES} bytes")
    return [data[place : place + HASH_BYTES] for place in range(0, len(data), HASH_BYTES)]


def encode_entries(entries: Sequence[bytes]) -> bytes:
    """The contents of a bundle: each entry after its length, two bytes, big-endian.

    LogError `bundle_malformed` beyond 256 entries, or 65,535 bytes in one.
    """
    if not 1 <= len(entries) <= WIDTH:
        raise LogError("bundle_malformed", f"a bundle has 1 to {WIDTH} entries")
    if any(len(entry) > MAX_ENTRY_BYTES for entry in entries):
        raise LogError("bundle_malformed", f"an entry has at most {MAX_ENTRY_BYTES} bytes")
    return b"".join(len(entry).to_bytes(2) + entry for entry in entries)


def decode_entries(bundle: Tile, data: bytes) -> list[bytes]:
    """The entries in the contents of a bundle. LogError unless it has exactly its width of them."""
    entries: list[bytes] = []
    place = 0
    while place < len(data) and len(entries) < bundle.width:
        start = place + 2
        place = start + int.from_bytes(data[start - 2 : start])
        entries.append(data[start:place])
    if place != len(data) or len(entries) != bundle.width:
        raise LogError("bundle_malformed", f"the bundle does not hold exactly {bundle.width} entries")
    return entries


def nodes(size: int, read: Callable[[Tile], bytes]) -> NodeReader:
    """Read the tree of `size` leaves from its tiles, to make proofs of or to check its root (`merkle.root_at`).

    `read` gives the contents of a tile. Only hashing ties them to the log: compare the root with a checkpoint first.
    """

    def node(level: int, index: int) -> bytes:
        tile_level, height = divmod(level, HEIGHT)
        first = index << height
        tile = tile_for(size, tile_level, first // WIDTH)
        place = first % WIDTH
        found = hashes_of(tile, read(tile))[place : place + (1 << height)]
        if len(found) != 1 << height:
            raise LogError("tree_node_unknown", f"the log has no complete node {index} at level {level}")
        subtree = CompactRange()
        for digest in found:
            subtree.append(digest)
        return subtree.root()

    return node
