"""How far a pathway is, as a number: 100 exactly when all is reached, and never less for one credential more."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given

from stacking import Condition, Held, Pathway, compile_rules, evaluate
from stacking.share import percent
from tests.stacking.pathways import SETTING, all_of, component, credentials, held, pathway, pathways


def share(path: Pathway, *holding: Held) -> int:
    rules = compile_rules(path)
    return percent(rules, evaluate(rules, holding, SETTING))


@given(path=pathways(), holding=credentials())
def test_a_hundred_means_complete_and_nothing_else_does(path: Pathway, holding: list[Held]) -> None:
    rules = compile_rules(path)
    found = evaluate(rules, holding, SETTING)
    assert 0 <= percent(rules, found) <= 100
    assert (percent(rules, found) == 100) == found.steps[-1].is_met


def test_each_of_what_is_needed_is_a_part() -> None:
    path = pathway(component("a"), component("b"), component("c"), destination=all_of("a", "b", "c"))
    assert [share(path, *(held(name) for name in names)) for names in ("", "a", "ab", "abc")] == [0, 33, 66, 100]


def test_only_as_many_as_are_needed_are_looked_at() -> None:
    path = pathway(component("a"), component("b"), component("c"), destination=Condition(("a", "b", "c"), required=2))
    assert (share(path, held("a")), share(path, held("a"), held("c"))) == (50, 100)


def test_of_number_and_credits_the_lesser_says_how_far_it_is() -> None:
    path = pathway(component("a"), component("b"), destination=Condition(("a", "b"), credits=Decimal(20)))
    assert share(path, held("a", credits=5)) == 25
