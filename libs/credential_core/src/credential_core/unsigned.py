"""Signing in two steps, for keys that are elsewhere, as in a KMS: what to sign, then what a signature makes of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

T = TypeVar("T")


class Signs(Protocol):
    """A key pair that is at hand."""

    def sign(self, data: bytes) -> bytes:
        """The signature over `data`, as `keys` and JOSE write it: not ASN.1."""


@dataclass(frozen=True, slots=True)
class Unsigned(Generic[T]):
    """A document that lacks one signature over `data`. The key hashes as its algorithm says: `data` is no digest."""

    data: bytes
    _assemble: Callable[[bytes], T] = field(repr=False)

    def signed(self, signature: bytes) -> T:
        """The document with this signature, which nobody has checked yet."""
        return self._assemble(signature)

    def by(self, key: Signs) -> T:
        """The document signed by a key that is at hand."""
        return self._assemble(key.sign(self.data))
