"""Open Badges 3.0 Achievement documents: what a course says by default, what a version says for good."""

import hashlib
import json
import re
from collections.abc import Mapping

from pydantic import JsonValue

from catalog.core.achievements.metadata import contextualized
from catalog.core.model import AchievementId, Course, CourseFields, Json
from catalog.core.skills.alignments import levelled
from service_kit.errors import FieldError, Invalid

REQUIRED = ("name", "description", "criteria")
ORDER = (
    "@context", "id", "type", "version", "name", "description", "achievementType", "criteria", "humanCode",
    "creditsAvailable",
)  # fmt: skip
PLACE = {name: place for place, name in enumerate(ORDER)}
PREREQUISITES = re.compile(r"^\s*prerequisites?\s*:\s*", re.IGNORECASE | re.MULTILINE)


NO_ID = AchievementId("")


def address(base_url: str, achievement_id: AchievementId) -> str:
    """The achievement's permanent URL: what credentials name."""
    return f"{base_url}/achievements/{achievement_id}"


def published(base_url: str, achievement_id: AchievementId, number: int, draft: Mapping[str, JsonValue]) -> Json:
    """The document of one version, as credentials carry it. They name their issuer: no creator is added."""
    identity: Json = {"id": address(base_url, achievement_id), "type": ["Achievement"]}
    return in_order({**identity, **contextualized(base_url, levelled(achievement_id, draft)), "version": str(number)})


def in_order(document: Mapping[str, JsonValue]) -> Json:
    """The members in the order people read them; the database keeps none."""
    return {name: document[name] for name in sorted(document, key=lambda name: (PLACE.get(name, len(PLACE)), name))}


def digest(draft: Mapping[str, JsonValue]) -> str:
    """Whether two drafts say the same: SHA-256 over sorted JSON. Version and id play no part."""
    text = json.dumps(draft, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def achievement_type(document: Mapping[str, JsonValue]) -> str | None:
    """The achievementType, if it has one."""
    found = document.get("achievementType")
    return found if isinstance(found, str) else None


def merged(document: Mapping[str, JsonValue], changes: Mapping[str, JsonValue]) -> Json:
    """JSON Merge Patch (RFC 7396) of the top-level members: null removes one, anything else replaces it whole."""
    return {name: value for name, value in {**document, **changes}.items() if value is not None and value != []}


def check(document: Mapping[str, JsonValue]) -> None:
    """Raises Invalid when a member is missing that every achievement needs, or when members contradict each other."""
    errors = [FieldError(name, "is required") for name in REQUIRED if not document.get(name)]
    if errors:
        raise Invalid(f"invalid: {', '.join(error.field for error in errors)}", errors=errors)


def from_course(course: Course) -> Json:
    """What an achievement says by default when all one gives is the course."""
    fields = course.fields
    document: Json = {
        "name": fields.title,
        "description": _description(fields),
        "criteria": {"narrative": _narrative(fields)},
        "achievementType": "Course",
        "humanCode": fields.code,
    }
    if fields.department:
        document["fieldOfStudy"] = fields.department
    if fields.credits is not None:
        document["creditsAvailable"] = fields.credits
    if fields.general_education:
        document["tag"] = list(fields.general_education)
    return document


def _description(fields: CourseFields) -> str:
    """The course's own words, unless they only repeat its prerequisites."""
    if fields.description and not PREREQUISITES.match(fields.description):
        return fields.description
    return f"Completion of the course {fields.code}, {fields.title}."


def _narrative(fields: CourseFields) -> str:
    """How it is earned. The course's type is left out: registrars' systems fill it with a default."""
    facts = [
        f"{fields.credits:g} credit{'' if fields.credits == 1 else 's'}" if fields.credits else "",
        f"level {fields.level}" if fields.level and fields.level != "0" else "",
    ]
    known = ", ".join(fact for fact in facts if fact)
    paragraphs = [f"Complete the course {fields.code}, {fields.title}{f' ({known})' if known else ''}."]
    if fields.prerequisites:
        paragraphs.append(f"Prerequisites: {PREREQUISITES.sub('', fields.prerequisites).strip()}")
    if fields.general_education:
        paragraphs.append(f"Meets general education requirements: {', '.join(fields.general_education)}.")
    return "\n\n".join(paragraphs)
