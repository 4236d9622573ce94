"""The worker's part of a batch: some rows at a time are signed, with no transaction open, and then stored in one.

A crash repeats what was not stored, and loses none.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from issuer.core.award import Award, allow
from issuer.core.batch import BatchRow, IssueBatch, RowState, order_of, problem_of
from issuer.core.batch_ports import IssuingTurn, Turns
from issuer.core.batch_turn import end_turn, settle, still_running, take_turn
from issuer.core.behind import Behind
from issuer.core.compose import Compose, Composed
from issuer.core.held_keys import KeyChanged, hold, signed_anew
from issuer.core.issue import choose_issuer
from issuer.core.model import Achievement, Credential, CredentialId, Issuer, IssuerKey
from issuer.core.once import already_awarded, once_mark
from issuer.core.order import Order
from issuer.core.ports import Reading, UnitsOfWork
from issuer.core.slots import Slots
from service_kit.clock import Clock
from service_kit.errors import Conflict, ServiceError, Unavailable
from service_kit.ids import NewId

PIECE = 1000  # rows of a turn
PART = 125  # rows that are claimed together, and stored in one transaction while the next are composed
AT_ONCE = 50  # rows read, before others on this loop have their turn


@dataclass(frozen=True, slots=True)
class Asked:
    """A row as an order."""

    row: BatchRow
    order: Order
    key: bytes


class WorkBatches:
    """Issues the next rows of the batch that has waited longest for its turn."""

    def __init__(
        self,
        *,
        unit_of_work: UnitsOfWork,
        reading: Reading,
        turns: Turns,
        slots: Slots,
        compose: Compose,
        clock: Clock,
        new_id: NewId,
        piece: int = PIECE,
    ) -> None:
        self._unit_of_work = unit_of_work
        self._reading = reading
        self._turns = turns
        self._slots = slots
        self._compose = compose
        self._clock = clock
        self._new_id = new_id
        self._most = piece

    async def __call__(self) -> int:
        """Take one turn. Returns how many rows it settled; 0 when no batch has any, or others are at them."""
        with suppress(KeyChanged):  # all the time: the rows are left waiting
            return await signed_anew(lambda: take_turn(self._turns.issuing(PART), self._piece, self._unit_of_work))
        return 0

    async def _piece(self, turn: IssuingTurn) -> int:
        """Settle rows, part by part. Raises TurnOver, KeyChanged, or Unavailable for a key store."""
        batch, rows, count = turn.batch, turn.rows, len(turn.rows)
        try:
            issuer, key, achievement = await self._who_and_what(batch)
        except ServiceError as error:
            await self._store_failed(batch, rows, error)
            return count
        taken: set[bytes] = set()
        last = False
        async with Behind() as behind:  # the database stores one part while the next is composed
            while not last:
                settled = await self._part(turn, rows, issuer, achievement, taken)
                rows = await turn.claim() if count < self._most else ()
                count, last = count + len(rows), not rows
                await behind(self._store(batch, settled, issuer, key, last=last))
        return count

    async def _part(
        self, turn: IssuingTurn, rows: Sequence[BatchRow], issuer: Issuer, achievement: Achievement, taken: set[bytes]
    ) -> list[tuple[BatchRow, Composed]]:
        """What becomes of each row. All of them fail when there is no place for any, nor a key to open a list with."""
        batch = turn.batch
        asked = await self._asked(batch, rows)
        if not batch.allow_duplicates:  # who gets it from now on is found when it is stored
            taken |= set(await turn.holders([one.key for one in asked]))
        try:
            return await self._composed(batch, asked, issuer, achievement, taken)
        except (Unavailable, KeyChanged):
            raise
        except ServiceError as error:
            return [(one.row, error) for one in asked]

    async def _asked(self, batch: IssueBatch, rows: Sequence[BatchRow]) -> list[Asked]:
        """The rows as orders, with how their recipients are found again."""
        asked = []
        for row in rows:
            order = order_of(batch, row.request or {})
            asked.append(Asked(row, order, self._compose.key_of(order)))
            if len(asked) % AT_ONCE == 0:
                await asyncio.sleep(0)
        return asked

    async def _composed(
        self, batch: IssueBatch, asked: Sequence[Asked], issuer: Issuer, achievement: Achievement, taken: set[bytes]
    ) -> list[tuple[BatchRow, Composed]]:
        """What becomes of each row. Recipients of those that became credentials are taken from then on."""
        settled: dict[int, Composed] = {}
        left, gone = dict(enumerate(asked)), set(taken)
        while left:
            # One row of each recipient, for the next must not suffer from one that becomes no credential.
            these = left if batch.allow_duplicates else _first_of_each(left, gone)
            settled |= await self._judged(batch, these, issuer, achievement, gone)
            if not batch.allow_duplicates:
                gone |= {one.key for number, one in these.items() if isinstance(settled[number], Credential)}
            left = {number: one for number, one in left.items() if number not in settled}
        taken |= gone
        return [(one.row, settled[number]) for number, one in enumerate(asked)]

    async def _judged(
        self, batch: IssueBatch, asked: Mapping[int, Asked], issuer: Issuer, achievement: Achievement, taken: set[bytes]
    ) -> dict[int, Composed]:
        """What becomes of each of these, by its number. Whose recipients are taken become nothing."""
        settled: dict[int, Composed] = {}
        allowed: dict[int, Award] = {}
        for number, one in asked.items():
            try:
                if one.key in taken:
                    raise already_awarded()
                allowed[number] = allow(one.order, issuer, achievement, self._clock())
            except ServiceError as error:
                settled[number] = error
        await asyncio.sleep(0)
        slots, now = await self._slots.take_many(issuer, len(allowed)), self._clock()
        drafts = [
            self._compose.draft(
                award,
                credential_id=CredentialId(self._new_id()),
                slot=slot,
                now=now,
                recipient_key=asked[number].key,
                once=None if batch.allow_duplicates else once_mark(batch.achievement_id, asked[number].key),
            )
            for (number, award), slot in zip(allowed.items(), slots, strict=True)
        ]
        return settled | dict(zip(allowed, await self._compose.each(drafts), strict=True))

    async def _store(
        self,
        batch: IssueBatch,
        settled: Sequence[tuple[BatchRow, Composed]],
        issuer: Issuer,
        key: IssuerKey,
        *,
        last: bool,
    ) -> None:
        """Store what became of the rows, with their credentials and events, if the batch and the key still stand."""
        fit = [made for _, made in settled if isinstance(made, Credential)]
        async with self._unit_of_work() as work:
            await still_running(work, batch, shared=True)
            await hold(work, key)
            stored = await work.credentials.add_all(fit)
            await work.outbox.append(*(self._compose.event(made, issuer) for made in fit if made.id in stored))
            await settle(work, batch, [_became(row, made, stored) for row, made in settled])
            if last:
                await end_turn(work, batch)
            await work.commit()

    async def _store_failed(self, batch: IssueBatch, rows: Sequence[BatchRow], error: ServiceError) -> None:
        async with self._unit_of_work() as work:
            await still_running(work, batch, shared=True)
            await settle(work, batch, [_failed(row, error) for row in rows])
            await end_turn(work, batch)
            await work.commit()

    async def _who_and_what(self, batch: IssueBatch) -> tuple[Issuer, IssuerKey, Achievement]:
        issuer = choose_issuer(await self._reading.issuers_of(batch.org_id), batch.issuer)
        achievement = await self._reading.achievement(batch.achievement_id, batch.achievement_version)
        if achievement is None:
            raise Conflict("no such achievement has been published", code="achievement-not-known")
        return issuer, issuer.key, achievement


def _first_of_each(left: Mapping[int, Asked], taken: set[bytes]) -> dict[int, Asked]:
    """The first row of each recipient, and all rows of those who are taken: nothing more becomes of these."""
    first: dict[bytes, int] = {}
    return {n: one for n, one in left.items() if one.key in taken or first.setdefault(one.key, n) == n}


def _became(row: BatchRow, made: Composed, stored: Collection[CredentialId]) -> BatchRow:
    if isinstance(made, ServiceError):
        return _failed(row, made)
    if made.id not in stored:
        return _failed(row, already_awarded())
    return BatchRow(row.number, RowState.ISSUED, None, made.id)


def _failed(row: BatchRow, error: ServiceError) -> BatchRow:
    return BatchRow(row.number, RowState.FAILED, row.request, problem=problem_of(error))
