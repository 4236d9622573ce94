"""Looks again at what was recognised and was issued elsewhere: nobody tells of a stranger's revocation.

It is done where the web may be read, and outside any transaction. What it finds is noted; the awards follow it as they
follow what was issued here.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from types import TracebackType
from typing import Protocol, Self

from credential_core.jcs import digest
from credential_core.report import Check
from credential_core.verify import Failure, Resolution
from issuer.core.backpack.arrival import Examine
from issuer.core.backpack.model import Doubt
from issuer.core.pacing import pause
from issuer.core.ports import Audit
from issuer.core.recognition.sources import DueSource, SourceStatus, looked
from issuer.core.recognition.traces import UNTOLD, of_key, of_notice, reviewed
from service_kit.clock import Clock

AT_ONCE = 500
LEASE = timedelta(seconds=60)


class SourceWork(Protocol):
    """One transaction over what is to be looked at."""

    async def claim(self, most: int, *, now: datetime, ahead: timedelta, until: datetime) -> Sequence[DueSource]:
        """Whoever waits longest, and others on the same lists that are due within `ahead`.

        Until then nobody else looks at them.
        """

    async def settle(self, found: Sequence[SourceStatus], changed: Sequence[SourceStatus], until: datetime) -> None:
        """Keep what was found; what changed is due to be followed.

        What is not watched any more is left out, and what somebody else took who was not to wait beyond `until`.
        """

    async def put_off(self, lists: str, until: datetime) -> None:
        """Nobody asks for these lists before."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    async def commit(self) -> None: ...


class LookAtSources:
    """Looks at the next that are due, and are on the same lists.

    `every` is how often, zero for never; `spread` a random number from 0 to 1, so that not all are asked at once.
    """

    def __init__(
        self,
        *,
        works: Callable[[], SourceWork],
        examine: Examine,
        every: timedelta,
        audit: Audit,
        clock: Clock,
        spread: Callable[[], float],
    ) -> None:
        self._works = works
        self._examine = examine
        self._every = every
        self._audit = audit
        self._clock = clock
        self._spread = spread

    async def __call__(self) -> int:
        """Do one piece. Returns how many were due; 0 when there are none, or others have them."""
        if not self._every:
            return 0
        now = self._clock()
        until = now + LEASE
        async with self._works() as work:
            due = await work.claim(AT_ONCE, now=now, ahead=self._every / 2, until=until)
            await work.commit()
        if due:
            await self._look(due, until)
        return len(due)

    async def _look(self, due: Sequence[DueSource], until: datetime) -> None:
        signers = {signer.controller for one in due if (signer := one.status.traces.signer) is not None}
        checks, notices, evidence = await self._examine.published(
            [one.claim for one in due], [one.informing for one in due], signers
        )
        now, spread = self._clock(), self._spread()  # the same for all, so that they are looked at together again
        paced = partial(pause, self._every, spread=spread)
        found = []
        for one, check, notice in zip(due, checks, notices, strict=True):
            after = looked(one.status, check, _digest_of(check, evidence.status_lists), now, paced)
            review = _review(one.status, notice, evidence.controllers, now)
            found.append(replace(after, review=review))
        changed = [after for one, after in zip(due, found, strict=True) if _differs(one.status, after)]
        async with self._works() as work:
            await work.settle(found, changed, until)
            if all(one.problem is not None for one in found):
                await work.put_off(found[0].lists, min(one.look_at for one in found if one.look_at is not None))
            await work.commit()
        problems = sorted({one.problem.code for one in found if one.problem is not None})
        if changed or problems:
            self._audit("recognised_looked_at", looked=len(found), changed=len(changed), problems=",".join(problems))


def _review(
    before: SourceStatus, notice: Check | None, controllers: Mapping[str, Resolution], now: datetime
) -> Doubt | None:
    """Whether people should look at it: its key is gone, or it was replaced."""
    signer = before.traces.signer
    key = UNTOLD if signer is None else of_key(signer, controllers.get(signer.controller), now)
    return reviewed(before.review, key, of_notice(notice))


def _differs(before: SourceStatus, after: SourceStatus) -> bool:
    """Whether something follows from the look."""
    is_told = (None if after.review is None else after.review.code) == after.review_told
    return after.state is not before.state or not is_told


def _digest_of(check: Check, lists: Mapping[str, Resolution]) -> str | None:
    """Of the list that decided."""
    found = lists.get(check.source or "")
    return None if found is None or isinstance(found, Failure) else digest(dict(found))
