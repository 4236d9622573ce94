"""Signing documents and checking what was signed, with lines in the audit trail before and after."""

from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from credential_core.errors import ContextError, CredentialError, DocumentError
from credential_core.jcs import digest
from credential_core.json_input import check_tree
from credential_core.proof import verify_proof
from credential_core.template import Filled, Sealed
from issuer.core.model import IssuerKey, Json
from issuer.core.ports import Audit, KeyStore
from service_kit.clock import Clock

SAMPLED = 64  # of so many credentials from templates, one is read back and verified the generic way
IN_A_LINE = 50  # documents named by one line of the audit trail
Unsignable = DocumentError | ContextError
Named = tuple[str, Filled]  # by the id of the document


@dataclass(frozen=True, slots=True)
class Signed:
    """A signed document: its exact text, and the digest of its canonical form (RFC 8785)."""

    text: str
    digest: str

    @property
    def document(self) -> Json:
        """Its members."""
        members: Json = orjson.loads(self.text)
        return members


class Sign:
    """Signs with an issuer's key. Nothing is returned that does not verify."""

    def __init__(self, *, keys: KeyStore, audit: Audit, clock: Clock) -> None:
        self._keys = keys
        self._audit = audit
        self._clock = clock
        self._filled = 0

    async def __call__(self, document: Json, key: IssuerKey) -> Signed:
        """Sign. Raises CredentialError for a document that cannot be canonicalized."""
        trail = {"document": str(document["id"]), "unsigned_digest": _digest_of(document), "key_id": key.id}
        self._audit("signing", **trail)
        try:
            signed = await self._keys.sign(document, key, self._clock().replace(microsecond=0))
            text = orjson.dumps(signed)
            _check(text, key)
        except CredentialError as error:
            self._audit("signed", **trail, outcome="refused", reason=error.code)
            raise
        result = Signed(text.decode(), digest(signed))
        self._audit("signed", **trail, outcome="ok", digest=result.digest)
        return result

    async def filled(self, fills: Sequence[Named], key: IssuerKey) -> list[Signed | Unsignable] | None:
        """Sign each of these filled templates, or say why one has no meaning.

        None when the key store signs whole documents only. Every signature is checked against what was signed, and a
        sample of the texts the generic way, as a stranger would; ProofError for one that does not hold.
        """
        created = self._clock().replace(microsecond=0)
        results: list[Signed | Unsignable] = []
        for start in range(0, len(fills), IN_A_LINE):
            part = fills[start : start + IN_A_LINE]
            trail = _trail(part, key)
            self._audit("signing", **trail)
            try:
                sealed = await self._keys.seal([filled for _, filled in part], key, created)
                if sealed is None:
                    return None
                self._check_some(sealed, key)
            except CredentialError as error:
                self._audit("signed", **trail, outcome="refused", reason=error.code)
                raise
            results += [Signed(one.text.decode(), one.digest) if isinstance(one, Sealed) else one for one in sealed]
            self._audit("signed", **trail, **_outcome(sealed))
        return results

    def _check_some(self, sealed: Sequence[Sealed | Unsignable], key: IssuerKey) -> None:
        for one in sealed:
            if isinstance(one, Sealed):
                if self._filled % SAMPLED == 0:
                    _check(one.text, key)
                self._filled += 1


def _digest_of(document: Json) -> str:
    """Its digest. What has none is refused for the value that stands in the way, as a template refuses it."""
    try:
        return digest(document)
    except DocumentError:
        check_tree(document)
        raise


def _trail(fills: Sequence[Named], key: IssuerKey) -> dict[str, str]:
    """What is to be signed: as for one document, or the names and digests of several in one order."""
    plural = "s" if len(fills) > 1 else ""
    return {
        f"document{plural}": " ".join(name for name, _ in fills),
        f"unsigned_digest{plural}": " ".join(_digest(filled) for _, filled in fills),
        "key_id": key.id,
    }


def _digest(filled: Filled) -> str:
    try:
        return filled.digest()
    except DocumentError:  # and so it will not be signed
        return "none"


def _outcome(sealed: Sequence[Sealed | Unsignable]) -> dict[str, str]:
    refused = [one for one in sealed if not isinstance(one, Sealed)]
    outcome = {"outcome": "ok"} if not refused else {"outcome": "refused", "reason": refused[0].code}
    digests = " ".join(one.digest if isinstance(one, Sealed) else "none" for one in sealed)
    return outcome | {f"digest{'s' if len(sealed) > 1 else ''}": digests}


def _check(text: bytes, key: IssuerKey) -> None:
    """Verify the very bytes that will leave the process. A faulty signature may give away the key."""
    document = orjson.loads(text)
    verify_proof(document, document["proof"], key.of_proofs)
