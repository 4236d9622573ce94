"""Achievements that may be the same twice: how alike they are, and by what. Editors judge; nothing is refused."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from catalog.core.model import AchievementId, OrgId

SHOWN = 20
LEAST = 0.4
WEIGHTS = {"name": 0.5, "skills": 0.2, "outcomes": 0.2, "description": 0.1}
LEAST_WORDS = 2
"""One word in common says nothing: half of all names have "Introduction" or "Data"."""
SAME, MUCH = 0.8, 0.5
NAMED = 5


@dataclass(frozen=True, slots=True)
class Described:
    """What a draft says: the words of its name by their stems, and its skills' names by their addresses."""

    words: Mapping[str, str]
    skills: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Candidate:
    """Another achievement, with how alike its texts are (trigrams in common, 0 to 1).

    `outcomes_likeness` is None where neither has learning outcomes. `words` are the stems of its name.
    """

    id: AchievementId
    org_id: OrgId
    name: str
    published: bool
    name_likeness: float
    description_likeness: float
    outcomes_likeness: float | None
    words: frozenset[str]
    skills: frozenset[str]


@dataclass(frozen=True, slots=True)
class Similar:
    """A candidate, how alike it is, from 0 to 1, altogether and by what, and why it is shown, for people."""

    candidate: Candidate
    score: float
    likeness: dict[str, float]
    reasons: tuple[str, ...]


def ranked(mine: Described, candidates: Sequence[Candidate]) -> list[Similar]:
    """The most alike first, the first twenty. Where neither names a skill or an outcome, these say nothing."""
    found = [_similar(mine, one) for one in candidates]
    alike = sorted((one for one in found if one.score >= LEAST), key=lambda one: (-one.score, one.candidate.id))
    return alike[:SHOWN]


def _similar(mine: Described, other: Candidate) -> Similar:
    words, skills = other.words & mine.words.keys(), other.skills & mine.skills.keys()
    by_words = len(words) / len(other.words | mine.words.keys()) if len(words) >= LEAST_WORDS else 0.0
    likeness = {"name": max(other.name_likeness, by_words), "description": other.description_likeness}
    if mine.skills or other.skills:
        likeness["skills"] = len(skills) / len(other.skills | mine.skills.keys())
    if other.outcomes_likeness is not None:
        likeness["outcomes"] = other.outcomes_likeness
    score = sum(WEIGHTS[name] * value for name, value in likeness.items()) / sum(WEIGHTS[name] for name in likeness)
    shown = {name: round(value, 3) for name, value in likeness.items()}
    return Similar(other, round(score, 3), shown, tuple(_reasons(mine, other, likeness)))


def _reasons(mine: Described, other: Candidate, likeness: Mapping[str, float]) -> Iterator[str]:
    """What weighs, the name first."""
    words = [word for stem, word in mine.words.items() if stem in other.words]
    skills = [name for address, name in mine.skills.items() if address in other.skills]
    if other.name_likeness >= SAME:
        yield "the name is the same" if other.name_likeness == 1 else "the name is almost the same"
    elif len(words) >= LEAST_WORDS:
        yield f"words of the name in common: {_some(words)}"
    elif likeness["name"] >= WEIGHTS["name"] * LEAST:
        yield "the name is partly the same"
    if skills:
        yield f"{len(skills)} of {len(other.skills | mine.skills.keys())} skills in common: {_some(skills)}"
    if likeness.get("outcomes", 0) >= MUCH:
        yield "the learning outcomes are much alike"
    if likeness["description"] >= MUCH:
        yield "the description is much alike"


def _some(names: Sequence[str]) -> str:
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")


class SimilarReadings(Protocol):
    """What is compared with an achievement."""

    async def similar(self, org: OrgId, achievement_id: AchievementId) -> Sequence[Similar] | None:
        """With an organization's own draft: what others published, and its own. None when it has no such draft."""
