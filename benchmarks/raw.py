"""What this machine can do at most, with nothing of ours around it, and what a second on it is worth just now."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import asyncpg

from benchmarks.credential import KEY

SECONDS = 0.5
COPIED = 1000  # rows at once
SAMPLES = 1500  # of half a millisecond each


def signatures() -> float:
    """Ed25519 signatures over 64 bytes, for each second of CPU time."""
    return _rate(lambda: KEY.sign(bytes(64)))


def _rate(operation: Callable[[], object]) -> float:
    operation()
    count, began = 0, time.process_time()
    while time.process_time() - began < SECONDS:
        operation()
        count += 1
    return count / (time.process_time() - began)


def slowdown() -> float:
    """How much CPU time a bit of Python takes just now, to what it takes in the quietest moments of the second.

    Where cores share their units and caches with other work, time on them is worth less: a figure in CPU time divided
    by this is near what a quiet machine would give.
    """
    spent = []
    for _ in range(SAMPLES):
        began = time.process_time()
        _some_python()
        spent.append(time.process_time() - began)
    return statistics.mean(spent) / min(spent)


def _some_python() -> int:
    known: dict[str, int] = {}
    for number in range(2000):
        name = f"{number}"
        known[name] = number
        if isinstance(name, str):
            known.get(name)
    return len(known)


async def copied_rows(url: str, document: str) -> float:
    """Rows of one document each that COPY makes durable in a second, into a table with a key and nothing else."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("CREATE TABLE IF NOT EXISTS raw_rows (number bigint PRIMARY KEY, document text)")
        await connection.execute("TRUNCATE raw_rows")
        count, began = 0, time.perf_counter()
        while time.perf_counter() - began < SECONDS:
            records = [(count + number, document) for number in range(COPIED)]
            await connection.copy_records_to_table("raw_rows", records=records)
            count += COPIED
        elapsed = time.perf_counter() - began
        await connection.execute("TRUNCATE raw_rows")
    finally:
        await connection.close()
    return count / elapsed


async def commits(url: str) -> float:
    """Commits of one small row in a second, one after the other."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("CREATE TABLE IF NOT EXISTS raw_commits (number bigint)")
        count, began = 0, time.perf_counter()
        while time.perf_counter() - began < SECONDS:
            await connection.execute("INSERT INTO raw_commits VALUES ($1)", count)
            count += 1
        elapsed = time.perf_counter() - began
        await connection.execute("TRUNCATE raw_commits")
    finally:
        await connection.close()
    return count / elapsed
