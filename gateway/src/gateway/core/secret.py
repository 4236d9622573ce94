"""Secrets that we make: 256 random bits behind a recognisable prefix, kept as a digest only."""

import base64
import hashlib
import hmac
from collections.abc import Iterable
from enum import StrEnum

from service_kit.ids import random_bytes

MIN_LENGTH = 32
NO_DIGEST = bytes(32)


class SecretKind(StrEnum):
    """What a secret is for, and its prefix: secret scanners can look for it, and people see what they hold."""

    CLIENT = "laurel_secret_"
    SESSION = "laurel_session_"
    CODE = "laurel_code_"
    REFRESH = "laurel_refresh_"
    REQUEST = "laurel_request_"
    REGISTRATION = "laurel_registration_"
    INVITATION = "laurel_invitation_"
    BROWSER = "laurel_browser_"
    CONFIRMATION = "laurel_confirmation_"
    RESET = "laurel_reset_"
    SIGN_UP = "laurel_sign_up_"


def new_secret(kind: SecretKind = SecretKind.CLIENT) -> str:
    """A fresh secret. It is shown once."""
    return kind + base64.urlsafe_b64encode(random_bytes(32)).decode().rstrip("=")


def digest(secret: str) -> bytes:
    """What is stored. SHA-256 without a salt is enough for 256 random bits, and costs a microsecond (ADR 0030)."""
    return digest_of(secret.encode())


def digest_of(secret: bytes) -> bytes:
    """The same for a secret that is not text."""
    return hashlib.sha256(secret).digest()


def matches(secret: str, digests: Iterable[bytes]) -> bool:
    """Whether this is one of the stored secrets. Takes as long for no digest as for one."""
    given = digest(secret)
    found = False
    for known in tuple(digests) or (NO_DIGEST,):
        found |= hmac.compare_digest(given, known)
    return found


def session_id(digest: bytes) -> str:
    """What programs know a session by (`sid`): it tells nothing of the secret that the browser holds."""
    return base64.urlsafe_b64encode(hashlib.sha256(b"sid" + digest).digest()[:16]).decode().rstrip("=")
