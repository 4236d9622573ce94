"""Keys: Ed25519 signing through libsodium, and Multikey encodings (Controlled Identifiers 1.0 §2.2.2).

Nothing here makes randomness: a seed comes from the caller. Secrets never show in a repr.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from nacl import exceptions as nacl_exceptions
from nacl import signing

from credential_core.errors import KeyMaterialError
from credential_core.multibase import decode_base58, encode_base58

# algorithm -> (multicodec varint prefix, length of the key in bytes)
_MULTICODEC = {
    "Ed25519": (b"\xed\x01", 32),
    "P-256": (b"\x80\x24", 33),
    "P-384": (b"\x81\x24", 49),
}
SIGNATURE_BYTES = 64


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public key. `raw` is 32 bytes for Ed25519, the compressed point (33, 49 bytes) for P-256 and P-384."""

    algorithm: str
    raw: bytes

    def __post_init__(self) -> None:
        if self.algorithm not in _MULTICODEC:
            raise KeyMaterialError("key_algorithm_unsupported", f"keys of kind {self.algorithm} are not supported")
        if len(self.raw) != _MULTICODEC[self.algorithm][1]:
            raise KeyMaterialError("key_malformed", f"an {self.algorithm} public key of {len(self.raw)} bytes")

    @property
    def multibase(self) -> str:
        """The Multikey text: `z6Mk...` for Ed25519."""
        return encode_base58(_MULTICODEC[self.algorithm][0] + self.raw)

    @classmethod
    def from_multibase(cls, text: str) -> PublicKey:
        """Read a `publicKeyMultibase`. KeyMaterialError on any other text or kind of key."""
        data = decode_base58(text)
        for algorithm, (prefix, length) in _MULTICODEC.items():
            if data.startswith(prefix) and len(data) == len(prefix) + length:
                return cls(algorithm, data[len(prefix) :])
        raise KeyMaterialError("key_algorithm_unsupported", "the multicodec prefix or length is not one supported")

    def verify(self, signature: bytes, data: bytes) -> bool:
        """Whether `signature` (64 bytes) over `data` is this key's. Only Ed25519 verifies so far.

        libsodium refuses small-order keys and non-canonical signatures (RFC 8032 §5.1.7, strict reading).
        """
        if self.algorithm != "Ed25519":
            raise KeyMaterialError("key_algorithm_unsupported", f"{self.algorithm} signatures are not supported yet")
        if len(signature) != SIGNATURE_BYTES:
            return False
        try:
            signing.VerifyKey(self.raw).verify(data, signature)
        except nacl_exceptions.BadSignatureError:
            return False
        return True


@dataclass(frozen=True, slots=True)
class SigningKey:
    """An Ed25519 key pair made from a 32-byte seed."""

    seed: bytes = field(repr=False)
    public: PublicKey = field(init=False)
    _pair: signing.SigningKey = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not isinstance(self.seed, bytes) or len(self.seed) != 32:
            raise KeyMaterialError("key_malformed", "an Ed25519 seed is 32 bytes")
        pair = signing.SigningKey(self.seed)
        object.__setattr__(self, "_pair", pair)
        object.__setattr__(self, "public", PublicKey("Ed25519", bytes(pair.verify_key)))

    @classmethod
    def from_seed(cls, seed: bytes) -> SigningKey:
        """The key of a seed. The caller brings the randomness."""
        return cls(seed)

    def sign(self, data: bytes) -> bytes:
        """The 64-byte Ed25519 signature over `data` (deterministic, RFC 8032)."""
        return self._pair.sign(data).signature
