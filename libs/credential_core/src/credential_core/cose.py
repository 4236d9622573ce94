"""COSE_Sign1 (RFC 9052 §4.2), tagged, read strictly and without believing any of it.

Refused: a header in both buckets, `crit`, a detached payload, and any CBOR but the strict one of `cbor`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from credential_core import cbor
from credential_core.errors import CredentialError, LimitError, ProofError
from credential_core.jose.algorithms import VerifyingKey, verify_signature
from credential_core.json_input import MAX_BYTES

_SIGN1: Final = b"\xd2"  # tag 18
_ALGORITHM, _CRITICAL, _KEY_ID = 1, 2, 4
# Those of RFC 9053, and the fully specified ones of RFC 9864, by their name in JOSE.
_NAMES: Final = {
    -7: "ES256",
    -9: "ES256",
    -35: "ES384",
    -51: "ES384",
    -36: "ES512",
    -52: "ES512",
    -47: "ES256K",
    -8: "EdDSA",
    -19: "Ed25519",
}


@dataclass(frozen=True, slots=True)
class Sign1:
    """A COSE_Sign1, taken apart. Nothing in it is true before `verify` has returned; `header` is what is protected.

    `key_id` may be unprotected: it helps to find the key, and another key's signature does not hold.
    """

    header: Mapping[int | str, Any]
    payload: bytes
    signature: bytes
    protected: bytes
    key_id: object = None

    @property
    def algorithm(self) -> str | None:
        """What the header names, as JOSE calls it; None for any other algorithm."""
        algorithm = self.header.get(_ALGORITHM)
        return _NAMES.get(algorithm) if isinstance(algorithm, int) else None

    @classmethod
    def parse(cls, data: bytes) -> Sign1:
        """Take a COSE_Sign1 apart.

        LimitError beyond 256 kB; ProofError `cose_malformed`, `cose_extension_unsupported`.
        """
        if not isinstance(data, bytes):
            raise _malformed()
        if len(data) > MAX_BYTES:
            raise LimitError("document_too_large", f"a document may have {MAX_BYTES} bytes")
        parts = read(data[1:]) if data.startswith(_SIGN1) else None
        if not isinstance(parts, list) or len(parts) != 4:
            raise _malformed()
        protected, unprotected, payload, signature = parts
        if not all(isinstance(part, bytes) for part in (protected, payload, signature)):
            raise _malformed()
        header = read(protected) if protected else {}
        if not isinstance(header, dict) or not isinstance(unprotected, dict) or header.keys() & unprotected.keys():
            raise _malformed()
        if _CRITICAL in header or _CRITICAL in unprotected:
            raise ProofError("cose_extension_unsupported", "the header of the COSE_Sign1 asks for an extension")
        return cls(header, payload, signature, protected, header.get(_KEY_ID, unprotected.get(_KEY_ID)))

    def verify(self, key: VerifyingKey) -> None:
        """Return if the signature is `key`'s. ProofError `jws_algorithm_mismatch` or `signature_invalid` if not."""
        verify_signature(
            key, self.algorithm, self.signature, cbor.encode(["Signature1", self.protected, b"", self.payload])
        )


def read(data: bytes) -> Any:
    """The CBOR that is a part of a COSE message. ProofError `cose_malformed`, LimitError."""
    try:
        return cbor.decode(data)
    except LimitError:
        raise
    except CredentialError:
        raise _malformed() from None


def _malformed() -> ProofError:
    return ProofError("cose_malformed", "not a tagged COSE_Sign1")
