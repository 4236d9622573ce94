"""How often what is asked of pathways is left open: `python -m benchmarks.undecided [--dense] [--count N]`.

Pathways of thirty places in conditions of three to seven, drawn with a seed each, and what somebody holds. Plausible
ones take one to three of some forty achievements in a place, and have up to six groups of which one counts. Dense ones
take up to eight of some twenty-five, and have up to twenty groups: nobody writes such, and everything is in the way of
everything. Counted: evaluations that are not exact, ways to complete it that are not shown to be shortest, and pathways
of which it is not found out whether anybody can complete them. In CPU time of the process.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from datetime import date
from decimal import Decimal

from stacking import Component, Condition, Held, Pathway, Setting, compile_rules, evaluate
from stacking.model import Sharing
from stacking.reachable import Reach, reach

SETTING = Setting(date(2026, 11, 28))
PLACES = 30
ELSEWHERE = "https://laurel.example/pathways/other"


def drawn(seed: int, *, is_dense: bool) -> tuple[Pathway, list[Held]]:
    """The pathway of this seed, and what is held."""
    chance = random.Random(seed)  # noqa: S311 - to be drawn again
    pool = chance.randint(18, 30) if is_dense else chance.randint(30, 50)
    places = [_place(chance, number, pool, is_dense=is_dense) for number in range(PLACES)]
    names = [one.id for one in places]
    chance.shuffle(names)
    parts, top = {one.id: one for one in places}, list[str]()
    while names:
        size = min(len(names), chance.randint(3, 7))
        own, names = names[:size], names[size:]
        top.append(f"g{len(top)}")
        parts[top[-1]] = Component(top[-1], condition=_condition(chance, own, is_dense=is_dense))
    required = None if chance.random() < 0.5 else chance.randint(max(1, len(top) - 2), len(top))
    parts["end"] = Component("end", condition=Condition(tuple(top), required=required))
    groups = chance.randint(8, 20) if is_dense else chance.choice([0, 1, 2, 3, 4, 6])
    largest = 6 if is_dense else 4
    one_of = tuple(_some(chance, pool, chance.randint(2, largest)) for _ in range(groups))
    sharing = (Sharing(ELSEWHERE, Decimal(chance.choice([5, 10, 15]))),) if chance.random() < 0.3 else ()
    path = Pathway("https://laurel.example/pathways/p", 1, "Drawn", "end", parts, sharing, one_of)
    return path, _held(chance, pool, is_dense=is_dense)


def _some(chance: random.Random, pool: int, number: int) -> frozenset[str]:
    return frozenset(f"a{one}" for one in chance.sample(range(pool), number))


def _place(chance: random.Random, number: int, pool: int, *, is_dense: bool) -> Component:
    accepted = _some(chance, pool, chance.randint(3, 8) if is_dense else chance.choice([1, 1, 1, 2, 2, 3]))
    each = chance.choice([None, None, 3, 5, 6] if is_dense else [None, 5, 5, 3])
    minimum = chance.choice([1] * 9 + [2])
    return Component(
        f"c{number}",
        accepts=tuple(sorted(accepted)),
        credits=None if each is None else Decimal(each),
        minimum=minimum,
        maximum=minimum + chance.choice([0] * 8 + [1, 2]),
    )


def _condition(chance: random.Random, own: list[str], *, is_dense: bool) -> Condition:
    """All of them, so many of them, credits, or several of these; some have a condition within."""
    within: tuple[Condition, ...] = ()
    if len(own) >= 5 and chance.random() < (0.4 if is_dense else 0.2):
        cut = chance.randint(2, len(own) - 2)
        within = (Condition(tuple(own[cut:]), required=chance.randint(1, len(own) - cut)),)
        own = own[:cut]
    size, kind = len(own) + len(within), chance.random()
    required = None if kind < 0.25 else chance.randint(1, size)
    if kind <= 0.5 or chance.random() >= 0.6:
        return Condition(tuple(own), within, required)
    asked = Decimal(chance.randint(1, size) * chance.choice([3, 4, 5]))
    return Condition(tuple(own), within, None if chance.random() < 0.3 else required, asked)


def _held(chance: random.Random, pool: int, *, is_dense: bool) -> list[Held]:
    number = chance.randint(15, 40)
    worths = ["3", "5", "5", "5", "6", "7.5"] if is_dense else ["2", "5", "5", "5", "5", "10"]
    return [
        Held(
            f"urn:{one}",
            f"a{chance.randrange(pool)}",
            "did:example",
            date(2024, 1, 1 + one % 28),
            Decimal(chance.choice(worths)),
            6,
            counted_in=frozenset({ELSEWHERE}) if chance.random() < 0.15 else frozenset(),
            source=f"urn:{chance.randrange(number)}" if chance.random() < 0.1 else None,
        )
        for one in range(number)
    ]


def main(argv: list[str] | None = None) -> int:
    """Print the counts. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.undecided", description=__doc__)
    parser.add_argument("--dense", action="store_true")
    parser.add_argument("--count", type=int, default=400)
    chosen = parser.parse_args(argv)
    complete = inexact = ways = longer = undecided = 0
    slowest = [0.0, 0.0]
    for seed in range(chosen.count):
        path, holding = drawn(seed, is_dense=chosen.dense)
        rules, began = compile_rules(path), time.process_time()
        found = evaluate(rules, holding, SETTING)
        evaluated = time.process_time()
        undecided += bool(path.one_of) and reach(path) is Reach.UNDECIDED
        spent = (evaluated - began, time.process_time() - evaluated)
        slowest = [max(pair) for pair in zip(slowest, spent, strict=True)]
        complete += found.is_complete
        inexact += not found.is_exact
        ways += bool(found.missing)
        longer += bool(found.missing) and not found.is_shortest
    print(f"{chosen.count} evaluations: {complete} complete, {inexact} not exact; slowest {slowest[0]:.2f} s")
    print(f"{ways} with a way to complete it: {longer} not shown to be shortest")
    print(f"{chosen.count} publications: {undecided} undecided; slowest {slowest[1]:.2f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
