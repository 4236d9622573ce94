"""Signing a document and checking what was signed, with a line in the audit trail before and after."""

from dataclasses import dataclass

import orjson

from credential_core.errors import CredentialError
from credential_core.jcs import digest
from credential_core.proof import verify_proof
from issuer.core.model import IssuerKey, Json
from issuer.core.ports import Audit, KeyStore
from service_kit.clock import Clock


@dataclass(frozen=True, slots=True)
class Signed:
    """A signed document: its members, its exact text, and the digest of its canonical form (RFC 8785)."""

    document: Json
    text: str
    digest: str


class Sign:
    """Signs with an issuer's key. Nothing is returned that does not verify."""

    def __init__(self, *, keys: KeyStore, audit: Audit, clock: Clock) -> None:
        self._keys = keys
        self._audit = audit
        self._clock = clock

    async def __call__(self, document: Json, key: IssuerKey) -> Signed:
        """Sign. Raises CredentialError for a document that cannot be canonicalized."""
        trail = {"document": str(document["id"]), "unsigned_digest": digest(document), "key_id": key.id}
        self._audit("signing", **trail)
        try:
            signed = await self._keys.sign(document, key, self._clock().replace(microsecond=0))
            text = orjson.dumps(signed)
            _check(text, key)
        except CredentialError as error:
            self._audit("signed", **trail, outcome="refused", reason=error.code)
            raise
        result = Signed(signed, text.decode(), digest(signed))
        self._audit("signed", **trail, outcome="ok", digest=result.digest)
        return result


def _check(text: bytes, key: IssuerKey) -> None:
    """Verify the very bytes that will leave the process. A faulty signature may give away the key."""
    document = orjson.loads(text)
    verify_proof(document, document["proof"], key.public)
