"""The route that compares achievements with a job's skills. Everybody may ask; nothing is kept."""

import re
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self

from fastapi import APIRouter
from pydantic import Field, model_validator

from catalog.core import vocabulary as limits
from catalog.core.achievements.documents import address
from catalog.core.model import AchievementId, Json
from catalog.core.skills.job_profiles import Giver, Match, MatchProfile, Requirement, Standing
from catalog.core.skills.model import FrameworkId
from catalog.http.achievements.metadata_schemas import Members
from catalog.http.answers import Answer, documented
from catalog.http.texts import Name, Uri
from service_kit.app import router
from service_kit.errors import invalid_field
from service_kit.ids import is_id

VERSION = re.compile(r"/versions/\d{1,10}$", re.ASCII)
Level = Annotated[float, Field(ge=0, le=limits.SKILL_LEVEL, allow_inf_nan=False)]


class AskedSkill(Members):
    """A skill that the job asks for."""

    skill: Annotated[Uri, Field(max_length=limits.SKILL_URI)]
    level: Level | None = Field(None, description="any level when left out")


class Profile(Members):
    """What a job asks for, and what somebody has."""

    skills: list[AskedSkill] = Field([], max_length=limits.PROFILE_SKILLS)
    occupation: Uri | None = Field(None, description="what an occupation requires; `skills` override it")
    framework: Name | None = Field(None, description="whose occupation, by its address: the newest when left out")
    achievements: list[Uri | Name] = Field([], max_length=limits.HELD, description="addresses, of versions too, or ids")

    @model_validator(mode="after")
    def _asks_for_something(self) -> Self:
        if not self.skills and self.occupation is None:
            raise ValueError("needs skills or an occupation")
        if len({one.skill for one in self.skills}) < len(self.skills):
            raise ValueError("skills must not name one twice")
        return self


class GiverAnswer(Answer):
    """An achievement that stands for the skill."""

    achievement: str
    name: str
    level: float | None


class StandingAnswer(Answer):
    """One skill that is asked for."""

    skill: str
    label: str | None = Field(description="null when no framework here has it")
    level: float | None
    state: Literal["given", "below", "level-unknown", "missing"]
    reason: str
    given_level: float | None
    by: list[GiverAnswer]
    would_give: list[GiverAnswer] = Field(description="published, the lowest sufficient level first, at most 5")


class PlanStepAnswer(Answer):
    """An achievement to earn, and which of the skills still missing it gives."""

    achievement: str
    name: str
    gives: list[str]


class MatchAnswer(Answer):
    """What is given, what is missing, and what would give it."""

    given: int
    missing: int
    skills: list[StandingAnswer]
    plan: list[PlanStepAnswer] = Field(description="each step gives most of what is still missing")
    out_of_reach: list[str] = Field(description="skills that nothing published gives at the level asked for")
    unknown_achievements: list[str]


@dataclass(frozen=True, slots=True)
class JobProfileUseCases:
    """What the route calls."""

    match: MatchProfile
    base_url: str


def routes(use: JobProfileUseCases) -> APIRouter:
    """The comparison."""
    profiles = router(tags=["skills"])

    @profiles.post("/job-profiles/match", responses=documented(MatchAnswer, 400))
    async def match_job_profile(body: Profile) -> dict[str, Any]:
        """What these achievements give of a job's skills, what is missing, and which achievements would give it.

        Nothing is verified and nothing is kept. The same question has the same answer while nothing is published.
        """
        asked = [Requirement(one.skill, one.level) for one in body.skills]
        held = [_achievement(one, use.base_url) for one in body.achievements]
        framework = _framework(body.framework, use.base_url)
        found = await use.match(asked, held, occupation=body.occupation, framework=framework)
        return match_reply(found, use.base_url)

    return profiles


def _achievement(named: str, base_url: str) -> AchievementId:
    """The id that an address names. What is none of ours stays as it is, and is unknown."""
    return AchievementId(VERSION.sub("", named.removeprefix(f"{base_url}/achievements/")))


def _framework(named: str | None, base_url: str) -> FrameworkId | None:
    if named is None:
        return None
    framework = named.removeprefix(f"{base_url}/skill-frameworks/")
    if not is_id(framework):
        raise invalid_field("framework", "is the address of no framework")
    return FrameworkId(framework)


def match_reply(found: Match, base_url: str) -> Json:
    """The answer."""
    given = sum(one.state.value == "given" for one in found.standings)
    return {
        "given": given,
        "missing": len(found.standings) - given,
        "skills": [_standing(one, base_url) for one in found.standings],
        "plan": [
            {"achievement": address(base_url, step.achievement), "name": step.name, "gives": list(step.gives)}
            for step in found.plan
        ],
        "outOfReach": list(found.out_of_reach),
        "unknownAchievements": [address(base_url, one) if is_id(one) else str(one) for one in found.unknown],
    }


def _standing(one: Standing, base_url: str) -> Json:
    return {
        "skill": one.requirement.skill,
        "label": one.label,
        "level": one.requirement.level,
        "state": one.state.value,
        "reason": one.reason,
        "givenLevel": one.level,
        "by": [_giver(giver, base_url) for giver in one.by],
        "wouldGive": [_giver(giver, base_url) for giver in one.would_give],
    }


def _giver(giver: Giver, base_url: str) -> Json:
    return {"achievement": address(base_url, giver.achievement), "name": giver.name, "level": giver.level}
