"""Achievements that may be the same twice: how alike they are, and by what. Editors judge; nothing is refused."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from catalog.core.model import AchievementId, OrgId

SHOWN = 20
LEAST = 0.4
WEIGHTS = {"name": 0.6, "description": 0.2, "skills": 0.2}


@dataclass(frozen=True, slots=True)
class Candidate:
    """Another achievement, with how alike its texts are (trigrams in common, 0 to 1)."""

    id: AchievementId
    org_id: OrgId
    name: str
    published: bool
    name_likeness: float
    description_likeness: float
    skills: Collection[str]


@dataclass(frozen=True, slots=True)
class Similar:
    """A candidate and how alike it is, from 0 to 1, altogether and by what."""

    candidate: Candidate
    score: float
    likeness: dict[str, float]


def ranked(skills: Collection[str], candidates: Sequence[Candidate]) -> list[Similar]:
    """The most alike first, the first twenty. Where neither names a skill, skills say nothing."""
    found = [_similar(frozenset(skills), one) for one in candidates]
    alike = sorted((one for one in found if one.score >= LEAST), key=lambda one: (-one.score, one.candidate.id))
    return alike[:SHOWN]


def _similar(skills: frozenset[str], candidate: Candidate) -> Similar:
    likeness = {"name": candidate.name_likeness, "description": candidate.description_likeness}
    others = frozenset(candidate.skills)
    if skills or others:
        likeness["skills"] = len(skills & others) / len(skills | others)
    weight = sum(WEIGHTS[name] for name in likeness)
    score = sum(WEIGHTS[name] * value for name, value in likeness.items()) / weight
    return Similar(candidate, round(score, 3), {name: round(value, 3) for name, value in likeness.items()})


class SimilarReadings(Protocol):
    """What is compared with an achievement."""

    async def similar(self, org: OrgId, achievement_id: AchievementId) -> Sequence[Similar] | None:
        """With an organization's own draft: what others published, and its own. None when it has no such draft."""
