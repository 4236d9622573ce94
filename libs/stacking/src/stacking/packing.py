"""Whether any choice of places completes a pathway: by branching on what a flow leaves undone.

A state says where credentials may still count. Bounds close most of them: what cannot be reached any more, numbers that
no flow meets, credits that are not there. Of the others one is put together from the flow; where it breaks a limit or
lacks credits, the credential that does most about it counts there or does not, and each is looked at.
"""

from collections.abc import Sequence
from dataclasses import replace

from stacking.choices import Choices, indexes, number_of
from stacking.demands import Needed, State
from stacking.evidence import Held
from stacking.flows import Counting, credits_suffice
from stacking.matching import Places
from stacking.missing import OutOfWork, Work
from stacking.rules import Rules

WORK = 900_000
"""What is looked at, in all states together: credentials, their places, nodes, and the steps of the flows."""
Where = Sequence[int]
"""By credential the place where it counts, -1 for nowhere."""


class Undecided(Exception):
    """More would have to be looked at than may be."""


class Packing:
    """A search. `left` is how much may be looked at, in all that it is asked."""

    def __init__(self, left: int = WORK) -> None:
        self._work = Work(left)

    def complete(self, rules: Rules, held: Sequence[Held], fits: Sequence[Places], more: int = 0) -> Where | None:
        """The first choice that completes it, None if none does. Raises Undecided.

        `more`: with so many credentials that are not held, of which no limit speaks. They come last.
        """
        try:
            return self._search(Choices(rules, held, fits, more, self._work))
        except OutOfWork as error:
            raise Undecided from error

    def _search(self, choices: Choices) -> Where | None:
        rules = choices.rules
        nothing = [-1] * choices.size
        waiting = [State(choices.fits, nothing, [0] * len(rules.places), [0] * len(choices.shared), {})]
        while waiting:
            state = waiting.pop()
            self._work.spend(choices.size + len(rules.nodes) + number_of(state.open))
            found, branches = _look(choices, state)
            if found is not None:
                return found
            waiting += reversed(branches)
        return None


def _look(choices: Choices, state: State) -> tuple[Where | None, list[State]]:
    """What is found, or the states that there are instead of this one."""
    needed = Needed(choices, state)
    if needed.is_met_by_none:
        return None, []
    counting = Counting(choices, needed.wanting, needed.demands)
    if not counting.is_enough or not credits_suffice(choices, state.open, needed.owed):
        return None, []
    if needed.choice is not None:
        return None, [replace(state, parts={**state.parts, needed.choice: is_it}) for is_it in (True, False)]
    attempt = _Attempt(choices, state, counting.where, needed.owed)
    if (index := attempt.too_much()) is not None:
        return None, _split(choices, state, index, 1 << attempt.where[index])
    for at in needed.owed:
        if attempt.credits(at) < (choices.asked[at] or 0):
            return None, _use(choices, state, attempt.where, at)
    return attempt.where, []


def by_place(rules: Rules, where: Where) -> list[list[int]]:
    """The credentials that count in each place."""
    found: list[list[int]] = [[] for _ in rules.places]
    for index, place in enumerate(where):
        if place >= 0:
            found[place].append(index)
    return found


