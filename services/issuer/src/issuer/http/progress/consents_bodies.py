"""Requests and answers about consents, and about what they let an organization see."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from issuer.core.model import Json
from issuer.core.progress.consents_model import Consent, ConsentState
from issuer.core.progress.model import Progress
from issuer.core.progress.shared import SharedProgress
from issuer.http.inputs import Body, Line, Moment
from issuer.http.progress.bodies import counted, steps
from issuer.http.stacks.bodies import StackStep


class ConsentRequest(Body):
    """What I agree to: that the pathway's owner sees how far I am on it, for this purpose."""

    pathway: Annotated[str, Field(max_length=500, description="URL or UUID")]
    purpose: Annotated[Line, Field(description="what it is for, as you were told")]
    shows: list[Literal["email"]] = Field(
        default_factory=list, max_length=1, description="what they see besides: `email`, your confirmed address"
    )
    allows: list[Literal["award"]] = Field(
        default_factory=list,
        max_length=1,
        description="what they may do besides: `award`, count in the pathway's stack what is in my backpack; the stack "
        "then names what counts, by its id and issuer, and goes on to do so",
    )
    expiresAt: Moment | None = None  # noqa: N815 - JSON members are camelCase, as in Open Badges


class ConsentReply(BaseModel):
    """A consent, with when it was last used."""

    id: str
    pathway: str
    organization: str = Field(description="the pathway's owner")
    purpose: str
    shows: list[str]
    allows: list[str]
    status: ConsentState
    grantedAt: datetime  # noqa: N815 - as above
    expiresAt: datetime | None  # noqa: N815 - as above
    endedAt: datetime | None  # noqa: N815 - as above
    lastSeenAt: datetime | None = Field(description="when the owner last looked")  # noqa: N815 - as above
    timesSeen: int  # noqa: N815 - as above


class ConsentsPage(BaseModel):
    """Newest first."""

    items: list[ConsentReply]
    next: str | None


class SharedCountedReply(BaseModel):
    """A credential that counts, without its id."""

    achievement: str
    issuer: str
    origin: str
    component: str
    credits: float
    awarded: date
    asOf: datetime  # noqa: N815 - as above


class SharedSummary(BaseModel):
    """How far a learner is."""

    id: str = Field(description="of the consent")
    learner: str = Field(description="the same for one person, at your organization only")
    email: str | None = Field(description="where the learner agreed to show it")
    purpose: str
    grantedAt: datetime  # noqa: N815 - as above
    expiresAt: datetime | None  # noqa: N815 - as above
    pathway: str
    pathwayVersion: int  # noqa: N815 - as above
    isComplete: bool  # noqa: N815 - as above
    isAwarded: bool  # noqa: N815 - as above
    percent: int
    missing: list[str]
    notConfirmed: int = Field(  # noqa: N815 - as above
        description="credentials that may count, and could not be confirmed now"
    )
    evaluatedAt: datetime  # noqa: N815 - as above


class SharedPage(BaseModel):
    """Newest consents first, at most twenty on a page."""

    items: list[SharedSummary]
    next: str | None


class SharedReply(SharedSummary):
    """With where each credential counts. What else the learner holds is not told."""

    steps: list[StackStep]
    counted: list[SharedCountedReply]


def consent_reply(consent: Consent, now: datetime) -> Json:
    """As its person sees it."""
    return {
        "id": consent.id,
        "pathway": consent.pathway_id,
        "organization": consent.org_id,
        "purpose": consent.purpose,
        "shows": ["email"] if consent.shows_address else [],
        "allows": ["award"] if consent.allows_award else [],
        "status": consent.state(now),
        "grantedAt": consent.granted_at,
        "expiresAt": consent.expires_at,
        "endedAt": consent.ended_at,
        "lastSeenAt": consent.seen_at,
        "timesSeen": consent.seen,
    }


def shared_summary(shared: SharedProgress) -> Json:
    """As an organization sees it in a list."""
    consent, progress = shared.consent, shared.progress
    pathway, found = progress.open.rules.pathway, progress.found
    return {
        "id": consent.id,
        "learner": shared.learner,
        "email": shared.address,
        "purpose": consent.purpose,
        "grantedAt": consent.granted_at,
        "expiresAt": consent.expires_at,
        "pathway": pathway.id,
        "pathwayVersion": pathway.version,
        "isComplete": found.is_complete,
        "isAwarded": progress.awarded,
        "percent": progress.percent,
        "missing": list(found.missing),
        "notConfirmed": _not_confirmed(progress),
        "evaluatedAt": progress.at,
    }


def shared_reply(shared: SharedProgress) -> Json:
    """With everything that it is shown."""
    progress = shared.progress
    return {
        **shared_summary(shared),
        "steps": steps(progress),
        "counted": [_without_id(counted(one, progress)) for one in progress.found.placed],
    }


def _without_id(members: Json) -> Json:
    return {name: value for name, value in members.items() if name != "credential"}


def _not_confirmed(progress: Progress) -> int:
    """Not those that were revoked or are about somebody else: what does not count is nobody's business."""
    return sum(one.doubt is not None and one.doubt.code == "not-confirmed" for one in progress.doubtful)
