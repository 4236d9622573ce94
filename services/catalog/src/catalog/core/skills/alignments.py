"""Achievements and skills: which skill at which level a document stands for, and whether its framework knows it.

A draft states the level beside its alignment. Open Badges 3.0 has no such member: the published document states it as a
result description aligned to the skill, whose required rubric level it is.
"""

import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from catalog.core.model import AchievementId, Json, OrgId
from catalog.core.skills.model import Framework
from catalog.core.skills.ports import Aligned, Entry, Skills
from catalog.core.vocabulary import SKILL_LEVEL, SKILL_URI
from service_kit.errors import FieldError, Invalid

NUMBER = re.compile(r"\d{1,3}(\.\d{1,2})?", re.ASCII)
RESULT_TYPE = "RubricCriterionLevel"
Document = Mapping[str, JsonValue]


def aligned(document: Document) -> list[Aligned]:
    """What a document stands for: each skill once, at the highest level that it states."""
    found: dict[str, Aligned] = {}
    for one in [*_stated(document), *_required(document)]:
        earlier = found.get(one.skill)
        if earlier is None or (one.level is not None and (earlier.level is None or one.level > earlier.level)):
            found[one.skill] = one
    return sorted(found.values(), key=lambda one: one.skill)


def levelled(achievement_id: AchievementId, draft: Document) -> Json:
    """The draft with its levels where Open Badges has them. The same draft gives the same document."""
    entries = list(_entries(draft, "alignment"))
    with_level = [entry for entry in entries if "level" in entry]
    if not with_level:
        return dict(draft)
    results: list[JsonValue] = [dict(result) for result in _entries(draft, "resultDescription")]
    results += [_result(achievement_id, entry) for entry in with_level]
    return {**draft, "alignment": [_plain(entry) for entry in entries], "resultDescription": results}


def _plain(entry: Document) -> Json:
    return {name: value for name, value in entry.items() if name != "level"}


def _result(achievement_id: AchievementId, entry: Document) -> Json:
    level = f"{_number(entry.get('level')):g}"
    about = f"{achievement_id} {entry.get('targetUrl')} {level}"
    level_id = f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'{about} level')}"
    return {
        "id": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, about)}",
        "type": ["ResultDescription"],
        "name": entry.get("targetName"),
        "resultType": RESULT_TYPE,
        "alignment": [_plain(entry)],
        "requiredLevel": level_id,
        "rubricCriterionLevel": [
            {"id": level_id, "type": ["RubricCriterionLevel"], "name": f"Level {level}", "level": level}
        ],
    }


def _stated(document: Document) -> Iterator[Aligned]:
    for place, entry in enumerate(_entries(document, "alignment")):
        yield from _one(entry, _number(entry.get("level")) if "level" in entry else None, f"alignment.{place}")
    for place, outcome in enumerate(_entries(document, "learningOutcome")):
        skills = outcome.get("relatedSkill")
        for skill in skills if isinstance(skills, list) else ():
            yield from _one({"targetUrl": skill}, None, f"learningOutcome.{place}.relatedSkill")


def _required(document: Document) -> Iterator[Aligned]:
    """Result descriptions that are aligned to a skill and name the level that is required."""
    for place, result in enumerate(_entries(document, "resultDescription")):
        levels = {level.get("id"): level.get("level") for level in _entries(result, "rubricCriterionLevel")}
        said = levels.get(result.get("requiredLevel"))
        level = float(said) if isinstance(said, str) and NUMBER.fullmatch(said) and float(said) <= SKILL_LEVEL else None
        for number, entry in enumerate(_entries(result, "alignment")):
            yield from _one(entry, level, f"resultDescription.{place}.alignment.{number}")


def _one(entry: Document, level: float | None, member: str) -> Iterator[Aligned]:
    """What an index can hold. Longer addresses stay in the document, and are not found by."""
    url, framework, code = entry.get("targetUrl"), entry.get("targetFramework"), entry.get("targetCode")
    if isinstance(url, str) and len(url.encode()) <= SKILL_URI:
        named = framework if isinstance(framework, str) else None
        yield Aligned(url, level, member, named, code if isinstance(code, str) else None)


def _entries(document: Document, name: str) -> Iterator[Document]:
    found = document.get(name)
    return (entry for entry in (found if isinstance(found, list) else ()) if isinstance(entry, dict))


def _number(value: JsonValue) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


@dataclass(frozen=True, slots=True)
class Checked:
    """A framework that alignments name, and those of its skills that they mean."""

    framework: Framework
    entries: Mapping[str, Entry]

    def errors(self, one: Aligned) -> Iterator[FieldError]:
        """What is wrong with an alignment that names this framework."""
        entry, title = self.entries.get(one.skill), f"{self.framework.title}, version {self.framework.version}"
        if entry is None:
            yield FieldError(f"{one.member}.targetUrl", f"is no skill of {title}")
            return
        if entry.retired_in is not None:
            yield FieldError(f"{one.member}.targetUrl", f"is no longer a skill of {title}")
        if one.code is not None and entry.code is not None and one.code != entry.code:
            yield FieldError(f"{one.member}.targetCode", f"is not the code of this skill in {title}")
        scale = self.framework.scale
        if one.level is not None and not scale.lowest <= one.level <= scale.highest:
            yield FieldError(f"{one.member}.level", f"must be from {scale.lowest:g} to {scale.highest:g} in {title}")


async def refuse_unknown(skills: Skills, org: OrgId, document: Document) -> None:
    """Raises Invalid when an alignment names a framework that the organization imported, and no skill of it.

    Only the organization's own frameworks judge its achievements: nobody's import stops another's publication.
    """
    naming = [one for one in [*_stated(document), *_required(document)] if one.framework is not None]
    known = await skills.named(org, {one.framework for one in naming if one.framework is not None})
    errors = [error for framework in known for error in await _errors(skills, framework, naming)]
    if errors:
        detail = f"no skills of their framework: {', '.join(error.field for error in errors)}"
        raise Invalid(detail, code="alignment-not-known", errors=errors)


async def _errors(skills: Skills, framework: Framework, naming: Sequence[Aligned]) -> list[FieldError]:
    mine = [one for one in naming if one.framework is not None and _names(one.framework, framework)]
    entries = {entry.uri: entry for entry in await skills.entries(framework.id, {one.skill for one in mine})}
    checked = Checked(framework, entries)
    return [error for one in mine for error in checked.errors(one)]


def _names(name: str, framework: Framework) -> bool:
    return name == framework.uri or name.lower() == framework.title.lower()
