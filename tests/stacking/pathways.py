"""Pathways and credentials for tests: built by hand, drawn at random, and judged by trying everything."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import combinations, product

from hypothesis import strategies as st

from stacking import Component, Condition, Held, Pathway, Setting
from stacking.constraints import Constraint, IssuedBy, LevelAtLeast
from stacking.model import Sharing

DAY = date(2026, 11, 28)
SETTING = Setting(DAY, frozenset({"did:web:recognised.example"}))


def achievement(name: object) -> str:
    return f"https://laurel.example/achievements/{name}"


def held(name: str, of: object = None, *, credits: object = 5, **members: object) -> Held:  # noqa: A002 - of the field
    given: dict[str, object] = {"issuer": "did:web:north.example", "awarded": date(2025, 6, 1), "level": 6} | members
    what = achievement(name if of is None else of)
    return Held(f"urn:uuid:{name}", what, credits=Decimal(str(credits)), **given)  # type: ignore[arg-type]  # by name


def component(name: str, *accepts: object, **members: object) -> Component:
    given: dict[str, object] = {"accepts": tuple(achievement(one) for one in accepts or (name,))} | members
    return Component(name, **given)  # type: ignore[arg-type]  # by name


def pathway(*components: Component, destination: Condition, **members: object) -> Pathway:
    """A pathway to `end` by this condition."""
    known = {one.id: one for one in (*components, Component("end", condition=destination))}
    return Pathway("https://laurel.example/pathways/p", 1, "A pathway", "end", known, **members)  # type: ignore[arg-type]


def all_of(*targets: str, **members: object) -> Condition:
    return Condition(targets, **members)  # type: ignore[arg-type]  # by name


CONSTRAINTS: st.SearchStrategy[tuple[Constraint, ...]] = st.sampled_from(
    [(), (), (), (LevelAtLeast(6),), (IssuedBy(frozenset({"did:web:north.example"})),)]
)


@st.composite
def pathways(draw: st.DrawFn) -> Pathway:
    """Small trees with overlapping places, choices, credits and limits: everything that makes assigning hard."""
    places = [
        Component(
            f"c{number}",
            accepts=tuple(achievement(one) for one in draw(st.sets(st.integers(0, 4), min_size=1, max_size=3))),
            constraints=draw(CONSTRAINTS),
            credits=draw(st.sampled_from([None, None, Decimal(3)])),
            minimum=minimum,
            maximum=minimum + draw(st.integers(0, 1)),
        )
        for number in range(draw(st.integers(1, 5)))
        for minimum in [draw(st.sampled_from([1, 1, 1, 2]))]
    ]
    names = [place.id for place in places]
    cut = draw(st.integers(0, len(names)))
    inner = _condition(draw, names[cut:]) if names[cut:] else None
    destination = _condition(draw, names[:cut], inner)
    sharing = (
        Sharing(
            "https://other.example/p",
            Decimal(draw(st.sampled_from([0, 5]))),
        ),
    )
    return pathway(
        *places,
        destination=destination,
        sharing=sharing if draw(st.booleans()) else (),
        one_of=(frozenset({achievement(0), achievement(1)}),) if draw(st.booleans()) else (),
    )


@st.composite
def rich_pathways(draw: st.DrawFn) -> Pathway:
    """Small trees of everything there is: what stands for its parts, any achievement of a kind, exclusions, groups."""
    names = [f"c{number}" for number in range(draw(st.integers(1, 4)))]
    parts = {name: _place(draw, name) for name in names}
    top = list(names)
    for number in range(draw(st.integers(0, 2))):
        cut = draw(st.integers(0, len(top) - 1))
        below = _condition(draw, top[cut:])
        stands_for = draw(st.booleans())
        made = _place(draw, f"m{number}") if stands_for else Component(f"m{number}")
        parts[made.id] = replace(
            made, condition=below, accepts=made.accepts or ((achievement(0),) if stands_for else ())
        )
        top = [*top[:cut], made.id]
    return pathway(
        *parts.values(),
        destination=_condition(draw, top),
        sharing=(Sharing("https://other.example/p", Decimal(draw(st.sampled_from([0, 3, 5])))),)
        if draw(st.booleans())
        else (),
        one_of=tuple(
            frozenset(achievement(one) for one in draw(st.sets(st.integers(0, 4), min_size=2, max_size=3)))
            for _ in range(draw(st.integers(0, 2)))
        ),
        not_for=frozenset({achievement(5)}) if draw(st.integers(0, 4)) == 0 else frozenset(),
    )


def _place(draw: st.DrawFn, name: str) -> Component:
    minimum = draw(st.sampled_from([1, 1, 1, 2]))
    is_open = draw(st.integers(0, 6)) == 0
    return Component(
        name,
        accepts=()
        if is_open
        else tuple(achievement(one) for one in sorted(draw(st.sets(st.integers(0, 4), min_size=1, max_size=3)))),
        constraints=(LevelAtLeast(6),) if is_open else draw(CONSTRAINTS),
        credits=draw(st.sampled_from([None, None, Decimal(3), Decimal(6)])),
        minimum=minimum,
        maximum=minimum + draw(st.integers(0, 2)),
    )


def _condition(draw: st.DrawFn, targets: Sequence[str], inner: Condition | None = None) -> Condition:
    children = len(targets) + (inner is not None)
    required = draw(st.none() | st.integers(1, children))
    wanted = draw(st.none() | st.sampled_from([Decimal(5), Decimal(8), Decimal(12)]))
    return Condition(tuple(targets), (inner,) if inner else (), required, wanted)


@st.composite
def credentials(draw: st.DrawFn) -> list[Held]:
    return [
        held(
            str(number),
            draw(st.integers(0, 5)),
            credits=draw(st.sampled_from([0, 3, 5])),
            level=draw(st.sampled_from([None, 5, 6])),
            issuer=draw(st.sampled_from(["did:web:north.example", "did:web:south.example"])),
            counted_in=draw(st.sampled_from([frozenset(), frozenset({"https://other.example/p"})])),
            source=draw(st.sampled_from([None, None, "urn:uuid:0", "urn:uuid:1", "urn:uuid:abroad"])),
        )
        for number in range(draw(st.integers(0, 5)))
    ]


def can_complete(path: Pathway, holding: Sequence[Held], setting: Setting = SETTING) -> bool:
    """Whether any way to place the credentials completes it: all of them are tried, by the words of the model."""
    if any(one.achievement in path.not_for for one in holding):
        return False
    places = [one for one in path.components.values() if _is_place(path, one)]
    ways: list[list[str | None]] = [[None, *_fits(places, one, setting)] for one in holding]
    return any(_allowed(path, places, chosen) and _met(path, chosen) for chosen in _choices(holding, ways))


def _is_place(path: Pathway, one: Component) -> bool:
    return one.id != path.destination and (bool(one.accepts) or one.condition is None)


def _choices(holding: Sequence[Held], ways: Sequence[Sequence[str | None]]) -> Iterator[list[tuple[str, Held]]]:
    for choice in product(*ways):
        yield [(place, one) for place, one in zip(choice, holding, strict=True) if place]


def _fits(places: Sequence[Component], one: Held, setting: Setting) -> list[str]:
    return [
        place.id
        for place in places
        if (one.achievement in place.accepts or not place.accepts)
        and not any(rule.refuse(one, setting) for rule in place.constraints)
    ]


def _allowed(path: Pathway, places: Sequence[Component], chosen: Sequence[tuple[str, Held]]) -> bool:
    if any(sum(name == place.id for name, _ in chosen) > place.maximum for place in places):
        return False
    if any(_are_one(one, other) for (_, one), (_, other) in combinations(chosen, 2)):
        return False
    if any(sum(one.achievement in group for _, one in chosen) > 1 for group in path.one_of):
        return False
    return all(
        sum(_credits(path, name, one) for name, one in chosen if limit.pathway in one.counted_in) <= limit.credits
        for limit in path.sharing
    )


def _are_one(one: Held, other: Held) -> bool:
    return other.id == one.source or one.id == other.source or one.source == other.source is not None


def _credits(path: Pathway, name: str, one: Held) -> Decimal:
    fixed = path.components[name].credits
    return one.credits if fixed is None else fixed


def _met(path: Pathway, chosen: Sequence[tuple[str, Held]]) -> bool:
    end = path.components[path.destination].condition
    assert end is not None
    return _judge(path, end, chosen)[0]


def _judge(path: Pathway, condition: Condition, chosen: Sequence[tuple[str, Held]]) -> tuple[bool, Decimal]:
    parts = [_judge(path, nested, chosen) for nested in condition.conditions]
    for target in condition.targets:
        counting = [one for name, one in chosen if name == target]
        total = sum((_credits(path, target, one) for one in counting), Decimal(0))
        below = path.components[target].condition
        by_parts = (False, Decimal(0)) if below is None else _judge(path, below, chosen)
        by_itself = _is_place(path, path.components[target]) and len(counting) >= path.components[target].minimum
        parts.append((by_itself or by_parts[0], max(total, by_parts[1])))
    total = sum((worth for _, worth in parts), Decimal(0))
    enough = condition.credits is None or total >= condition.credits
    return sum(met for met, _ in parts) >= condition.number and enough, total
