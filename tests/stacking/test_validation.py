"""Flaws: each kind is found and named, and a pathway without any can be compiled and completed by someone."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from stacking import Component, Condition, Pathway, compile_rules, evaluate, flaws
from stacking.constraints import IssuedBy
from stacking.crowded import crowd
from stacking.model import Sharing
from tests.stacking.pathways import SETTING, achievement, all_of, component, held, pathway, pathways

NORTH = IssuedBy(frozenset({"did:web:north.example"}))
OTHER = "https://laurel.example/pathways/other"
GOOD = pathway(component("a"), component("b"), destination=all_of("a", "b"))


def worth_a_degree(part: Component | None = None, *names: str, **members: object) -> Pathway:
    """One that is, with a part more; `names` are those that it asks for besides."""
    parts = [part, *map(component, names[1:])] if part else []
    worth = {"accepts": (achievement("degree"),)}
    given: dict[str, object] = {"condition": all_of("a", "b", *names[:1])} | worth | members
    end = Component("end", **given)  # type: ignore[arg-type]  # by name
    return replace(GOOD, components={**GOOD.components, **{one.id: one for one in parts}, "end": end})


def test_a_good_pathway_has_none() -> None:
    assert flaws(GOOD) == ()
    assert flaws(worth_a_degree(credits=Decimal(30))) == ()


def test_an_open_place_may_take_what_is_in_a_group() -> None:
    """So a group of which one achievement alone is asked for by name is not pointless."""
    electives = Component("electives", constraints=(NORTH,))
    path = pathway(
        component("a", "a", "b"),
        electives,
        destination=all_of("a", "electives"),
        one_of=(frozenset({achievement("a"), achievement("x")}),),
    )

    assert flaws(path) == ()


def test_as_many_places_as_achievements_count_none_twice() -> None:
    assert flaws(pathway(component("a", "x", "y"), component("b", "y", "x"), destination=all_of("a", "b"))) == ()


@pytest.mark.parametrize(
    ("path", "code", "where"),
    [
        (replace(GOOD, destination="nothing"), "unknown-component", "nothing"),
        (pathway(component("a"), destination=all_of("a", "z")), "unknown-component", "end"),
        (pathway(component("a"), component("b"), destination=all_of("a")), "unreachable", "b"),
        (pathway(component("a"), destination=all_of("a", required=2)), "unreachable", "end"),
        (pathway(component("a"), destination=all_of("a", required=0)), "unreachable", "end"),
        (pathway(component("a"), destination=Condition(("a",), (Condition(),))), "unreachable", "end"),
        (pathway(Component("a"), destination=all_of("a")), "unreachable", "a"),
        (pathway(component("a", minimum=2), destination=all_of("a")), "unreachable", "a"),
        (
            pathway(component("a", credits=Decimal(5)), destination=all_of("a", credits=Decimal(6))),
            "unreachable",
            "end",
        ),
        (pathway(component("a"), destination=Condition(("a",), (all_of("a"),))), "double-counting", "a"),
        (pathway(component("a"), component("b", "a"), destination=all_of("a", "b")), "double-counting", "b"),
        (
            pathway(
                component("a", condition=all_of("b")), component("b", condition=all_of("a")), destination=all_of("a")
            ),
            "cycle",
            "a",
        ),
        (replace(GOOD, not_for=frozenset({achievement("a")})), "contradiction", achievement("a")),
        (replace(worth_a_degree(), not_for=frozenset({achievement("degree")})), "contradiction", achievement("degree")),
        (worth_a_degree(component("c", "c", "degree"), "c"), "cycle", "c"),
        (replace(GOOD, components={"end": component("end", "degree")}), "unreachable", "end"),
        (worth_a_degree(constraints=(NORTH,)), "pointless", "end"),
        (worth_a_degree(minimum=2, maximum=2), "pointless", "end"),
        (worth_a_degree(Component("m", condition=all_of("n"), constraints=(NORTH,)), "m", "n"), "pointless", "m"),
        (worth_a_degree(Component("m", condition=all_of("n"), credits=Decimal(5)), "m", "n"), "pointless", "m"),
        (pathway(component("a"), destination=all_of("a", credits=Decimal(0))), "pointless", "end"),
        (replace(GOOD, sharing=(Sharing(GOOD.id, Decimal(5)),)), "pointless", GOOD.id),
        (replace(GOOD, sharing=(Sharing(OTHER, Decimal(5)), Sharing(OTHER, Decimal(6)))), "contradiction", OTHER),
        (replace(GOOD, one_of=(frozenset({achievement("a"), achievement("x")}),)), "pointless", "one-of"),
        (
            pathway(*[component(name, "x", "y") for name in "abc"], destination=all_of("a", "b", "c")),
            "double-counting",
            "c",
        ),
        (replace(GOOD, one_of=(frozenset({achievement("a")}),)), "pointless", "one-of"),
        (worth_a_degree(accepts=(achievement("degree"), achievement("diploma"))), "contradiction", "end"),
        (
            pathway(component("a", "x", "y"), component("b", "x"), component("c", "y"), destination=all_of(*"abc")),
            "double-counting",
            "c",
        ),
        (replace(GOOD, one_of=(frozenset({achievement("a"), achievement("b")}),)), "unreachable", "one-of"),
        (
            pathway(component("a", constraints=(NORTH, IssuedBy(frozenset({"did:web:s"})))), destination=all_of("a")),
            "unreachable",
            "a",
        ),
        (pathway(component("a", "x", "x"), component("b", "x"), destination=all_of("a", "b")), "double-counting", "b"),
    ],
)
def test_each_flaw_is_named(path: Pathway, code: str, where: str) -> None:
    assert (code, where) in {(flaw.code, flaw.where) for flaw in flaws(path)}


def test_credits_that_a_credential_decides_may_be_enough() -> None:
    assert flaws(pathway(component("a"), destination=all_of("a", credits=Decimal(600)))) == ()


def test_one_of_a_group_is_enough_where_others_are_accepted_too() -> None:
    group = (frozenset({achievement("a"), achievement("b")}),)

    assert flaws(replace(GOOD, components={**GOOD.components, "b": component("b", "b", "c")}, one_of=group)) == ()


def test_groups_in_a_chain_through_many_components_are_judged() -> None:
    """Neighbours must not choose alike: with fifteen choices each they can, with one they cannot."""
    for choices, found in ((15, ()), (1, ("unreachable",))):
        names = [[f"{number}-{which}" for which in range(choices)] for number in range(66)]
        parts = [component(f"c{number}", *accepted) for number, accepted in enumerate(names)]
        chained = tuple(
            frozenset({achievement(one), achievement(other)})
            for accepted, following in pairwise(names)
            for one, other in zip(accepted, following, strict=True)
        )
        path = pathway(*parts, destination=all_of(*[one.id for one in parts]), one_of=chained)

        assert tuple(flaw.code for flaw in flaws(path)) == found


def test_a_large_group_leaves_room_for_one() -> None:
    """Of three hundred achievements one counts: two places that accept nothing else cannot both be had."""
    names = [f"x{number}" for number in range(300)]
    parts = [component("a", *names[:150]), component("b", *names[150:])]
    group = (frozenset(map(achievement, names)),)

    assert [flaw.code for flaw in flaws(pathway(*parts, destination=all_of("a", "b"), one_of=group))] == ["unreachable"]
    assert flaws(pathway(*parts, destination=all_of("a", "b", required=1), one_of=group)) == ()


def test_very_many_credentials_in_a_place_are_no_obstacle() -> None:
    group = (frozenset({achievement("a"), achievement("x")}),)
    many = [component(f"m{number}", maximum=1000) for number in range(3)]
    path = pathway(component("a", "a", "x"), *many, destination=all_of("a", *[one.id for one in many]), one_of=group)

    assert flaws(path) == ()


def test_what_cannot_be_found_out_is_said_and_is_no_flaw_that_is_known() -> None:
    """A ring of three hundred, of which no two neighbours count, and each place takes any of them."""
    names = [f"x{number}" for number in range(300)]
    ring = tuple(frozenset({achievement(one), achievement(other)}) for one, other in pairwise([*names, names[0]]))
    parts = [component(f"c{number}", *names) for number in range(290)]
    [flaw] = flaws(pathway(*parts, destination=all_of(*[one.id for one in parts]), one_of=ring))

    assert (flaw.code, flaw.where, flaw.is_known) == ("undecided", "one-of", False)


@settings(deadline=None, max_examples=100)
@given(st.lists(st.sets(st.integers(0, 5), min_size=1, max_size=3), min_size=1, max_size=7))
def test_places_that_are_all_needed_are_crowded_exactly_when_one_of_each_is_not_enough(
    accepted: list[set[int]],
) -> None:
    parts = [component(f"c{number}", *sorted(which)) for number, which in enumerate(accepted)]
    rules = compile_rules(pathway(*parts, destination=all_of(*[one.id for one in parts])))
    found = crowd(rules)

    assert (found is None) == evaluate(rules, [held(str(number), number) for number in range(6)], SETTING).is_complete
    if found is not None:
        named = set().union(*(rules.pathway.components[name].accepts for name in found.components))
        assert set(found.achievements) == named
        assert len(named) < len(set(found.components)) == len(found.components)


@settings(deadline=None, max_examples=50)
@given(path=pathways())
def test_a_pathway_without_flaws_can_be_completed(path: Pathway) -> None:
    assume(not flaws(path))
    grouped = frozenset[str]().union(*path.one_of)
    plenty = [
        held(f"{number}-{copy}", number, credits=12)
        for number in range(6)
        for copy in range(1 if achievement(number) in grouped else 3 * len(path.components))
    ]

    assert evaluate(compile_rules(path), plenty, SETTING).is_complete


@given(path=pathways())
def test_whatever_has_no_flaw_in_its_shape_compiles(path: Pathway) -> None:
    assume(not flaws(path))
    assert compile_rules(path).nodes[-1].name == "end"