class _Attempt:
    """A choice in this state, from what a flow found: credits that are owed are filled up with what is left."""

    def __init__(self, choices: Choices, state: State, flow: dict[int, int], owed: Sequence[int]) -> None:
        self._choices = choices
        self._state = state
        self._nodes = choices.rules.nodes
        self._room = [one.maximum - taken for one, taken in zip(choices.rules.places, state.taken, strict=True)]
        self._used = {choices.whole[index] for index, place in enumerate(state.at) if place >= 0}
        self.where = list(state.at)
        for bit, place in flow.items():
            if (whole := bit.bit_length() - 1) not in self._used:
                self._put(self._best_of(whole, place), place)
        for at in owed:
            self._fill(at)

    def _best_of(self, whole: int, place: int) -> int:
        fitting = [index for index in self._choices.members[whole] if self._state.open[index] >> place & 1]
        return max(fitting, key=lambda index: (self._choices.worth[index][place], -index))

    def _put(self, index: int, place: int) -> None:
        self.where[index] = place
        self._room[place] -= 1
        self._used.add(self._choices.whole[index])

    def _fill(self, at: int) -> None:
        inside, lacking = self._choices.below[at], (self._choices.asked[at] or 0) - self.credits(at)
        if lacking <= 0:
            return
        self._choices.work.spend(self._choices.size + number_of(self._state.open, inside))
        offers = [
            (-self._choices.worth[index][place], index, place)
            for index, places in enumerate(self._state.open)
            if self._choices.whole[index] not in self._used
            for place in indexes(places & inside)
        ]
        for _, index, place in sorted(offers):
            if self._room[place] > 0 and self._choices.whole[index] not in self._used:
                self._put(index, place)
                if self.credits(at) >= (self._choices.asked[at] or 0):
                    return

    def credits(self, at: int) -> int:
        """Those that count in the node. What is below a node comes before it."""
        self._choices.work.spend(self._choices.size + at)
        own = [0] * len(self._choices.rules.places)
        for index, place in enumerate(self.where):
            if place >= 0:
                own[place] += self._choices.worth[index][place]
        sums: list[int] = []
        for node in self._nodes[: at + 1]:
            total = sum([sums[child] for child in node.children])
            sums.append(total if node.place is None else max(own[node.place], total))
        return sums[at]

    def too_much(self) -> int | None:
        """The one that does most for a limit that is broken, of those that may count elsewhere or nowhere."""
        counting = sum(1 << index for index, place in enumerate(self.where) if place >= 0)
        peers, worth = self._choices.peers, self._choices.worth
        self._choices.work.spend(self._choices.size + len(self._choices.sets))
        for one in self._choices.sets:
            if len(inside := indexes(one & counting)) > 1:
                return max(self._open(inside), key=lambda index: (peers[index].bit_count(), -index))
        for shared in self._choices.shared:
            inside = indexes(shared.who & counting)
            if sum(worth[index][self.where[index]] for index in inside) > shared.limit:
                return max(self._open(inside), key=lambda index: (worth[index][self.where[index]], -index))
        return None

    def _open(self, inside: Sequence[int]) -> list[int]:
        return [index for index in inside if self._state.at[index] < 0]


def _use(choices: Choices, state: State, where: Where, at: int) -> list[State]:
    """For credits that are lacking: the one that brings most, from elsewhere if that can be, counts there or not."""
    inside = choices.below[at]
    choices.work.spend(choices.size + number_of(state.open, inside))
    useful = [
        (bool(places & ~inside), not (where[index] >= 0 and inside >> where[index] & 1), best, -index)
        for index, places in enumerate(state.open)
        if state.at[index] < 0 and places & inside
        for best in [choices.best(index, places & inside)]
    ]
    if not useful:
        return []
    is_open, _, best, index = max(useful)
    places = state.open[-index] & inside
    if not is_open:
        places = next(1 << place for place in indexes(places) if choices.worth[-index][place] == best)
    return _split(choices, state, -index, places)


def _split(choices: Choices, state: State, index: int, places: int) -> list[State]:
    """It counts in one of these places, or neither it nor any of those that are the same does."""
    without = list(state.open)
    for other in indexes(choices.kin[index]):
        if state.at[other] < 0 and without[other] == state.open[index]:
            without[other] &= ~places
    inside = _inside(choices, state, index, places)
    return [*([inside] if inside else []), replace(state, open=without)]


def _inside(choices: Choices, state: State, index: int, places: int) -> State | None:
    """With the credential there, and without what that excludes. None if that cannot be."""
    still_open = list(state.open)
    still_open[index] = places
    for other in indexes(choices.peers[index]):
        if state.at[other] >= 0:
            return None
        still_open[other] = 0
    if places & (places - 1):
        return replace(state, open=still_open)
    place = places.bit_length() - 1
    at, taken = list(state.at), list(state.taken)
    at[index] = place
    taken[place] += 1
    if taken[place] == choices.rules.places[place].maximum:
        still_open = [one if at[other] >= 0 else one & ~places for other, one in enumerate(still_open)]
    shared = _shared(choices, state.shared, index, place)
    if shared is None:
        return None
    for limit, so_far in zip(choices.shared, shared, strict=True):
        choices.work.spend(number_of(still_open))
        for other in indexes(limit.who):
            if at[other] < 0:
                worth = choices.worth[other]
                too_much = [where for where in indexes(still_open[other]) if so_far + worth[where] > limit.limit]
                still_open[other] &= ~sum(1 << where for where in too_much)
    return State(still_open, at, taken, shared, state.parts)


def _shared(choices: Choices, so_far: Sequence[int], index: int, place: int) -> list[int] | None:
    """With what it brings. None if that is more than may be."""
    found = [
        credits_ + (choices.worth[index][place] if limit.who >> index & 1 else 0)
        for credits_, limit in zip(so_far, choices.shared, strict=True)
    ]
    return found if all(one <= limit.limit for one, limit in zip(found, choices.shared, strict=True)) else None
