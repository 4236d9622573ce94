"""A pathway made ready for many evaluations: its tree as a list, children before parents, its places by achievement."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from stacking.evidence import NO_CREDITS
from stacking.model import Component, Condition, Pathway


class NotATree(ValueError):
    """The components do not form a tree below the destination: see validation.flaws."""


class Step(NamedTuple):
    """A component or condition: met or not, how many of its parts are, and the credits in it."""

    name: str
    is_met: bool
    reached: int
    required: int
    credits: Decimal
    credits_required: Decimal | None


@dataclass(frozen=True, slots=True)
class Node:
    """A condition, or a component; one that credentials can reach too has its condition as its only child.

    `place` is where credentials count.
    """

    name: str
    children: tuple[int, ...] = ()
    number: int = 0
    credits: Decimal | None = None
    place: int | None = None
    minimum: int = 1


@dataclass(frozen=True, slots=True)
class Group:
    """Places of one condition: so many of them are needed, and so many credits in them."""

    places: tuple[int, ...]
    number: int
    credits: Decimal | None


@dataclass(frozen=True, slots=True)
class Owed:
    """Credits that are needed in these places, whatever else is. `each` is the most that one credential counts there.

    It is None where a credential decides. `room`: so many credentials count at most.
    """

    places: frozenset[int]
    credits: Decimal
    each: Decimal | None
    room: int


@dataclass(frozen=True, slots=True)
class Rules:
    """What evaluation needs of a pathway. `places` are the components that credentials can count in, in tree order.

    `node_of` is each place's node, `inner` are the nodes that have more to them than a place, `beside` is the group
    that a place is in, `needed` are the groups without which nothing is complete, and `needs` is how many credentials
    those take. `owed` are the credits without which nothing is complete. `alike` are the nodes all of whose parts take
    one credential each. `steps` are the places' as long as nothing counts there, by node.
    """

    pathway: Pathway
    nodes: tuple[Node, ...]
    places: tuple[Component, ...]
    node_of: tuple[int, ...]
    inner: tuple[int, ...]
    steps: tuple[Step, ...]
    groups: tuple[Group, ...]
    beside: Mapping[int, Group]
    needed: tuple[Group, ...]
    needs: int
    owed: tuple[Owed, ...]
    alike: frozenset[int]
    by_achievement: dict[str, tuple[int, ...]]
    open_places: tuple[int, ...]

    def places_for(self, achievement: str) -> tuple[int, ...]:
        """Where a credential for this achievement may count, as far as the achievement goes."""
        found = self.by_achievement.get(achievement, ())
        return tuple(sorted((*found, *self.open_places))) if self.open_places else found


def compile_rules(pathway: Pathway) -> Rules:
    """Raises NotATree for a pathway that has a cycle, an unknown component, or a component with two parents."""
    return _Compiler(pathway).compile()


class _Compiler:
    def __init__(self, pathway: Pathway) -> None:
        self._pathway = pathway
        self._nodes: list[Node] = []
        self._places: list[Component] = []
        self._seen: set[str] = set()

    def compile(self) -> Rules:
        self._component(self._pathway.destination, is_destination=True)
        by_achievement: dict[str, tuple[int, ...]] = {}
        for place, component in enumerate(self._places):
            for achievement in dict.fromkeys(component.accepts):
                by_achievement[achievement] = (*by_achievement.get(achievement, ()), place)
        open_places = tuple(place for place, component in enumerate(self._places) if not component.accepts)
        nodes, places = tuple(self._nodes), tuple(self._places)
        groups = tuple(group for node in nodes for group in _groups(nodes, node))
        at = {node.place: index for index, node in enumerate(nodes)}
        node_of = tuple(at[place] for place in range(len(places)))
        inner = tuple(index for index, node in enumerate(nodes) if node.children or node.place is None)
        steps = tuple(Step(one.name, not one.minimum, 0, one.minimum, NO_CREDITS, None) for one in nodes)
        beside = {place: group for group in groups for place in group.places}
        needed = tuple(group for at in _needed(nodes) for group in _groups(nodes, nodes[at]) if group.number)
        return Rules(
            pathway=self._pathway,
            nodes=nodes,
            places=places,
            node_of=node_of,
            inner=inner,
            steps=steps,
            groups=groups,
            beside=beside,
            needed=needed,
            needs=sum(_least(places, group) for group in needed),
            owed=tuple(_owed(nodes, places, at) for at in _needed(nodes) if nodes[at].credits),
            alike=frozenset(at for at, node in enumerate(nodes) if _is_alike(nodes, places, node)),
            by_achievement=by_achievement,
            open_places=open_places,
        )

    def _component(self, name: str, *, is_destination: bool = False) -> int:
        component = self._pathway.components.get(name)
        if component is None or name in self._seen:
            raise NotATree(f"{name} is " + ("not a component" if component is None else "reached twice"))
        self._seen.add(name)
        # What the destination stands for is awarded, not asked for.
        if component.condition and (is_destination or not component.accepts):
            return self._condition(component.condition, name)
        place = self._place(component)
        children = (self._condition(component.condition, f"{name}/condition"),) if component.condition else ()
        return self._add(Node(name, children, len(children), None, place, component.minimum))

    def _place(self, component: Component) -> int:
        self._places.append(component)
        return len(self._places) - 1

    def _condition(self, condition: Condition, within: str) -> int:
        children = [self._component(target) for target in condition.targets]
        for position, nested in enumerate(condition.conditions, 1):
            children.append(self._condition(nested, f"{within}/{position}"))
        name = condition.name or within
        return self._add(Node(name, tuple(children), condition.number, condition.credits))

    def _add(self, node: Node) -> int:
        self._nodes.append(node)
        return len(self._nodes) - 1


def _groups(nodes: Sequence[Node], node: Node) -> list[Group]:
    """The places right below a condition, as it needs them. Where it needs all, each is needed by itself."""
    places = tuple(
        place for child in node.children if (place := nodes[child].place) is not None and not nodes[child].children
    )
    if not places:
        return []
    if node.number == len(node.children) and node.credits is None:
        return [Group((place,), 1, None) for place in places]
    others = len(node.children) - len(places)
    return [Group(places, max(0, node.number - others), node.credits)]


def _needed(nodes: Sequence[Node]) -> list[int]:
    """The conditions that every way to the end meets: its own, and all that those need all of."""
    found = [len(nodes) - 1]
    for at in found:
        if nodes[at].place is None and nodes[at].number == len(nodes[at].children):
            found += nodes[at].children
    return [at for at in found if nodes[at].place is None]


def _owed(nodes: Sequence[Node], places: Sequence[Component], at: int) -> Owed:
    below = [at]
    for one in below:
        below += nodes[one].children
    found = frozenset(place for one in below if (place := nodes[one].place) is not None)
    worths = [places[place].credits for place in found]
    known = [worth for worth in worths if worth is not None]
    each = max(known, default=NO_CREDITS) if len(known) == len(worths) else None
    return Owed(found, nodes[at].credits or NO_CREDITS, each, sum(places[place].maximum for place in found))


def _least(places: Sequence[Component], group: Group) -> int:
    return places[group.places[0]].minimum if len(group.places) == 1 else group.number


def _is_alike(nodes: Sequence[Node], places: Sequence[Component], node: Node) -> bool:
    parts = [nodes[child] for child in node.children]
    taken = [places[part.place] for part in parts if part.place is not None and not part.children]
    return len(taken) == len(parts) > 0 and all(one.minimum == one.maximum == 1 for one in taken)
