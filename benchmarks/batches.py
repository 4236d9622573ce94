"""Batches beside what the machine can do: `python -m benchmarks.batches [--sizes 1000 10000] [--rounds N]`.

The issuer's worker, in this process, works off batches of several sizes; every credential is committed to a PostgreSQL
that keeps what it commits. Before each round stand the raw rates of the same machine, and ratios are taken within a
round. Rates are by the clock; CPU time for each credential, ours and the database's, is what another load on the
machine changes least.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import uvloop

from benchmarks import raw
from benchmarks.credential import credential
from benchmarks.stand import ORG, Clockwork, Spent, Stand, stand
from issuer.core.batches import AskedRow, NewBatch
from issuer.core.order import Order
from issuer.core.recipient import Recipient
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


async def run(made: Stand, size: int) -> Spent:
    """One batch, from the first piece to the last commit."""
    name = new_id()
    rows = [AskedRow(number, order(made.achievement, name, number)) for number in range(1, size + 1)]
    asked = NewBatch(
        org_id=ORG, actor="benchmark", achievement=made.achievement, issuer=None, allow_duplicates=False, rows=rows
    )
    batch = await made.core.services.open_batch(asked)
    clockwork = Clockwork(made.server)
    while await made.core.work_batches():
        pass
    spent = clockwork.spent()
    _, counts = await made.core.services.batches.batch(ORG, batch.id)
    if counts.ended != size or (await made.core.services.batches.reconciliation(ORG, batch.id)).faults:
        raise RuntimeError(f"the batch came to {counts}")
    return spent


async def measure(sizes: Sequence[int], rounds: int) -> list[Result]:
    """Every size once a round, after one small batch that does not count."""
    results = []
    async with stand() as made:
        await run(made, 200)
        document = await _a_document(made)
        for _ in range(rounds):
            machine = Raw(
                raw.signatures(), await raw.copied_rows(made.admin_url, document), await raw.commits(made.admin_url)
            )
            results += [Result(size, await run(made, size), machine) for size in sizes]
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
        f"{'rows':>8} {'credentials/s':>14} {'to raw COPY':>12} {'CPU us, ours':>13} {'CPU us, PostgreSQL':>19}",
    ]
    for size in sorted({result.size for result in results}):
        of_size = [result for result in results if result.size == size]
        rate, ratio = _median(r.rate for r in of_size), _median(r.rate / r.raw.copied for r in of_size)
        own, server = (_median(getattr(r.spent, who) / size * 1e6 for r in of_size) for who in ("own", "server"))
        lines.append(f"{size:>8,} {rate:>14,.0f} {ratio:>12.3f} {own:>13,.0f} {server:>19,.0f}")
    return "\n".join(lines)


def _median(values: Iterable[float]) -> float:
    return statistics.median(values)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.batches", description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[1000, 10_000])
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args(argv)
    results = uvloop.run(measure(arguments.sizes, arguments.rounds))
    print(report(results))
    slowest = min(result.rate for result in results)
    print(f"promise ({PROMISED:,}/s at every size): {'kept' if slowest >= PROMISED else 'BROKEN'}")
    return 0 if slowest >= PROMISED else 1


if __name__ == "__main__":
    sys.exit(main())
