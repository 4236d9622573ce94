"""Request and response bodies about recognition agreements."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import BaseModel, Field, model_validator

from credential_core.timestamps import format_timestamp
from issuer.core.addresses import Addresses
from issuer.core.model import Json
from issuer.core.recognition.agreement import NOBODY, Agreement, AgreementChange, AgreementState, stated_by
from issuer.http.inputs import Body, Did, Iri, Line, Moment, Prose
from issuer.http.issuers.bodies import MOST_APPEAL_DAYS

Credits = Annotated[float, Field(gt=0, le=1_000, allow_inf_nan=False)]
ANY_KIND = (
    "id of their result description. Without one, results of any: where those of several do not all become the same, "
    "people decide (`result-ambiguous`)"
)
STEPS = (
    "from the best to the worst: of several results of one description the last step counts, or the lowest `atLeast` "
    "where all are taken by such"
)


class GradeStepBody(Body):
    """One line of a conversion: a value of theirs exactly, or every number from one on."""

    exactly: Line | None = Field(default=None, alias="from")
    at_least: Annotated[float, Field(allow_inf_nan=False)] | None = Field(default=None, alias="atLeast")
    to: Line

    @model_validator(mode="after")
    def _says_which(self) -> Self:
        if (self.exactly is None) is (self.at_least is None):
            raise ValueError("needs exactly one of from, atLeast")
        return self


class ConversionBody(Body):
    """What their results become. What no step takes is below what was agreed."""

    source: Iri | None = Field(default=None, description=ANY_KIND)
    target: Iri = Field(description="id of a result description of the target")
    steps: list[GradeStepBody] = Field(min_length=1, max_length=100, description=STEPS)


class RuleBody(Body):
    """What is recognised as what."""

    achievement: Iri | None = Field(
        default=None, description="theirs, in all its versions; without one, all that reach the floor"
    )
    minimum_credits: Credits | None = Field(default=None, alias="minimumCredits")
    minimum_level: Annotated[int, Field(ge=1, le=8)] | None = Field(
        default=None, alias="minimumLevel", description="of the European Qualifications Framework"
    )
    target: Iri = Field(description="the achievement of the recognising institution that is awarded for it")
    credits: Credits = Field(description="that are granted")
    grade_conversion: ConversionBody | None = Field(default=None, alias="gradeConversion")

    @model_validator(mode="after")
    def _means_something(self) -> Self:
        if self.achievement is None and self.minimum_credits is None and self.minimum_level is None:
            raise ValueError("needs an achievement, or a floor of credits or level")
        return self


class LimitsBody(Body):
    """How much one learner may bring into the programme."""

    max_credits: Credits | None = Field(default=None, alias="maxCredits")
    max_credentials: Annotated[int, Field(ge=1, le=1_000)] | None = Field(default=None, alias="maxCredentials")


class AgreementRequest(Body):
    """An agreement to propose. One of the two issuers is yours."""

    name: Line
    description: Prose | None = None
    recognising_issuer: Did = Field(alias="recognisingIssuer", description="who grants credit: the DID of its issuer")
    source_issuer: Did = Field(alias="sourceIssuer", description="whose credentials are recognised")
    programme: Iri = Field(description="a pathway or achievement of the recognising institution")
    rules: list[RuleBody] = Field(min_length=1, max_length=100)
    limits: LimitsBody | None = None
    valid_from: Moment | None = Field(default=None, alias="validFrom", description="of requests")
    valid_until: Moment | None = Field(default=None, alias="validUntil")
    awarded_from: Moment | None = Field(default=None, alias="awardedFrom", description="of their credentials")
    awarded_until: Moment | None = Field(default=None, alias="awardedUntil")
    appeal_days: Annotated[int, Field(ge=1, le=MOST_APPEAL_DAYS)] | None = Field(
        default=None,
        alias="appealDays",
        description="to appeal against what it refuses; as the recognising institution's policy says, unless given",
    )
    replaces: Iri | None = Field(default=None, description="the agreement that ends when this one is signed")

    def members(self) -> Json:
        """Those of the document that is signed."""
        found = self.model_dump(by_alias=True, exclude_none=True, exclude={"replaces"})
        return {
            name: format_timestamp(value) if isinstance(value, datetime) else value for name, value in found.items()
        }


class SignRequest(Body):
    """Who signs says what was read."""

    digest: Annotated[str, Field(max_length=100)] = Field(description="the digest of the agreement as you read it")
    signature: Annotated[str, Field(max_length=8_192)] | None = Field(
        default=None,
        description="of a source issuer that is not on this fleet, brought by you: a compact JWS of type "
        "`recognition-agreement+jws` over `agreement` (its id) and `digest`, by a key of its DID",
    )


class StatementRequest(Body):
    """What a partner that is not on this fleet signed."""

    statement: Annotated[str, Field(max_length=8_192)] = Field(
        description="a compact JWS by a key of the source issuer's DID: of type `recognition-agreement+jws` it signs, "
        "as in `sign`; of type `recognition-agreement-statement+jws`, over `agreement` (its id), `digest`, `act` "
        "(`decline` or `end`), `reason` and `iat`, it declines or ends. Its header has `alg`, `kid` and `typ` alone. A "
        "signature everybody reads; of a statement its digest and key, while its text is for the two parties: name "
        "nobody in either"
    )


class ActRequest(Body):
    """Why. Both parties read it."""

    reason: Line


class AgreementReply(BaseModel):
    """An agreement. `document` is what was proposed and is signed; `digest` is of its canonical form (RFC 8785)."""

    id: str
    status: AgreementState = Field(description="one that is signed is `expired` from its `validUntil` on")
    version: int
    digest: str
    document: dict[str, Any]
    createdAt: datetime  # noqa: N815 - JSON members are camelCase, as in Open Badges
    changedAt: datetime  # noqa: N815 - as above
    signedAt: datetime | None  # noqa: N815 - as above
    signature: str | None = Field(description="of a source issuer that is not on this fleet: a compact JWS")
    statementDigest: str | None = Field(  # noqa: N815 - as above
        description="of a source issuer that is not on this fleet and ended or declined it: 'u' + base64url of SHA-256 "
        "over the compact JWS by which it did"
    )
    statementKey: str | None = Field(description="the key that signed that: its `kid`, or the DID")  # noqa: N815 - as above


class StandingReply(BaseModel):
    """Where an agreement stands, for whoever brought what a partner signed."""

    id: str
    status: AgreementState
    version: int
    digest: str
    changedAt: datetime  # noqa: N815 - as above


class AgreementsPage(BaseModel):
    """Newest first."""

    items: list[AgreementReply]
    next: str | None = Field(description="cursor of the next page")


class AgreementStep(BaseModel):
    """A step in an agreement's life."""

    status: AgreementState
    at: datetime
    party: str | None = Field(
        description="the organization that took it, or the DID of a partner elsewhere; null: its date did"
    )
    actor: str | None = Field(description="who, of your own organization")
    reason: str | None
    revision: int


