"""Request and response bodies about recognitions."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Self

import orjson
from pydantic import BaseModel, Field, model_validator

from issuer.core.addresses import Addresses
from issuer.core.backpack.model import Doubt, Notation
from issuer.core.model import Json, State
from issuer.core.recognition.cases import Given
from issuer.core.recognition.life import RecognitionLife
from issuer.core.recognition.papers import joined
from issuer.core.recognition.recognition import By, Recognition, RecognitionState, notation_of
from issuer.core.recognition.sources import SourceStatus
from issuer.http.credentials.bodies import RecipientBody, ResultBody
from issuer.http.inputs import Body, Email, Iri, Line, Prose, WebUrl
from stacking.members import number

Presentation = Annotated[
    dict[str, Any] | str, Field(description="an Open Badges 3.0 credential: its document, or the compact JWS")
]


MOST = 20


class SourceRequest(Body):
    """What was recognised, once more."""

    credential: Presentation

    def presented(self) -> tuple[str, Notation]:
        """The credential as it is verified."""
        return _text(self.credential)


class EvidenceItem(Body):
    """Something that speaks for a case."""

    name: Line | None = None
    url: WebUrl | None = None
    narrative: Prose | None = None
    credential: Presentation | None = Field(default=None, description="another credential; it must hold")

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.url is None and self.narrative is None and self.credential is None:
            raise ValueError("needs a url, a narrative or a credential")
        return self

    def item(self, by: By) -> Json:
        """As it is kept, and from whom it is."""
        shown = {} if self.credential is None else {"credential": _text(self.credential)[0]}
        return self.model_dump(exclude_none=True, exclude={"credential"}) | shown | {"by": by.value}


class _Asked(Body):
    programme: Iri = Field(description="a pathway or achievement of the institution that is asked")
    credential: Presentation
    evidence: list[EvidenceItem] = Field(default=[], max_length=MOST)

    def presented(self) -> tuple[str, Notation]:
        """The credential as it is verified."""
        return _text(self.credential)

    def items(self, by: By) -> tuple[Json, ...]:
        """The evidence, and from whom it is."""
        return tuple(item.item(by) for item in self.evidence)


class EvidenceRequest(Body):
    """More that speaks for a case. What it has already is not added again."""

    evidence: list[EvidenceItem] = Field(min_length=1, max_length=MOST)

    def items(self, by: By) -> tuple[Json, ...]:
        """The evidence, and from whom it is."""
        return tuple(item.item(by) for item in self.evidence)


class CaseRequest(Body):
    """Why. Both sides read it; it is in no event and no public record."""

    reason: Line


class GrantRequest(CaseRequest):
    """What an institution grants."""

    achievement: Iri | None = Field(
        default=None, description="that is awarded; the programme, if it is an achievement, unless given"
    )
    issuer: str | None = Field(default=None, max_length=500, description="slug or DID; your first, unless given")
    credits: Annotated[float, Field(gt=0, le=1_000, allow_inf_nan=False)] | None = None
    results: list[ResultBody] = Field(default=[], max_length=50)

    def given(self) -> Given:
        """As the core has it."""
        results = [result.model_dump(by_alias=True, exclude_none=True) for result in self.results]
        return Given(target=self.achievement, issuer=self.issuer, credits=self.credits, results=results)


class OwnRecognitionRequest(_Asked):
    """What a learner asks for. The address is that of the token's digest: the credential must name it."""

    email: Email = Field(description="your confirmed address; it stands hashed in what is awarded")


class RecognitionRequest(_Asked):
    """What an institution's registrar asks for on a learner's behalf."""

    recipient: RecipientBody
    vouched: Line | None = Field(
        default=None, description="how the identity was checked, where the credential does not name the recipient so"
    )


class ReasonReply(BaseModel):
    """A reason: a code for programs, words for people."""

    code: str
    detail: str


class PresentedReply(BaseModel):
    """What was presented."""

    id: str
    digest: str
    issuer: str
    achievement: str
    awarded: datetime


class RecognitionSummary(BaseModel):
    """A recognition in a list."""

    id: str
    status: RecognitionState
    programme: str
    presented: PresentedReply
    agreement: str | None = Field(description="the one that it was decided by")
    achievement: str | None = Field(description="what was awarded for it")
    credits: float | None = Field(description="that were granted")
    credential: str | None = Field(description="the credential that was issued for it: the decision")
    reasons: list[ReasonReply]
    createdAt: datetime  # noqa: N815 - JSON members are camelCase, as in Open Badges
    changedAt: datetime  # noqa: N815 - as above


class RecognitionsPage(BaseModel):
    """One page of recognitions, newest first."""

    items: list[RecognitionSummary]
    next: str | None = Field(description="cursor of the next page")


class RecognitionStep(BaseModel):
    """A step in a recognition's life."""

    status: RecognitionState
    at: datetime
    by: By
    actor: str | None = Field(description="who; told to the institution only")
    reason: str | None
    reasons: list[ReasonReply]
    revision: int
    causedBy: str | None = Field(description="id of the event that it followed from")  # noqa: N815 - as above


