"""Finding the achievement to issue, in our own copy of the catalog's publications."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from issuer.core.model import Achievement
from service_kit.errors import TooSoon, invalid_field
from service_kit.ids import is_id

WAIT_S = 2.0
POLL_S = 0.05
AGAIN = timedelta(seconds=1)
MAX_VERSION_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Reference:
    """An achievement, and the version that is meant: None is the newest one that is open."""

    achievement_id: str
    version: int | None


class NotKnownYet(TooSoon):
    """The achievement has not been published, as far as we know."""

    def __init__(self) -> None:
        super().__init__("no such achievement has been published", code="achievement-not-known", retry_after=AGAIN)


FindAchievement = Callable[[Reference], Awaitable[Achievement | None]]


def parse_reference(text: str, base_url: str) -> Reference:
    """Read an achievement's URL, with or without `/versions/{n}`, or its bare UUID. Raises Invalid."""
    prefix = f"{base_url}/achievements/"
    identifier, separator, version = text.removeprefix(prefix).partition("/versions/")
    if not is_id(identifier) or (separator and not _is_version(version)):
        raise invalid_field("achievement", f"must be {prefix}<uuid>, with or without /versions/<number>, or the uuid")
    return Reference(prefix + identifier, int(version) if separator else None)


def _is_version(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= MAX_VERSION_DIGITS and not text.startswith("0")


async def await_achievement(find: FindAchievement, reference: Reference, wait_s: float = WAIT_S) -> Achievement:
    """The achievement. One that was published a moment ago is waited for. Raises NotKnownYet when it does not come."""
    clock = asyncio.get_running_loop().time
    deadline = clock() + wait_s
    while True:
        found = await find(reference)
        if found is not None:
            return found
        if clock() >= deadline:
            raise NotKnownYet
        await asyncio.sleep(POLL_S)
