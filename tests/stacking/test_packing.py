"""The packing that decides what flows leave open: against trying everything, with and without credentials more."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.undecided import SETTING as DAY
from benchmarks.undecided import drawn
from stacking import Held, Pathway, compile_rules, evaluate
from stacking.assignment import assign, offer
from stacking.closest import closest
from stacking.limits import Limits
from stacking.measure import measure
from stacking.packing import Packing, Undecided, by_place
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
