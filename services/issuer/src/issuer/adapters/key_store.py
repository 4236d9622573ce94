"""Private keys on this machine: sealed at rest with AES-256-GCM, opened in memory only."""

import asyncio
import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from credential_core.errors import ContextError, DocumentError
from credential_core.keys import PublicKey, SigningKey
from credential_core.proof import sign
from credential_core.template import Scalar, Sealed, Template
from issuer.adapters.securing import new_key, secure
from issuer.core.model import Algorithm, IssuerId, IssuerKey, Json, KeyId
from issuer.core.securing import Manner, Secured
from service_kit.ids import random_bytes
from service_kit.offload import offload

SUITES = {"Ed25519": "eddsa-rdfc-2022", "P-256": "ecdsa-rdfc-2019", "P-384": "ecdsa-rdfc-2019"}
NONCE_BYTES = 12
AT_ONCE = 5  # signatures, before others on this loop have their turn
FORMAT = b"\x01"


class KeySealed(RuntimeError):
    """A stored key cannot be opened: a fault of the installation, never of a request."""


class LocalKeyStore:
    """See issuer.core.ports.KeyStore. Sealed form: one byte format (1), 12 bytes nonce, ciphertext, 16 bytes tag.

    The associated data binds a sealed key to its issuer and its id: it cannot be moved to another row.
    """

    def __init__(self, key_encryption_key: bytes, randomness: Callable[[int], bytes] = random_bytes) -> None:
        self._cipher = AESGCM(key_encryption_key)
        self._randomness = randomness
        self._open: dict[KeyId, SigningKey] = {}

    async def create(self, issuer_id: IssuerId, key_id: KeyId, algorithm: Algorithm) -> tuple[PublicKey, bytes]:
        """A new key: its public part, and its sealed private part."""
        made, nonce = new_key(algorithm, self._randomness), self._randomness(NONCE_BYTES)
        sealed = FORMAT + nonce + self._cipher.encrypt(nonce, made.seed, _bound_to(issuer_id, key_id))
        return made.public, sealed

    async def sign(self, document: Json, key: IssuerKey, created: datetime) -> Json:
        """A copy of the document with a proof by the key's rdfc suite."""
        opened, suite = self._opened(key), SUITES[key.public.algorithm]
        return sign(document, opened, verification_method=key.verification_method, created=created, cryptosuite=suite)

    async def seal(
        self, template: Template, fills: Sequence[Mapping[str, Scalar]], key: IssuerKey, created: datetime
    ) -> Sequence[Sealed | DocumentError | ContextError] | None:
        """What the template gives for each of these values, signed and checked, a few at a time."""
        suite = SUITES.get(key.public.algorithm)
        if suite is None:
            return None
        opened = self._opened(key)
        sealed: list[Sealed | DocumentError | ContextError] = []
        for number, values in enumerate(fills, 1):
            try:
                sealed.append(
                    template.seal(
                        values, opened, verification_method=key.verification_method, created=created, cryptosuite=suite
                    )
                )
            except (DocumentError, ContextError) as error:
                sealed.append(error)
            if number % AT_ONCE == 0:
                await asyncio.sleep(0)
        return sealed

    async def secure(self, document: Json, key: IssuerKey, manner: Manner) -> Secured:
        """The document secured in some manner, and verified."""
        opened = self._opened(key)
        return await offload(secure, document, opened, key.verification_method, manner, random_bytes=self._randomness)

    def _opened(self, key: IssuerKey) -> SigningKey:
        opened = self._open.get(key.id)
        if opened is None:
            opened = self._open[key.id] = self._unseal(key)
        return opened

    def _unseal(self, key: IssuerKey) -> SigningKey:
        if not key.sealed.startswith(FORMAT):
            raise KeySealed(f"the key {key.id} is sealed in a format this version does not know")
        nonce, ciphertext = key.sealed[1 : 1 + NONCE_BYTES], key.sealed[1 + NONCE_BYTES :]
        try:
            seed = self._cipher.decrypt(nonce, ciphertext, _bound_to(key.issuer_id, key.id))
        except InvalidTag as error:
            raise KeySealed(
                f"the key {key.id} does not open: it was sealed under another key encryption key"
            ) from error
        return SigningKey.from_seed(seed, key.public.algorithm)


def _bound_to(issuer_id: IssuerId, key_id: KeyId) -> bytes:
    return f"{issuer_id}/{key_id}".encode()


def recipient_keys(key_encryption_key: bytes) -> Callable[[str, str], bytes]:
    """How recipients are found again: an HMAC over organization and fingerprint, useless without our key."""
    pepper = hmac.digest(key_encryption_key, b"laurel recipient keys", hashlib.sha256)

    def recipient_key(org_id: str, fingerprint: str) -> bytes:
        return hmac.digest(pepper, f"{org_id}\0{fingerprint}".encode(), hashlib.sha256)

    return recipient_key
