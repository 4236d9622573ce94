"""The answers of the public record. Additive change only."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel


class Answer(BaseModel):
    """Base: member names in camelCase, as Open Badges has them."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class RecordIssuer(Answer):
    """Who issued. `name` is null while the issuer's own profile is under way."""

    id: str = Field(description="the DID that signed")
    name: str | None
    slug: str


class RecordAchievement(Answer):
    """What was earned. The names are null while the achievement's own event is under way."""

    id: str = Field(description="address of the achievement")
    version: int
    name: str | None
    achievement_type: str | None


class RecordStatusList(Answer):
    """Where a verifier finds the credential's status bit."""

    url: str
    index: int


class RecordLinks(Answer):
    """Where to go on."""

    self: str
    issuer: str


class RecordAnswer(Answer):
    """The public record of one credential. It says nothing about the learner."""

    id: str = Field(description="the credential's id")
    issuer: RecordIssuer
    achievement: RecordAchievement
    state: Literal["issued", "suspended", "revoked"]
    expired: bool = Field(description="whether validUntil has passed; a state of its own it is not")
    issued_at: datetime
    valid_from: datetime
    valid_until: datetime | None
    changed_at: datetime = Field(description="when the state last changed, or the document was corrected")
    digest: str = Field(description="'u' + base64url of SHA-256 over the canonical (RFC 8785) signed document")
    status_list: RecordStatusList
    links: RecordLinks


class IssuerLinks(Answer):
    """Where to go on."""

    self: str
    did: str = Field(description="the controller document with the keys")


class EndorserAnswer(Answer):
    """Who endorses, in the endorsement's own words."""

    id: str
    name: str


class EndorsementAnswer(Answer):
    """What somebody else says of the issuer, signed. It was verified, and the issuer's owner wants it shown."""

    id: str
    issuer: EndorserAnswer
    comment: str | None
    valid_from: datetime
    valid_until: datetime | None
    credential: dict[str, Any] | str = Field(description="the EndorsementCredential: a document, or a compact JWS")


class IssuerAnswer(Answer):
    """An Open Badges 3.0 Profile as the issuer published it, with the public facts beside it."""

    model_config = ConfigDict(extra="allow")

    id: str = Field(description="the DID that signs")
    type: list[str]
    name: str
    url: str | None = None
    slug: str
    active: bool = Field(description="whether it may issue at present; what it issued stays verifiable")
    keys: list[str] = Field(description="ids of the verification methods that may sign credentials")
    endorsements: list[EndorsementAnswer]
    changed_at: datetime
    links: IssuerLinks


class MonthAnswer(Answer):
    """The credentials of one achievement that one issuer issued in one month.

    Null: from 1 to 4, or a number that would give such a one away.
    """

    month: str = Field(description="YYYY-MM, in UTC")
    achievement: str
    issuer: str
    issued: int | None
    revoked: int | None = Field(description="of these, those that are revoked now")
    suspended: int | None = Field(description="of these, those that are suspended now")


class StatisticsPage(Answer):
    """Months, the newest first, and the cursor of the next page (which Link carries too)."""

    items: list[MonthAnswer]
    next: str | None
    least_shown: int = Field(description="smaller numbers are null, but for zero")
