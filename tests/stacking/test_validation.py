"""Flaws: each kind is found and named, and a pathway without any can be compiled and completed by someone."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import assume, given

from stacking import Component, Condition, Pathway, compile_rules, evaluate, flaws
from tests.stacking.pathways import SETTING, achievement, all_of, component, held, pathway, pathways

GOOD = pathway(component("a"), component("b"), destination=all_of("a", "b"))


def test_a_good_pathway_has_none() -> None:
    assert flaws(GOOD) == ()


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
        (replace(GOOD, one_of=(frozenset({achievement("a")}),)), "pointless", "one-of"),
    ],
)
def test_each_flaw_is_named(path: Pathway, code: str, where: str) -> None:
    assert (code, where) in {(flaw.code, flaw.where) for flaw in flaws(path)}


def test_credits_that_a_credential_decides_may_be_enough() -> None:
    assert flaws(pathway(component("a"), destination=all_of("a", credits=Decimal(600)))) == ()


@given(path=pathways())
def test_a_pathway_without_flaws_or_limits_can_be_completed(path: Pathway) -> None:
    path = replace(path, one_of=(), sharing=())
    assume(not flaws(path))
    plenty = [
        held(f"{number}-{copy}", number, credits=12) for number in range(6) for copy in range(3 * len(path.components))
    ]

    assert evaluate(compile_rules(path), plenty, SETTING).is_complete


@given(path=pathways())
def test_whatever_has_no_flaw_in_its_shape_compiles(path: Pathway) -> None:
    assume(not flaws(path))
    assert compile_rules(path).nodes[-1].name == "end"
