"""Identifiers and randomness, injected where a test needs them fixed."""

import secrets
import uuid
from collections.abc import Callable

NewId = Callable[[], str]


def new_id() -> str:
    """A random UUID (version 4) as text."""
    return str(uuid.uuid4())


def is_id(text: str) -> bool:
    """Whether `text` is a UUID in its canonical form."""
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False


def random_bytes(size: int) -> bytes:
    """`size` bytes from the operating system's generator."""
    return secrets.token_bytes(size)
