"""Judging in other processes: one that hangs or dies takes nobody along."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from credential_core.contexts import load_context
from credential_core.errors import ContextError, ProofError
from service_kit.errors import Unavailable
from verifier.adapters import processor as module
from verifier.adapters.processor import Processes, open_processes
from verifier.core.judgement import read

pytestmark = pytest.mark.asyncio


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def hang() -> None:
    while True:
        time.sleep(0.01)


def wait_for(file: Path) -> str:
    while not file.exists():
        time.sleep(0.01)
    return "done"


def refuse() -> None:
    raise ProofError("signature_invalid", "no")


async def test_a_function_runs_elsewhere_and_answers() -> None:
    async with open_processes(1) as processes:
        assert await processes(os.getpid) != os.getpid()
        assert (await processes(read, "{}")) == read("{}")


async def test_they_know_the_contexts_that_an_operator_adds(tmp_path: Path) -> None:
    url, text = "https://w3id.org/example/v1", b'{"@context": {"mark": "https://example.org/#mark"}}'
    (tmp_path / "example.json").write_bytes(text)
    entry = {"url": url, "file": "example.json", "sha256": hashlib.sha256(text).hexdigest()}
    (tmp_path / "manifest.json").write_text(json.dumps([entry]))
    async with open_processes(1, tmp_path / "manifest.json") as processes:
        assert await processes(load_context, url) == json.loads(text)
    async with open_processes(1) as processes:
        with pytest.raises(ContextError, match="context_unknown"):
            await processes(load_context, url)


async def test_an_error_comes_back_as_it_was() -> None:
    async with open_processes(1) as processes:
        with pytest.raises(ProofError) as refused:
            await processes(refuse)
        assert refused.value.code == "signature_invalid"


async def test_who_would_wait_long_is_told_to_come_again_and_those_at_work_are_answered(tmp_path: Path) -> None:
    processes = Processes(1, longest_s=60, longest_wait_s=0.05)
    go_on = tmp_path / "go on"
    try:
        await processes.start()
        at_work = [asyncio.create_task(processes(wait_for, go_on)) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(Unavailable, match="too many"):
            await processes(os.getpid)
        go_on.touch()
        assert await asyncio.gather(*at_work) == ["done", "done"]
        assert await processes(os.getpid)
    finally:
        processes.close()


@pytest.mark.parametrize("fault", [die, hang])
async def test_after_one_that_dies_or_hangs_the_next_is_answered(fault: object) -> None:
    processes = Processes(1, longest_s=3)
    try:
        await processes.start()
        with pytest.raises(Unavailable):
            await processes(fault)  # type: ignore[arg-type]  # one of the two above
        assert (await processes(read, "{}")) == read("{}")
    finally:
        processes.close()


async def test_too_many_at_once_are_turned_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WAITING_PER_PROCESS", 3)
    async with open_processes(1) as processes:
        results = await asyncio.gather(*[processes(time.sleep, 0.1) for _ in range(6)], return_exceptions=True)
        assert [isinstance(result, Unavailable) for result in results] == [False] * 3 + [True] * 3
        assert await processes(os.getpid)


async def test_none_is_left_behind_at_the_end() -> None:
    async with open_processes(2) as processes:
        pids = {await processes(os.getpid) for _ in range(4)}
        assert all(psutil.pid_exists(pid) for pid in pids)
    assert not any(psutil.pid_exists(pid) for pid in pids)


PARENT = """
import asyncio, os, time
from verifier.adapters.processor import open_processes

async def main():
    async with open_processes(1) as processes:
        print(await processes(os.getpid), flush=True)
        await asyncio.sleep(600)

if __name__ == "__main__":
    asyncio.run(main())
"""


async def test_a_parent_that_is_killed_takes_its_processes_along(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    parent = subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = psutil.Process(int(await asyncio.to_thread(parent.stdout.readline)))
    parent.kill()
    parent.wait()
    parent.stdout.close()
    await asyncio.to_thread(psutil.wait_procs, [child], 20)
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE
