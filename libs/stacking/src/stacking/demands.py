"""What every way on from a state needs: numbers of credentials in places, credits, and what is still to be decided."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from stacking.choices import Choices, indexes


class Demand(NamedTuple):
    """So many credentials in these places, no more than `each` of them in one."""

    places: tuple[int, ...]
    number: int
    each: int


@dataclass(frozen=True, slots=True)
class State:
    """What is decided. `open`: by credential, the places where it may count; `at`: where it does, -1 if not said.

    `taken` is how many are decided by place, `shared` the credits by limit. `parts` are nodes that are to be reached,
    or that are not needed.
    """

    open: Sequence[int]
    at: Sequence[int]
    taken: Sequence[int]
    shared: Sequence[int]
    parts: Mapping[int, bool]


class Needed:
    """Read from the tree, top down. `is_met_by_none`: nothing that is left can complete it.

    `owed` are the nodes whose credits are needed, `choice` is a node that may or may not be needed.
    """

    def __init__(self, choices: Choices, state: State) -> None:
        self.is_met_by_none = False
        self.demands: list[Demand] = []
        self.owed: list[int] = []
        self.choice: int | None = None
        self._choices = choices
        self._parts = state.parts
        self._nodes = choices.rules.nodes
        self._places = choices.rules.places
        self._fill(state)
        self._judge()
        self._required: list[int] = []
        self._require(len(self._nodes) - 1)
        if self.is_met_by_none:
            return
        for at in self._required:
            self._look(at)
        self.is_met_by_none = self.is_met_by_none or any(
            self._credits[at] < (choices.asked[at] or 0) for at in self.owed
        )

    def _fill(self, state: State) -> None:
        """The most that each place could have: how many credentials, and how many credits."""
        worths: list[list[int]] = [[] for _ in self._places]
        self.wanting = [0] * len(self._places)
        for index, places in enumerate(state.open):
            worth = self._choices.worth[index]
            for place in indexes(places):
                worths[place].append(worth[place])
                self.wanting[place] |= 1 << index
        self._room: list[tuple[int, int]] = []
        for component, found in zip(self._places, worths, strict=True):
            if len(found) > component.maximum:
                found.sort(reverse=True)
                del found[component.maximum :]
            self._room.append((len(found), sum(found)))

    def _judge(self) -> None:
        """What could be reached at best, each node by itself, and with how many credits."""
        self._can: list[bool] = []
        self._credits: list[int] = []
        for at, node in enumerate(self._nodes):
            number = sum(self._can[child] for child in node.children)
            total = sum(self._credits[child] for child in node.children)
            can = node.place is not None and self._room[node.place][0] >= node.minimum
            if node.children or node.place is None:
                can = can or (number >= node.number and total >= (self._choices.asked[at] or 0))
            self._can.append(can and self._parts.get(at, True))
            self._credits.append(total if node.place is None else max(total, self._room[node.place][1]))

    def _require(self, at: int) -> None:
        if not self._can[at]:
            self.is_met_by_none = True
        elif at not in self._required:
            self._required.append(at)

    def _look(self, at: int) -> None:
        node = self._nodes[at]
        if node.place is not None and not node.children:
            self._demand([at], node.minimum)
        elif node.place is not None:
            self._either(at, node.place, node.children[0])
        else:
            self._condition(at)

    def _either(self, at: int, place: int, child: int) -> None:
        """A component that its credentials reach, or its parts."""
        by_place, by_parts = self._room[place][0] >= self._nodes[at].minimum, self._can[child]
        if self._parts.get(child) or not by_place:
            self._require(child)
        elif not by_parts:
            self._demand([at], self._nodes[at].minimum)
        elif self.choice is None:
            self.choice = child

    def _condition(self, at: int) -> None:
        node, single = self._nodes[at], self._choices.is_single
        if self._choices.asked[at]:
            self.owed.append(at)
        can = [child for child in node.children if self._can[child]]
        if len(can) <= node.number:
            self.is_met_by_none = self.is_met_by_none or len(can) < node.number
            for child in can:
                self._require(child)
            return
        others = [child for child in can if not single[child]]
        sure = [child for child in others if self._parts.get(child)]
        for child in sure:
            self._require(child)
        if len(sure) < node.number and len(sure) < len(others) and self.choice is None:
            self.choice = next(child for child in others if child not in sure)
        if (number := node.number - len(others)) > 0:
            self._demand([child for child in can if single[child]], number, each=1)

    def _demand(self, nodes: Sequence[int], number: int, each: int | None = None) -> None:
        places = tuple(place for at in nodes if (place := self._nodes[at].place) is not None)
        if number:
            self.demands.append(Demand(places, number, each or number))
