"""SD-JWT taken apart (RFC 9901 §4): the issuer's JWS, disclosures, and the holder's JWS if there is one."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from credential_core import json_input
from credential_core.errors import CredentialError, LimitError, ProofError
from credential_core.jose.jws import Jws, decode, encode

MAX_DISCLOSURES: Final = 256
DIGESTS: Final = "_sd"
ELEMENT: Final = "..."
ALGORITHM: Final = "_sd_alg"
_HASHES: Final[dict[str, Callable[[bytes], Any]]] = {
    "sha-256": hashlib.sha256,
    "sha-384": hashlib.sha384,
    "sha-512": hashlib.sha512,
}


@dataclass(frozen=True, slots=True)
class Disclosure:
    """A salt and a value; with a name if it belongs to an object, without if it is an element of an array (§4.2)."""

    text: str
    name: str | None
    value: Any

    @classmethod
    def parse(cls, text: str) -> Disclosure:
        """Read a disclosure: base64url of a JSON array of two or three. ProofError `sd_jwt_disclosure_malformed`."""
        try:
            # Within an object, for the same strict reader; a second member would show.
            wrapped = json_input.parse(b'{"it":' + decode(text) + b"}")
        except LimitError:
            raise
        except CredentialError as error:
            raise _malformed(error.detail) from None
        parts = wrapped.get("it")
        if len(wrapped) != 1 or not isinstance(parts, list) or len(parts) not in (2, 3):
            raise _malformed("it is an array of two or three")
        if not all(isinstance(part, str) for part in parts[:-1]):
            raise _malformed("its salt and name are strings")
        if len(parts) == 3 and parts[1] in (DIGESTS, ELEMENT):
            raise _malformed("a reserved name cannot be disclosed")
        return cls(text, parts[1] if len(parts) == 3 else None, parts[-1])


def _malformed(why: str) -> ProofError:
    return ProofError("sd_jwt_disclosure_malformed", f"a disclosure cannot be read: {why}")


@dataclass(frozen=True, slots=True)
class SdJwt:
    """An SD-JWT, taken apart; nothing in it is verified. `presented` is what the holder's `sd_hash` covers."""

    jws: Jws
    disclosures: tuple[Disclosure, ...]
    key_binding: str | None
    presented: str

    @classmethod
    def parse(cls, text: str) -> SdJwt:
        """Take apart `<jws>~<disclosure>~...~[<key binding jws>]`. LimitError, ProofError, DocumentError."""
        if not isinstance(text, str):
            raise ProofError("sd_jwt_malformed", "an SD-JWT is a string")
        if len(text) > json_input.MAX_BYTES:
            raise LimitError("document_too_large", f"a document may have {json_input.MAX_BYTES} bytes")
        signed, *disclosures = text.split("~")
        if not disclosures:
            raise ProofError("sd_jwt_malformed", "an SD-JWT has a ~ after its JWS")
        key_binding = disclosures.pop()
        if len(disclosures) > MAX_DISCLOSURES:
            raise LimitError("sd_jwt_too_many_disclosures", f"an SD-JWT may have {MAX_DISCLOSURES} disclosures")
        if len(set(disclosures)) != len(disclosures):
            raise ProofError("sd_jwt_digest_repeated", "the SD-JWT holds a disclosure twice")
        presented = text[: len(text) - len(key_binding)]
        return cls(Jws.parse(signed), tuple(map(Disclosure.parse, disclosures)), key_binding or None, presented)

    def digest(self, text: str) -> str:
        """The digest of a disclosure, or of what was presented, by the algorithm the issuer chose (§4.1.1)."""
        name = self.jws.claims.get(ALGORITHM, "sha-256")
        if not isinstance(name, str) or name not in _HASHES:
            raise ProofError("sd_jwt_hash_unsupported", "the digests of the SD-JWT are made by an unknown algorithm")
        return encode(_HASHES[name](text.encode("ascii")).digest())