class ReviewReply(ReasonReply):
    """Why an award should be looked at again: `source-key-gone`, `source-replaced`."""

    kept: bool = Field(description="whether the institution has said that the award stands in spite of it")


class SourceStatusReply(BaseModel):
    """How what was recognised, and was issued elsewhere, was last seen by what its issuer publishes."""

    status: State
    seenAt: datetime = Field(description="when that could last be told")  # noqa: N815 - JSON is camelCase here
    statusList: str | None = Field(description="that told it since the decision")  # noqa: N815 - as above
    listDigest: str | None = Field(description="of that list as it was read")  # noqa: N815 - as above
    problem: ReasonReply | None = Field(description="why it cannot be told now, or at all: nothing follows from that")
    nextLookAt: datetime | None = Field(description="null where nobody looks")  # noqa: N815 - as above
    key: str | None = Field(description="of its issuer's DID document, that signed it; null where that cannot be told")
    review: ReviewReply | None = Field(description="what the institution should look at: its award stands meanwhile")


class RecognitionReply(RecognitionSummary):
    """A recognition with everything that both sides may read of it."""

    results: list[dict[str, Any]] = Field(description="converted results, as they stand in the credential")
    evidence: list[dict[str, Any]]
    vouched: str | None
    mayAppeal: bool  # noqa: N815 - as above
    appealUntil: datetime | None = Field(description="an appeal comes too late then")  # noqa: N815 - as above
    sourceStatus: SourceStatusReply | None = Field(  # noqa: N815 - as above
        description="while the award stands; null where what was recognised was issued here, and is followed at once"
    )
    history: list[RecognitionStep]


class CaseReply(RecognitionReply):
    """The same for who decides, with the document that was presented."""

    document: dict[str, Any] | str | None = Field(description="null once nothing is left to decide: it is not kept")


def summary(found: Recognition, addresses: Addresses) -> Json:
    """A recognition in a list."""
    shown = found.presented
    return {
        "id": addresses.recognition(found.id),
        "status": found.state,
        "programme": found.place.programme,
        "presented": {
            "id": shown.id,
            "digest": shown.digest,
            "issuer": shown.issuer,
            "achievement": shown.achievement,
            "awarded": shown.awarded,
        },
        "agreement": None if found.agreement_id is None else addresses.agreement(found.agreement_id),
        "achievement": found.target,
        "credits": number(None if found.credits is None else Decimal(found.credits)),
        "credential": None if found.credential_id is None else addresses.credential(found.credential_id),
        "reasons": [{"code": reason.code, "detail": reason.detail} for reason in found.reasons],
        "createdAt": found.created_at,
        "changedAt": found.changed_at,
    }


def reply(life: RecognitionLife, addresses: Addresses, *, to_institution: bool) -> Json:
    """A recognition with everything. Who acted for the institution is its own affair."""
    found = life.recognition
    answer = {
        **summary(found, addresses),
        "results": list(found.results),
        "evidence": [_evidence(item) for item in joined(found.evidence, life.papers)],
        "vouched": found.vouched,
        "mayAppeal": life.may_appeal,
        "appealUntil": found.appeal_until if found.state is RecognitionState.REFUSED else None,
        "sourceStatus": None if life.watched is None else _seen(life.watched),
        "history": [
            {
                "status": change.state,
                "at": change.at,
                "by": change.by,
                "actor": change.actor if to_institution else None,
                "reason": change.reason,
                "reasons": [{"code": reason.code, "detail": reason.detail} for reason in change.reasons],
                "revision": change.revision,
                "causedBy": change.caused_by,
            }
            for change in life.changes
        ],
    }
    if not to_institution:
        return answer
    return answer | {"document": None if life.papers is None else _shown(life.papers.document)}


def _seen(status: SourceStatus) -> Json:
    problem = status.problem
    return {
        "status": status.state,
        "seenAt": status.seen_at,
        "statusList": status.list_url,
        "listDigest": status.list_digest,
        "problem": None if problem is None else {"code": problem.code, "detail": problem.detail},
        "nextLookAt": status.look_at,
        "key": None if status.traces.signer is None else status.traces.signer.method,
        "review": None if status.review is None else _review(status.review, kept=status.is_kept),
    }


def _review(doubt: Doubt, *, kept: bool) -> Json:
    return {"code": doubt.code, "detail": doubt.detail, "kept": kept}


def _text(credential: dict[str, Any] | str) -> tuple[str, Notation]:
    if isinstance(credential, str):
        return credential, Notation.COMPACT_JWS
    return orjson.dumps(credential).decode(), Notation.DOCUMENT


def _shown(document: str) -> Json | str:
    """A credential as it was presented."""
    found: Json | str = orjson.loads(document) if notation_of(document) is Notation.DOCUMENT else document
    return found


def _evidence(item: Json) -> Json:
    return item | {"credential": _shown(item["credential"])} if "credential" in item else item
