"""Keys: Ed25519 through libsodium, ECDSA through OpenSSL, and their Multikeys (Controlled Identifiers 1.0 §2.2.2).

P-521 and secp256k1 are here for the JWTs of others: no cryptosuite of Data Integrity takes them. Nothing here makes
randomness: a secret comes from the caller, and ECDSA takes its nonces from RFC 6979. Secrets never show in a repr. Keys
as JWK are in `jwk`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from nacl import bindings
from nacl import exceptions as nacl_exceptions

from credential_core.errors import KeyMaterialError
from credential_core.multibase import decode_base58, encode_base58


@dataclass(frozen=True, slots=True)
class _Kind:
    """One kind of key: multicodec prefixes (varints), and the bytes of public key, secret and signature."""

    public_prefix: bytes
    secret_prefix: bytes
    public_bytes: int
    secret_bytes: int
    signature_bytes: int


_KINDS: Final = {
    "Ed25519": _Kind(b"\xed\x01", b"\x80\x26", 32, 32, 64),
    "P-256": _Kind(b"\x80\x24", b"\x86\x26", 33, 32, 64),
    "P-384": _Kind(b"\x81\x24", b"\x87\x26", 49, 48, 96),
    "P-521": _Kind(b"\x82\x24", b"\x88\x26", 67, 66, 132),
    "secp256k1": _Kind(b"\xe7\x01", b"\x81\x26", 33, 32, 64),
}
_CURVES: Final[dict[str, tuple[ec.EllipticCurve, hashes.HashAlgorithm]]] = {
    "P-256": (ec.SECP256R1(), hashes.SHA256()),
    "P-384": (ec.SECP384R1(), hashes.SHA384()),
    "P-521": (ec.SECP521R1(), hashes.SHA512()),
    "secp256k1": (ec.SECP256K1(), hashes.SHA256()),
}
SIGNATURE_BYTES: Final = 64  # of Ed25519
_CACHED_POINTS: Final = 256


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public key. `raw` is 32 bytes for Ed25519, the compressed point (33, 49 or 67 bytes) for the others.

    Only the length of `raw` is checked here; bytes that are no point verify nothing.
    """

    algorithm: str
    raw: bytes

    def __post_init__(self) -> None:
        if self.algorithm not in _KINDS:
            raise KeyMaterialError("key_algorithm_unsupported", f"keys of kind {self.algorithm} are not supported")
        if len(self.raw) != _KINDS[self.algorithm].public_bytes:
            raise KeyMaterialError("key_malformed", f"an {self.algorithm} public key of {len(self.raw)} bytes")

    @property
    def signature_bytes(self) -> int:
        """The size of this key's signatures: 64, for P-384 96, for P-521 132."""
        return _KINDS[self.algorithm].signature_bytes

    @property
    def multikey(self) -> bytes:
        """The multicodec prefix and the key: what `multibase` writes in base58."""
        return _KINDS[self.algorithm].public_prefix + self.raw

    @property
    def multibase(self) -> str:
        """The Multikey text: `z6Mk...` for Ed25519, `zDn...` for P-256, `z82...` for P-384."""
        return encode_base58(self.multikey)

    @classmethod
    def from_multibase(cls, text: str) -> PublicKey:
        """Read a `publicKeyMultibase`. KeyMaterialError on any other text or kind of key."""
        return cls.from_multikey(decode_base58(text))

    @classmethod
    def from_multikey(cls, data: bytes) -> PublicKey:
        """Read a multicodec prefix and key. KeyMaterialError on any other bytes."""
        for algorithm, kind in _KINDS.items():
            if data.startswith(kind.public_prefix):
                return cls(algorithm, data[len(kind.public_prefix) :])
        raise KeyMaterialError("key_algorithm_unsupported", "the multicodec prefix is not one supported")

    def verify(self, signature: bytes, data: bytes) -> bool:
        """Whether `signature` over `data` is this key's: 64 bytes, 96 or 132 (r and s, big-endian, equal sizes).

        Ed25519 is read strictly (RFC 8032 §5.1.7 by libsodium): small-order points and non-canonical encodings are
        refused. ECDSA hashes with SHA-256, on P-384 with SHA-384, on P-521 with SHA-512; both s and n - s are accepted
        (FIPS 186-5 knows no other rule), zero and values beyond the order are not.
        """
        if len(signature) != self.signature_bytes:
            return False
        check = self._verify_ed25519 if self.algorithm == "Ed25519" else self._verify_ecdsa
        return check(signature, data)

    def _verify_ed25519(self, signature: bytes, data: bytes) -> bool:
        try:
            bindings.crypto_sign_open(signature + data, self.raw)
        except nacl_exceptions.BadSignatureError:
            return False
        return True

    def _verify_ecdsa(self, signature: bytes, data: bytes) -> bool:
        half = len(signature) // 2
        r, s = int.from_bytes(signature[:half]), int.from_bytes(signature[half:])
        try:
            point = _point(self.algorithm, self.raw)
            point.verify(encode_dss_signature(r, s), data, ec.ECDSA(_CURVES[self.algorithm][1]))
        except (InvalidSignature, KeyMaterialError):
            return False
        return True

    def coordinates(self) -> tuple[bytes, bytes]:
        """The affine x and y of an ECDSA key. KeyMaterialError if the bytes are no point of the curve."""
        if self.algorithm not in _CURVES:
            raise KeyMaterialError("key_algorithm_unsupported", f"an {self.algorithm} key has no two coordinates")
        uncompressed = _point(self.algorithm, self.raw).public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        half = len(uncompressed) // 2
        return uncompressed[1 : half + 1], uncompressed[half + 1 :]

    @classmethod
    def from_coordinates(cls, algorithm: str, x: bytes, y: bytes) -> PublicKey:
        """The key of an affine point, both of the curve's size. KeyMaterialError if it is not on the curve."""
        if algorithm not in _CURVES or not len(x) == len(y) == _KINDS[algorithm].secret_bytes:
            raise KeyMaterialError("key_malformed", "the coordinates are not of a supported curve's size")
        key = cls(algorithm, bytes([2 + (y[-1] & 1)]) + x)
        if key.coordinates() != (x, y):
            raise KeyMaterialError("key_malformed", "the coordinates are not those of a point of the curve")
        return key


