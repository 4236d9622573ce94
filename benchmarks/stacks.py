"""How many pathways are evaluated in a second, with all reasons: `python -m benchmarks.stacks [--rounds N]`.

A pathway of 31 components (25 places in five groups, three of each group and 15 credits needed) and learners who have
completed it and who lack one credential, also where credentials fit several places. Beside it, in the same round, the
least that any program must do: counting memberships, without constraints, credits, assignment or reasons. In CPU time
of the process. Exits 1 when the slowest median is below 10,000 in a second.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from datetime import date
from decimal import Decimal

from stacking import Component, Condition, Evaluation, Held, Pathway, Rules, Setting, compile_rules, evaluate
from stacking.constraints import AwardedFrom, LevelAtLeast

AT_LEAST = 10_000
GROUPS, IN_GROUP, NEEDED = 5, 5, 3
SETTING = Setting(date(2026, 11, 28))
STRICT = (AwardedFrom(date(2020, 1, 1)), LevelAtLeast(5))


def achievement(number: int) -> str:
    return f"https://laurel.example/achievements/{number}"


def pathway(*, overlapping: bool) -> Pathway:
    """Overlapping: each place also accepts the achievement of the next."""
    parts: dict[str, Component] = {}
    for group in range(GROUPS):
        names = []
        for number in range(group * IN_GROUP, (group + 1) * IN_GROUP):
            accepts = (achievement(number), achievement((number + 1) % (GROUPS * IN_GROUP)))
            constraints = STRICT if number % 2 else ()
            place = Component(f"c{number}", accepts=accepts if overlapping else accepts[:1], constraints=constraints)
            parts[place.id] = place
            names.append(place.id)
        condition = Condition(tuple(names), required=NEEDED, credits=Decimal(15))
        parts[f"g{group}"] = Component(f"g{group}", condition=condition)
    end = Component("end", condition=Condition(tuple(f"g{group}" for group in range(GROUPS))))
    return Pathway("https://laurel.example/pathways/p", 1, "Bench", "end", {**parts, "end": end})


def holding(*, lacking: int) -> list[Held]:
    numbers = [n for n in range(GROUPS * IN_GROUP) if n % IN_GROUP < NEEDED]
    kept = numbers[: len(numbers) - lacking]
    return [Held(f"urn:{n}", achievement(n), "did:example", date(2024, 1, 1), Decimal(5), 6) for n in kept]


def naive(rules: Rules, held: list[Held]) -> bool:
    """Whether enough achievements of each group are there. No reasons, and wrong where one counts twice."""
    have = {one.achievement for one in held}
    return all(
        sum(
            bool(have.intersection(rules.pathway.components[f"c{number}"].accepts))
            for number in range(group * IN_GROUP, (group + 1) * IN_GROUP)
        )
        >= NEEDED
        for group in range(GROUPS)
    )


def rate(call: Callable[[], object], seconds: float) -> float:
    began, count = time.process_time(), 0
    while (spent := time.process_time() - began) < seconds:
        for _ in range(50):
            call()
        count += 50
    return count / spent


def sides() -> dict[str, Callable[[], Evaluation | bool]]:
    plain, overlapping = (compile_rules(pathway(overlapping=which)) for which in (False, True))
    complete, short = holding(lacking=0), holding(lacking=1)
    return {
        "completed": lambda: evaluate(plain, complete, SETTING),
        "one is missing": lambda: evaluate(plain, short, SETTING),
        "completed, places overlap": lambda: evaluate(overlapping, complete, SETTING),
        "one missing, places overlap": lambda: evaluate(overlapping, short, SETTING),
        "counting only, no reasons": lambda: naive(plain, complete),
    }


def main(argv: list[str] | None = None) -> int:
    """Print medians over the rounds. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.stacks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=0.4)
    chosen = parser.parse_args(argv)
    works = sides()
    for call in works.values():
        rate(call, chosen.seconds / 4)
    rates: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(chosen.rounds):
        for name, call in works.items():
            rates[name].append(rate(call, chosen.seconds))
    medians = {name: statistics.median(found) for name, found in rates.items()}
    print(f"Evaluations a second on one core, medians of {chosen.rounds} rounds")
    for name, median in medians.items():
        print(f"  {name:<28}{median:>10,.0f}   {median / medians['counting only, no reasons']:6.2f} of counting only")
    slowest = min(median for name, median in medians.items() if name != "counting only, no reasons")
    print(f"  slowest {slowest:,.0f}, promised {AT_LEAST:,}: {'kept' if slowest >= AT_LEAST else 'MISSED'}")
    return int(slowest < AT_LEAST)


if __name__ == "__main__":
    sys.exit(main())
