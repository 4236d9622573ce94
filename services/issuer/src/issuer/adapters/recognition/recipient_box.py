"""Learners' names and papers, sealed while a decision about a recognition may come."""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import asdict

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from issuer.core.credentials.recipient import Recipient
from issuer.core.recognition.papers import Papers
from issuer.core.recognition.recognition import Recognition, RecognitionId
from service_kit.ids import random_bytes

FORMAT = b"\x01"
NONCE_BYTES = 12


class RecipientBox:
    """See issuer.core.recognition.ports.NameBox: AES-256-GCM, bound to the recognition's id."""

    def __init__(self, key_encryption_key: bytes, randomness: Callable[[int], bytes] = random_bytes) -> None:
        self._cipher = AESGCM(hmac.digest(key_encryption_key, b"laurel learners of recognitions", hashlib.sha256))
        self._randomness = randomness

    def seal(self, recognition_id: RecognitionId, papers: Papers) -> bytes:
        """The box to store."""
        nonce = self._randomness(NONCE_BYTES)
        text = orjson.dumps(asdict(papers))
        return FORMAT + nonce + self._cipher.encrypt(nonce, text, recognition_id.encode())

    def open(self, found: Recognition) -> Papers | None:
        """None where nothing is kept. Raises RuntimeError for what was sealed under another key: the fleet's fault."""
        box = found.sealed
        if box is None:
            return None
        nonce, sealed = box[1 : 1 + NONCE_BYTES], box[1 + NONCE_BYTES :]
        try:
            kept = orjson.loads(self._cipher.decrypt(nonce, sealed, found.id.encode()))
        except InvalidTag as error:
            raise RuntimeError(f"the papers of recognition {found.id} do not open") from error
        if "recipient" not in kept:  # sealed when only the name was
            return Papers(Recipient(**kept), found.document)
        return Papers(Recipient(**kept["recipient"]), kept["document"], kept["evidence"])
