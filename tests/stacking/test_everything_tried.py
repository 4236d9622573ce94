"""The evaluator against trying everything, on pathways of everything there is; and its explanation against itself."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from stacking import Held, Pathway, compile_rules, evaluate
from stacking.award import completion
from stacking.evaluation import completes
from stacking.limits import of_one_source
from stacking.measure import counted
from stacking.reachable import Reach, reach
from tests.stacking.pathways import (
    SETTING,
    all_of,
    can_complete,
    component,
    credentials,
    held,
    pathway,
    rich_pathways,
)

PLENTY = Decimal(1000)


@settings(deadline=None, max_examples=50)
@given(path=rich_pathways(), holding=credentials())
def test_the_decision_is_right(path: Pathway, holding: list[Held]) -> None:
    rules = compile_rules(path)
    found = evaluate(rules, holding, SETTING)

    assert found.is_exact
    assert found.is_complete == completes(rules, holding, SETTING) == can_complete(path, holding)
    assert (completion(rules, holding, SETTING) is not None) == found.is_complete


@settings(deadline=None, max_examples=50)
@given(path=rich_pathways(), holding=credentials(), data=st.data())
def test_order_never_matters(path: Pathway, holding: list[Held], data: st.DataObject) -> None:
    rules = compile_rules(path)

    assert evaluate(rules, data.draw(st.permutations(holding)), SETTING) == evaluate(rules, holding, SETTING)


@settings(deadline=None, max_examples=50)
@given(path=rich_pathways(), holding=credentials(), more=credentials())
def test_more_never_loses_it_unless_an_exclusion_says_so(path: Pathway, holding: list[Held], more: list[Held]) -> None:
    rules = compile_rules(path)
    if not evaluate(rules, holding, SETTING).is_complete:
        return
    added = [*holding, *(replace(one, id=f"{one.id}-more") for one in more)]

    assert evaluate(rules, added, SETTING).is_complete == (not any(one.achievement in path.not_for for one in added))


@settings(deadline=None, max_examples=50)
@given(path=rich_pathways(), holding=credentials())
def test_what_counts_breaks_no_limit(path: Pathway, holding: list[Held]) -> None:
    """At most so many credits shared, one of a group, one of one source, and no more in a place than it takes."""
    found = evaluate(compile_rules(path), holding, SETTING)
    by_id = {one.id: one for one in holding}
    counting = [(path.components[one.component], by_id[one.credential]) for one in found.placed]

    assert len({one.id for _, one in counting}) == len(counting)
    assert all(one.credits == counted(path.components[one.component], by_id[one.credential]) for one in found.placed)
    for part in path.components.values():
        assert sum(place is part for place, _ in counting) <= part.maximum
    for limit in path.sharing:
        assert sum(counted(place, one) for place, one in counting if limit.pathway in one.counted_in) <= limit.credits
    for group in path.one_of:
        assert sum(one.achievement in group for _, one in counting) <= 1
    assert of_one_source([one for _, one in counting]) == []


@settings(deadline=None, max_examples=50)
@given(path=rich_pathways(), holding=credentials())
def test_what_is_missing_completes_it(path: Pathway, holding: list[Held]) -> None:
    """Whoever earns enough for what is named, whichever of its achievements they can, has completed it."""
    rules = compile_rules(path)
    found = evaluate(rules, holding, SETTING)
    if found.is_complete or found.barred_by or not found.missing:
        return
    new = [
        held(f"new-{name}-{copy}-{which}", *([of] if of else ["any"]), credits=PLENTY, level=8)
        for name in found.missing
        for copy in range(path.components[name].maximum)
        for which, accepted in enumerate(path.components[name].accepts or ("",))
        for of in [accepted.rpartition("/")[2]]
    ]

    assert evaluate(rules, [*holding, *new], SETTING).is_complete


@settings(deadline=None, max_examples=50)
@given(path=rich_pathways(), holding=credentials())
def test_whom_something_completes_nothing_was_called_out_of_reach(path: Pathway, holding: list[Held]) -> None:
    """Publication refuses no pathway that somebody completes."""
    assert not can_complete(path, holding) or reach(path) is not Reach.CANNOT


@settings(deadline=None, max_examples=50)
@given(before=rich_pathways(), after=rich_pathways(), holding=credentials())
def test_each_version_is_decided_by_itself(before: Pathway, after: Pathway, holding: list[Held]) -> None:
    """What was compiled and evaluated of one version leaves nothing behind for another."""
    versions = [compile_rules(before), compile_rules(replace(after, version=2))]
    alone = [evaluate(rules, holding, SETTING) for rules in versions]

    assert [evaluate(rules, holding, SETTING) for rules in reversed(versions)] == list(reversed(alone))
    assert alone == [evaluate(compile_rules(rules.pathway), holding, SETTING) for rules in versions]


def test_credits_that_cannot_be_enough_are_known_without_a_search() -> None:
    """Each of ten fits two of twenty-five places, for five credits wherever it counts: fifty are not sixty."""
    for each, missing in ((None, ("c2",)), (Decimal(5), ("c2", "c3"))):
        places = [component(f"c{number}", number, (number + 1) % 25, credits=each) for number in range(25)]
        path = pathway(*places, destination=all_of(*[one.id for one in places], credits=Decimal(60)))
        found = evaluate(compile_rules(path), [held(str(2 * number), 2 * number) for number in range(10)], SETTING)

        assert (found.is_complete, found.is_exact, found.missing, found.is_shortest) == (False, True, missing, True)
