"""Requests and responses of the verifier's API."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StrictBool, WithJsonSchema
from pydantic.functional_validators import PlainValidator
from pydantic_core import PydanticCustomError

from credential_core.report import Outcome, Verdict
from verifier.core.judgement import Options

MOST_COMPONENTS = 300


def _object_or_string(value: Any) -> Any:
    if isinstance(value, dict | str):
        return value
    raise PydanticCustomError("object_or_string", "must be a JSON object, or a string holding a credential")


CredentialInput = Annotated[
    Any,
    PlainValidator(_object_or_string),
    WithJsonSchema(
        {
            "anyOf": [{"type": "object"}, {"type": "string"}],
            "description": "the credential: a JSON object, or a string holding its JSON text or its compact JWS "
            "(Open Badges 3.0 VC-JWT, or vc+jwt) or its SD-JWT (dc+sd-jwt), or the image that one is baked into, as "
            "`data:image/png;base64,…` or `data:image/svg+xml,…`. An assertion of Open Badges 2.0 is taken in the same "
            "ways, and by the https address where it is hosted",
        }
    ),
]


class PolicyRequest(BaseModel):
    """What the caller makes of doubt."""

    model_config = ConfigDict(extra="forbid")

    acceptUnknownIssuer: StrictBool = Field(  # noqa: N815 - the API's names are camelCase
        default=False, description="an issuer that nobody vouches for no longer makes the verdict indeterminate"
    )
    endorsementsDecide: StrictBool = Field(  # noqa: N815 - as above
        default=False, description="endorsements inside count like the credential's own checks; otherwise they inform"
    )

    def options(self) -> Options:
        """As the core has it."""
        return Options(self.acceptUnknownIssuer, self.endorsementsDecide, earlier_badges=True)


class VerificationRequest(BaseModel):
    """One credential to verify."""

    model_config = ConfigDict(extra="forbid")

    credential: CredentialInput
    components: list[CredentialInput] = Field(
        default=[],
        max_length=MOST_COMPONENTS,
        description="of a stacked credential, those that you were given: they are held against what its record states",
    )
    policy: PolicyRequest = PolicyRequest()


class CheckResponse(BaseModel):
    """One check: what was looked at, what was found, why, and on whose word."""

    check: str = Field(
        examples=["parse", "schema", "proof", "validity_period", "status", "issuer_trust", "correction", "stack"]
    )
    outcome: Outcome
    code: str
    detail: str
    source: str | None = None


class NestedResponse(BaseModel):
    """The report on a document inside: an endorsement, or a credential of a learner record."""

    role: str = Field(examples=["endorsement", "credential"])
    path: str = Field(description="where it stands in the document around it")
    id: str | None
    verdict: Verdict
    checks: list[CheckResponse]
    nested: list["NestedResponse"] = []


class VerificationResponse(BaseModel):
    """A verdict with its reasons."""

    id: str
    verdict: Verdict
    checks: list[CheckResponse]
    credential: dict[str, Any] | None = Field(
        description="id, type, name, issuer {id, name}, achievement {id, name, achievementType}, validFrom, "
        "validUntil, awardedDate as the credential states them; null when it cannot be read"
    )
    nested: list[NestedResponse] = Field(description="endorsements and credentials inside, each with its own reasons")
    verifiedAt: datetime  # noqa: N815


class FindingResponse(BaseModel):
    """One check as the history keeps it."""

    check: str
    outcome: Outcome
    code: str
    source: str | None = None


class PastVerificationResponse(BaseModel):
    """A verification of the past. The credential was not kept; `inputDigest` recognises it."""

    id: str
    verdict: Verdict
    checks: list[FindingResponse]
    credentialId: str | None  # noqa: N815
    issuerId: str | None  # noqa: N815
    inputDigest: str  # noqa: N815
    verifiedAt: datetime  # noqa: N815


class PastVerificationsResponse(BaseModel):
    """A page of the history, newest first."""

    items: list[PastVerificationResponse]
    next: str | None


class TrustedIssuerResponse(BaseModel):
    """An issuer the organization accepts although the fleet does not know it."""

    issuerId: str  # noqa: N815
    addedAt: datetime  # noqa: N815


class TrustedIssuersResponse(BaseModel):
    """A page of trusted issuers."""

    items: list[TrustedIssuerResponse]
    next: str | None
