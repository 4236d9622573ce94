"""The packing that decides what flows leave open: against trying everything, with and without credentials more."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import date
from decimal import Decimal
from types import FrameType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import undecided
from benchmarks.undecided import SETTING as DAY
from benchmarks.undecided import drawn
from stacking import Component, Condition, Evaluation, Held, Pathway, compile_rules, evaluate
from stacking.assignment import assign, offer
from stacking.closest import closest
from stacking.limits import Limits
from stacking.measure import measure
from stacking.packing import Packing, Undecided, by_place
from stacking.rules import Rules
from tests.stacking.pathways import SETTING, can_complete, credentials, held, pathways, rich_pathways

ANY = pathways() | rich_pathways()


@settings(deadline=None, max_examples=60)
@given(path=ANY, holding=credentials())
def test_it_finds_a_choice_exactly_where_there_is_one_and_breaks_no_limit(path: Pathway, holding: list[Held]) -> None:
    rules = compile_rules(replace(path, not_for=frozenset()))
    offered = offer(rules, holding, SETTING)
    where = Packing().complete(rules, offered.held, offered.places)

    assert (where is not None) == can_complete(rules.pathway, holding)
    if where is not None:
        placed = by_place(rules, where)
        assert all(place < 0 or place in offered.places[index] for index, place in enumerate(where))
        assert all(len(which) <= place.maximum for which, place in zip(placed, rules.places, strict=True))
        assert measure(rules, offered.held, placed).is_complete
        assert Limits(rules, offered.held).hold(placed)


@settings(deadline=None, max_examples=40)
@given(path=ANY, holding=credentials(), extra=st.integers(1, 5))
def test_nobody_completes_with_as_many_more_what_it_says_cannot_be(
    path: Pathway, holding: list[Held], extra: int
) -> None:
    """Whatever they are, as long as they are no more: what is called shortest rests on it."""
    path = replace(path, one_of=(), not_for=frozenset())
    rules = compile_rules(path)
    known, more = (
        [replace(one, source=None) for one in holding],
        [held(f"new-{n}", n % 5, level=8) for n in range(extra)],
    )
    offered = offer(rules, known, SETTING)

    if Packing().complete(rules, offered.held, offered.places, extra) is None:
        assert not evaluate(rules, [*known, *more], SETTING).is_complete


@settings(deadline=None, max_examples=40)
@given(path=pathways(), holding=credentials())
def test_no_way_is_called_shortest_that_is_longer_than_another(path: Pathway, holding: list[Held]) -> None:
    rules = compile_rules(replace(path, one_of=()))
    offered = offer(rules, holding, SETTING)
    found = assign(rules, offered)
    near = closest(rules, offered, found)

    if not found.measure.is_complete and near.is_shortest and near.way:
        assert Packing().complete(rules, offered.held, offered.places, near.way.length - 1) is None


def test_what_the_first_evaluator_gave_up_on_is_found_and_said_to_be_packed() -> None:
    """Of thirty places, drawn: its four thousand steps come to an end before the choice that completes it."""
    path, holding = drawn(39, is_dense=False)
    rules = compile_rules(path)
    found = evaluate(rules, holding, DAY)

    assert (found.is_complete, found.is_exact, found.is_packed) == (True, True, True)
    assert evaluate(rules, holding[::-1], DAY) == found
    assert assign(rules, offer(rules, holding, DAY), budget=0).is_packed


def test_what_is_too_much_is_left_and_said() -> None:
    path, holding = drawn(39, is_dense=False)
    rules = compile_rules(path)
    offered = offer(rules, holding, DAY)

    with pytest.raises(Undecided):
        Packing(100).complete(rules, offered.held, offered.places)


def calls_of(rules: Rules, holding: list[Held]) -> tuple[Evaluation, int]:
    """The evaluation, and how many functions the interpreter calls for it: what time would measure, without a clock."""
    calls = 0

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        found = evaluate(rules, holding, DAY)
    finally:
        sys.setprofile(before)
    return found, calls


def three_hundred(chosen_from: int) -> list[Held]:
    return [Held(f"urn:{n}", f"a{n % chosen_from}", "did:example", date(2024, 1, 1), Decimal(5), 6) for n in range(300)]


MANY_CALLS = 8_000_000
"""Most are of the interpreter's own functions, of which half a second of a core has about as many."""


@pytest.mark.parametrize("seed", [2, 3])
def test_the_bound_counts_what_is_looked_at_in_a_state_too(monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    """As many as a trial may have fit in as many places: each state is large, and so there are few."""
    monkeypatch.setattr(undecided, "PLACES", 120)
    path, _ = drawn(seed, is_dense=True)
    rules, holding = compile_rules(path), three_hundred(25)
    found, calls = calls_of(rules, holding)

    assert calls < MANY_CALLS
    assert evaluate(rules, holding[::-1], DAY) == found


@pytest.mark.parametrize(("accepted", "required"), [(300, 151), (60, 220)])
def test_the_largest_trial_comes_to_an_end(accepted: int, required: int) -> None:
    """Of each two achievements one counts, and each place takes very many: credentials move in chains."""
    names = [f"c{n}" for n in range(300)]
    parts = {
        name: Component(
            name, accepts=tuple(f"a{(at * 7 + n * n if accepted < 300 else n) % 300}" for n in range(accepted))
        )
        for at, name in enumerate(names)
    }
    parts["end"] = Component("end", condition=Condition(tuple(names), required=required))
    pairs = tuple(frozenset({f"a{2 * n}", f"a{2 * n + 1}"}) for n in range(100 if accepted < 300 else 150))
    rules = compile_rules(Pathway("https://laurel.example/pathways/p", 1, "Pairs", "end", parts, (), pairs))
    found, calls = calls_of(rules, three_hundred(300))

    assert not found.is_complete
    assert calls < MANY_CALLS
