"""Client secrets: 256 random bits behind a recognisable prefix, kept as a digest only."""

import base64
import hashlib
import hmac
from collections.abc import Iterable

from service_kit.ids import random_bytes

PREFIX = "laurel_secret_"
MIN_LENGTH = 32
NO_DIGEST = bytes(32)


def new_secret() -> str:
    """A fresh secret. It is shown once."""
    return PREFIX + base64.urlsafe_b64encode(random_bytes(32)).decode().rstrip("=")


def digest(secret: str) -> bytes:
    """What is stored. SHA-256 without a salt is enough for 256 random bits, and costs a microsecond (ADR 0030)."""
    return hashlib.sha256(secret.encode()).digest()


def matches(secret: str, digests: Iterable[bytes]) -> bool:
    """Whether this is one of the stored secrets. Takes as long for no digest as for one."""
    given = digest(secret)
    found = False
    for known in tuple(digests) or (NO_DIGEST,):
        found |= hmac.compare_digest(given, known)
    return found
