"""Request and response bodies about credentials. Names are Open Badges 3.0's where it has one."""

import re
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, Field, model_validator

from credential_core.model.shapes import ENUMERATIONS
from issuer.core.addresses import Addresses
from issuer.core.credentials.order import Order
from issuer.core.credentials.queries import Life
from issuer.core.credentials.recipient import DID, EMAIL, Recipient
from issuer.core.model import Credential, Json, State
from issuer.http.inputs import Address, Body, Did, Email, Iri, Line, Moment, Prose, Word
from service_kit.inputs import IdempotencyKey

IDENTITY_TYPES = sorted(ENUMERATIONS["identityType"])
EXTENSION = re.compile(r"ext:\S+")
STATUSES = Literal["Completed", "Enrolled", "Failed", "InProgress", "OnHold", "Provisional", "Withdrew"]


def _identity_type(text: str) -> str:
    if text not in IDENTITY_TYPES and not EXTENSION.fullmatch(text):
        raise ValueError("must be one of Open Badges' identity types, or start with ext:")
    return text


IdentityType = Annotated[str, Field(max_length=100), AfterValidator(_identity_type)]


class RecipientBody(Body):
    """Who receives the credential: exactly one of email, did, or identifier with identifierType."""

    email: Email | None = None
    did: Did | None = Field(default=None, description="becomes the subject's id")
    identifier: Line | None = None
    identifier_type: IdentityType | None = Field(
        default=None, alias="identifierType", description=f"{', '.join(IDENTITY_TYPES)}, or ext:..."
    )
    name: Line | None = Field(default=None, description="stands in the credential in plain text")
    plaintext: bool = Field(default=False, description="show email or identifier instead of a salted hash")

    @model_validator(mode="after")
    def _names_one_learner(self) -> Self:
        given = [member for member in (self.email, self.did, self.identifier) if member is not None]
        if len(given) != 1:
            raise ValueError("needs exactly one of email, did, identifier")
        if (self.identifier is None) is not (self.identifier_type is None):
            raise ValueError("identifier and identifierType go together")
        return self

    def recipient(self) -> Recipient:
        """As the core has it."""
        if self.email is not None:
            return Recipient(EMAIL, self.email, self.name, self.plaintext)
        if self.did is not None:
            return Recipient(DID, self.did, self.name)
        return Recipient(str(self.identifier_type), str(self.identifier), self.name, self.plaintext)


class ResultBody(Body):
    """An Open Badges Result."""

    type: list[Literal["Result"]] = Field(default=["Result"], min_length=1, max_length=1)
    result_description: Iri | None = Field(default=None, alias="resultDescription")
    value: Line | None = None
    status: STATUSES | None = None
    achieved_level: Iri | None = Field(default=None, alias="achievedLevel")

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.value is None and self.status is None and self.achieved_level is None:
            raise ValueError("needs a value, a status or an achievedLevel")
        return self


class EvidenceBody(Body):
    """Open Badges Evidence: by address, by narrative, or both."""

    type: list[Literal["Evidence"]] = Field(default=["Evidence"], min_length=1, max_length=1)
    id: Address | None = None
    name: Line | None = None
    narrative: Prose | None = None
    description: Prose | None = None
    genre: Word | None = None
    audience: Word | None = None

    @model_validator(mode="after")
    def _can_be_found(self) -> Self:
        if self.id is None and self.narrative is None:
            raise ValueError("needs an id or a narrative")
        return self


