"""The shapes that answers have."""

from dataclasses import asdict
from typing import Any

from pydantic.alias_generators import to_camel

from catalog.core.achievements.documents import address, in_order
from catalog.core.achievements.kinds import kind_of
from catalog.core.achievements.profiles import standing, to_complete
from catalog.core.courses.importing import Report
from catalog.core.model import AchievementSummary, AchievementView, Course, Draft, Json, Version
from catalog.http.endorsement_replies import endorsement_replies
from service_kit.entity_tags import tag_of

WHOLE_NUMBER = 9


def course_reply(course: Course) -> Json:
    """A course. A level of digits is a number again."""
    fields = course.fields
    return {
        "id": course.id,
        "organization": course.org_id,
        "code": fields.code,
        "title": fields.title,
        "department": fields.department,
        "level": _level(fields.level),
        "credits": fields.credits,
        "type": fields.type,
        "prerequisites": fields.prerequisites,
        "description": fields.description,
        "generalEducation": list(fields.general_education),
        "extra": fields.extra,
        "createdAt": course.created_at.isoformat(),
        "updatedAt": course.updated_at.isoformat(),
    }


def course_tag(course: Course) -> str:
    """The course's entity tag."""
    return tag_of(course_reply(course))


def _level(level: str | None) -> str | int | None:
    plain = level and level.isascii() and level.isdigit() and len(level) <= WHOLE_NUMBER and str(int(level)) == level
    return int(level) if level and plain else level


def draft_reply(draft: Draft, base_url: str) -> Json:
    """A draft as its owner sees it, with the Open Badges members at the top."""
    return {
        "id": address(base_url, draft.id),
        "type": ["Achievement"],
        **in_order(draft.document),
        "kind": kind_of(draft.document.get("achievementType")),
        "profile": draft.profile,
        "completeness": to_complete(draft.document),
        "status": draft.status.value,
        "organization": draft.org_id,
        "course": draft.course_id,
        "department": draft.department,
        "latestVersion": draft.latest_version or None,
        "createdAt": draft.created_at.isoformat(),
        "updatedAt": draft.updated_at.isoformat(),
    }


def draft_tag(draft: Draft, base_url: str, shown: Json | None = None) -> str:
    """The achievement's entity tag for its owner, who is also `shown` what others see of it."""
    return tag_of(draft_reply(draft, base_url), shown)


def version_reply(version: Version, base_url: str) -> Json:
    """A version with where it stands."""
    url = address(base_url, version.achievement_id)
    return {
        **in_order(version.document),
        "kind": kind_of(version.document.get("achievementType")),
        "profile": version.profile,
        "completeness": version.completeness or standing(version.document),
        "status": version.status.value,
        "organization": version.org_id,
        "versionId": f"{url}/versions/{version.number}",
        "publishedAt": version.published_at.isoformat(),
        "retiredAt": version.retired_at.isoformat() if version.retired_at else None,
    }


def view_reply(view: AchievementView, base_url: str) -> Json:
    """What the public sees; for the owner also the draft, at the top while nothing is published."""
    common: Json = {
        "course": view.course_id,
        "department": view.department,
        "createdAt": view.created_at.isoformat(),
        "issuers": [
            {"id": issuer.issuer_id, "name": issuer.name, "url": f"{base_url}/issuers/{issuer.slug}"}
            for issuer in view.issuers
        ],
        "statistics": {
            "issued": view.statistics.issued,
            "revoked": view.statistics.revoked,
            "suspended": view.statistics.suspended,
        },
        "endorsements": endorsement_replies(view.endorsements),
    }
    if view.version is None:
        assert view.draft is not None  # noqa: S101 - a view shows one or the other
        return draft_reply(view.draft, base_url) | common
    shown = version_reply(view.version, base_url) | common
    if view.draft is not None:
        shown["draft"] = {
            **in_order(view.draft.document),
            "profile": view.draft.profile,
            "completeness": to_complete(view.draft.document),
            "updatedAt": view.draft.updated_at.isoformat(),
        }
        shown["latestVersion"] = view.draft.latest_version
    return shown


def summary_reply(item: AchievementSummary, base_url: str) -> Json:
    """One line of a list."""
    return {
        "id": address(base_url, item.id),
        "type": ["Achievement"],
        **in_order(item.document),
        "kind": kind_of(item.document.get("achievementType")),
        "completeness": item.score,
        "version": str(item.version) if item.version else None,
        "status": item.status.value,
        "organization": item.org_id,
        "course": item.course_id,
        "department": item.department,
        "createdAt": item.created_at.isoformat(),
        "publishedAt": item.published_at.isoformat() if item.published_at else None,
    }


def listed_version(version: Version, base_url: str) -> Json:
    """One line of an achievement's history."""
    return {
        "version": str(version.number),
        "id": f"{address(base_url, version.achievement_id)}/versions/{version.number}",
        "name": version.document["name"],
        "status": version.status.value,
        "publishedAt": version.published_at.isoformat(),
        "retiredAt": version.retired_at.isoformat() if version.retired_at else None,
    }


def page_reply(items: list[Json], following: str | None) -> dict[str, Any]:
    """A page."""
    return {"items": items, "next": following}


def report_reply(report: Report) -> Json:
    """What became of a file."""
    return {to_camel(name): value for name, value in asdict(report).items()}
