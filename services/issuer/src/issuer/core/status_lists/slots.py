"""Places in status lists: leased in blocks, given out in an order nobody can foresee, never twice."""

import asyncio
from collections import defaultdict

from issuer.core.model import Issuer, IssuerId, Lease, Slot
from issuer.core.ports import UnitsOfWork
from issuer.core.status_lists.lists import OpenStatusList
from issuer.core.status_lists.permutation import permute

BLOCK = 128
LARGEST = 1024
ATTEMPTS = 5


class Slots:
    """This process's places. What is left of its leases when the process ends is never used.

    Each lease for an issuer is as large as all before it together, up to a bound: whoever issues much asks seldom, and
    leaves hardly more places unused than it has used. The next one is asked for when a quarter of one is left, so that
    nobody has to wait for it.
    """

    def __init__(self, *, unit_of_work: UnitsOfWork, open_list: OpenStatusList, block: int = BLOCK) -> None:
        self._unit_of_work = unit_of_work
        self._open_list = open_list
        self._block = block
        self._leased: defaultdict[IssuerId, int] = defaultdict(int)
        self._leases: dict[IssuerId, Lease] = {}
        self._ahead: dict[IssuerId, asyncio.Task[Lease]] = {}
        self._next: dict[IssuerId, int] = {}
        self._locks: defaultdict[IssuerId, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def take(self, issuer: Issuer) -> Slot:
        """A place that nobody else will ever get. Needs no database most of the time."""
        [slot] = await self.take_many(issuer, 1)
        return slot

    async def take_many(self, issuer: Issuer, count: int) -> list[Slot]:
        """So many of them, of one lease or a few: a list may end between two."""
        slots: list[Slot] = []
        async with self._locks[issuer.id]:
            while len(slots) < count:
                lease = self._leases.get(issuer.id)
                if lease is None or self._next[issuer.id] >= lease.last:
                    lease = await self._following(issuer, count - len(slots))
                    self._leases[issuer.id], self._next[issuer.id] = lease, lease.first
                first = self._next[issuer.id]
                last = min(first + count - len(slots), lease.last)
                self._next[issuer.id] = last
                slots += [_slot(lease, counter) for counter in range(first, last)]
                self._look_ahead(issuer, lease)
        return slots

    def _look_ahead(self, issuer: Issuer, lease: Lease) -> None:
        left = lease.last - self._next[issuer.id]
        if issuer.id not in self._ahead and left * 4 <= lease.last - lease.first:
            asked = self._ahead[issuer.id] = asyncio.create_task(self._lease(issuer, self._size(issuer)))
            asked.add_done_callback(_seen)

    async def _following(self, issuer: Issuer, wanted: int) -> Lease:
        """The lease that was asked for, or another one: what went wrong meanwhile may be well again."""
        asked = self._ahead.pop(issuer.id, None)
        if asked is not None:
            await asyncio.wait([asked])
            if not asked.cancelled() and asked.exception() is None:
                return asked.result()
        return await self._lease(issuer, max(self._size(issuer), wanted))

    def _size(self, issuer: Issuer) -> int:
        size = max(self._block, min(self._leased[issuer.id], LARGEST))
        self._leased[issuer.id] += size
        return size

    async def _lease(self, issuer: Issuer, size: int) -> Lease:
        for _ in range(ATTEMPTS):
            async with self._unit_of_work() as work:
                lease = await work.status_lists.lease(issuer.id, size)
                await work.commit()
            if lease is not None:
                return lease
            # Full. Another process may open the next list first: then ours is not stored, and we look again.
            prepared = await self._open_list.prepare(issuer)
            async with self._unit_of_work() as work:
                await self._open_list.store(work, prepared)
                await work.commit()
        raise RuntimeError("no place in a status list could be leased")


def _seen(asked: asyncio.Task[Lease]) -> None:
    """What it raises is for whoever takes it, and nobody may."""
    if not asked.cancelled():
        asked.exception()


def _slot(lease: Lease, counter: int) -> Slot:
    return Slot(lease.list_id, permute(lease.permutation_key, counter, lease.length))
