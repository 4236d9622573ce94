"""Learners' names, sealed while a decision about a recognition is to come."""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import asdict

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from issuer.core.recipient import Recipient
from issuer.core.recognition.recognition import RecognitionId
from service_kit.ids import random_bytes

FORMAT = b"\x01"
NONCE_BYTES = 12


class RecipientBox:
    """See issuer.core.recognition.ports.NameBox: AES-256-GCM, bound to the recognition's id."""

    def __init__(self, key_encryption_key: bytes, randomness: Callable[[int], bytes] = random_bytes) -> None:
        self._cipher = AESGCM(hmac.digest(key_encryption_key, b"laurel learners of recognitions", hashlib.sha256))
        self._randomness = randomness

    def seal(self, recognition_id: RecognitionId, recipient: Recipient) -> bytes:
        """The box to store."""
        nonce = self._randomness(NONCE_BYTES)
        text = orjson.dumps(asdict(recipient))
        return FORMAT + nonce + self._cipher.encrypt(nonce, text, recognition_id.encode())

    def open(self, recognition_id: RecognitionId, box: bytes) -> Recipient:
        """Raises RuntimeError for one that was sealed under another key: a fault of the installation."""
        nonce, sealed = box[1 : 1 + NONCE_BYTES], box[1 + NONCE_BYTES :]
        try:
            return Recipient(**orjson.loads(self._cipher.decrypt(nonce, sealed, recognition_id.encode())))
        except InvalidTag as error:
            raise RuntimeError(f"the learner's name of recognition {recognition_id} does not open") from error
