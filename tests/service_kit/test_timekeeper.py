"""Machines whose clocks are set wrong, and right again, while a process runs on them."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from pydantic import SecretStr

from service_kit.clock import OwnClock, machine_time, utc_now
from service_kit.database import Database, open_database
from service_kit.metrics import CLOCK_OFF, TIME
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


async def test_what_time_a_process_goes_by_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(utc_now, "_began", None)  # put back afterwards
    utc_now.set(machine_time() + timedelta(hours=3))
    (told,) = TIME.collect()
    assert abs(told.samples[0].value - (machine_time() + timedelta(hours=3)).timestamp()) < CLOSE.total_seconds()


async def test_a_process_that_begins_with_a_wrong_clock_has_the_right_time(database: Database) -> None:
    clock, machine = OwnClock(), Machine()
    machine.off = timedelta(days=-400)
    await Timekeeper(database, clock, machine).begin()
    assert abs(clock() - machine_time()) < CLOSE


@pytest.mark.parametrize("seconds", [3, 5])
async def test_a_slow_answer_tells_of_what_is_further_off_than_it_took(database: Database, seconds: int) -> None:
    taken = iter([0.0, 4.0])
    clock, machine = OwnClock(), Machine()
    timekeeper = Timekeeper(database, clock, machine, lambda: next(taken))
    clock.set(machine())
    # It seems to have been answered in the middle of four seconds.
    machine.off = timedelta(seconds=seconds + 2)
    await timekeeper.look()
    followed = timedelta(seconds=2 if seconds > 4 else 0)
    assert abs(clock() - machine_time() - followed) < timedelta(seconds=1)


async def test_at_the_border_the_time_does_not_go_back_and_forth(database: Database) -> None:
    clock, machine = OwnClock(), Machine()
    timekeeper = Timekeeper(database, clock, machine)
    by_machine = []
    for off in (1.7, 2.5, 1.7, 2.5, 0.5, 1.7):
        machine.off = timedelta(seconds=off)
        await timekeeper.look()
        by_machine.append(abs(clock() - machine()) < abs(clock() - machine_time()))
    assert by_machine == [True, False, False, False, True, True]


async def test_without_its_database_a_process_goes_by_its_machine_and_sees_no_jump() -> None:
    nowhere = DatabaseSettings(url=SecretStr("postgresql+asyncpg://nobody@127.0.0.1:1/nothing"))
    clock, machine = OwnClock(), Machine()
    async with open_database(nowhere, "tests") as database:
        await Timekeeper(database, clock, machine).begin()
    machine.off = timedelta(hours=1)
    assert abs(clock() - machine_time()) < CLOSE
