"""What is said about endorsements, in both directions."""

from datetime import datetime
from typing import Annotated, Any, Literal

import orjson
from pydantic import BaseModel, StringConstraints

from issuer.core.addresses import Addresses
from issuer.core.backpack.model import Notation
from issuer.core.endorsements.check import LONGEST_COMMENT
from issuer.core.endorsements.endorse import EndorseOrder
from issuer.core.endorsements.model import Endorsement, EndorsementStatus
from issuer.core.endorsements.present import PresentOrder
from issuer.http.inputs import Address, Body, Moment
from service_kit.auth import Caller
from service_kit.inputs import IdempotencyKey

Comment = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_COMMENT)]
Token = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$")]


class EndorseRequest(Body):
    """What is endorsed: a version of an achievement or of a pathway (without a version the newest), or an issuer."""

    subject: Address
    comment: Comment | None = None
    validUntil: Moment | None = None  # noqa: N815 - JSON members are camelCase

    def order(self, caller: Caller, slug: str, key: IdempotencyKey | None) -> EndorseOrder:
        """As the core takes it."""
        return EndorseOrder(
            org_id=caller.org,
            actor=caller.actor,
            slug=slug,
            subject=self.subject,
            comment=self.comment,
            valid_until=self.validUntil,
            key=key,
        )


class PresentRequest(Body):
    """A signed EndorsementCredential: the JSON document, or a compact JWS."""

    credential: dict[str, Any] | Token

    def order(self, caller: Caller, key: IdempotencyKey | None) -> PresentOrder:
        """As the core takes it."""
        is_text = isinstance(self.credential, str)
        return PresentOrder(
            org_id=caller.org,
            actor=caller.actor,
            text=self.credential if isinstance(self.credential, str) else orjson.dumps(self.credential).decode(),
            notation=Notation.COMPACT_JWS if is_text else Notation.DOCUMENT,
            key=key,
        )


class Endorser(BaseModel):
    """Who endorses, in the endorsement's own words."""

    id: str
    name: str


class EndorsementSummary(BaseModel):
    """An endorsement without its document. `problems` are the codes that the last verification gave."""

    id: str
    subject: str
    version: int | None
    status: EndorsementStatus
    shown: bool
    problems: list[str]
    issuer: Endorser
    comment: str | None
    validFrom: datetime  # noqa: N815 - JSON members are camelCase
    validUntil: datetime | None  # noqa: N815 - as above
    believedUntil: datetime  # noqa: N815 - as above
    createdAt: datetime  # noqa: N815 - as above
    changedAt: datetime  # noqa: N815 - as above


class EndorsementReply(EndorsementSummary):
    """With the credential, as it was signed."""

    credential: dict[str, Any] | str


class EndorsementsPage(BaseModel):
    """Newest first."""

    items: list[EndorsementSummary]
    next: str | None


Role = Literal["received", "given"]


def summary(endorsement: Endorsement, addresses: Addresses) -> dict[str, Any]:
    """One line of a list."""
    return {
        "id": addresses.endorsement(endorsement.id),
        "subject": endorsement.subject,
        "version": endorsement.version,
        "status": endorsement.status.value,
        "shown": endorsement.is_shown,
        "problems": list(endorsement.problems),
        "issuer": {"id": endorsement.issuer_id, "name": endorsement.issuer_name},
        "comment": endorsement.comment,
        "validFrom": endorsement.valid_from,
        "validUntil": endorsement.valid_until,
        "believedUntil": endorsement.believed_until,
        "createdAt": endorsement.created_at,
        "changedAt": endorsement.changed_at,
    }


def detail(endorsement: Endorsement, addresses: Addresses) -> bytes:
    """All of it. A document goes out as the bytes that were signed."""
    is_text = endorsement.notation is Notation.COMPACT_JWS
    credential: Any = endorsement.document if is_text else orjson.Fragment(endorsement.document)
    return orjson.dumps({**summary(endorsement, addresses), "credential": credential})
