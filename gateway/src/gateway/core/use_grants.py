"""One transaction for one request to an OAuth endpoint."""

from collections.abc import Callable
from typing import TypeVar

from gateway.core.ports import Grants, NewUnitOfWork

T = TypeVar("T")


class UseGrants:
    """Commits whatever the answer was: a refused request still uses its assertion up, and is in the audit trail."""

    def __init__(self, *, unit_of_work: NewUnitOfWork) -> None:
        self._unit_of_work = unit_of_work

    async def __call__(self, use: Callable[[Grants], T]) -> T:
        """The result of `use`, once it is durable."""
        async with self._unit_of_work() as work:
            result = await work.with_grants(use)
            await work.commit()
        return result
