"""The shapes that answers about pathways have, and their description."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from pydantic import ConfigDict, Field, JsonValue
from pydantic.alias_generators import to_camel

from catalog.core.model import Json, PathwayDraft, PathwaySummary, PathwayVersion, PathwayView
from catalog.core.pathways.pathways import address, parse
from catalog.http.answers import Answer, EndorsementAnswer
from catalog.http.endorsement_replies import endorsement_replies
from service_kit.entity_tags import tag_of
from stacking import Evaluation, flaws
from stacking.members import number

ORDER = ("name", "description", "hasDestinationComponent", "hasPart")
PLACE = {name: place for place, name in enumerate(ORDER)}


class FlawAnswer(Answer):
    """What keeps it from being published."""

    code: str
    where: str = Field(description="a component, or what is named in the message")
    detail: str


class PathwayDocument(Answer):
    """A pathway as it was said."""

    model_config = ConfigDict(extra="allow", alias_generator=to_camel)

    id: str
    type: list[str]
    name: str
    has_destination_component: str
    has_part: list[dict[str, JsonValue]]


class PathwayDraftAnswer(PathwayDocument):
    """A draft, for its owner."""

    status: Literal["draft", "published", "retired"]
    organization: str
    latest_version: int | None
    flaws: list[FlawAnswer]
    created_at: datetime
    updated_at: datetime


class PathwayVersionAnswer(PathwayDocument):
    """A published version, and where it stands."""

    version: str
    digest: str = Field(description="SHA-256 of what was said, as sorted JSON: what evaluations name")
    status: Literal["published", "retired"]
    organization: str
    version_id: str
    published_at: datetime
    retired_at: datetime | None


class PathwayAnswer(PathwayDocument):
    """The version the public sees; its owner also gets `draft`, and the draft itself while nothing is published."""

    status: Literal["draft", "published", "retired"]
    organization: str
    endorsements: list[EndorsementAnswer] = Field([], description="of this version")
    draft: dict[str, Any] | None = None


class PathwayLine(Answer):
    """One line of a list."""

    id: str
    name: str
    description: str | None
    status: Literal["draft", "published", "retired"]
    version: str | None
    organization: str
    created_at: datetime


class PathwayPage(Answer):
    """Pathways, newest first, and the cursor of the next page (which Link carries too)."""

    items: list[PathwayLine]
    next: str | None


class PathwayVersionPage(Answer):
    """Versions, newest first."""

    items: list[PathwayVersionAnswer]
    next: str | None


class PlacedAnswer(Answer):
    """A credential that counts, and where."""

    credential: str
    component: str
    credits: float


class LeftAnswer(Answer):
    """A credential that does not count, and why."""

    credential: str
    code: str = Field(
        description="not-in-pathway, counted-enough, same-source, limit, or the constraint that it does not meet: "
        "issuer, recognised-issuer, level, awarded-from, awarded-within, result, credits"
    )
    component: str | None
    needed: str | None
    found: str | None


class StepAnswer(Answer):
    """A component or condition, parts before what they are parts of; the destination is the last."""

    name: str
    is_met: bool
    reached: int
    required: int
    credits: float
    credits_required: float | None


class EvaluationAnswer(Answer):
    """What was decided and why."""

    pathway: str
    version: str
    digest: str
    is_complete: bool
    is_exact: bool = Field(description="false: there were more ways to count than could be tried")
    missing: list[str] = Field(
        description="a way to complete it: components to be reached, where `steps` show credits short with so many more"
    )
    is_shortest: bool = Field(
        description="of `missing`: no way takes fewer credentials. False where not all were tried"
    )
    barred_by: list[str]
    placed: list[PlacedAnswer]
    left: list[LeftAnswer]
    steps: list[StepAnswer]


def in_order(document: Mapping[str, JsonValue]) -> Json:
    """The members in the order people read them; the database keeps none."""
    return {name: document[name] for name in sorted(document, key=lambda name: (PLACE.get(name, len(PLACE)), name))}


def _said(base_url: str, view: PathwayDraft | PathwayVersion) -> Json:
    identifier = view.id if isinstance(view, PathwayDraft) else view.pathway_id
    return {"id": address(base_url, identifier), "type": ["Pathway"], **in_order(view.document)}


def draft_reply(draft: PathwayDraft, base_url: str) -> Json:
    """A draft as its owner sees it, with what keeps it from being published."""
    found = flaws(parse(draft.document, identifier=address(base_url, draft.id), version=1))
    listed: list[JsonValue] = [{"code": flaw.code, "where": flaw.where, "detail": flaw.message} for flaw in found]
    return {**_state(draft, base_url), "flaws": listed}


def draft_tag(draft: PathwayDraft, base_url: str, shown: Json | None = None) -> str:
    """The pathway's entity tag for its owner. Flaws follow from what is said, and are not sought under a lock."""
    return tag_of(_state(draft, base_url), shown)


def _state(draft: PathwayDraft, base_url: str) -> Json:
    return {
        **_said(base_url, draft),
        "status": draft.status.value,
        "organization": draft.org_id,
        "latestVersion": draft.latest_version or None,
        "createdAt": draft.created_at.isoformat(),
        "updatedAt": draft.updated_at.isoformat(),
    }


def version_reply(version: PathwayVersion, base_url: str) -> Json:
    """A version with where it stands."""
    return {
        **_said(base_url, version),
        "version": str(version.number),
        "digest": version.digest,
        "status": version.status.value,
        "organization": version.org_id,
        "versionId": f"{address(base_url, version.pathway_id)}/versions/{version.number}",
        "publishedAt": version.published_at.isoformat(),
        "retiredAt": version.retired_at.isoformat() if version.retired_at else None,
    }


def view_reply(view: PathwayView, base_url: str) -> Json:
    """What the public sees; for the owner also the draft, at the top while nothing is published."""
    if view.version is None:
        assert view.draft is not None  # noqa: S101 - a view shows one or the other
        return draft_reply(view.draft, base_url)
    shown = version_reply(view.version, base_url) | {"endorsements": endorsement_replies(view.endorsements)}
    return shown | {"draft": draft_reply(view.draft, base_url)} if view.draft else shown


def summary_reply(item: PathwaySummary, base_url: str) -> Json:
    """One line of a list."""
    return {
        "id": address(base_url, item.id),
        "name": item.name,
        "description": item.description,
        "status": item.status.value,
        "version": str(item.version) if item.version else None,
        "organization": item.org_id,
        "createdAt": item.created_at.isoformat(),
    }


def evaluation_reply(version: PathwayVersion, found: Evaluation, base_url: str) -> dict[str, Any]:
    """An evaluation with its reasons."""
    return {
        "pathway": address(base_url, version.pathway_id),
        "version": str(version.number),
        "digest": version.digest,
        "isComplete": found.is_complete,
        "isExact": found.is_exact,
        "missing": list(found.missing),
        "isShortest": found.is_shortest,
        "barredBy": list(found.barred_by),
        "placed": [
            {"credential": one.credential, "component": one.component, "credits": number(one.credits)}
            for one in found.placed
        ],
        "left": [
            {
                "credential": one.credential,
                "code": one.code,
                "component": one.component,
                "needed": one.refusal.needed if one.refusal else None,
                "found": one.refusal.found if one.refusal else None,
            }
            for one in found.left
        ],
        "steps": [
            {
                "name": step.name,
                "isMet": step.is_met,
                "reached": step.reached,
                "required": step.required,
                "credits": number(step.credits),
                "creditsRequired": number(step.credits_required),
            }
            for step in found.steps
        ],
    }
