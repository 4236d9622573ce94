"""DPoP nonces (RFC 9449 §8): they say when they were made, signed, so that every process knows its neighbours'."""

import base64
import binascii
import hmac
from datetime import datetime, timedelta

LIFETIME = timedelta(minutes=5)
TIME_BYTES = 6
SIGNATURE_BYTES = 16


class Nonces:
    """`key` is the same in every process."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def new(self, now: datetime) -> str:
        """A nonce of this moment."""
        moment = int(now.timestamp()).to_bytes(TIME_BYTES)
        return base64.urlsafe_b64encode(moment + self._signature(moment)).decode().rstrip("=")

    def is_good(self, nonce: str | None, now: datetime) -> bool:
        """Whether we made it in the last five minutes."""
        try:
            raw = base64.b64decode(f"{nonce or ''}==", altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return False
        moment, signature = raw[:TIME_BYTES], raw[TIME_BYTES:]
        age = now.timestamp() - int.from_bytes(moment)
        return hmac.compare_digest(signature, self._signature(moment)) and age < LIFETIME.total_seconds()

    def _signature(self, moment: bytes) -> bytes:
        return hmac.digest(self._key, moment, "sha256")[:SIGNATURE_BYTES]
