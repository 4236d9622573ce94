"""The route that shows editors what may be there already."""

from typing import Any

from fastapi import APIRouter
from pydantic import Field

from catalog.core.achievements.documents import address
from catalog.core.achievements.drafts import NO_ACHIEVEMENT
from catalog.core.achievements.similar import Similar, SimilarReadings
from catalog.core.model import Json
from catalog.http.achievements.paths import PathId
from catalog.http.answers import Answer, documented
from catalog.http.callers import Writer, organization
from service_kit.app import router
from service_kit.errors import NotFound

EXAMPLES = ["words of the name in common: data, science", "2 of 3 skills in common: statistics, Python"]


class Likeness(Answer):
    """How alike, from 0 to 1. `skills` and `outcomes` are left out where neither names one."""

    name: float
    description: float
    skills: float | None = None
    outcomes: float | None = None


class SimilarLine(Answer):
    """An achievement that is much alike."""

    achievement: str
    name: str
    organization: str
    published: bool
    score: float = Field(description="from 0.4 to 1")
    likeness: Likeness
    reasons: list[str] = Field(description="why it is shown, for people", examples=[EXAMPLES])


class SimilarAnswer(Answer):
    """The most alike first, at most twenty."""

    similar: list[SimilarLine]


def routes(readings: SimilarReadings, base_url: str) -> APIRouter:
    """Near-duplicates of one achievement."""
    achievements = router(tags=["achievements"])

    @achievements.get("/achievements/{achievement_id:path}/similar", responses=documented(SimilarAnswer, 401, 403, 404))
    async def list_similar_achievements(caller: Writer, achievement_id: PathId) -> dict[str, Any]:
        """What others published, and what you have, that is much like your draft."""
        found = await readings.similar(organization(caller), achievement_id)
        if found is None:
            raise NotFound(NO_ACHIEVEMENT)
        return {"similar": [_line(one, base_url) for one in found]}

    return achievements


def _line(one: Similar, base_url: str) -> Json:
    return {
        "achievement": address(base_url, one.candidate.id),
        "name": one.candidate.name,
        "organization": one.candidate.org_id,
        "published": one.candidate.published,
        "score": one.score,
        "likeness": dict(one.likeness),
        "reasons": list(one.reasons),
    }
