"""Private keys on this machine: sealed at rest with AES-256-GCM, opened in memory only."""

import asyncio
import hashlib
import hmac
from collections.abc import Callable, Sequence
from datetime import datetime

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from credential_core.jose import RsaSigningKey, Signer
from credential_core.keys import SigningKey
from credential_core.template import Filled, Sealed
from credential_core.unsigned import Unsigned
from issuer.adapters.credentials.securing import (
    SUITES,
    Unsignable,
    finish,
    new_key,
    new_rsa_key,
    prepare,
    prepare_filled,
    prepare_proof,
    seal,
)
from issuer.core.credentials.securing import Manner, Secured
from issuer.core.model import Algorithm, AnyPublicKey, IssuerId, IssuerKey, Json, KeyId
from service_kit.ids import random_bytes
from service_kit.offload import offload

NONCE_BYTES = 12
AT_ONCE = 5  # signatures, before others on this loop have their turn
FORMAT = b"\x01"
DER = (Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


class KeySealed(RuntimeError):
    """A stored key cannot be opened: a fault of the installation, never of a request."""


class LocalKeyStore:
    """See issuer.core.ports.KeyStore. Sealed form: one byte format (1), 12 bytes nonce, ciphertext, 16 bytes tag.

    The associated data binds a sealed key to its issuer and its id: it cannot be moved to another row.
    """

    def __init__(self, key_encryption_key: bytes, randomness: Callable[[int], bytes] = random_bytes) -> None:
        self._cipher = AESGCM(key_encryption_key)
        self._randomness = randomness
        self._open: dict[KeyId, Signer] = {}

    async def create(self, issuer_id: IssuerId, key_id: KeyId, algorithm: Algorithm) -> tuple[AnyPublicKey, bytes]:
        """A new key: its public part, and its sealed private part."""
        made = await offload(new_rsa_key) if algorithm == "RS256" else new_key(algorithm, self._randomness)
        secret = made.private.private_bytes(*DER) if isinstance(made, RsaSigningKey) else made.seed
        nonce = self._randomness(NONCE_BYTES)
        return made.public, FORMAT + nonce + self._cipher.encrypt(nonce, secret, _bound_to(issuer_id, key_id))

    async def sign(self, document: Json, key: IssuerKey, created: datetime) -> Json:
        """A copy of the document with a proof by the key's rdfc suite."""
        return prepare_proof(document, key, created).by(self._opened(key))

    async def seal(
        self, fills: Sequence[Filled], key: IssuerKey, created: datetime
    ) -> Sequence[Sealed | Unsignable] | None:
        """Each of these filled templates, signed and checked, a few at a time."""
        suite, opened = SUITES.get(key.algorithm), self._opened(key)
        if suite is None or isinstance(opened, RsaSigningKey):
            return None
        sealed: list[Sealed | Unsignable] = []
        for start in range(0, len(fills), AT_ONCE):
            if start:
                await asyncio.sleep(0)
            # Step by step for a few of them, so that each step finds its code and tables in the processor's caches.
            prepared = [prepare_filled(filled, key, created, suite) for filled in fills[start : start + AT_ONCE]]
            signatures = [opened.sign(one.data) if isinstance(one, Unsigned) else b"" for one in prepared]
            sealed += map(seal, prepared, signatures)
        return sealed

    async def secure(self, document: Json, key: IssuerKey, manner: Manner) -> Secured:
        """The document secured in some manner, and verified."""
        return await offload(self._secure, document, key, manner)

    async def destroy(self, key: IssuerKey) -> None:
        """Close it. What is in the row goes with the row."""
        self._open.pop(key.id, None)

    def _secure(self, document: Json, key: IssuerKey, manner: Manner) -> Secured:
        unsigned = prepare(document, key, manner, random_bytes=self._randomness)
        return finish(unsigned.by(self._opened(key)), key, manner.form)

    def _opened(self, key: IssuerKey) -> Signer:
        opened = self._open.get(key.id)
        if opened is None:
            opened = self._open[key.id] = self._unseal(key)
        return opened

    def _unseal(self, key: IssuerKey) -> Signer:
        if not key.sealed.startswith(FORMAT):
            raise KeySealed(f"the key {key.id} is sealed in a format this version does not know")
        nonce, ciphertext = key.sealed[1 : 1 + NONCE_BYTES], key.sealed[1 + NONCE_BYTES :]
        try:
            secret = self._cipher.decrypt(nonce, ciphertext, _bound_to(key.issuer_id, key.id))
        except InvalidTag as error:
            raise KeySealed(
                f"the key {key.id} does not open: it was sealed under another key encryption key"
            ) from error
        if key.algorithm == "RS256":
            return RsaSigningKey.from_der(secret)
        return SigningKey.from_seed(secret, key.algorithm)


def _bound_to(issuer_id: IssuerId, key_id: KeyId) -> bytes:
    return f"{issuer_id}/{key_id}".encode()


def recipient_keys(key_encryption_key: bytes) -> Callable[[str, str], bytes]:
    """How recipients are found again: an HMAC over organization and fingerprint, useless without our key."""
    pepper = hmac.digest(key_encryption_key, b"laurel recipient keys", hashlib.sha256)

    def recipient_key(org_id: str, fingerprint: str) -> bytes:
        return hmac.digest(pepper, f"{org_id}\0{fingerprint}".encode(), hashlib.sha256)

    return recipient_key
