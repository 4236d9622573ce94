"""Answers about progress."""

from datetime import date, datetime

from pydantic import BaseModel, Field

from issuer.core.model import Json
from issuer.core.progress.model import Evidence, Progress
from issuer.http.stacks.bodies import StackStep
from stacking.evaluation import Left, Placed
from stacking.members import number


class CountedReply(BaseModel):
    """A credential that counts, and where."""

    credential: str
    achievement: str
    issuer: str
    origin: str = Field(description="`here`: issued here to the learner's address; `brought`: from the backpack")
    component: str
    credits: float
    awarded: date
    asOf: datetime = Field(description="when it was last known to stand")  # noqa: N815 - JSON members are camelCase


class NotCountedReply(BaseModel):
    """A credential that does not count, and why."""

    credential: str
    achievement: str
    issuer: str
    origin: str
    code: str
    detail: str | None = Field(description="what was found when it was verified")
    component: str | None
    needed: str | None
    found: str | None
    asOf: datetime  # noqa: N815 - as above


class ProgressSummary(BaseModel):
    """How far a learner is on a pathway, in a list."""

    pathway: str
    pathwayVersion: int  # noqa: N815 - as above
    name: str
    isComplete: bool  # noqa: N815 - as above
    isAwarded: bool = Field(description="the pathway's credential is theirs")  # noqa: N815 - as above
    percent: int
    missing: list[str] = Field(description="components of a way to complete it, as in the pathway's trial")
    notConfirmed: int = Field(  # noqa: N815 - as above
        description="credentials that would matter, and do not count because they do not stand or cannot be confirmed"
    )
    evaluatedAt: datetime  # noqa: N815 - as above


class ProgressPage(BaseModel):
    """By pathway. A page may hold fewer than there is room for; `next` says whether more follow."""

    items: list[ProgressSummary]
    next: str | None


class ProgressReply(ProgressSummary):
    """How far a learner is on a pathway, and why."""

    isExact: bool = Field(description="false: too many choices to search all")  # noqa: N815 - as above
    isShortest: bool = Field(description="no way takes fewer credentials than `missing`")  # noqa: N815 - as above
    steps: list[StackStep]
    counted: list[CountedReply]
    notCounted: list[NotCountedReply]  # noqa: N815 - as above
    barredBy: list[str] = Field(description="credentials whose holders may not complete it")  # noqa: N815 - as above
    notLookedAt: int = Field(description="credentials beyond those that are looked at")  # noqa: N815 - as above


def progress_summary(progress: Progress) -> Json:
    """In a list."""
    found, pathway = progress.found, progress.open.rules.pathway
    return {
        "pathway": pathway.id,
        "pathwayVersion": pathway.version,
        "name": pathway.name,
        "isComplete": found.is_complete,
        "isAwarded": progress.awarded,
        "percent": progress.percent,
        "missing": list(found.missing),
        "notConfirmed": len(progress.doubtful),
        "evaluatedAt": progress.at,
    }


def progress_reply(progress: Progress) -> Json:
    """With everything."""
    found = progress.found
    refused = [_left(one, progress) for one in found.left if one.code != "not-in-pathway"]
    return {
        **progress_summary(progress),
        "isExact": found.is_exact,
        "isShortest": found.is_shortest,
        "steps": steps(progress),
        "counted": [counted(one, progress) for one in found.placed],
        "notCounted": [*refused, *(_doubtful(one) for one in progress.doubtful)],
        "barredBy": list(found.barred_by),
        "notLookedAt": progress.unseen,
    }


def steps(progress: Progress) -> list[Json]:
    """How far each component and condition is, parts before what they are parts of."""
    return [
        {
            "name": step.name,
            "isMet": step.is_met,
            "reached": step.reached,
            "required": step.required,
            "credits": number(step.credits),
            "creditsRequired": number(step.credits_required),
        }
        for step in progress.found.steps
    ]


def counted(placed: Placed, progress: Progress) -> Json:
    """A credential that counts, and where."""
    one = progress.evidence[placed.credential]
    return {
        **_named(one),
        "component": placed.component,
        "credits": number(placed.credits),
        "awarded": one.held.awarded,
    }


def _named(one: Evidence) -> Json:
    return {
        "credential": one.held.id,
        "achievement": one.held.achievement,
        "issuer": one.held.issuer,
        "origin": one.origin.value,
        "asOf": one.as_of,
    }


def _left(left: Left, progress: Progress) -> Json:
    refusal = left.refusal
    return {
        **_named(progress.evidence[left.credential]),
        "code": left.code,
        "detail": None,
        "component": left.component,
        "needed": refusal.needed if refusal else None,
        "found": refusal.found if refusal else None,
    }


def _doubtful(one: Evidence) -> Json:
    code, detail = (one.doubt.code, one.doubt.detail) if one.doubt else ("", "")
    return {**_named(one), "code": code, "detail": detail, "component": None, "needed": None, "found": None}
