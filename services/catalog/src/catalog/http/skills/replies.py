"""The shapes that answers about skills have."""

from dataclasses import asdict

from pydantic.alias_generators import to_camel

from catalog.core.model import Json
from catalog.core.skills.model import (
    Framework,
    FrameworkId,
    FrameworkVersion,
    FrameworkView,
    ImportReport,
    KnownSkill,
    Neighbour,
    SkillView,
)


def framework_url(base_url: str, framework: FrameworkId) -> str:
    """Where a framework is read."""
    return f"{base_url}/skill-frameworks/{framework}"


def framework_reply(framework: Framework, base_url: str) -> Json:
    """A framework."""
    return {
        "id": framework_url(base_url, framework.id),
        "uri": framework.uri,
        "source": framework.source.value,
        "title": framework.title,
        "organization": framework.org_id,
        "version": framework.version,
        "sourceVersion": framework.source_version,
        "language": framework.language,
        "levels": {"lowest": framework.scale.lowest, "highest": framework.scale.highest},
        "skills": framework.skills,
        "relations": framework.relations,
        "createdAt": framework.created_at.isoformat(),
        "updatedAt": framework.updated_at.isoformat(),
    }


def view_reply(view: FrameworkView, base_url: str) -> Json:
    """A framework and its versions."""
    return framework_reply(view.framework, base_url) | {"versions": [_version(one) for one in view.versions]}


def _version(version: FrameworkVersion) -> Json:
    found = {to_camel(name): value for name, value in asdict(version).items()}
    return found | {"importedAt": version.imported_at.isoformat()}


def import_reply(report: ImportReport, base_url: str) -> Json:
    """What became of the files."""
    found = {to_camel(name): value for name, value in asdict(report).items()}
    return found | {"framework": framework_url(base_url, FrameworkId(report.framework))}


def skill_reply(skill: KnownSkill, base_url: str) -> Json:
    """A skill."""
    return {
        "id": f"{base_url}/skills/{skill.id}",
        "uri": skill.uri,
        "kind": skill.kind.value,
        "code": skill.code,
        "label": skill.label,
        "labels": dict(skill.labels),
        "otherLabels": {language: list(labels) for language, labels in skill.other_labels.items()},
        "description": skill.description,
        "framework": framework_url(base_url, skill.framework),
        "retiredIn": skill.retired_in,
    }


def skill_view_reply(view: SkillView, base_url: str) -> Json:
    """A skill and its neighbours."""
    return skill_reply(view.skill, base_url) | {
        "relations": [_neighbour(one) for one in view.outgoing],
        "relatedFrom": [_neighbour(one) for one in view.incoming],
    }


def _neighbour(one: Neighbour) -> Json:
    return {"type": one.type.value, "uri": one.uri, "label": one.label, "level": one.level}
