"""Work in a process of its own: nothing of it stays, and nothing of it takes others along."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from service_kit.apart import Apart
from service_kit.body_room import SMALL, BodyRoom
from service_kit.clock import utc_now
from service_kit.errors import FieldError, Invalid, TooSoon, Unavailable
from service_kit.logs import REDACTED, get_logger
from service_kit.settings import LogSettings

pytestmark = pytest.mark.asyncio


class Refusal(Exception):
    """What a driver says of a value."""

    sqlstate = "22003"


def refuse() -> None:
    raise Invalid("no", code="odd-file", errors=[FieldError("file", "is odd")])


class Early(TooSoon):
    """Made of nothing, unlike what it is made from."""

    def __init__(self) -> None:
        super().__init__("not yet", code="early", retry_after=timedelta(seconds=3))


def wait() -> None:
    raise Early


def fail(kind: str) -> None:
    raise {
        "pool": PoolTimeout("full"),
        "network": ConnectionRefusedError(),
        "value": DBAPIError("INSERT", None, Refusal()),
        "fault": DBAPIError("INSERT", None, Exception()),
        "ours": KeyError("x"),
    }[kind]


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def hang(mark: Path) -> None:
    mark.write_text(str(os.getpid()))
    while True:
        time.sleep(0.01)


async def test_a_function_runs_in_a_process_that_is_gone_afterwards() -> None:
    apart = Apart()
    first, second = await apart("org", os.getpid), await apart("org", os.getpid)
    assert len({os.getpid(), first, second}) == 3
    assert not psutil.pid_exists(first)
    assert not psutil.pid_exists(second)


def now() -> datetime:
    return utc_now()


async def test_the_body_that_it_is_given_no_longer_counts_here() -> None:
    with BodyRoom(4 * SMALL).place() as place:
        place.grow(SMALL + 1)
        await Apart()("org", os.getpid)
        assert place.size == 0


async def test_it_goes_by_the_time_of_whoever_began_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(utc_now, "_began", utc_now._began)
    utc_now.set(datetime(2031, 1, 1, tzinfo=UTC))
    found = await Apart()("org", now)
    assert datetime(2031, 1, 1, tzinfo=UTC) <= found <= utc_now() + timedelta(seconds=1)


async def test_an_error_of_ours_comes_back_as_it_was() -> None:
    with pytest.raises(Invalid) as refused:
        await Apart()("org", refuse)
    assert (refused.value.detail, refused.value.code) == ("no", "odd-file")
    assert refused.value.errors == (FieldError("file", "is odd"),)


async def test_an_error_comes_back_whatever_its_class_is_made_of() -> None:
    with pytest.raises(Early) as caught:
        await Apart()("org", wait)
    assert (caught.value.detail, caught.value.code) == ("not yet", "early")
    assert (str(caught.value), caught.value.retry_after) == ("not yet", timedelta(seconds=3))


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("pool", Unavailable),
        ("network", Unavailable),
        ("value", Invalid),
        ("fault", RuntimeError),
        ("ours", RuntimeError),
    ],
)
async def test_what_a_driver_raises_is_what_it_is_to_a_client(kind: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        await Apart()("org", fail, kind)


async def test_one_that_dies_takes_nothing_along() -> None:
    apart = Apart()
    with pytest.raises(Unavailable):
        await apart("org", die)
    assert await apart("org", os.getpid) != os.getpid()


async def test_one_that_hangs_is_ended_and_so_is_one_that_nobody_waits_for(tmp_path: Path) -> None:
    mark = tmp_path / "pid"
    asked = asyncio.create_task(Apart()("org", hang, mark))
    while not mark.exists() or not mark.read_text():
        await asyncio.sleep(0.01)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    assert not psutil.pid_exists(int(mark.read_text()))
    with pytest.raises(Unavailable, match="in time"):
        await Apart(longest_s=0.01)("org", hang, mark)


async def test_too_many_at_once_are_turned_away_and_a_second_that_waits_of_an_organization() -> None:
    apart = Apart(waiting=2)
    asked = [asyncio.create_task(apart(org, os.getpid)) for org in ("one", "one", "one", "another", "third")]
    found = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(one) for one in found] == [int, int, Unavailable, int, Unavailable]
    assert await apart("one", os.getpid)


def tell() -> None:
    get_logger("things").error("thing_lost", thing_id="1", token="canary")
    logging.getLogger("library").error("lost %s", "Bearer canary")


async def test_what_it_logs_is_as_whoever_began_it_logs(capfd: pytest.CaptureFixture[str]) -> None:
    await Apart(logs=LogSettings(), service="things")("org", tell)
    lines = [json.loads(line) for line in capfd.readouterr().out.splitlines() if '"service":"things"' in line]
    assert [(line["event"], line["level"]) for line in lines] == [
        ("thing_lost", "error"),
        (f"lost {REDACTED}", "error"),
    ]
    assert lines[0]["token"] == REDACTED
