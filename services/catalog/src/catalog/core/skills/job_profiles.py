"""What a set of achievements gives of the skills that a job asks for, what is missing, and what would give it.

Pure and deterministic: the same facts give the same answer in the same order, and every entry says why.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, TypeVar

from catalog.core.model import AchievementId
from catalog.core.skills.model import FrameworkId
from service_kit.errors import invalid_field

T = TypeVar("T")
SUGGESTED = 5
PER_SKILL = 20


@dataclass(frozen=True, slots=True)
class Requirement:
    """A skill that is asked for. Without a level, any alignment to it will do."""

    skill: str
    level: float | None = None


@dataclass(frozen=True, slots=True)
class Giver:
    """An achievement that stands for a skill. `level` is None where it states none."""

    achievement: AchievementId
    name: str
    skill: str
    level: float | None


@dataclass(frozen=True, slots=True)
class Facts:
    """What the catalog knows of a profile: labels, what is held, what is published and would give what is not."""

    labels: Mapping[str, str]
    known: Collection[AchievementId]
    held: Sequence[Giver]
    offered: Sequence[Giver]


class State(StrEnum):
    """How a requirement stands."""

    GIVEN = "given"
    BELOW = "below"
    LEVEL_UNKNOWN = "level-unknown"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Standing:
    """One requirement: how it stands and why, by what, and what would give it, the lowest sufficient level first."""

    requirement: Requirement
    label: str | None
    state: State
    level: float | None
    by: Sequence[Giver]
    would_give: Sequence[Giver]

    @property
    def reason(self) -> str:
        """In words."""
        asked = "" if self.requirement.level is None else f" at level {self.requirement.level:g}"
        match self.state:
            case State.GIVEN:
                return f"given{asked} by {len(self.by)} of the achievements"
            case State.BELOW:
                return f"given at level {self.level:g}, asked for{asked}"
            case State.LEVEL_UNKNOWN:
                return f"given at a level that is not stated, asked for{asked}"
            case State.MISSING:
                return "none of the achievements stands for it"


@dataclass(frozen=True, slots=True)
class Step:
    """An achievement to earn, and which of the requirements still missing it gives."""

    achievement: AchievementId
    name: str
    gives: Sequence[str]


@dataclass(frozen=True, slots=True)
class Match:
    """The answer. `plan` gives everything that what is published can give, each step as much as it can."""

    standings: Sequence[Standing]
    unknown: Sequence[AchievementId]
    plan: Sequence[Step]
    out_of_reach: Sequence[str]


def satisfies(giver: Giver, requirement: Requirement) -> bool:
    """Whether it gives the skill at the level asked for."""
    if giver.skill != requirement.skill:
        return False
    return requirement.level is None or (giver.level is not None and giver.level >= requirement.level)


def match(requirements: Sequence[Requirement], held: Sequence[AchievementId], facts: Facts) -> Match:
    """Costs milliseconds for a large profile: call it off the event loop."""
    standings = [_standing(one, facts) for one in requirements]
    lacking = {one.requirement.skill: one.requirement for one in standings if one.state is not State.GIVEN}
    plan = _plan(lacking, facts.offered)
    reached = {skill for step in plan for skill in step.gives}
    return Match(
        standings=standings,
        unknown=[one for one in dict.fromkeys(held) if one not in facts.known],
        plan=plan,
        out_of_reach=[skill for skill in lacking if skill not in reached],
    )


def _standing(requirement: Requirement, facts: Facts) -> Standing:
    mine = [giver for giver in facts.held if giver.skill == requirement.skill]
    enough = [giver for giver in mine if satisfies(giver, requirement)]
    levels = [giver.level for giver in mine if giver.level is not None]
    state = State.GIVEN if enough else State.BELOW if levels else State.LEVEL_UNKNOWN if mine else State.MISSING
    others = [] if enough else [giver for giver in facts.offered if satisfies(giver, requirement)]
    return Standing(
        requirement,
        facts.labels.get(requirement.skill),
        state,
        max(levels, default=None),
        sorted(enough or mine, key=_best_first),
        sorted(others, key=_nearest_first)[:SUGGESTED],
    )


def _best_first(giver: Giver) -> tuple[float, str]:
    return (-(giver.level if giver.level is not None else -1), giver.achievement)


def _nearest_first(giver: Giver) -> tuple[float, str]:
    return (giver.level if giver.level is not None else float("inf"), giver.achievement)


def _plan(lacking: Mapping[str, Requirement], offered: Sequence[Giver]) -> list[Step]:
    """The achievement that gives most of what is still missing, again and again; among equals the smallest id."""
    names: dict[AchievementId, str] = {}
    gives: dict[AchievementId, set[str]] = {}
    for giver in offered:
        requirement = lacking.get(giver.skill)
        if requirement is not None and satisfies(giver, requirement):
            names[giver.achievement] = giver.name
            gives.setdefault(giver.achievement, set()).add(giver.skill)
    steps: list[Step] = []
    while gives:
        best = min(gives, key=lambda one: (-len(gives[one]), one))
        got = gives.pop(best)
        steps.append(Step(best, names[best], [skill for skill in lacking if skill in got]))
        gives = {one: rest for one, skills in gives.items() if (rest := skills - got)}
    return steps


class Offload(Protocol):
    """Runs a slow function elsewhere."""

    def __call__(self, function: Callable[[], T]) -> Awaitable[T]: ...


class ProfileFacts(Protocol):
    """What is read for a match."""

    async def occupation(self, uri: str, framework: FrameworkId | None) -> Sequence[Requirement] | None:
        """What an occupation requires: as the framework says, or the one that was imported last. None if unknown."""

    async def facts(self, requirements: Sequence[Requirement], held: Sequence[AchievementId], most: int) -> Facts:
        """Of one moment. `offered` holds at most so many achievements for each requirement that is not given."""


@dataclass(frozen=True, slots=True)
class MatchProfile:
    """Compares. Nothing is verified and nothing is kept."""

    readings: ProfileFacts
    offload: Offload
    most: int

    async def __call__(
        self,
        requirements: Sequence[Requirement],
        held: Sequence[AchievementId],
        *,
        occupation: str | None = None,
        framework: FrameworkId | None = None,
    ) -> Match:
        """Requirements of the caller's own count instead of the occupation's. Raises Invalid for an unknown one."""
        asked = await self._asked(requirements, occupation, framework)
        facts = await self.readings.facts(asked, held, PER_SKILL)
        return await self.offload(lambda: match(asked, held, facts))

    async def _asked(
        self, requirements: Sequence[Requirement], occupation: str | None, framework: FrameworkId | None
    ) -> Sequence[Requirement]:
        asked = {one.skill: one for one in requirements}
        if occupation is not None:
            required = await self.readings.occupation(occupation, framework)
            if required is None:
                raise invalid_field("occupation", "is no occupation of a framework here")
            asked = {one.skill: one for one in required} | asked
        if len(asked) > self.most:
            raise invalid_field(
                "occupation", f"asks for more than {self.most} skills together with those that are named"
            )
        return sorted(asked.values(), key=lambda one: one.skill)
