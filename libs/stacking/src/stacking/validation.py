"""What is wrong with a pathway before anyone walks it: never to be reached, turning in circles, counting twice."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from stacking.constraints import IssuedBy
from stacking.crowded import crowd
from stacking.model import Component, Condition, Pathway
from stacking.reachable import Reach, reach
from stacking.rules import compile_rules

UNDECIDED = "undecided"
INFINITE = Decimal("Infinity")


@dataclass(frozen=True, slots=True)
class Flaw:
    """A reason not to publish: a stable code, the component or condition, and what is wrong in words."""

    code: str
    where: str
    message: str

    @property
    def is_known(self) -> bool:
        """Whether it is one. What could not be found out is told, and keeps nothing from being published."""
        return self.code != UNDECIDED


def flaws(pathway: Pathway) -> tuple[Flaw, ...]:
    """Everything that is wrong, in tree order. A pathway without flaws can be compiled, and someone can complete it.

    Whether someone can is bounded work; what it does not find out is told as `undecided`.
    """
    shape = tuple(_shape(pathway))
    return shape or tuple(_rules(pathway)) or tuple(_together(pathway))


def _shape(pathway: Pathway) -> Iterator[Flaw]:
    """A tree below the destination that holds every component once."""
    if pathway.destination not in pathway.components:
        yield Flaw("unknown-component", pathway.destination, "the destination is not one of the components")
        return
    parents: dict[str, list[str]] = {}
    for component in pathway.components.values():
        for target in _targets(component.condition):
            if target not in pathway.components:
                yield Flaw("unknown-component", component.id, f"{target} is not one of the components")
            parents.setdefault(target, []).append(component.id)
    for target, above in parents.items():
        if len(above) > 1:
            yield Flaw("double-counting", target, f"it would count in {' and in '.join(above)}")
    yield from _circles(pathway)
    reached = _below(pathway, pathway.destination)
    for name in pathway.components:
        if name not in reached:
            yield Flaw("unreachable", name, "no condition below the destination asks for it")


def _circles(pathway: Pathway) -> Iterator[Flaw]:
    done: set[str] = set()
    for start in pathway.components:
        path: list[str] = []
        walk: list[tuple[str, bool]] = [(start, False)]
        while walk:
            name, leaving = walk.pop()
            if leaving:
                path.pop()
                done.add(name)
            elif name in path:
                yield Flaw("cycle", name, f"it needs itself: {' needs '.join([*path[path.index(name) :], name])}")
            elif name not in done and name in pathway.components:
                path.append(name)
                walk.append((name, True))
                walk += [(target, False) for target in _targets(pathway.components[name].condition)]


def _below(pathway: Pathway, start: str) -> set[str]:
    found, waiting = set[str](), [start]
    while waiting:
        name = waiting.pop()
        if name not in found and name in pathway.components:
            found.add(name)
            waiting += _targets(pathway.components[name].condition)
    return found


def _targets(condition: Condition | None) -> list[str]:
    if condition is None:
        return []
    return [*condition.targets, *(target for nested in condition.conditions for target in _targets(nested))]


def _rules(pathway: Pathway) -> Iterator[Flaw]:
    for component in pathway.components.values():
        yield from _component(pathway, component)
    yield from tuple(_accepted_twice(pathway)) or _needed_twice(pathway)
    yield from _worths(pathway)
    yield from _limits(pathway)


def _limits(pathway: Pathway) -> Iterator[Flaw]:
    """What is said of several credentials together, and of other pathways."""
    parts = [one for one in pathway.components.values() if one.id != pathway.destination]
    asked = {achievement for component in parts for achievement in component.accepts}
    takes_any = any(not one.accepts and not one.condition for one in parts)
    for group in pathway.one_of:
        if len(group) < 2:
            yield Flaw("pointless", "one-of", "at most one of one achievement says nothing")
        elif len(group & asked) < 2 and not takes_any:
            yield Flaw("pointless", "one-of", f"of {', '.join(sorted(group))}, fewer than two are asked for")
    for achievement in sorted(pathway.not_for & asked):
        yield Flaw("contradiction", achievement, "it is asked for, and who holds it cannot complete the pathway")
    if pathway.worth in pathway.not_for:
        yield Flaw("contradiction", str(pathway.worth), "the pathway is worth it, and is not for who holds it")
    others = [one.pathway for one in pathway.sharing]
    for other in dict.fromkeys(others):
        if other == pathway.id:
            yield Flaw("pointless", other, "a pathway shares no credits with itself")
        elif others.count(other) > 1:
            yield Flaw("contradiction", other, "what is shared with it has more than one limit")


def _component(pathway: Pathway, component: Component) -> Iterator[Flaw]:
    is_destination = component.id == pathway.destination
    if component.condition:
        yield from _condition(pathway, component.condition, component.id)
        if is_destination or not component.accepts:
            yield from _of_parts(component, is_destination=is_destination)
    elif is_destination:
        yield Flaw("unreachable", component.id, "nothing says how it is reached: it has no condition")
    elif not component.accepts and not component.constraints:
        yield Flaw("unreachable", component.id, "it accepts no achievement, has no constraint and no condition")
    issuers = [rule.issuers for rule in component.constraints if isinstance(rule, IssuedBy)]
    if issuers and not frozenset.intersection(*issuers):
        yield Flaw("unreachable", component.id, "no issuer is in all of its lists of issuers")
    if not is_destination and pathway.worth in component.accepts:
        yield Flaw("cycle", component.id, f"it asks for {pathway.worth}, which is what the pathway itself is worth")
    if component.minimum < 1 or component.maximum < component.minimum:
        yield Flaw(
            "unreachable", component.id, f"from {component.minimum} to {component.maximum} credentials cannot be"
        )


def _of_parts(component: Component, *, is_destination: bool) -> Iterator[Flaw]:
    """No credential counts in it, so that what is said of credentials says nothing."""
    if component.constraints:
        yield Flaw("pointless", component.id, "its constraints look at no credential: it is reached by its parts")
    if (component.minimum, component.maximum) != (1, 1):
        yield Flaw("pointless", component.id, "no number of credentials counts in it: it is reached by its parts")
    if component.credits is not None and not is_destination:
        yield Flaw("pointless", component.id, "its credits are those of its parts: it has no achievement of its own")


def _condition(pathway: Pathway, condition: Condition, where: str) -> Iterator[Flaw]:
    children = len(condition.targets) + len(condition.conditions)
    if not children:
        yield Flaw("unreachable", where, "a condition asks for nothing: it has no target")
    if condition.required is not None and not 0 < condition.required <= children:
        yield Flaw("unreachable", where, f"{condition.required} of {children} cannot be reached")
    if condition.credits is not None and condition.credits <= 0:
        yield Flaw("pointless", where, "no credits ask for nothing")
    most = _most(pathway, condition)
    if condition.credits is not None and most < condition.credits:
        yield Flaw("unreachable", where, f"{condition.credits} credits are asked for, {most} at most can be had")
    for nested in condition.conditions:
        yield from _condition(pathway, nested, where)


def _most(pathway: Pathway, condition: Condition) -> Decimal:
    """The credits that its targets can add up to; infinite where a credential decides."""
    found = sum((_worth(pathway, pathway.components[target]) for target in condition.targets), Decimal(0))
    return found + sum((_most(pathway, nested) for nested in condition.conditions), Decimal(0))


def _worth(pathway: Pathway, component: Component) -> Decimal:
    below = _most(pathway, component.condition) if component.condition else Decimal(0)
    if component.condition and not component.accepts:
        return below
    own = INFINITE if component.credits is None else component.credits * component.maximum
    return max(own, below)


def _together(pathway: Pathway) -> Iterator[Flaw]:
    """What can be had by itself, and not together."""
    found = reach(pathway) if pathway.one_of else Reach.CAN
    if found is Reach.CANNOT:
        yield Flaw("unreachable", "one-of", "nobody can complete it: of each group, only one counts")
    if found is Reach.UNDECIDED:
        why = "whether anybody can complete it was not found out: of each group one counts, in too many ways to try all"
        yield Flaw(UNDECIDED, "one-of", why)


def _needed_twice(pathway: Pathway) -> Iterator[Flaw]:
    """The same where places accept different ones, and all of them are needed."""
    if found := crowd(compile_rules(pathway)):
        names, where, *others = " and ".join(found.achievements), *found.components
        accepted = f"{names} is all that it and {', '.join(others)} accept: one would count twice"
        yield Flaw("double-counting", where, accepted)


def _worths(pathway: Pathway) -> Iterator[Flaw]:
    """A completed pathway is worth one achievement."""
    first, *others = pathway.components[pathway.destination].accepts or ("",)
    if others:
        awarded = f"one credential is awarded, for {first}: {', '.join(others)} would never be"
        yield Flaw("contradiction", pathway.destination, awarded)


def _accepted_twice(pathway: Pathway) -> Iterator[Flaw]:
    """An achievement asked for in more places than there are credentials of it: one credential counts once."""
    places: dict[frozenset[str], list[str]] = {}
    for component in pathway.components.values():
        if component.accepts and component.id != pathway.destination:
            places.setdefault(frozenset(component.accepts), []).append(component.id)
    for accepted, where in places.items():
        if len(where) > len(accepted):
            names, *others = " and ".join(sorted(accepted)), *where[:-1]
            yield Flaw(
                "double-counting", where[-1], f"{names} is all it accepts, and all that {', '.join(others)} accepts"
            )
