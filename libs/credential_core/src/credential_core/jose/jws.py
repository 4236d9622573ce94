"""JWS in compact serialization (RFC 7515 §7.1), read strictly and without believing any of it.

Refused: anything but three parts of unpadded base64url in their shortest form, a header or payload that is not one JSON
object within the budgets of `json_input` (duplicate members included), and the extensions `crit`, `b64` and `zip`.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from credential_core.errors import CredentialError, DocumentError, LimitError, ProofError
from credential_core.jose.algorithms import Signer, VerifyingKey, signing_algorithm, verify_signature
from credential_core.json_input import MAX_BYTES, check_tree, parse
from credential_core.multibase import decode_base64url
from credential_core.unsigned import Unsigned

MAX_HEADER: Final = 8192  # characters; the largest RSA key in a `jwk` needs some 3,000
MAX_SIGNATURE: Final = 1024  # bytes; that of an RSA key of 8192 bits
_COMPACT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*\Z")
# None of them changes what is signed without also being listed in `crit`, and none is understood here.
_EXTENSIONS: Final = ("crit", "b64", "zip")


@dataclass(frozen=True, slots=True)
class Jws:
    """A JWS, taken apart. Nothing in it is true before `verify` has returned."""

    text: str
    header: Mapping[str, Any]
    claims: Mapping[str, Any]
    signature: bytes

    @classmethod
    def parse(cls, text: str) -> Jws:
        """Take a compact JWS apart.

        LimitError beyond 256 kB; ProofError `jws_malformed`, `jws_header_malformed`, `jws_extension_unsupported`;
        DocumentError as of `json_input.parse` for the payload.
        """
        if not isinstance(text, str):
            raise ProofError("jws_malformed", "a compact JWS is a string")
        if len(text) > MAX_BYTES:
            raise LimitError("document_too_large", f"a document may have {MAX_BYTES} bytes")
        if not _COMPACT.match(text):
            raise ProofError("jws_malformed", "a compact JWS is three parts of base64url joined by dots")
        first, second, third = text.split(".")
        signature = decode(third)
        if len(signature) > MAX_SIGNATURE:
            raise ProofError("jws_malformed", f"no signature has more than {MAX_SIGNATURE} bytes")
        return cls(text, _header(first), parse(decode(second)), signature)

    def verify(self, key: VerifyingKey) -> None:
        """Return if the signature is `key`'s. ProofError `jws_algorithm_mismatch` or `signature_invalid` if not."""
        data = self.text.rpartition(".")[0].encode("ascii")
        verify_signature(key, self.header["alg"], self.signature, data)


def _header(part: str) -> dict[str, Any]:
    if len(part) > MAX_HEADER:
        raise LimitError("document_too_large", f"a JWS header may have {MAX_HEADER} characters")
    try:
        header = parse(decode(part))
    except CredentialError as error:
        raise ProofError("jws_header_malformed", f"the header of the JWS: {error.detail}") from None
    if not isinstance(header.get("alg"), str):
        raise ProofError("jws_header_malformed", "the header of a JWS names its alg")
    for name in _EXTENSIONS:
        if name in header:
            raise ProofError("jws_extension_unsupported", f"the header of the JWS asks for {name}")
    return header


def sign(header: Mapping[str, Any], claims: Mapping[str, Any], key: Signer) -> str:
    """A compact JWS over `claims`; `alg` is added as the key has it. DocumentError for what is not plain JSON."""
    return prepare(header, claims, key.public).by(key)


def prepare(header: Mapping[str, Any], claims: Mapping[str, Any], public: VerifyingKey) -> Unsigned[str]:
    """The same for a key that is elsewhere: what it has to sign, and what becomes of the signature."""
    check_tree(dict(claims))
    data = ".".join(encode(_dump(part)) for part in ({"alg": signing_algorithm(public), **header}, claims))
    if len(data) + MAX_SIGNATURE > MAX_BYTES:
        raise LimitError("document_too_large", f"a document may have {MAX_BYTES} bytes")
    return Unsigned(data.encode("ascii"), lambda signature: f"{data}.{encode(signature)}")


def _dump(value: Mapping[str, Any]) -> bytes:
    try:
        return orjson.dumps(dict(value))
    except orjson.JSONEncodeError:
        raise DocumentError("json_malformed", "a value has no JSON form") from None


def encode(data: bytes) -> str:
    """Base64url without padding (RFC 7515 §2)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def decode(text: str) -> bytes:
    """The bytes of unpadded base64url in its one shortest form. ProofError `jws_malformed` otherwise."""
    try:
        return decode_base64url("u" + text)
    except CredentialError:
        raise ProofError("jws_malformed", "a part of the JWS is not base64url in its shortest form") from None