class PartyAgreementReply(AgreementReply):
    """An agreement to one of its parties."""

    proposedBy: str  # noqa: N815 - as above
    statement: str | None = Field(description="by which a source issuer that is not on this fleet ended or declined it")
    history: list[AgreementStep]


def agreement_reply(agreement: Agreement, addresses: Addresses) -> Json:
    """As everybody reads it."""
    stated = stated_by(agreement)
    return {
        "id": addresses.agreement(agreement.id),
        "status": agreement.state,
        "version": agreement.version,
        "digest": agreement.digest,
        "document": agreement.document,
        "createdAt": agreement.created_at,
        "changedAt": agreement.changed_at,
        "signedAt": agreement.signed_at,
        "signature": agreement.signature,
        "statementDigest": None if stated is None else stated.digest,
        "statementKey": None if stated is None else stated.key,
    }


def standing_reply(agreement: Agreement, addresses: Addresses) -> Json:
    """No more than whoever has the statement knows: a proposal concerns the two."""
    return {
        "id": addresses.agreement(agreement.id),
        "status": agreement.state,
        "version": agreement.version,
        "digest": agreement.digest,
        "changedAt": agreement.changed_at,
    }


def party_reply(agreement: Agreement, changes: Sequence[AgreementChange], org_id: str, addresses: Addresses) -> Json:
    """As a party reads it. Who acted for the other one is the other's affair."""
    history = [
        {
            "status": change.state,
            "at": change.at,
            "party": None if change.org_id == NOBODY else change.org_id,
            "actor": change.actor if change.org_id == org_id else None,
            "reason": change.reason,
            "revision": change.revision,
        }
        for change in changes
    ]
    return {
        **agreement_reply(agreement, addresses),
        "proposedBy": agreement.proposed_by,
        "statement": agreement.statement,
        "history": history,
    }
