"""Which algorithms a key may be used with (RFC 8725 §3.1): the key decides, a header only has to agree."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_private_key, load_pem_private_key

from credential_core.errors import KeyMaterialError, ProofError
from credential_core.jwk import RsaPublicKey
from credential_core.keys import PublicKey, SigningKey

VerifyingKey: TypeAlias = PublicKey | RsaPublicKey

_HASHES: Final[dict[str, hashes.HashAlgorithm]] = {
    "256": hashes.SHA256(),
    "384": hashes.SHA384(),
    "512": hashes.SHA512(),
}
# What each kind of key signs with here comes first. `Ed25519` is the name that RFC 9864 gives to EdDSA of that curve.
_ALGORITHMS: Final = {
    "Ed25519": ("EdDSA", "Ed25519"),
    "P-256": ("ES256",),
    "P-384": ("ES384",),
    "P-521": ("ES512",),
    "secp256k1": ("ES256K",),  # RFC 8812
    "RSA": ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
}

KNOWN: Final = frozenset(name for names in _ALGORITHMS.values() for name in names)
"""What some key may be used with: never `none`, nor what a shared secret signs."""


@dataclass(frozen=True, slots=True)
class RsaSigningKey:
    """An RSA key pair that signs with RS256 (PKCS#1 v1.5, deterministic), for Open Badges 3.0 VC-JWT."""

    private: rsa.RSAPrivateKey = field(repr=False)
    public: RsaPublicKey = field(init=False)

    def __post_init__(self) -> None:
        numbers = self.private.public_key().public_numbers()
        object.__setattr__(self, "public", RsaPublicKey(numbers.n, numbers.e))

    @classmethod
    def from_pem(cls, pem: bytes) -> RsaSigningKey:
        """Read an unencrypted PEM (PKCS#8 or PKCS#1). KeyMaterialError for anything but an RSA key of 2048 bits up."""
        return cls._loaded(load_pem_private_key, pem)

    @classmethod
    def from_der(cls, der: bytes) -> RsaSigningKey:
        """The same for DER."""
        return cls._loaded(load_der_private_key, der)

    @classmethod
    def _loaded(cls, load: Callable[[bytes, None], object], data: bytes) -> RsaSigningKey:
        try:
            private = load(data, None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise KeyMaterialError("key_malformed", "not an unencrypted private key in PEM or DER") from None
        if not isinstance(private, rsa.RSAPrivateKey):
            raise KeyMaterialError("key_algorithm_unsupported", "not an RSA key")
        return cls(private)

    def sign(self, data: bytes) -> bytes:
        """The RS256 signature over `data`, as long as the modulus."""
        return self.private.sign(data, padding.PKCS1v15(), hashes.SHA256())


Signer: TypeAlias = SigningKey | RsaSigningKey


def algorithms(key: VerifyingKey) -> tuple[str, ...]:
    """The `alg` values (RFC 7518 §3.1, RFC 8037, RFC 9864) that `key` may verify."""
    return _ALGORITHMS["RSA" if isinstance(key, RsaPublicKey) else key.algorithm]


def signing_algorithm(key: VerifyingKey) -> str:
    """The `alg` that this library signs with where `key` verifies: EdDSA, ES256, ES384 or RS256."""
    return algorithms(key)[0]


def verify_signature(key: VerifyingKey, algorithm: object, signature: bytes, data: bytes) -> None:
    """ProofError `jws_algorithm_mismatch` if the key is not for `algorithm`, else `signature_invalid` if it fails."""
    if not isinstance(algorithm, str) or algorithm not in algorithms(key):
        raise ProofError("jws_algorithm_mismatch", f"the key verifies {' or '.join(algorithms(key))} only")
    held = _holds_rsa(key, algorithm, signature, data) if isinstance(key, RsaPublicKey) else key.verify(signature, data)
    if not held:
        raise ProofError("signature_invalid", "the signature does not verify")


def _holds_rsa(key: RsaPublicKey, algorithm: str, signature: bytes, data: bytes) -> bool:
    hash_ = _HASHES[algorithm[2:]]
    pss = padding.PSS(mgf=padding.MGF1(hash_), salt_length=hash_.digest_size)  # RFC 7518 §3.5: as long as the hash
    try:
        public = rsa.RSAPublicNumbers(key.exponent, key.modulus).public_key()
        public.verify(signature, data, pss if algorithm.startswith("PS") else padding.PKCS1v15(), hash_)
    except (InvalidSignature, ValueError, UnsupportedAlgorithm):
        return False
    return True
