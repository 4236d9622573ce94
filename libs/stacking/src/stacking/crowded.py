"""Places that are all needed, and are more than the achievements that they accept: one would have to count twice."""

from typing import NamedTuple

from stacking.rules import Rules


class Crowd(NamedTuple):
    """Components by id, and all achievements that any of them accepts, which are fewer."""

    components: tuple[str, ...]
    achievements: tuple[str, ...]


def crowd(rules: Rules) -> Crowd | None:
    """The first there is. By augmenting paths: what one cannot be given an achievement with is such a crowd."""
    places = [group.places[0] for group in rules.needed if len(group.places) == 1]
    taken: dict[str, int] = {}
    for place in places:
        if rules.places[place].accepts and (found := _augment(rules, place, taken)) is not None:
            return found
    return None


def _augment(rules: Rules, start: int, taken: dict[str, int]) -> Crowd | None:
    """Give it an achievement, those that have theirs already keeping one. None if that can be."""
    came_by: dict[str, int] = {}
    waiting = [start]
    for place in waiting:
        for achievement in rules.places[place].accepts:
            if achievement in came_by:
                continue
            came_by[achievement] = place
            if achievement not in taken:
                _hand_on(achievement, came_by, taken, start)
                return None
            waiting.append(taken[achievement])
    return Crowd(tuple(rules.places[place].id for place in waiting), tuple(sorted(came_by)))


def _hand_on(achievement: str, came_by: dict[str, int], taken: dict[str, int], start: int) -> None:
    while True:
        place = came_by[achievement]
        before = next((one for one, whose in taken.items() if whose == place), None)
        taken[achievement] = place
        if place == start or before is None:
            return
        del taken[before]
        achievement = before
