"""The client's one source of randomness."""

import secrets
import uuid


def new_key() -> str:
    """An Idempotency-Key that nobody else uses."""
    return str(uuid.uuid4())


def jitter(seconds: float) -> float:
    """Somewhere between half and the whole of a pause, so that many clients do not come back together."""
    return seconds * (0.5 + secrets.randbelow(501) / 1000)