class AwardBody(Body):
    """What one learner gets, whatever the achievement."""

    recipient: RecipientBody
    valid_from: Moment | None = Field(default=None, alias="validFrom", description="now, unless given")
    valid_until: Moment | None = Field(default=None, alias="validUntil")
    awarded_date: Moment | None = Field(default=None, alias="awardedDate")
    activity_start_date: Moment | None = Field(default=None, alias="activityStartDate")
    activity_end_date: Moment | None = Field(default=None, alias="activityEndDate")
    results: list[ResultBody] = Field(default=[], max_length=50)
    evidence: list[EvidenceBody] = Field(default=[], max_length=20)
    narrative: Prose | None = None
    credits_earned: Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False)] | None = Field(
        default=None, alias="creditsEarned"
    )

    def award(
        self,
        org_id: str,
        actor: str,
        *,
        achievement: str,
        issuer: str | None,
        allow_duplicates: bool = True,
        key: IdempotencyKey | None = None,
    ) -> Order:
        """As the core has it."""
        return Order(
            org_id=org_id,
            actor=actor,
            achievement=achievement,
            issuer=issuer,
            recipient=self.recipient.recipient(),
            valid_from=self.valid_from,
            valid_until=self.valid_until,
            awarded=self.awarded_date,
            activity_start=self.activity_start_date,
            activity_end=self.activity_end_date,
            results=tuple(_json(result) for result in self.results),
            evidence=tuple(_json(item) for item in self.evidence),
            narrative=self.narrative,
            credits_earned=self.credits_earned,
            allow_duplicates=allow_duplicates,
            key=key,
        )


class CredentialRequest(AwardBody):
    """One credential to issue."""

    achievement: str = Field(max_length=500, description="URL of the achievement, with or without /versions/{n}")
    issuer: str | None = Field(
        default=None, max_length=500, description="slug or DID; the organization's first issuer, unless given"
    )

    allow_duplicates: bool = Field(
        default=True,
        alias="allowDuplicates",
        description="false: refused for a learner who has the achievement already",
    )

    def order(self, org_id: str, actor: str, key: IdempotencyKey | None) -> Order:
        """As the core has it."""
        return self.award(
            org_id,
            actor,
            achievement=self.achievement,
            issuer=self.issuer,
            allow_duplicates=self.allow_duplicates,
            key=key,
        )


def _json(body: Body) -> Json:
    return body.model_dump(by_alias=True, exclude_none=True)


class StatusRequest(Body):
    """Why a credential changes. The reason stays with the issuer: it is in no event and no public record."""

    reason: Line


class StatusReply(BaseModel):
    """A credential's state after a change."""

    id: str
    status: str


class CredentialReply(BaseModel):
    """A credential that was just issued."""

    id: str = Field(description="the credential's id, which is its address")
    status: Literal["issued"]
    credential: dict[str, Any] = Field(description="the signed Open Badges 3.0 credential")


class StepReply(BaseModel):
    """One step in a credential's life."""

    status: str
    at: datetime
    actor: str
    reason: str | None = None
    revision: int
    digest: str | None = Field(default=None, description="of the document, where the step is a correction")


class CredentialSummary(BaseModel):
    """A credential in a list."""

    id: str
    status: str
    achievement: str
    achievementVersion: int  # noqa: N815 - JSON members are camelCase, as in Open Badges
    issuedAt: datetime  # noqa: N815 - as above
    changedAt: datetime  # noqa: N815 - as above
    validFrom: datetime  # noqa: N815 - as above
    validUntil: datetime | None  # noqa: N815 - as above


class CredentialDetail(CredentialSummary):
    """A credential to its owner: the document, and everything that happened to it."""

    credential: dict[str, Any]
    digest: str
    history: list[StepReply]


class CredentialsPage(BaseModel):
    """One page of credentials, newest first."""

    items: list[CredentialSummary]
    next: str | None = Field(description="cursor of the next page")


def summary(credential: Credential, status: str, addresses: Addresses) -> Json:
    """A credential in a list."""
    return {
        "id": addresses.credential(credential.id),
        "status": status,
        "achievement": credential.achievement_id,
        "achievementVersion": credential.achievement_version,
        "issuedAt": credential.issued_at,
        "changedAt": credential.changed_at,
        "validFrom": credential.valid_from,
        "validUntil": credential.valid_until,
    }


def history(life: Life) -> list[Json]:
    """The steps of a credential, the issuing first."""
    issued = life.credential
    first = {"status": State.ISSUED.value, "at": issued.issued_at, "actor": issued.issued_by, "revision": 1}
    later = [
        {
            "status": change.state.value,
            "at": change.at,
            "actor": change.actor,
            "reason": change.reason,
            "revision": change.revision,
            **({} if change.digest is None else {"digest": change.digest}),
        }
        for change in life.changes
    ]
    return [first, *later]
