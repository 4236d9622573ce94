"""A worker's turn at a batch. People may pause or cancel the batch at any moment."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import TypeVar

from issuer.core.batches.batch import Batch, BatchState
from issuer.core.batches.ports import Turn
from issuer.core.ports import UnitOfWork, UnitsOfWork
from service_kit.errors import Conflict, Unavailable

T = TypeVar("T", bound=Turn[Batch])


class TurnOver(Conflict):
    """Nothing may be stored for the batch any more: it was paused or cancelled, or another worker is at its rows."""


async def take_turn(
    turns: AbstractAsyncContextManager[T | None], work: Callable[[T], Awaitable[int]], unit_of_work: UnitsOfWork
) -> int:
    """Work on the batch whose turn it is. Returns how many rows were settled, 0 without one or when the turn is over.

    A batch whose key store is away goes to the end of the line, so that it keeps no others waiting.
    """
    async with turns as turn:
        if turn is None:
            return 0
        try:
            return await work(turn)
        except TurnOver:
            return 0
        except Unavailable:
            await _pass_on(unit_of_work, turn.batch)
            raise


async def still_running(work: UnitOfWork, batch: Batch, *, shared: bool = False) -> None:
    """Lock the batch to the end of the transaction, or hold it with others. Raises TurnOver when it runs no more."""
    current = await (work.batches.hold if shared else work.batches.lock)(batch.org_id, batch.id)
    if current is None or current.state is not BatchState.RUNNING:
        raise TurnOver("the batch does not run any more")


async def end_turn(work: UnitOfWork, batch: Batch) -> None:
    """Note that the batch has had its turn, and that it is done when no row waits."""
    left = await work.batches.waiting(batch.id, 1)
    await work.batches.save(replace(batch, state=BatchState.RUNNING if left else BatchState.DONE))


async def _pass_on(unit_of_work: UnitsOfWork, batch: Batch) -> None:
    async with unit_of_work() as work:
        current = await work.batches.lock(batch.org_id, batch.id)
        if current is not None:
            await work.batches.save(current)
            await work.commit()
