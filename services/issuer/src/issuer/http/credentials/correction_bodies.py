"""Request and response bodies about corrections: the members of a request for a credential, each of them optional."""

from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import BaseModel, Field, model_validator

from credential_core.timestamps import format_timestamp
from issuer.core.credentials.correction import Correction
from issuer.core.credentials.recipient import Recipient
from issuer.http.credentials.bodies import EvidenceBody, RecipientBody, ResultBody
from issuer.http.inputs import Body, Line, Moment, Prose

IDENTIFYING = {"email", "did", "identifier", "identifier_type"}
NOT_REMOVABLE = {"recipient": "recipient", "valid_from": "validFrom"}


class CorrectedRecipientBody(RecipientBody):
    """The learner named anew, by at most one of email, did, identifier; or only another name."""

    name: Line | None = Field(default=None, description="stands in the credential in plain text; null removes it")

    @model_validator(mode="after")
    def _names_one_learner(self) -> Self:
        given = [member for member in (self.email, self.did, self.identifier) if member is not None]
        if len(given) > 1 or (not given and self.model_fields_set != {"name"}):
            raise ValueError("needs one of email, did, identifier, or only a name")
        if (self.identifier is None) is not (self.identifier_type is None):
            raise ValueError("identifier and identifierType go together")
        return self

    def anew(self) -> Recipient | None:
        """As the core has it; None when only the name is another."""
        return self.recipient() if self.model_fields_set & IDENTIFYING else None


class CorrectionBody(Body):
    """What is wrong and how it is right. What is not named stays; null takes a member away.

    The id, the achievement and awardedDate stay; validFrom moves on.
    """

    reason: Line = Field(description="stays with the issuer: it is in no event and no public record")
    recipient: CorrectedRecipientBody | None = Field(default=None, description="not null")
    valid_from: Moment | None = Field(
        default=None, alias="validFrom", description="later than it was; now, unless given. Not null"
    )
    valid_until: Moment | None = Field(default=None, alias="validUntil")
    activity_start_date: Moment | None = Field(default=None, alias="activityStartDate")
    activity_end_date: Moment | None = Field(default=None, alias="activityEndDate")
    results: list[ResultBody] | None = Field(default=None, max_length=50, description="instead of all results")
    evidence: list[EvidenceBody] | None = Field(default=None, max_length=20, description="instead of all evidence")
    narrative: Prose | None = None
    credits_earned: Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False)] | None = Field(
        default=None, alias="creditsEarned"
    )

    @model_validator(mode="after")
    def _corrects_something(self) -> Self:
        for member, name in NOT_REMOVABLE.items():
            if member in self.model_fields_set and getattr(self, member) is None:
                raise ValueError(f"{name} cannot be taken away")
        if not self.model_fields_set - {"reason", "credential"}:
            raise ValueError("names nothing to correct")
        return self

    def correction(self) -> Correction:
        """As the core has it."""
        sent = self.model_fields_set - {"reason", "credential", "recipient"}
        fields = {name: type(self).model_fields[name].alias or name for name in sent}
        changes = {alias: _plain(getattr(self, name)) for name, alias in fields.items()}
        if self.recipient is None:
            return Correction(reason=self.reason, changes=changes)
        if "name" in self.recipient.model_fields_set:
            changes["name"] = self.recipient.name
        return Correction(reason=self.reason, recipient=self.recipient.anew(), changes=changes)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return format_timestamp(value)
    if isinstance(value, list):
        return [item.model_dump(by_alias=True, exclude_none=True) for item in value]
    return value


class CorrectionReply(BaseModel):
    """A credential that was just corrected."""

    id: str = Field(description="the credential's id, as it was")
    status: str = Field(description="as it was")
    credential: dict[str, Any] = Field(description="the signed Open Badges 3.0 credential that replaces the other")
