"""Places in status lists: leased in blocks, given out in an order nobody can foresee, never twice."""

import asyncio
from collections import defaultdict

from issuer.core.model import Issuer, IssuerId, Lease, Slot
from issuer.core.permutation import permute
from issuer.core.ports import UnitsOfWork
from issuer.core.status_lists import OpenStatusList

BLOCK = 128
LARGEST = 1024
ATTEMPTS = 5


class Slots:
    """This process's places. What is left of a lease when the process ends is never used.

    Each lease for an issuer is twice as large as the one before, up to a bound: whoever issues much asks seldom, and
    leaves no more places unused than it has used.
    """

    def __init__(self, *, unit_of_work: UnitsOfWork, open_list: OpenStatusList, block: int = BLOCK) -> None:
        self._unit_of_work = unit_of_work
        self._open_list = open_list
        self._sizes: defaultdict[IssuerId, int] = defaultdict(lambda: block)
        self._leases: dict[IssuerId, Lease] = {}
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
                    size = self._sizes[issuer.id]
                    lease = await self._lease(issuer, max(size, count - len(slots)))
                    self._sizes[issuer.id] = min(2 * size, LARGEST)
                    self._leases[issuer.id], self._next[issuer.id] = lease, lease.first
                first = self._next[issuer.id]
                last = min(first + count - len(slots), lease.last)
                self._next[issuer.id] = last
                slots += [_slot(lease, counter) for counter in range(first, last)]
        return slots

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


def _slot(lease: Lease, counter: int) -> Slot:
    return Slot(lease.list_id, permute(lease.permutation_key, counter, lease.length))
