"""Batches beside what the machine can do: `python -m benchmarks.batches [--sizes 1000 10000] [--workers 1 2]`.

The issuer's worker works off batches of several sizes, one after the other, alone in this process, then beside others
in processes of their own, which share the batch. Every credential is committed to a PostgreSQL that keeps what it
commits. Before each round stand the raw rates of the same machine, and ratios are taken within a round. Rates are by
the clock; CPU time for each credential, ours and the database's, is what another load on the machine changes least.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import multiprocessing
import statistics
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection

import uvloop

from benchmarks import raw
from benchmarks.credential import credential
from benchmarks.stand import ORG, Clockwork, Spent, Stand, issuer, quiet_cores, stand
from issuer.core.batches.batch import BatchId
from issuer.core.batches.opening import AskedRow, NewBatch
from issuer.core.credentials.order import Order
from issuer.core.credentials.recipient import Recipient
from issuer.main import Core
from issuer.main_batches import take_here
from service_kit.clock import utc_now
from service_kit.ids import new_id

PROMISED = 4000  # credentials a second


@dataclass(frozen=True, slots=True)
class Raw:
    """The machine's own rates, by the second."""

    signatures: float
    copied: float
    commits: float


@dataclass(frozen=True, slots=True)
class Result:
    """One batch."""

    size: int
    workers: int
    spent: Spent
    raw: Raw

    @property
    def rate(self) -> float:
        """Credentials a second."""
        return self.size / self.spent.wall


def order(achievement: str, run: str, number: int) -> Order:
    """A row as a university sends it: learner, date, grade and score, a piece of evidence."""
    model = credential(number)
    subject = model["credentialSubject"]
    grade, score = (item["id"] for item in subject["achievement"]["resultDescription"])
    return Order(
        org_id=ORG,
        actor="benchmark",
        achievement=achievement,
        recipient=Recipient("emailAddress", f"learner-{run}-{number}@students.example", "Ada Lovelace"),
        results=(
            {"type": ["Result"], "resultDescription": grade, "value": "ABCDF"[number % 5]},
            {"type": ["Result"], "resultDescription": score, "value": str(number % 101)},
        ),
        evidence=tuple(model["evidence"]),
    )


async def opened(made: Stand, size: int) -> BatchId:
    """A new batch of so many rows."""
    name = new_id()
    rows = [AskedRow(number, order(made.achievement, name, number)) for number in range(1, size + 1)]
    asked = NewBatch(
        org_id=ORG, actor="benchmark", achievement=made.achievement, issuer=None, allow_duplicates=False, rows=rows
    )
    return (await take_here(made.database, made.core.services.addresses, utc_now).open_batch(asked)).id


async def work_off(core: Core) -> None:
    """Every piece there is, to the last commit."""
    while await core.work_batches():
        pass


async def run(made: Stand, size: int, others: Sequence[Connection] = ()) -> Spent:
    """A batch, from the first row to the last commit."""
    batch = await opened(made, size)
    clockwork = Clockwork(made.server)
    for other in others:
        other.send(True)
    await work_off(made.core)
    for other in others:
        await asyncio.to_thread(other.recv)
    spent = clockwork.spent()
    _, counts = await made.core.services.batches.batch(ORG, batch)
    if counts.ended != size or (await made.core.services.batches.reconciliation(ORG, batch)).faults:
        raise RuntimeError(f"the batch came to {counts}")
    return spent


@contextmanager
def other_workers(app_url: str, count: int) -> Iterator[list[Connection]]:
    """Workers in processes of their own, which work off what there is when they are sent True."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = zip(*(context.Pipe() for _ in range(count)), strict=True) if count else ((), ())
    processes = [context.Process(target=_other_worker, args=(app_url, pipe), daemon=True) for pipe in theirs]
    for process in processes:
        process.start()
    try:
        yield list(ours)
    finally:
        for process in processes:
            process.terminate()
            process.join()


def _other_worker(app_url: str, parent: Connection) -> None:
    async def work() -> None:
        async with issuer(app_url) as (core, _):
            while await asyncio.to_thread(parent.recv):
                await work_off(core)
                parent.send(True)

    uvloop.run(work())


async def measure(sizes: Sequence[int], workers: Sequence[int], rounds: int) -> list[Result]:
    """Every size by so many workers once a round, after small batches that do not count."""
    results = []
    async with stand() as made:
        with other_workers(made.app_url, max(workers) - 1) as others:
            for _ in range(2):
                await run(made, 400, others)
            document = await _a_document(made)
            for _ in range(rounds):
                copied, committed = await raw.copied_rows(made.admin_url, document), await raw.commits(made.admin_url)
                machine = Raw(raw.signatures(), copied, committed)
                for count, size in itertools.product(workers, sizes):
                    results.append(Result(size, count, await run(made, size, others[: count - 1]), machine))
    return results


async def _a_document(made: Stand) -> str:
    async with made.database.connection() as connection:
        found = await connection.exec_driver_sql("SELECT document FROM credentials LIMIT 1")
        return str(found.scalar_one())


def report(results: Sequence[Result]) -> str:
    """Medians, for people."""
    machine = [result.raw for result in results]
    lines = [
        f"raw, medians: {_median(r.signatures for r in machine):,.0f} Ed25519 signatures/s of one core, "
        f"{_median(r.copied for r in machine):,.0f} rows/s by COPY, "
        f"{_median(r.commits for r in machine):,.0f} commits/s",
        "",
        f"{'workers':>8} {'rows':>10} {'credentials/s':>14} {'to raw COPY':>12} {'CPU us, ours':>13} "
        f"{'CPU us, PostgreSQL':>19}",
    ]
    for workers, size in sorted({(result.workers, result.size) for result in results}):
        alike = [result for result in results if (result.workers, result.size) == (workers, size)]
        rate, ratio = _median(r.rate for r in alike), _median(r.rate / r.raw.copied for r in alike)
        own, server = (_median(getattr(r.spent, who) / r.size * 1e6 for r in alike) for who in ("own", "server"))
        lines.append(f"{workers:>8} {size:>10,} {rate:>14,.0f} {ratio:>12.3f} {own:>13,.0f} {server:>19,.0f}")
    return "\n".join([*lines, quiet_cores()])


def _median(values: Iterable[float]) -> float:
    return statistics.median(values)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.batches", description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[1000, 10_000])
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args(argv)
    results = uvloop.run(measure(arguments.sizes, arguments.workers, arguments.rounds))
    print(report(results))
    slowest = min(result.rate for result in results if result.workers == max(arguments.workers))
    print(f"promise ({PROMISED:,}/s at every size, by all workers): {'kept' if slowest >= PROMISED else 'BROKEN'}")
    return 0 if slowest >= PROMISED else 1


if __name__ == "__main__":
    sys.exit(main())
