"""The five topics, and which event type travels on which. Keys keep one aggregate's events in order."""

from dataclasses import dataclass

from contracts.events import (
    AchievementPublished,
    AchievementRetired,
    CredentialIssued,
    CredentialReinstated,
    CredentialRevoked,
    CredentialSuspended,
    IssuerPublished,
    Payload,
    StatusListPublished,
)


@dataclass(frozen=True, slots=True)
class Topic:
    """One Kafka topic. A compacted topic keeps the newest record of each key, the others keep all."""

    name: str
    producer: str
    key: str
    compacted: bool
    payloads: tuple[type[Payload], ...]
    consumers: tuple[str, ...] = ()

    @property
    def dead_letters(self) -> str:
        """The sibling topic for records that no consumer can process."""
        return f"{self.name}.dlq"


ACHIEVEMENT_PUBLISHED = Topic(
    "achievement-published",
    "catalog",
    "<achievement uuid>/<version>",
    True,
    (AchievementPublished, AchievementRetired),
    ("issuer", "registry"),
)
ISSUER_PUBLISHED = Topic(
    "issuer-published", "issuer", "<issuer slug>", True, (IssuerPublished,), ("catalog", "registry", "verifier")
)
STATUS_LIST_PUBLISHED = Topic(
    "status-list-published", "issuer", "<status list uuid>", True, (StatusListPublished,), ("registry", "verifier")
)
CREDENTIAL_ISSUED = Topic(
    "credential-issued", "issuer", "<credential id>", False, (CredentialIssued,), ("catalog", "registry", "verifier")
)
CREDENTIAL_REVOKED = Topic(
    "credential-revoked",
    "issuer",
    "<credential id>",
    False,
    (CredentialRevoked, CredentialSuspended, CredentialReinstated),
    ("catalog", "registry", "verifier"),
)

TOPICS: tuple[Topic, ...] = (
    ACHIEVEMENT_PUBLISHED,
    ISSUER_PUBLISHED,
    STATUS_LIST_PUBLISHED,
    CREDENTIAL_ISSUED,
    CREDENTIAL_REVOKED,
)

TOPIC_OF: dict[type[Payload], Topic] = {payload: topic for topic in TOPICS for payload in topic.payloads}

EVENTS: dict[str, type[Payload]] = {payload.event_type: payload for payload in TOPIC_OF}
"""Every event there is, by its type."""
