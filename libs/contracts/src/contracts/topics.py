"""The nine topics, and which event type travels on which. Keys keep one aggregate's events in order."""

from dataclasses import dataclass

from contracts.catalog_events import (
    AchievementPublished,
    AchievementRetired,
    EndorsementPublished,
    EndorsementWithdrawn,
    PathwayPublished,
    PathwayRetired,
)
from contracts.events import (
    AccessRevoked,
    AgreementEnded,
    AgreementSigned,
    CredentialCorrected,
    CredentialIssued,
    CredentialReinstated,
    CredentialRevoked,
    CredentialSuspended,
    IssuerPublished,
    StatusListPublished,
)
from contracts.payload import Payload

DAY_MS = 24 * 3600 * 1000


@dataclass(frozen=True, slots=True)
class Topic:
    """One Kafka topic. A compacted topic keeps the newest record of each key, the others keep all, or all of `days`."""

    name: str
    producer: str
    key: str
    compacted: bool
    payloads: tuple[type[Payload], ...]
    consumers: tuple[str, ...] = ()
    days: int | None = None

    @property
    def dead_letters(self) -> str:
        """The sibling topic for records that no consumer can process."""
        return f"{self.name}.dlq"

    @property
    def configuration(self) -> dict[str, str]:
        """What the broker is told about retention."""
        if self.compacted:
            return {"cleanup.policy": "compact"}
        return {"cleanup.policy": "delete", "retention.ms": str(self.days * DAY_MS if self.days else -1)}


ACHIEVEMENT_PUBLISHED = Topic(
    "achievement-published",
    "catalog",
    "<achievement uuid>/<version>",
    True,
    (AchievementPublished, AchievementRetired),
    ("issuer", "registry"),
)
PATHWAY_PUBLISHED = Topic(
    "pathway-published",
    "catalog",
    "<pathway uuid>/<version>",
    True,
    (PathwayPublished, PathwayRetired),
    ("issuer", "verifier"),
)
ISSUER_PUBLISHED = Topic(
    "issuer-published", "issuer", "<issuer slug>", True, (IssuerPublished,), ("catalog", "registry", "verifier")
)
STATUS_LIST_PUBLISHED = Topic(
    "status-list-published", "issuer", "<status list uuid>", True, (StatusListPublished,), ("registry", "verifier")
)
ENDORSEMENT_PUBLISHED = Topic(
    "endorsement-published",
    "issuer",
    "<endorsement uuid>",
    True,
    (EndorsementPublished, EndorsementWithdrawn),
    ("catalog", "registry"),
)
AGREEMENT_PUBLISHED = Topic(
    "agreement-published",
    "issuer",
    "<agreement uuid>",
    True,
    (AgreementSigned, AgreementEnded),
    ("catalog",),
)
CREDENTIAL_ISSUED = Topic(
    "credential-issued",
    "issuer",
    "<credential id>",
    False,
    (CredentialIssued, CredentialCorrected),
    ("catalog", "registry", "verifier"),
)
CREDENTIAL_REVOKED = Topic(
    "credential-revoked",
    "issuer",
    "<credential id>",
    False,
    (CredentialRevoked, CredentialSuspended, CredentialReinstated),
    ("catalog", "registry", "verifier"),
)
ACCESS_REVOKED = Topic(
    "access-revoked", "gateway", "<kind>/<id>", False, (AccessRevoked,), ("catalog", "issuer", "verifier"), days=1
)

TOPICS: tuple[Topic, ...] = (
    ACHIEVEMENT_PUBLISHED,
    PATHWAY_PUBLISHED,
    ISSUER_PUBLISHED,
    STATUS_LIST_PUBLISHED,
    ENDORSEMENT_PUBLISHED,
    AGREEMENT_PUBLISHED,
    CREDENTIAL_ISSUED,
    CREDENTIAL_REVOKED,
    ACCESS_REVOKED,
)

TOPIC_OF: dict[type[Payload], Topic] = {payload: topic for topic in TOPICS for payload in topic.payloads}

EVENTS: dict[str, type[Payload]] = {payload.event_type: payload for payload in TOPIC_OF}
"""Every event there is, by its type."""
