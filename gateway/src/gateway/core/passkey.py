"""Passkeys (WebAuthn): what is kept of one, and what is read from a browser's answer before it is believed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NewType, Protocol

from gateway.core.people import User, UserId

PasskeyId = NewType("PasskeyId", str)


@dataclass(frozen=True, slots=True)
class Passkey:
    """A key pair of a person's authenticator: `credential` is its name there, `public_key` a COSE key.

    `sign_count` counts its signatures, where the authenticator counts at all (WebAuthn Level 3 §6.1.1).
    """

    id: PasskeyId
    credential: bytes
    user: UserId
    name: str
    public_key: bytes
    sign_count: int
    created_at: datetime
    used_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Challenge:
    """What one browser is to sign, once: to add a passkey for this person, or, for None, to sign in."""

    browser: bytes
    user: UserId | None
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class NewCredential:
    """What an authenticator made, verified."""

    credential: bytes
    public_key: bytes
    sign_count: int


@dataclass(frozen=True, slots=True)
class Claim:
    """What a browser's answer says of itself. Nothing of it is verified yet, its shape aside."""

    document: Mapping[str, Any]
    challenge: bytes
    credential: bytes
    user: str


class PasskeyRefused(Exception):
    """A browser's answer proves nothing. `reason` is for our log, and never quotes the answer."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Ceremonies(Protocol):
    """The two ceremonies of WebAuthn Level 3 (§7.1, §7.2) for one relying party. Reading raises PasskeyRefused."""

    def creation_options(self, user: User, challenge: bytes, held: Sequence[Passkey]) -> str:
        """JSON for `navigator.credentials.create`: a discoverable credential, with the person verified."""

    def request_options(self, challenge: bytes) -> str:
        """JSON for `navigator.credentials.get`: whatever passkey the person chooses, with the person verified."""

    def read(self, answer: str) -> Claim:
        """Take an answer of either ceremony apart."""

    def created(self, claim: Claim) -> NewCredential:
        """Verify a new credential against the claim's own challenge; whether that was ours, the caller knows."""

    def asserted(self, claim: Claim, public_key: bytes) -> int:
        """Verify a signature in the same way. The authenticator's counter; whether it went up, the caller knows."""
