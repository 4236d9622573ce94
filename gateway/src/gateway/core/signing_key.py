"""The life of a signing key: next (published, not used), active (signs), retired (still verifies), removed.

A key is published long enough before its first use that every verifier has it, and kept long enough after its
last use that every token it signed has expired. Each algorithm has keys of its own, which live side by side.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NewType

KeyId = NewType("KeyId", str)


class Algorithm(StrEnum):
    """What a key signs with: access tokens by ES256, ID tokens as their client asked for (ADR 0096)."""

    ES256 = "ES256"
    RS256 = "RS256"


class KeyState(StrEnum):
    """Where a key is in its life."""

    NEXT = "next"
    ACTIVE = "active"
    RETIRED = "retired"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key pair. `sealed` is the encrypted private half, gone once the key no longer signs."""

    id: KeyId
    public: Mapping[str, Any]
    sealed: bytes | None
    state: KeyState
    created_at: datetime
    retired_at: datetime | None = None
    algorithm: Algorithm = Algorithm.ES256


@dataclass(frozen=True, slots=True)
class RotationPolicy:
    """How long a key is published before it signs, and after it signed last."""

    publish_before_use: timedelta
    keep_after_use: timedelta


@dataclass(frozen=True, slots=True)
class Step:
    """One change of state."""

    key: KeyId
    before: KeyState
    after: KeyState


def steps(keys: Sequence[SigningKey], now: datetime, policy: RotationPolicy, *, compromised: bool) -> list[Step]:
    """What a rotation of one algorithm's keys does now, in this order. Nothing, while the next key is too young.

    `compromised` means that the active key may be in wrong hands: it is removed at once, whatever that breaks.
    """
    active = [key for key in keys if key.state is KeyState.ACTIVE]
    heir = [key for key in keys if key.state is KeyState.NEXT and (compromised or _ripe(key, now, policy))]
    after = KeyState.REMOVED if compromised else KeyState.RETIRED
    planned = [Step(key.id, KeyState.RETIRED, KeyState.REMOVED) for key in keys if _spent(key, now, policy)]
    if heir or compromised:
        planned += [Step(key.id, KeyState.ACTIVE, after) for key in active]
        planned += [Step(key.id, KeyState.NEXT, KeyState.ACTIVE) for key in heir]
    return planned


def usable_from(key: SigningKey, policy: RotationPolicy) -> datetime:
    """When a next key may begin to sign."""
    return key.created_at + policy.publish_before_use


def _ripe(key: SigningKey, now: datetime, policy: RotationPolicy) -> bool:
    return usable_from(key, policy) <= now


def _spent(key: SigningKey, now: datetime, policy: RotationPolicy) -> bool:
    return (
        key.state is KeyState.RETIRED and key.retired_at is not None and key.retired_at + policy.keep_after_use <= now
    )
