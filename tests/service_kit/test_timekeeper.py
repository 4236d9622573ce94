"""Machines whose clocks are set wrong, and right again, while a process runs on them."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from pydantic import SecretStr

from service_kit.clock import OwnClock, machine_time
from service_kit.database import Database, open_database
from service_kit.metrics import CLOCK_OFF
from service_kit.settings import DatabaseSettings
from service_kit.timekeeper import Timekeeper

pytestmark = [pytest.mark.db, pytest.mark.asyncio]
CLOSE = timedelta(seconds=1.5)


class Machine:
    """A machine with the database's time, but for what its clock is off by."""

    def __init__(self) -> None:
        self.off = timedelta()

    def __call__(self) -> datetime:
        return machine_time() + self.off


async def test_a_process_goes_by_its_machines_clock_as_long_as_that_is_bearable(database: Database) -> None:
    clock, machine = OwnClock(), Machine()
    machine.off = timedelta(seconds=1)
    await Timekeeper(database, clock, machine).look()
    assert abs(clock() - machine()) < timedelta(seconds=0.5)


@pytest.mark.parametrize("hours", [1, -1, 24, -24])
async def test_a_clock_that_jumps_is_not_followed(database: Database, hours: int) -> None:
    clock, machine = OwnClock(), Machine()
    timekeeper = Timekeeper(database, clock, machine)
    await timekeeper.begin()
    machine.off = timedelta(hours=hours)
    assert abs(clock() - machine_time()) < CLOSE, "what has passed counts, not what the machine shows"

    await timekeeper.look()
    assert abs(clock() - machine_time()) < CLOSE
    assert round(CLOCK_OFF._value.get()) == hours * 3600

    machine.off = timedelta()
    await timekeeper.look()
    assert abs(clock() - machine_time()) < CLOSE
    assert round(CLOCK_OFF._value.get()) == 0


async def test_a_process_that_begins_with_a_wrong_clock_has_the_right_time(database: Database) -> None:
    clock, machine = OwnClock(), Machine()
    machine.off = timedelta(days=-400)
    await Timekeeper(database, clock, machine).begin()
    assert abs(clock() - machine_time()) < CLOSE


async def test_without_its_database_a_process_goes_by_its_machine() -> None:
    nowhere = DatabaseSettings(url=SecretStr("postgresql+asyncpg://nobody@127.0.0.1:1/nothing"))
    clock = OwnClock()
    async with open_database(nowhere, "tests") as database:
        await Timekeeper(database, clock).begin()
    assert abs(clock() - machine_time()) < CLOSE
