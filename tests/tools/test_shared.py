"""One server for several test processes."""

from __future__ import annotations

import multiprocessing
import threading
from pathlib import Path

from tools.secret_store import SecretStore
from tools.shared import one_for_all


def _use(directory: Path, counts: Path) -> None:
    def start() -> str:
        with counts.open("a") as file:
            file.write("start\n")
        return "address"

    def stop() -> None:
        with counts.open("a") as file:
            file.write("stop\n")

    with one_for_all(directory, start, stop) as address:
        assert address == "address"
        with counts.open("a") as file:
            file.write("use\n")


def test_it_is_started_before_and_stopped_after_every_use(tmp_path: Path) -> None:
    directory, counts = tmp_path / "shared", tmp_path / "counts"
    processes = [multiprocessing.get_context("spawn").Process(target=_use, args=[directory, counts]) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()

    assert [process.exitcode for process in processes] == [0] * 4
    lines = counts.read_text().split()
    assert lines.count("use") == 4
    assert lines.count("start") == lines.count("stop")
    running = 0
    for line in lines:
        running += {"start": 1, "stop": -1}.get(line, 0)
        assert running == 1 or line == "stop"


def test_all_who_ask_at_once_get_the_same_secret(tmp_path: Path) -> None:
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(SecretStore(tmp_path).get("one"))) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(set(found)) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["one"]
    assert (tmp_path / "one").stat().st_mode & 0o777 == 0o600
