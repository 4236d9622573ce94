"""What is said to be missing completes the pathway, and nothing less does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import combinations_with_replacement, product

from hypothesis import assume, given, settings

from stacking import Component, Condition, Held, Pathway, Rules, compile_rules, evaluate, flaws
from stacking.assignment import assign, offer
from stacking.closest import closest
from stacking.constraints import LevelAtLeast
from tests.stacking.pathways import SETTING, achievement, all_of, component, credentials, held, pathway, pathways

PLENTY = 1000


def earned(rules: Rules, places: Sequence[int]) -> Iterator[list[Held]]:
    """Credentials for the places, in all ways to choose one achievement for each. They pass, and are worth plenty."""
    named = sorted(set(places))
    for chosen in product(*[rules.places[place].accepts for place in named]):
        what = dict(zip(named, chosen, strict=True))
        yield [
            Held(f"new:{number}", what[place], "did:web:north.example", SETTING.day, Decimal(PLENTY), 8)
            for number, place in enumerate(places)
        ]


def is_met_with(rules: Rules, holding: list[Held], places: Sequence[int]) -> bool:
    return any(evaluate(rules, [*holding, *new], SETTING).is_complete for new in earned(rules, places))


@settings(deadline=None, max_examples=40)
@given(path=pathways(), holding=credentials())
def test_it_completes_the_pathway(path: Pathway, holding: list[Held]) -> None:
    assume(not flaws(path))
    rules = compile_rules(path)
    found = evaluate(rules, holding, SETTING)
    assume(not found.is_complete)
    named = [at for at, place in enumerate(rules.places) if place.id in found.missing]

    assert len(named) == len(found.missing) > 0
    assert is_met_with(rules, holding, [at for at in named for _ in range(rules.places[at].maximum)])


@settings(deadline=None, max_examples=25)
@given(path=pathways(), holding=credentials())
def test_so_many_credentials_do_and_no_fewer(path: Pathway, holding: list[Held]) -> None:
    assume(not flaws(path))
    rules = compile_rules(path)
    offered = offer(rules, holding, SETTING)
    found = assign(rules, offered)
    assume(not found.measure.is_complete)
    near = closest(rules, offered, found)
    assert near.way is not None
    assume(near.way.length <= 2)

    assert is_met_with(rules, holding, near.way.places)
    for places in combinations_with_replacement(range(len(rules.places)), near.way.length - 1):
        assert not (near.is_shortest and is_met_with(rules, holding, places))


def missing(path: Pathway, *holding: Held) -> tuple[str, ...]:
    found = evaluate(compile_rules(path), holding, SETTING)

    assert not found.is_complete
    assert found.is_shortest
    return found.missing


def test_one_credential_may_be_worth_all_that_is_short() -> None:
    path = pathway(*map(component, "abc"), destination=all_of("a", "b", "c", required=2, credits=Decimal(15)))

    assert missing(path, held("a", credits=5)) == ("b",)
    assert missing(path, held("a", credits=5), held("b", credits=5), held("c", credits=4)) == ("a",)


def test_fewer_that_are_worth_more_go_before_more_that_are_worth_less() -> None:
    small = [component(f"s{number}", credits=Decimal(2)) for number in range(3)]
    names = [one.id for one in small]
    path = pathway(
        *small,
        component("large", credits=Decimal(6)),
        destination=all_of(*names, "large", required=2, credits=Decimal(8)),
    )

    assert missing(path) == ("s0", "large")


def test_what_the_pathway_says_it_is_worth_goes_before_what_a_credential_may_be() -> None:
    path = pathway(component("a"), component("b", credits=Decimal(5)), destination=all_of("a", "b", credits=Decimal(5)))

    assert missing(path) == ("b",)


def test_a_place_with_room_is_named_for_the_credits_that_it_may_still_bring() -> None:
    electives = Component("electives", constraints=(LevelAtLeast(6),), maximum=4, credits=Decimal(5))
    path = pathway(electives, destination=all_of("electives", credits=Decimal(15)))

    assert missing(path, held("x")) == ("electives",)


def test_it_is_counted_from_the_choice_that_leaves_least() -> None:
    """`x` fits both ways; of the first, two would be missing still, of the second none but one."""
    path = pathway(
        component("a1", "a1", "x"),
        component("a2"),
        component("a3"),
        component("b1", "b1", "x"),
        component("b2"),
        destination=Condition((), (all_of("a1", "a2", "a3"), all_of("b1", "b2")), required=1),
    )

    assert missing(path, held("x")) == ("b2",)


def test_parts_are_named_rather_than_what_stands_for_them() -> None:
    path = pathway(
        component("p1"),
        component("p2"),
        component("certificate", condition=all_of("p1", "p2")),
        component("thesis"),
        destination=all_of("certificate", "thesis"),
    )

    assert missing(path, held("p1")) == ("p2", "thesis")
    assert missing(path, held("certificate")) == ("thesis",)


def test_what_stands_for_parts_is_named_where_they_cannot_be_had() -> None:
    """Of `p1` and what is held, one counts."""
    path = pathway(
        component("p1"),
        component("p2"),
        component("certificate", condition=all_of("p1", "p2")),
        component("b"),
        destination=all_of("certificate", "b"),
        one_of=(frozenset({achievement("p1"), achievement("b")}),),
    )

    assert evaluate(compile_rules(path), [held("b"), held("p2")], SETTING).missing == ("certificate",)


def test_what_a_limit_would_not_let_count_is_not_named() -> None:
    path = pathway(
        *map(component, "abd"),
        destination=all_of("a", "b", "d", required=2),
        one_of=(frozenset({achievement("a"), achievement("b")}),),
    )

    assert missing(path, held("b")) == ("d",)


def test_what_gives_way_to_another_of_its_group_is_not_named() -> None:
    """`a` alone would do for the first condition, but `d` is needed, and of the two one counts."""
    path = pathway(
        *map(component, "acd"),
        destination=Condition((), (all_of("a", "c", required=1), all_of("d"))),
        one_of=(frozenset({achievement("a"), achievement("d")}),),
    )

    assert evaluate(compile_rules(path), [], SETTING).missing == ("c", "d")


def test_one_short_is_known_where_everything_fits_everywhere() -> None:
    """No choice has to be tried: eleven cannot be twelve."""
    names = [str(number) for number in range(12)]
    places = [component(f"c{name}", *names) for name in names]
    path = pathway(*places, destination=all_of(*[place.id for place in places]))
    found = evaluate(compile_rules(path), [held(name) for name in names[:11]], SETTING)

    assert found.is_exact
    assert found.is_shortest
    assert len(found.missing) == 1


def test_enough_credentials_of_which_too_many_fit_the_same_places_are_known_to_be_short() -> None:
    """Six fit the first five places only: each other place lacks one, whichever is put where."""
    names = [str(number) for number in range(6)]
    first = [component(f"c{number}", *names) for number in range(5)]
    path = pathway(
        *first, component("x"), component("y"), destination=all_of(*[one.id for one in first], "x", "y", required=7)
    )
    found = evaluate(compile_rules(path), [*[held(name) for name in names], held("x")], SETTING)

    assert found.is_exact
    assert (found.missing, found.is_shortest) == (("y",), True)


def test_credits_in_very_many_portions_have_a_way_that_is_not_called_shortest() -> None:
    places = [component(f"c{number}", maximum=1000, credits=Decimal(1) + number) for number in range(20)]
    path = pathway(*places, destination=all_of(*[one.id for one in places], credits=Decimal(150_000)))
    found = evaluate(compile_rules(path), [], SETTING)

    assert found.missing
    assert not found.is_shortest


def test_a_long_chain_of_places_is_followed_to_its_end() -> None:
    """Each credential but the last fits two places, and has to move for the one that fits one."""
    size = 200
    places = [component(f"c{number}", number, number + 1) for number in range(size)]
    path = pathway(*places, destination=all_of(*[one.id for one in places]))
    found = evaluate(compile_rules(path), [held(str(number)) for number in range(1, size)], SETTING)

    assert not found.is_complete
    assert len(found.placed) == size - 1
    assert evaluate(compile_rules(path), [held(str(number)) for number in range(1, size + 1)], SETTING).is_complete


def test_more_choices_than_calls_can_nest_are_decided() -> None:
    """Of a thousand that fit two places any may be chosen, and of the other two only one counts."""
    path = pathway(
        component("a", "x"),
        component("b", "x", "y"),
        component("c"),
        component("d"),
        destination=all_of("a", "b", "c", "d"),
        one_of=(frozenset({achievement("c"), achievement("d")}),),
    )
    many = [held(f"a{number}", "x") for number in range(1_100)]
    found = evaluate(compile_rules(path), [*many, held("c"), held("d")], SETTING)

    assert (found.is_complete, found.is_exact) == (False, True)


def test_a_deep_tree_has_its_way_to_the_end() -> None:
    size = 290
    steps = [Component(f"k{number}", condition=all_of(f"k{number + 1}", f"l{number}")) for number in range(size)]
    path = pathway(
        *steps, *[component(f"l{number}") for number in range(size)], component(f"k{size}"), destination=all_of("k0")
    )

    assert len(missing(path)) == size + 1


class TestGroups:
    """Of a group one achievement counts; what is said to be missing can be earned together all the same."""

    def test_what_uses_up_fewer_groups_is_chosen(self) -> None:
        """For `a`, `x` would use up both groups, and leave nothing for `b`."""
        path = pathway(
            component("a", "x", "y"),
            component("b", "x", "z"),
            destination=all_of("a", "b"),
            one_of=(frozenset({achievement("x"), achievement("z")}), frozenset({achievement("x"), achievement("y")})),
        )

        assert missing(path) == ("a", "b")

    def test_a_place_that_may_have_but_one_of_them_is_not_named_for_two(self) -> None:
        """Two of `b` would be enough, if more than one of its achievement could count."""
        path = pathway(
            component("a", credits=Decimal(3)),
            component("b", maximum=2, credits=Decimal(6)),
            component("c", credits=Decimal(3)),
            destination=all_of("a", "b", "c", credits=Decimal(12)),
            one_of=(frozenset({achievement("b"), achievement("d")}),),
        )
        found = evaluate(compile_rules(path), [held("a")], SETTING)

        assert (found.missing, found.is_shortest) == (("b", "c"), True)

    def test_many_groups_in_a_chain_are_told_apart(self) -> None:
        """Each place has two choices, and neighbours must not choose alike."""
        size = 40
        parts = [component(f"c{number}", f"{number}-l", f"{number}-r") for number in range(size)]
        chained = tuple(
            frozenset({achievement(f"{number}-{side}"), achievement(f"{number + 1}-{side}")})
            for number in range(size - 1)
            for side in "lr"
        )
        path = pathway(*parts, destination=all_of(*[one.id for one in parts]), one_of=chained)

        assert missing(path) == tuple(one.id for one in parts)

    def test_what_stands_for_parts_is_named_where_the_parts_are_worth_too_little(self) -> None:
        """One of `part` counts, for 3 credits; `whole` is worth 6, and 12 are asked for."""
        path = pathway(
            component("part", "p", maximum=2, credits=Decimal(3)),
            component("whole", "w", credits=Decimal(6), condition=all_of("part", required=1)),
            component("rest", "r", credits=Decimal(6)),
            destination=all_of("whole", "rest", credits=Decimal(12)),
            one_of=(frozenset({achievement("p"), achievement("q")}),),
        )

        assert set(missing(path)) == {"whole", "rest"}
