"""Evaluation: right by exhaustive comparison, in any order, never worse for one credential more, and with reasons."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stacking import Component, Condition, Held, Pathway, compile_rules, evaluate
from stacking.award import completion
from stacking.constraints import AwardedFrom, IssuedBy, LevelAtLeast, Recognised
from stacking.model import Sharing
from stacking.rules import NotATree
from tests.stacking.pathways import (
    SETTING,
    achievement,
    all_of,
    can_complete,
    component,
    credentials,
    held,
    pathway,
    pathways,
)


@given(path=pathways(), holding=credentials())
def test_it_finds_a_way_exactly_when_there_is_one(path: Pathway, holding: list[Held]) -> None:
    found = evaluate(compile_rules(path), holding, SETTING)

    assert found.is_exact
    assert found.is_complete == can_complete(path, holding)


@given(path=pathways(), holding=credentials(), data=st.data())
def test_order_never_matters(path: Pathway, holding: list[Held], data: st.DataObject) -> None:
    rules = compile_rules(path)
    shuffled = data.draw(st.permutations(holding))

    assert evaluate(rules, shuffled, SETTING) == evaluate(rules, holding, SETTING)


@given(path=pathways(), holding=credentials())
def test_one_credential_more_never_loses_a_completed_pathway(path: Pathway, holding: list[Held]) -> None:
    rules = compile_rules(path)
    complete = [evaluate(rules, holding[:count], SETTING).is_complete for count in range(len(holding) + 1)]

    assert complete == sorted(complete)


@given(path=pathways(), holding=credentials())
def test_every_credential_is_accounted_for_once(path: Pathway, holding: list[Held]) -> None:
    found = evaluate(compile_rules(path), holding, SETTING)
    told = [placed.credential for placed in found.placed] + [left.credential for left in found.left]

    assert sorted(told) == sorted(one.id for one in holding)


@given(path=pathways(), holding=credentials())
def test_nothing_is_missing_exactly_when_it_is_complete(path: Pathway, holding: list[Held]) -> None:
    found = evaluate(compile_rules(path), holding, SETTING)

    assert found.steps[-1].is_met == found.is_complete
    assert not (found.is_complete and found.missing)


def test_a_stack_without_its_capstone_is_never_complete() -> None:
    courses = [component(f"course-{number}") for number in range(7)]
    path = pathway(
        *courses,
        component("capstone"),
        destination=Condition(("capstone",), (Condition(tuple(one.id for one in courses), required=5),)),
    )
    rules = compile_rules(path)
    without = [held(one.id) for one in courses]

    assert evaluate(rules, without, SETTING).missing == ("capstone",)
    assert not evaluate(rules, without * 2, SETTING).is_complete
    assert evaluate(rules, [*without, held("capstone")], SETTING).is_complete


def test_a_credential_goes_where_it_completes_the_pathway() -> None:
    """`both` fits either place; `first` only the first. A greedy choice would put `both` first."""
    path = pathway(component("one", "both", "first"), component("two", "both"), destination=all_of("one", "two"))
    found = evaluate(compile_rules(path), [held("both"), held("first")], SETTING)

    assert found.is_complete
    assert {(placed.credential, placed.component) for placed in found.placed} == {
        ("urn:uuid:first", "one"),
        ("urn:uuid:both", "two"),
    }


def test_one_credential_counts_once() -> None:
    path = pathway(component("one", "same"), component("two", "same", "other"), destination=all_of("one", "two"))
    found = evaluate(compile_rules(path), [held("same")], SETTING)

    assert not found.is_complete
    assert found.missing == ("two",)


def test_the_same_credential_given_twice_is_one() -> None:
    path = pathway(component("two", minimum=2, maximum=2), destination=all_of("two"))

    assert not evaluate(compile_rules(path), [held("two"), held("two")], SETTING).is_complete


def test_the_same_credential_given_twice_is_awarded_for_once() -> None:
    """And the search for those that count ends."""
    path = pathway(component("a"), component("b"), destination=all_of("a", "b"))
    found = completion(compile_rules(path), [held("a"), held("b"), held("a")], SETTING)

    assert found is not None
    assert [one.id for one in found.counting] == ["urn:uuid:a", "urn:uuid:b"]


def test_credits_add_up_over_several_places() -> None:
    names = [f"m{number}" for number in range(6)]
    path = pathway(*[component(name) for name in names], destination=all_of(*names, credits=Decimal(15)))
    rules = compile_rules(path)

    assert not evaluate(rules, [held(name, credits="4.5") for name in names[:3]], SETTING).is_complete
    found = evaluate(rules, [held(name, credits="5") for name in names[:3]], SETTING)
    assert found.is_complete
    assert found.steps[-1].credits == Decimal(15)


def test_what_is_missing_is_the_shortest_way() -> None:
    path = pathway(
        component("a"),
        component("b1"),
        component("b2"),
        component("c"),
        destination=Condition(("a",), (all_of("b1", "b2"), all_of("c")), required=2),
    )

    assert evaluate(compile_rules(path), [held("a")], SETTING).missing == ("c",)


def test_missing_credits_are_those_worth_most() -> None:
    small = [component(f"s{number}", credits=Decimal(2)) for number in range(3)]
    path = pathway(
        *small,
        component("large", credits=Decimal(6)),
        destination=all_of("s0", "s1", "s2", "large", credits=Decimal(8)),
    )

    assert evaluate(compile_rules(path), [held("s0")], SETTING).missing == ("large",)


@pytest.mark.parametrize(
    ("constraint", "one", "code"),
    [
        (LevelAtLeast(7), held("a", level=6), "level"),
        (LevelAtLeast(1), held("a", level=None), "level"),
        (IssuedBy(frozenset({"did:web:south.example"})), held("a"), "issuer"),
        (Recognised(), held("a"), "recognised-issuer"),
        (AwardedFrom(date(2025, 6, 2)), held("a"), "awarded-from"),
    ],
)
def test_a_refused_credential_says_why(constraint: LevelAtLeast, one: Held, code: str) -> None:
    path = pathway(component("a", constraints=(constraint,)), destination=all_of("a"))
    (left,) = evaluate(compile_rules(path), [one], SETTING).left

    assert (left.credential, left.code, left.component) == (one.id, code, "a")
    assert left.refusal is not None
    assert left.refusal.code == code


def test_a_credential_of_no_concern_and_one_too_many_say_so() -> None:
    path = pathway(component("a", "a", "b"), destination=all_of("a"))
    found = evaluate(compile_rules(path), [held("a"), held("b", credits=2), held("x")], SETTING)

    assert {(left.credential, left.code) for left in found.left} == {
        ("urn:uuid:b", "counted-enough"),
        ("urn:uuid:x", "not-in-pathway"),
    }


def test_an_open_place_takes_what_its_constraints_let_pass() -> None:
    electives = Component("electives", constraints=(LevelAtLeast(6), Recognised()), minimum=2, maximum=4)
    path = pathway(electives, component("core"), destination=all_of("core", "electives"))
    rules = compile_rules(path)
    known = {"issuer": "did:web:recognised.example"}
    two = [held("x", **known), held("y", **known)]

    assert evaluate(rules, [held("core"), *two], SETTING).is_complete
    assert not evaluate(rules, [held("core"), two[0], held("z")], SETTING).is_complete


def test_an_intermediate_credential_stands_for_its_parts() -> None:
    path = pathway(
        component("p1"),
        component("p2"),
        component("certificate", condition=all_of("p1", "p2")),
        component("thesis"),
        destination=all_of("certificate", "thesis"),
    )
    rules = compile_rules(path)

    assert evaluate(rules, [held("certificate"), held("thesis")], SETTING).is_complete
    assert evaluate(rules, [held("p1"), held("p2"), held("thesis")], SETTING).is_complete
    assert not evaluate(rules, [held("p1"), held("thesis")], SETTING).is_complete


def test_holding_the_destination_itself_completes_nothing() -> None:
    path = pathway(component("a"), destination=all_of("a"))
    end = replace(path.components["end"], accepts=(achievement("end"),))
    path = replace(path, components={**path.components, "end": end})

    assert not evaluate(compile_rules(path), [held("end")], SETTING).is_complete


class TestLimits:
    def test_credits_shared_with_another_pathway_count_up_to_a_limit(self) -> None:
        names = ["a", "b", "c"]
        path = pathway(
            *[component(name) for name in names],
            destination=all_of(*names, required=2),
            sharing=(Sharing("https://other.example/p", Decimal(5)),),
        )
        rules = compile_rules(path)
        shared = {"counted_in": frozenset({"https://other.example/p"})}

        found = evaluate(rules, [held("a", **shared), held("b", **shared)], SETTING)
        assert not found.is_complete
        assert [left.code for left in found.left] == ["limit"]
        assert evaluate(rules, [held("a", **shared), held("b", **shared), held("c")], SETTING).is_complete

    def test_of_a_group_one_counts(self) -> None:
        group = (frozenset({achievement("a"), achievement("b")}),)
        path = pathway(component("a"), component("b"), destination=all_of("a", "b"), one_of=group)

        assert not evaluate(compile_rules(path), [held("a"), held("b")], SETTING).is_complete

    def test_who_holds_what_excludes_is_barred_and_told(self) -> None:
        path = pathway(component("a"), destination=all_of("a"), not_for=frozenset({achievement("degree")}))
        rules = compile_rules(path)

        assert evaluate(rules, [held("a")], SETTING).is_complete
        found = evaluate(rules, [held("a"), held("degree")], SETTING)
        assert not found.is_complete
        assert found.barred_by == ("urn:uuid:degree",)


def test_pairs_of_which_one_counts_are_told_not_to_be_enough_without_trying_all() -> None:
    """Eighteen credentials that fit eighteen places, in pairs of which one counts: no way to ten."""
    names = [str(number) for number in range(18)]
    places = [component(f"c{name}", *names) for name in names]
    groups = tuple(frozenset({achievement(2 * pair), achievement(2 * pair + 1)}) for pair in range(9))
    path = pathway(*places, destination=all_of(*[place.id for place in places], required=10), one_of=groups)
    found = evaluate(compile_rules(path), [held(name) for name in names], SETTING)

    assert not found.is_complete
    assert found.is_exact


@pytest.mark.parametrize("condition", [all_of("a", "a"), all_of("nothing"), all_of("end")])
def test_what_is_no_tree_is_not_compiled(condition: Condition) -> None:
    with pytest.raises(NotATree):
        compile_rules(pathway(component("a"), destination=condition))


def test_credit_is_not_counted_twice_for_one_source() -> None:
    path = pathway(component("t1"), component("t2"), destination=all_of("t1", "t2", required=0, credits=Decimal(12)))
    rules = compile_rules(path)
    twice = [held(name, credits=6, source="urn:uuid:abroad") for name in ("t1", "t2")]
    found = evaluate(rules, twice, SETTING)

    assert not found.is_complete
    assert [(one.credential, one.credits) for one in found.placed] == [("urn:uuid:t1", Decimal(6))]
    assert [(one.credential, one.code) for one in found.left] == [("urn:uuid:t2", "same-source")]
    assert evaluate(rules, [twice[0], held("t2", credits=6, source="urn:uuid:elsewhere")], SETTING).is_complete


def test_a_source_does_not_count_beside_its_award() -> None:
    """What was brought in between takes the place that is free then."""
    path = pathway(component("a", "s"), component("b", "t", "x"), destination=all_of("a", "b"))
    source, award = held("s", awarded=date(2024, 1, 1)), held("t", source="urn:uuid:s", awarded=date(2024, 1, 2))
    rules = compile_rules(path)

    assert not evaluate(rules, [source, award], SETTING).is_complete
    found = evaluate(rules, [source, award, held("x")], SETTING)
    assert found.is_complete
    assert {one.credential for one in found.placed} == {"urn:uuid:s", "urn:uuid:x"}


def test_what_a_limit_takes_out_leaves_its_place_to_others() -> None:
    path = pathway(component("a", "s"), component("b", "t", "x"), component("c"), destination=all_of("a", "b", "c"))
    held_now = [held("s"), held("t", source="urn:uuid:s", credits=9), held("x")]
    found = evaluate(compile_rules(path), held_now, SETTING)

    assert not found.is_complete
    assert {one.credential for one in found.placed} == {"urn:uuid:s", "urn:uuid:x"}


def test_what_the_search_left_out_counts_where_there_is_room() -> None:
    """`late` did not find room where it was tried first, and no limit is in its way in the other place."""
    path = pathway(
        component("a", "a1", "a2", "a3"),
        component("b", "a2", credits=Decimal(3), maximum=3),
        Component("open", constraints=(LevelAtLeast(6),), minimum=2, maximum=4),
        destination=Condition(("b", "a"), (all_of("open", credits=Decimal(8)),), required=2, credits=Decimal(8)),
    )
    elsewhere = frozenset({"https://other.example/p"})
    holding = [
        held("source", "x", counted_in=elsewhere),
        held("award", "a1", credits=0, level=7, source="urn:uuid:source"),
        held("first", "a2", level=5, counted_in=elsewhere),
        held("later", "a1", credits="2.5"),
        held("last", "a3", credits="2.5"),
    ]
    found = evaluate(compile_rules(path), holding, SETTING)

    assert found.is_complete
    assert [one.code for one in found.left] == ["same-source"]
