"""Requests through the edge as fast as they are answered, or at a pace; and what each process of the fleet worked.

The client is as small as HTTP/1.1 allows (it shares the machine with what it measures): a connection for each worker,
bodies as bytes, an answer read by its Content-Length.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import psutil

from benchmarks.stand import family_time
from tools.fleet import Fleet

Make = Callable[[], tuple[str, Mapping[str, str], bytes]]
"""A path, headers and a body, for the next POST."""


@dataclass(frozen=True, slots=True)
class Run:
    """What a load came to. `seconds` are those of each answer; `worked` is CPU time by process."""

    elapsed: float
    seconds: Sequence[float]
    worked: Mapping[str, float]

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.seconds) / self.elapsed

    def percentile(self, number: int) -> float:
        """In milliseconds."""
        return statistics.quantiles(self.seconds, n=100, method="inclusive")[number - 1] * 1000

    def cpu(self, name: str) -> float:
        """Microseconds of a process for each answer."""
        return self.worked[name] / len(self.seconds) * 1e6


class Connection:
    """One connection to the edge, kept."""

    def __init__(self, origin: str) -> None:
        parts = urlsplit(origin)
        self._host, self._port = parts.hostname or "", parts.port or 80
        self._reader: asyncio.StreamReader
        self._writer: asyncio.StreamWriter

    async def __aenter__(self) -> Connection:
        self._reader, self._writer = await asyncio.open_connection(self._host, self._port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.close()
        await self._writer.wait_closed()

    async def post(self, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        """Status and body."""
        lines = [f"{name}: {value}" for name, value in headers.items()]
        head = [f"POST {path} HTTP/1.1", f"Host: {self._host}:{self._port}", f"Content-Length: {len(body)}", *lines]
        self._writer.write("\r\n".join([*head, "", ""]).encode() + body)
        async with asyncio.timeout(30):
            first, *others = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            given = dict(line.lower().split(": ", 1) for line in others if ": " in line)
            return int(first.split()[1]), await self._reader.readexactly(int(given["content-length"]))


def processes(fleet: Fleet) -> dict[str, psutil.Process]:
    """What is measured beside the client."""
    found = {name: fleet.service(name).process.pid for name in ("gateway", "issuer")}
    found["PostgreSQL"] = fleet.postgres.process.pid  # type: ignore[union-attr]  # its own, as no DATABASE_URL is given
    found["Envoy"] = fleet.edge.process.pid
    return {name: psutil.Process(pid) for name, pid in found.items()}


async def load(fleet: Fleet, make: Make, *, count: int, workers: int, per_second: float | None = None) -> Run:
    """Send so many requests over so many connections, as fast as they are answered or at a pace."""
    watched = processes(fleet)
    before = {name: family_time(process) for name, process in watched.items()}
    began, seconds = time.perf_counter(), []
    numbers = iter(range(count))

    async def work() -> None:
        async with Connection(fleet.base_url) as connection:
            for number in numbers:
                due = began + number / per_second if per_second else 0.0
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
                started = max(due, 0.0) or time.perf_counter()  # a late start counts as waiting
                status, body = await connection.post(*make())
                seconds.append(time.perf_counter() - started)
                if status >= 300:
                    raise RuntimeError(f"answered {status}: {body[:500]!r}")

    await asyncio.gather(*(work() for _ in range(workers)))
    elapsed = time.perf_counter() - began
    return Run(elapsed, seconds, {name: family_time(watched[name]) - spent for name, spent in before.items()})


def table(rows: Iterable[tuple[str, Run]]) -> str:
    """Runs side by side, for people."""
    lines = [f"{'':<30} {'n':>7} {'/s':>8} {'p50 ms':>8} {'p99 ms':>8}   CPU us: gateway, issuer, PostgreSQL, Envoy"]
    for title, run in rows:
        cpu = ", ".join(f"{run.cpu(name):,.0f}" for name in ("gateway", "issuer", "PostgreSQL", "Envoy"))
        lines.append(
            f"{title:<30} {len(run.seconds):>7,} {run.rate:>8,.0f} {run.percentile(50):>8.1f} "
            f"{run.percentile(99):>8.1f}   {cpu}"
        )
    return "\n".join(lines)


def json_headers(token: str, **more: str) -> dict[str, Any]:
    """Headers of an authorized JSON request."""
    return {"Authorization": f"Bearer {token}", "Content-Type": "application/json"} | more
