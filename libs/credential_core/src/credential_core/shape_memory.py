"""Canonical N-Quads of documents that come again and again in one shape: those of one issuer's achievement, proofs.

The second document of a kind shows which of its values vary; from then on only those are read. What is remembered
changes no answer for any JSON value: a document is recognized by every byte of its JSON outside the slots, and anything
else takes the generic path. Bounded: so many shapes, none of a large document, and compiling takes a part of the work.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import orjson

from credential_core.errors import CredentialError
from credential_core.gapped_text import Path, json_around
from credential_core.jsonld import general, to_quads
from credential_core.rdfc import canonicalize
from credential_core.shape import Shape

MAX_SHAPES: Final = 64
MAX_SHAPE_BYTES: Final = 16 * 1024  # of the document's JSON; a compiled shape takes some 20 times that
_MAX_SLOTS: Final = 48
_COMPILE_COST: Final = 8  # documents canonicalized the generic way for each compilation
_SCALAR: Final = re.compile(rb'"(?:[^"\\]|\\.)*"|-?[0-9][0-9.eE+-]*|true|false')
_JSON: Final = orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_SUBCLASS

_Key: TypeAlias = tuple[Any, ...]


def canonical_nquads(document: Mapping[str, Any], algorithm: str = "SHA-256", *, inline_contexts: bool = False) -> str:
    """What `canonicalize(to_quads(document), algorithm=algorithm).nquads` is, for any JSON document.

    With `inline_contexts`, PyLD expands what the compiled path does not cover: see `jsonld.general`.
    """
    return _either_path(_documents, document, algorithm, inline_contexts)


def canonical_options(options: Mapping[str, Any], algorithm: str = "SHA-256", *, inline_contexts: bool = False) -> str:
    """The same for the options of a proof, which are remembered apart."""
    return _either_path(_options, options, algorithm, inline_contexts)


def _either_path(memory: ShapeMemory, document: Mapping[str, Any], algorithm: str, inline_contexts: bool) -> str:
    try:
        return memory.nquads(document, algorithm)
    except CredentialError as error:
        if not inline_contexts or error.code not in general.NOT_COVERED:
            raise
    return canonicalize(general.to_quads(document), algorithm=algorithm).nquads


@contextmanager
def forgetful() -> Iterator[None]:
    """Within it every document (not the options of proofs) takes the generic path, in all threads. For measuring."""
    _documents.limit = 0
    try:
        yield
    finally:
        _documents.limit = MAX_SHAPES


@dataclass(frozen=True, slots=True)
class _Known:
    """A shape and the JSON text around its slots; or, before there was a second document, the first one's JSON."""

    sample: bytes
    paths: tuple[Path, ...] = ()
    around: tuple[bytes, ...] = ()
    shape: Shape | None = None

    def values(self, data: bytes) -> list[Any] | None:
        """The values in the slots of this JSON text; None if it differs in anything else."""
        position = 0
        found = []
        for text in self.around[:-1]:
            if not data.startswith(text, position):
                return None
            scalar = _SCALAR.match(data, position + len(text))
            if scalar is None:
                return None
            found.append(scalar[0])
            position = scalar.end()
        if data[position:] != self.around[-1]:
            return None
        values: list[Any] = orjson.loads(b"[%b]" % b",".join(found))
        return values


class ShapeMemory:
    """The shapes met lately."""

    def __init__(self, limit: int = MAX_SHAPES) -> None:
        self.limit = limit
        self._known: dict[_Key, _Known] = {}
        self._latest = (b"", "", "")
        self._credit = _COMPILE_COST
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._known)

    def nquads(self, document: Mapping[str, Any], algorithm: str) -> str:
        """See `canonical_nquads`."""
        data = _json(document) if self.limit else None
        if data is None:
            return _generic(document, algorithm)
        latest = self._latest
        if latest[:2] == (data, algorithm):  # as for the proofs of one set, or the options of one second
            return latest[2]
        key = _key(document, algorithm)
        known = self._known.get(key)
        if known is not None and known.shape is not None:
            values = known.values(data)
            if values is not None:
                nquads = known.shape.nquads(values)
                self._latest = (data, algorithm, nquads)
                return nquads
        nquads = _generic(document, algorithm)  # only what it accepts is learnt from
        if b"null" not in data:  # NaN is written so too
            self._latest = (data, algorithm, nquads)
        with self._lock:
            self._credit = min(self._credit + 1, 8 * _COMPILE_COST)
            self._learn(key, known, data, algorithm)
        return nquads

    def _learn(self, key: _Key, known: _Known | None, data: bytes, algorithm: str) -> None:
        if known is not None and self._credit < _COMPILE_COST:
            return
        made = _Known(data)
        if known is not None:
            self._credit -= _COMPILE_COST
            made = _compiled(known, data, algorithm) or made
        self._known.pop(key, None)
        while len(self._known) >= self.limit:
            del self._known[next(iter(self._known))]  # the oldest
        self._known[key] = made


def _json(document: Mapping[str, Any]) -> bytes | None:
    """The JSON text that a shape is recognized by; None for what is too large, or might not be JSON."""
    try:
        data = orjson.dumps(document, option=_JSON)
    except (orjson.JSONEncodeError, RecursionError):
        return None
    return None if len(data) > MAX_SHAPE_BYTES else data


def _key(document: Mapping[str, Any], algorithm: str) -> _Key:
    """What documents of one shape have in common, found at little cost: the issuer and the achievement, if any."""
    issuer, subject = document.get("issuer"), document.get("credentialSubject")
    achievement = subject.get("achievement") if isinstance(subject, dict) else None
    context, types = str(document.get("@context")), str(document.get("type"))
    return (algorithm, len(document), context, types, _id(issuer), _id(achievement))


def _id(node: Any) -> str | None:
    identifier = node.get("id") if isinstance(node, dict) else node
    return identifier if isinstance(identifier, str) else None


def _compiled(known: _Known, data: bytes, algorithm: str) -> _Known | None:
    """The shape of two documents, with a slot wherever they differ; None if they differ in more than scalars."""
    document = orjson.loads(data)
    paths = list(known.paths)
    if b"null" in data or not _differences(orjson.loads(known.sample), document, (), paths) or len(paths) > _MAX_SLOTS:
        return None  # null is left out for the same reason
    around = json_around(document, frozenset(paths))
    ordered = tuple(around[1])
    try:
        return _Known(data, ordered, tuple(around[0]), Shape(document, ordered, algorithm))
    except CredentialError:
        return None


def _differences(one: Any, other: Any, at: Path, paths: list[Path]) -> bool:
    """Collect where two documents have different scalars; False if they differ in anything else."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return list(one) == list(other) and all(
            _differences(one[name], other[name], (*at, name), paths) for name in one
        )
    if isinstance(one, list):
        pairs = zip(one, other, strict=False)
        return len(one) == len(other) and all(_differences(a, b, (*at, n), paths) for n, (a, b) in enumerate(pairs))
    if one != other and at not in paths:
        paths.append(at)
    return True


def _generic(document: Mapping[str, Any], algorithm: str) -> str:
    return canonicalize(to_quads(document), algorithm=algorithm).nquads


_documents: Final = ShapeMemory()
_options: Final = ShapeMemory()
