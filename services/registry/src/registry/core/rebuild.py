"""Building the public record anew from the topics."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from service_kit.errors import Conflict

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Rows in each projection, and one SHA-256 over all of them: equal for equal projections."""

    rows: dict[str, int]
    digest: str


@dataclass(frozen=True, slots=True)
class Replayed:
    """What became of the records on the topics."""

    records: int = 0
    applied: int = 0
    repeated: int = 0
    ignored: int = 0
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Report:
    """What a rebuild found and did."""

    before: Fingerprint
    after: Fingerprint
    replayed: Replayed


class RebuildWork(Protocol):
    """One transaction that has the projections to itself. Readers see what was before until the commit."""

    async def fingerprint(self) -> Fingerprint:
        """Of the rows as this transaction sees them."""

    async def clear(self) -> None:
        """Remove every row, and every memory of events that were applied."""

    async def replay(self, progress: Progress) -> Replayed:
        """Apply everything on the topics."""

    async def commit(self) -> None:
        """Make it so."""


class WouldLose(Conflict):
    """The topics no longer hold what a projection was made of."""

    code = "topics-incomplete"


async def rebuild(
    work: AbstractAsyncContextManager[RebuildWork], *, keep: bool, force: bool, progress: Progress
) -> Report:
    """Replace every projection by what the topics give. `keep=False` only compares, and changes nothing.

    Raises WouldLose, with nothing changed, when a projection would become empty and `force` is not set.
    """
    async with work as transaction:
        before = await transaction.fingerprint()
        await transaction.clear()
        replayed = await transaction.replay(progress)
        after = await transaction.fingerprint()
        lost = [name for name, count in after.rows.items() if not count and before.rows[name]]
        if lost and not force:
            raise WouldLose(f"the topics hold nothing for: {', '.join(lost)}")
        if keep:
            await transaction.commit()
    return Report(before, after, replayed)
