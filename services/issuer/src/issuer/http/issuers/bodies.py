"""Request and response bodies about issuers. Profile members are Open Badges 3.0's."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, Field, model_validator

from contracts.states import issuer_state
from issuer.core.addresses import Addresses
from issuer.core.model import APPEAL_DAYS, Algorithm, Issuer, IssuingPolicy, Json
from issuer.http.inputs import Body, Email, Iri, Line, Prose, Slug, WebUrl, Word
from service_kit.entity_tags import tag_of

MOST_APPEAL_DAYS = 3650
IDENTIFIER_TYPE = r"^([A-Za-z][A-Za-z0-9]{0,63}|ext:\S{1,100})$"


class ImageBody(Body):
    """An Open Badges Image."""

    id: Iri
    type: Literal["Image"] = "Image"
    caption: Line | None = None


class AddressBody(Body):
    """An Open Badges Address."""

    type: list[Literal["Address"]] = Field(default=["Address"], min_length=1, max_length=1)
    address_country: Word | None = Field(default=None, alias="addressCountry")
    address_country_code: Word | None = Field(default=None, alias="addressCountryCode")
    address_region: Word | None = Field(default=None, alias="addressRegion")
    address_locality: Word | None = Field(default=None, alias="addressLocality")
    street_address: Line | None = Field(default=None, alias="streetAddress")
    post_office_box_number: Word | None = Field(default=None, alias="postOfficeBoxNumber")
    postal_code: Word | None = Field(default=None, alias="postalCode")


class IdentifierBody(Body):
    """An Open Badges IdentifierEntry: another identifier of the same institution."""

    type: Literal["IdentifierEntry"] = "IdentifierEntry"
    identifier: Line
    identifier_type: Annotated[str, Field(alias="identifierType", pattern=IDENTIFIER_TYPE)]


class ProfileMembers(Body):
    """What a Profile may say beside its id and name."""

    url: WebUrl | None = None
    description: Prose | None = None
    email: Email | None = None
    phone: Word | None = None
    image: ImageBody | None = None
    address: AddressBody | None = None
    official: Line | None = None
    other_identifier: list[IdentifierBody] | None = Field(default=None, alias="otherIdentifier", max_length=10)


class IssuerCreation(ProfileMembers):
    """A new issuer."""

    name: Line
    slug: Slug = Field(description="part of the issuer's public address; unique, for good")
    method: Literal["web", "key"] = Field(default="web", description="kind of identifier: did:web or did:key")
    keys: list[Algorithm] = Field(
        default=["Ed25519"],
        min_length=1,
        max_length=4,
        description="a key of each of these; the first that is not RS256 signs Open Badges and status lists. A did:key "
        "is one key",
    )

    @model_validator(mode="after")
    def _has_different_keys(self) -> Self:
        if len(set(self.keys)) != len(self.keys):
            raise ValueError("keys are of different algorithms")
        if self.keys == ["RS256"]:
            raise ValueError("an RS256 key signs credentials as JWT only: another is needed beside it")
        if self.method == "key" and len(self.keys) != 1:
            raise ValueError("a did:key has one key")
        return self

    def profile(self) -> Json:
        """The Profile's members."""
        return self.model_dump(by_alias=True, exclude_none=True, exclude={"slug", "method", "keys"})


class IssuerAmendment(ProfileMembers):
    """A merge patch (RFC 7396): what is absent stays, null removes. The name cannot be removed."""

    name: Line | None = None
    active: bool | None = Field(default=None, description="an issuer that is not active issues nothing")

    @model_validator(mode="after")
    def _keeps_its_name(self) -> Self:
        if "name" in self.model_fields_set and self.name is None:
            raise ValueError("the name cannot be removed")
        return self

    def profile(self) -> Json:
        """The members that were sent; None for those to remove."""
        sent = self.model_dump(by_alias=True, exclude_unset=True, exclude={"active"})
        filled = self.model_dump(by_alias=True, exclude_none=True, exclude={"active"})
        return {name: filled.get(name) for name in sent}


class PolicyBody(Body):
    """What an issuer lets itself issue."""

    achievements: Literal["own", "any"] = Field(default="own", description="whose achievements may be issued")
    plaintext_recipient: bool = Field(
        default=True, alias="plaintextRecipient", description="whether recipients may be named in plain text"
    )
    max_validity_days: int | None = Field(default=None, alias="maxValidityDays", ge=1, le=36_500)
    require_evidence: bool = Field(default=False, alias="requireEvidence")
    adds_status: bool = Field(
        default=False,
        alias="addsStatus",
        description="give what is issued at /vc a BitstringStatusListEntry, unless it brings a status of its own",
    )
    appeal_days: int = Field(
        default=APPEAL_DAYS,
        alias="appealDays",
        ge=1,
        le=MOST_APPEAL_DAYS,
        description="to appeal against a refusal to recognise something, unless an agreement says otherwise; of an "
        "organization's several issuers, the most counts",
    )

    def policy(self) -> IssuingPolicy:
        """As the core has it."""
        return IssuingPolicy(**self.model_dump())


class IssuerReply(BaseModel):
    """An issuer, to its owner."""

    id: str = Field(description="the DID that signs")
    slug: str
    url: str = Field(description="public address of the profile")
    name: str
    method: Literal["web", "key"]
    active: bool
    revision: int
    profile: dict[str, Any]
    policy: dict[str, Any]
    createdAt: datetime  # noqa: N815 - JSON members are camelCase, as in Open Badges
    changedAt: datetime  # noqa: N815 - as above


class PolicyReply(BaseModel):
    """What an issuer lets itself issue."""

    achievements: Literal["own", "any"]
    plaintextRecipient: bool  # noqa: N815 - JSON members are camelCase, as in Open Badges
    maxValidityDays: int | None  # noqa: N815 - as above
    requireEvidence: bool  # noqa: N815 - as above
    addsStatus: bool  # noqa: N815 - as above
    appealDays: int  # noqa: N815 - as above


class IssuersReply(BaseModel):
    """One page of an organization's issuers, by slug."""

    items: list[IssuerReply]
    next: str | None = Field(description="cursor of the next page")


def issuer_reply(issuer: Issuer, addresses: Addresses) -> IssuerReply:
    """An issuer as its owner sees it."""
    policy = issuer.policy
    return IssuerReply(
        id=issuer.did,
        slug=issuer.slug,
        url=addresses.issuer(issuer.slug),
        name=str(issuer.profile["name"]),
        method=issuer.method,
        active=issuer.active,
        revision=issuer.revision,
        profile=issuer.profile,
        policy=policy_reply(policy),
        createdAt=issuer.created_at,
        changedAt=issuer.changed_at,
    )


def issuer_tag(issuer: Issuer) -> str:
    """The entity tag of what the fleet knows of an issuer. The registry shows it, with the same state in its tag."""
    return tag_of(issuer_state(issuer.did, issuer.revision))


def policy_tag(issuer: Issuer) -> str:
    """The entity tag of an issuer's policy."""
    return tag_of(policy_reply(issuer.policy))


def policy_reply(policy: IssuingPolicy) -> Json:
    """A policy as JSON."""
    return {
        "achievements": policy.achievements,
        "plaintextRecipient": policy.plaintext_recipient,
        "maxValidityDays": policy.max_validity_days,
        "requireEvidence": policy.require_evidence,
        "addsStatus": policy.adds_status,
        "appealDays": policy.appeal_days,
    }
