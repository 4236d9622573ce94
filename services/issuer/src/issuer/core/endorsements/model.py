"""An endorsement: what somebody else says, signed, of an achievement, a pathway or an issuer here."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal, NewType

from contracts.catalog_events import EndorsementPublished, EndorsementWithdrawn
from issuer.core.backpack.model import Notation

EndorsementId = NewType("EndorsementId", str)
CHECK_EVERY = timedelta(hours=1)
BELIEVED_FOR = timedelta(hours=3)  # after it was last found to hold
TRY_AGAIN_AFTER = timedelta(minutes=5)  # when what speaks for it could not be had


class EndorsementStatus(StrEnum):
    """Where it stands. Whoever is endorsed accepts or declines; whoever endorsed may revoke, and that is final."""

    OFFERED = "offered"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Subject:
    """What is endorsed, by the `id` that it has in credentials, and the organization that owns it.

    Of what has versions, the one that is meant, and since when it stands.
    """

    address: str
    org_id: str
    name: str
    version: int | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """What a verification found. `problems` are the codes that speak against it; `is_final`: they always will.

    Without problems it holds. With problems that are all `is_open`, nobody could tell.
    """

    problems: tuple[str, ...]
    is_open: bool = False
    is_final: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Endorsement:
    """One endorsement. `document` is the signed text, as it was signed or as it came.

    `version` is the one of its subject that it was given for: what was changed since is not what was endorsed.
    `seen` counts the changes of what our own endorser published, as far as they were looked at.
    """

    id: EndorsementId
    subject: str
    version: int | None
    org_id: str
    endorser_org: str | None
    presented_by: str
    issuer_id: str
    issuer_name: str
    credential_id: str
    notation: Notation
    document: str
    comment: str | None
    valid_from: datetime
    valid_until: datetime | None
    status: EndorsementStatus
    problems: tuple[str, ...]
    believed_until: datetime
    check_at: datetime | None
    own_list: str | None
    seen: int
    revision: int
    created_at: datetime
    changed_at: datetime

    @property
    def is_shown(self) -> bool:
        """Whether it is to be seen, for as long as it is believed."""
        return self.status is EndorsementStatus.ACCEPTED and not self.problems

    def become(self, status: EndorsementStatus, now: datetime) -> "Endorsement":
        """With this status."""
        due = now + CHECK_EVERY if status is EndorsementStatus.ACCEPTED else None
        return replace(self, status=status, check_at=due, revision=self.revision + 1, changed_at=now)

    def found(self, finding: Finding, *, seen: int, now: datetime) -> "Endorsement":
        """After a verification. What could not be told is believed until its time is over."""
        revision = self.revision + 1
        if not finding.problems:
            return replace(
                self,
                problems=(),
                believed_until=now + BELIEVED_FOR,
                check_at=now + CHECK_EVERY,
                seen=seen,
                revision=revision,
                changed_at=now,
            )
        if finding.is_open:
            problems = self.problems if now < self.believed_until else finding.problems
            due: datetime | None = now + TRY_AGAIN_AFTER
        else:
            problems = finding.problems
            due = None if finding.is_final else now + CHECK_EVERY
        return replace(self, problems=problems, check_at=due, seen=seen, revision=revision, changed_at=now)


def told(
    before: Endorsement | None, after: Endorsement, url: str
) -> EndorsementPublished | EndorsementWithdrawn | None:
    """The event that a change gives, if anybody is to hear of it."""
    if after.is_shown:
        if before is not None and before.is_shown and before.believed_until == after.believed_until:
            return None
        return EndorsementPublished(
            endorsement_id=url,
            revision=after.revision,
            org_id=after.org_id,
            subject=after.subject,
            version=after.version,
            changed_at=after.changed_at,
            issuer_id=after.issuer_id,
            issuer_name=after.issuer_name,
            notation=after.notation.value,
            credential=after.document,
            comment=after.comment,
            valid_from=after.valid_from,
            valid_until=after.valid_until,
            believed_until=after.believed_until,
        )
    if before is None or not before.is_shown:
        return None
    return EndorsementWithdrawn(
        endorsement_id=url,
        revision=after.revision,
        org_id=after.org_id,
        subject=after.subject,
        changed_at=after.changed_at,
        reason=_reason(after),
    )


def _reason(after: Endorsement) -> Literal["declined", "revoked", "not_valid"]:
    match after.status:
        case EndorsementStatus.DECLINED:
            return "declined"
        case EndorsementStatus.REVOKED:
            return "revoked"
        case _:
            return "not_valid"