@lru_cache(maxsize=_CACHED_POINTS)
def _point(algorithm: str, raw: bytes) -> ec.EllipticCurvePublicKey:
    """Decompress a point: 0x02 or 0x03, then x. Some 20 us, so that the last ones are kept."""
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(_CURVES[algorithm][0], raw)
    except ValueError:
        raise KeyMaterialError("key_malformed", f"the bytes are no point of {algorithm}") from None


class _Pair(Protocol):
    """The private half, as its library holds it."""

    public: bytes

    def sign(self, data: bytes) -> bytes: ...


class _Ed25519Pair:
    def __init__(self, seed: bytes) -> None:
        self.public, self._secret = bindings.crypto_sign_seed_keypair(seed)

    def sign(self, data: bytes) -> bytes:
        return bindings.crypto_sign(data, self._secret)[:SIGNATURE_BYTES]


class _EcdsaPair:
    def __init__(self, algorithm: str, secret: bytes) -> None:
        curve, hash_ = _CURVES[algorithm]
        try:
            self._key = ec.derive_private_key(int.from_bytes(secret), curve)
        except ValueError:
            raise KeyMaterialError("key_malformed", f"the secret is no private key of {algorithm}") from None
        self._scheme = ec.ECDSA(hash_, deterministic_signing=True)
        self._half = len(secret)
        self.public = self._key.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)

    def sign(self, data: bytes) -> bytes:
        r, s = decode_dss_signature(self._key.sign(data, self._scheme))
        return r.to_bytes(self._half) + s.to_bytes(self._half)


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key pair made from its secret: 32 bytes of seed for Ed25519, the private number (big-endian) for ECDSA."""

    seed: bytes = field(repr=False)
    algorithm: str = "Ed25519"
    public: PublicKey = field(init=False)
    _pair: _Pair = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.algorithm not in _KINDS:
            raise KeyMaterialError("key_algorithm_unsupported", f"keys of kind {self.algorithm} are not supported")
        size = _KINDS[self.algorithm].secret_bytes
        if not isinstance(self.seed, bytes) or len(self.seed) != size:
            raise KeyMaterialError("key_malformed", f"an {self.algorithm} secret is {size} bytes")
        ed25519 = self.algorithm == "Ed25519"
        pair: _Pair = _Ed25519Pair(self.seed) if ed25519 else _EcdsaPair(self.algorithm, self.seed)
        object.__setattr__(self, "_pair", pair)
        object.__setattr__(self, "public", PublicKey(self.algorithm, pair.public))

    @classmethod
    def from_seed(cls, seed: bytes, algorithm: str = "Ed25519") -> SigningKey:
        """The key of a seed. The caller brings the randomness.

        KeyMaterialError for a size other than the algorithm's, or (once in 2^32 random P-256 secrets) a number that is
        zero or not below the curve's order.
        """
        return cls(seed, algorithm)

    @classmethod
    def from_multibase(cls, text: str) -> SigningKey:
        """Read a `secretKeyMultibase` (Controlled Identifiers 1.0 §2.2.2). KeyMaterialError on any other text."""
        data = decode_base58(text)
        for algorithm, kind in _KINDS.items():
            if data.startswith(kind.secret_prefix):
                return cls(data[len(kind.secret_prefix) :], algorithm)
        raise KeyMaterialError("key_algorithm_unsupported", "the multicodec prefix is not one supported")

    @property
    def secret_multibase(self) -> str:
        """The `secretKeyMultibase`. It is the secret: never for a log or a document."""
        return encode_base58(_KINDS[self.algorithm].secret_prefix + self.seed)

    def sign(self, data: bytes) -> bytes:
        """The signature over `data`, deterministic: Ed25519 (RFC 8032), 64 bytes; ECDSA (RFC 6979), r and s.

        ECDSA hashes with SHA-256, on P-384 with SHA-384, on P-521 with SHA-512.
        """
        return self._pair.sign(data)
