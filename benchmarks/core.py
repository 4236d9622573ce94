"""The core benchmark: `python -m benchmarks.core [--rounds N] [--seconds S] [--write]`.

Every side signs and verifies the same credential (see `credential`), one after the other within each round, each with
one thread that works and in the CPU time of its process. Ratios are taken within a round, so that what else the machine
does falls on both sides alike; their medians are compared with the targets. Exits 1 below a target.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import statistics
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias

import orjson

from benchmarks.credential import credential
from benchmarks.sides import Laurel, Side, node_command, openvc_command, peer, pyld_command
from credential_core.jsonld import to_quads

RESULTS = Path(__file__).resolve().parent / "results"
MIN_ROUNDS = 5

Work: TypeAlias = tuple[str, str]  # side, operation
Rates: TypeAlias = dict[Work, list[float]]


@dataclass(frozen=True, slots=True)
class Target:
    """One ratio that is promised."""

    title: str
    ours: Work
    theirs: Work
    at_least: float


NODE_ISSUE, NODE_VERIFY = ("node", "issue"), ("node", "verify")
TARGETS = (
    Target("issue, generic, to Node's", ("laurel", "issue"), NODE_ISSUE, 20),
    Target("verify, generic, to Node's", ("laurel", "verify"), NODE_VERIFY, 16),
    Target("issue by template to Node's", ("laurel", "template"), NODE_ISSUE, 70),
    Target("issue by template to raw Ed25519 signing", ("laurel", "template"), ("laurel", "raw sign"), 0.18),
    Target("verify, known shape, to Node's", ("laurel", "verify, known shape"), NODE_VERIFY, 45),
)


def measure(sides: Sequence[Side], rounds: int, seconds: float) -> Rates:
    """Rates of each side's operations, one for each round, after one round that does not count."""
    rates: Rates = defaultdict(list)
    for number in range(rounds + 1):
        for side in sides:
            for operation in side.operations:
                rate = side.run(operation, seconds).rate
                if number:
                    rates[side.name, operation].append(rate)
        print(f"round {number} of {rounds}" if number else "warm", file=sys.stderr, flush=True)
    return dict(rates)


def ratio(rates: Rates, ours: Work, theirs: Work) -> float:
    """The median of the ratios of the rounds."""
    return statistics.median(a / b for a, b in zip(rates[ours], rates[theirs], strict=True))


def report(rates: Rates, sides: Sequence[Side], facts: Mapping[str, Any]) -> dict[str, Any]:
    """Everything measured, ready to be written."""
    table = [
        {
            "side": side,
            "operation": operation,
            "per_second": {
                "median": round(statistics.median(found), 1),
                "least": round(min(found), 1),
                "most": round(max(found), 1),
            },
            "to_node": round(ratio(rates, (side, operation), ("node", _kind(operation))), 2),
        }
        for (side, operation), found in rates.items()
    ]
    targets = [
        {"target": t.title, "at_least": t.at_least, "measured": round(ratio(rates, t.ours, t.theirs), 3)}
        for t in TARGETS
    ]
    return {**facts, "versions": {s.name: dict(s.versions) for s in sides}, "targets": targets, "rates": table}


def _kind(operation: str) -> str:
    return "verify" if "verify" in operation else "issue"


def markdown(result: Mapping[str, Any]) -> str:
    """The result for people."""
    lines = [
        f"# Core benchmark, {result['date']}",
        "",
        f"`{result['command']}` on {result['machine']}. {result['credential']}. {result['rounds']} rounds of "
        f"{result['seconds']} s of process CPU time for each side and operation, interleaved; medians. Ratios are "
        "medians of the ratios within a round. All sides made the same proof value.",
        "",
        "| target | at least | measured |",
        "|---|---|---|",
        *(f"| {t['target']} | {t['at_least']} | {t['measured']} |" for t in result["targets"]),
        "",
        "| side | operation | per second (least to most) | to Node's |",
        "|---|---|---|---|",
        *(
            f"| {r['side']} | {r['operation']} | {r['per_second']['median']:,.0f} "
            f"({r['per_second']['least']:,.0f} to {r['per_second']['most']:,.0f}) | {r['to_node']} |"
            for r in result["rates"]
        ),
        "",
        "Not equal work: Node's verify also reads dates, openvc-core also checks that the JSON is what was signed; "
        "ours refuses what JSON-LD would drop, PyLD's does not. ecdsa-sd-2023 stands beside Node's eddsa-rdfc-2022.",
        "",
        "Versions: " + "; ".join(f"{side}: {_versions(found)}" for side, found in result["versions"].items()) + ".",
    ]
    return "\n".join(lines) + "\n"


def _versions(found: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in found.items())


def _facts(arguments: argparse.Namespace) -> dict[str, Any]:
    unsigned = credential()
    quads = set(to_quads(unsigned))
    blank = {term for quad in quads for term in quad if term.startswith("_:")}
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "command": f"python -m benchmarks.core --rounds {arguments.rounds} --seconds {arguments.seconds}",
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()}",
        "rounds": arguments.rounds,
        "seconds": arguments.seconds,
        "credential": f"{len(orjson.dumps(unsigned)):,} bytes of JSON, {len(quads)} quads, {len(blank)} blank nodes",
    }


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.core", description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7, help=f"at least {MIN_ROUNDS}")
    parser.add_argument("--seconds", type=float, default=0.5, help="of CPU time for each operation in a round")
    parser.add_argument("--write", action="store_true", help="write the result into benchmarks/results")
    arguments = parser.parse_args(argv)
    if arguments.rounds < MIN_ROUNDS:
        parser.error(f"fewer than {MIN_ROUNDS} rounds say little")
    with contextlib.ExitStack() as stack:
        commands = {"node": node_command(), "pyld": pyld_command(), "openvc": openvc_command()}
        peers = [stack.enter_context(peer(name, command)) for name, command in commands.items()]
        sides: list[Side] = [Laurel(), *peers]
        if len({side.proof_value for side in sides}) != 1:
            print("the sides do not make the same proof:", {side.name: side.proof_value for side in sides})
            return 2
        rates = measure(sides, arguments.rounds, arguments.seconds)
    result = report(rates, sides, _facts(arguments))
    print(markdown(result))
    if arguments.write:
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / f"core-{result['date']}.json").write_text(json.dumps(result, indent=2) + "\n")
        (RESULTS / f"core-{result['date']}.md").write_text(markdown(result))
    missed = [t["target"] for t in result["targets"] if t["measured"] < t["at_least"]]
    for target in missed:
        print(f"MISSED: {target}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
