"""The worker's part of a batch: some rows at a time are signed, with no transaction open, and then stored in one.

A crash repeats what was not stored, and loses none.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from issuer.core.batches.batch import BatchRow, IssueBatch, order_of, problem_of
from issuer.core.batches.ports import Failed, Fulfilled, IssuingTurn, Outcome, RecordPart, Turns
from issuer.core.batches.turn import end_turn, still_running, take_turn
from issuer.core.behind import Ahead, Behind
from issuer.core.credentials.achievements import NotKnownYet
from issuer.core.credentials.award import Award, allow
from issuer.core.credentials.compose import Compose, Composed
from issuer.core.credentials.issue import choose_issuer
from issuer.core.credentials.once import already_awarded, once_mark
from issuer.core.credentials.order import Order
from issuer.core.issuers.held_keys import KeyChanged, signed_anew
from issuer.core.model import Achievement, Credential, CredentialId, Issuer, IssuerKey
from issuer.core.ports import Reading, UnitsOfWork
from issuer.core.status_lists.slots import Slots
from service_kit.clock import Clock
from service_kit.errors import ServiceError, Unavailable
from service_kit.ids import NewId

PIECE = 2000  # rows of a turn
PART = 100  # rows that are claimed together, and stored in one transaction while the next are composed
AT_ONCE = 50  # rows read, before others on this loop have their turn


@dataclass(frozen=True, slots=True)
class Asked:
    """A row as an order."""

    row: BatchRow
    order: Order
    key: bytes


@dataclass(frozen=True, slots=True)
class Part:
    """Rows that were claimed together, and those of their recipients who have the achievement already."""

    asked: Sequence[Asked]
    holders: Collection[bytes]


class WorkBatches:
    """Issues the next rows of the batch that has waited longest for its turn."""

    def __init__(
        self,
        *,
        unit_of_work: UnitsOfWork,
        record: RecordPart,
        reading: Reading,
        turns: Turns,
        slots: Slots,
        compose: Compose,
        clock: Clock,
        new_id: NewId,
        piece: int = PIECE,
    ) -> None:
        self._unit_of_work = unit_of_work
        self._record = record
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
        batch = turn.batch
        try:
            issuer, key, achievement = await self._who_and_what(batch)
        except ServiceError as error:
            await self._record(batch, None, [Failed(row.number, problem_of(error)) for row in turn.rows])
            await self._end(batch)
            return len(turn.rows)
        count, taken = len(turn.rows), set[bytes]()
        part: Part | None = await self._part(turn, turn.rows)
        # The database stores one part and gives the next but one while the next is composed.
        async with Behind() as behind, Ahead[Part | None]() as ahead:
            while part is not None:
                if count < self._most:
                    ahead.begin(self._next(turn))
                outcomes = await self._outcomes(batch, part, issuer, achievement, taken)
                await behind(self._record(batch, key, outcomes))
                part = await ahead.take()
                count += 0 if part is None else len(part.asked)
        await self._end(batch)
        return count

    async def _next(self, turn: IssuingTurn) -> Part | None:
        rows = await turn.claim()
        return await self._part(turn, rows) if rows else None

    async def _part(self, turn: IssuingTurn, rows: Sequence[BatchRow]) -> Part:
        asked = await self._asked(turn.batch, rows)
        if turn.batch.allow_duplicates:
            return Part(asked, ())
        # Who gets it from now on is found when it is stored.
        return Part(asked, await turn.holders([one.key for one in asked]))

    async def _outcomes(
        self, batch: IssueBatch, part: Part, issuer: Issuer, achievement: Achievement, taken: set[bytes]
    ) -> list[Outcome]:
        """What becomes of each row. All of them fail when there is no place for any, nor a key to open a list with."""
        taken |= set(part.holders)
        try:
            composed = await self._composed(batch, part.asked, issuer, achievement, taken)
        except (Unavailable, KeyChanged):
            raise
        except ServiceError as error:
            return [Failed(one.row.number, problem_of(error)) for one in part.asked]
        return [self._outcome(row, made, issuer) for row, made in composed]

    def _outcome(self, row: BatchRow, made: Composed, issuer: Issuer) -> Outcome:
        if isinstance(made, ServiceError):
            return Failed(row.number, problem_of(made))
        return Fulfilled(row.number, made, self._compose.event(made, issuer))

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

    async def _end(self, batch: IssueBatch) -> None:
        """Note that the batch has had its turn. Whoever finds no row waiting ends it."""
        async with self._unit_of_work() as work:
            await still_running(work, batch, shared=True)
            await end_turn(work, batch)
            await work.commit()

    async def _who_and_what(self, batch: IssueBatch) -> tuple[Issuer, IssuerKey, Achievement]:
        issuer = choose_issuer(await self._reading.issuers_of(batch.org_id), batch.issuer)
        achievement = await self._reading.achievement(batch.achievement_id, batch.achievement_version)
        if achievement is None:
            raise NotKnownYet
        return issuer, issuer.key, achievement


def _first_of_each(left: Mapping[int, Asked], taken: set[bytes]) -> dict[int, Asked]:
    """The first row of each recipient, and all rows of those who are taken: nothing more becomes of these."""
    first: dict[bytes, int] = {}
    return {n: one for n, one in left.items() if one.key in taken or first.setdefault(one.key, n) == n}
