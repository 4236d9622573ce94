"""Choices made of an input's bytes, so that a fuzzer which changes bytes changes documents."""

from __future__ import annotations

import copy
from typing import Any, Final

HOSTILE: Final[tuple[Any, ...]] = (
    None,
    True,
    0,
    -1,
    2**53,
    1e-7,
    1e300,
    "",
    "x",
    "\x00",
    "\x07\u2028\ufffe",
    "\ud800",
    "#",
    "_:b0",
    "did:key:z",
    "did:web:",
    "https://[",
    "urn:x",
    "z",
    "u",
    "u2V0A",
    "2026-01-01T00:00:00Z",
    "9999-12-31T23:59:59-23:59",
    "@id",
    "https://www.w3.org/ns/credentials/v2",
    [],
    {},
    [[]],
    [{}],
    [None],
    {"@id": {}},
    {"@value": {}},
    {"@value": 1, "@type": "x"},
    {"@list": [[]]},
    {"id": "#", "type": [{}]},
    {"type": "BitstringStatusListEntry"},
    {"type": "DataIntegrityProof", "cryptosuite": "ecdsa-sd-2023", "proofValue": "u2V0B"},
    [1, [2, [3]]],
)
NAMES: Final = ("id", "type", "@context", "@id", "@graph", "proof", "name", "x", "https://x.test/y", "", "\u0000")


class Feed:
    """The bytes, taken from the front; after the end come zeros."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._place = 0

    def __bool__(self) -> bool:
        return self._place < len(self._data)

    def number(self, below: int) -> int:
        taken = self._data[self._place : self._place + 2]
        self._place += 2
        return int.from_bytes(taken) % below

    def rest(self) -> bytes:
        taken = self._data[self._place :]
        self._place = len(self._data)
        return taken

    def bytes(self, most: int) -> bytes:
        size = self.number(most + 1)
        taken = self._data[self._place : self._place + size]
        self._place += size
        return taken

    def text(self, most: int) -> str:
        return self.bytes(most).decode("utf-8", "replace")


def mutated(document: dict[str, Any], feed: Feed, *, most: int = 8) -> dict[str, Any]:
    """A copy with up to `most` places replaced, removed, repeated or filled from elsewhere."""
    changed = copy.deepcopy(document)
    for _ in range(most):
        if not feed:
            break
        containers = _containers(changed)
        _mutate(containers[feed.number(len(containers))], containers, feed)
    return changed


def _mutate(container: Any, containers: list[Any], feed: Feed) -> None:
    keys: list[Any] = list(container) if isinstance(container, dict) else list(range(len(container)))
    key = keys[feed.number(len(keys))] if keys else None
    match feed.number(5):
        case 0:
            _put(container, key, copy.deepcopy(HOSTILE[feed.number(len(HOSTILE))]), feed)
        case 1 if keys:
            del container[key]
        case 2:
            _put(container, key, copy.deepcopy(containers[feed.number(len(containers))]), feed)
        case 3 if keys and isinstance(container[key], str):
            text = container[key]
            place = feed.number(len(text) + 1)
            container[key] = text[:place] + feed.text(4) + text[place + feed.number(3) :]
        case _:
            _put(container, None, feed.text(12), feed)


def _put(container: Any, key: Any, value: Any, feed: Feed) -> None:
    if isinstance(container, list):
        container[slice(key, None if key is None else key + 1)] = [value]
    else:
        container[NAMES[feed.number(len(NAMES))] if key is None else key] = value


def _containers(value: Any) -> list[Any]:
    """Every object and array, breadth first, of at most a thousand."""
    found = [value]
    for item in found:
        inner = item.values() if isinstance(item, dict) else item
        found.extend(one for one in inner if isinstance(one, dict | list))
        if len(found) > 1000:
            break
    return found
