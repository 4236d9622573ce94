"""Which event changes what. A payload becomes the core's own values here, so a producer's change stops at the edge."""

import json
from datetime import datetime
from typing import Any, Protocol

from contracts import topics
from contracts.catalog_events import (
    AchievementPublished,
    AchievementRetired,
    AchievementState,
    EndorsementPublished,
    EndorsementWithdrawn,
)
from contracts.events import (
    CredentialCorrected,
    CredentialIssued,
    CredentialReinstated,
    CredentialRevoked,
    CredentialStatusChanged,
    CredentialSuspended,
    IssuerPublished,
    SignedCredential,
    StatusListPublished,
)
from contracts.payload import Json
from registry.core.model import AchievementVersion, Endorsement, Issuance, Issuer, Standing, State, StatusList
from registry.core.ports import Projections
from service_kit.inbox import Received, Subscription

TOPICS = tuple(topic for topic in topics.TOPICS if "registry" in topic.consumers)
DEFAULT_TTL_MS = 60_000
LONGEST_TTL_S = 86_400


class Work(Protocol):
    """A unit of work with projections."""

    projections: Projections


async def issuer_published(work: Work, received: Received[IssuerPublished]) -> None:
    """Show the issuer and its keys."""
    event = received.payload
    await work.projections.put_issuer(
        Issuer(
            slug=event.slug,
            issuer_id=event.issuer_id,
            org_id=event.org_id,
            revision=event.revision,
            active=event.active,
            name=event.name,
            profile=document(event.profile),
            did_document=document(event.did_document),
            changed_at=event.changed_at,
        )
    )


async def achievement_changed(work: Work, received: Received[AchievementState]) -> None:
    """Know an achievement's name for the records that refer to it."""
    event = received.payload
    await work.projections.put_achievement(
        AchievementVersion(
            achievement_id=event.achievement_id,
            version=event.version,
            revision=event.revision,
            org_id=event.org_id,
            name=event.name,
            achievement_type=event.achievement_type,
            retired=isinstance(event, AchievementRetired),
            changed_at=event.changed_at,
        )
    )


async def credential_issued(work: Work, received: Received[CredentialIssued]) -> None:
    """Make the public record."""
    event = received.payload
    await work.projections.put_issuance(_issuance(event))
    await work.projections.put_standing(_standing(event, event.issued_at))


async def credential_corrected(work: Work, received: Received[CredentialCorrected]) -> None:
    """Make the public record that of the new document. The state stays."""
    event = received.payload
    await work.projections.put_issuance(_issuance(event))
    await work.projections.put_standing(_standing(event, event.corrected_at))


def _standing(event: SignedCredential, at: datetime) -> Standing:
    return Standing(event.credential_id, event.revision, State(event.state), at)


def _issuance(event: SignedCredential) -> Issuance:
    return Issuance(
        credential_id=event.credential_id,
        revision=event.revision,
        org_id=event.org_id,
        issuer_id=event.issuer_id,
        issuer_slug=event.issuer_slug,
        achievement_id=event.achievement_id,
        achievement_version=event.achievement_version,
        issued_at=event.issued_at,
        valid_from=event.valid_from,
        valid_until=event.valid_until,
        digest=event.digest,
        status_list=event.status_list,
        status_index=event.status_index,
    )


async def credential_status_changed(work: Work, received: Received[CredentialStatusChanged]) -> None:
    """Change the public record's state."""
    event = received.payload
    standing = Standing(event.credential_id, event.revision, State(event.state), event.changed_at)
    await work.projections.put_standing(standing)


async def status_list_published(work: Work, received: Received[StatusListPublished]) -> None:
    """Serve the newest signed list."""
    event = received.payload
    await work.projections.put_status_list(
        StatusList(
            list_id=event.list_id,
            url=event.url,
            org_id=event.org_id,
            issuer_id=event.issuer_id,
            purpose=event.purpose,
            revision=event.revision,
            credential=document(event.credential),
            ttl_s=ttl_s(event.credential),
            changed_at=event.changed_at,
        )
    )


async def endorsement_published(work: Work, received: Received[EndorsementPublished]) -> None:
    """Show it with the issuer. What is said of versions is the catalog's to show."""
    event = received.payload
    if event.version is not None:
        return
    endorsement = Endorsement(
        endorsement_id=event.endorsement_id,
        about=event.subject,
        revision=event.revision,
        shown=True,
        issuer_id=event.issuer_id,
        issuer_name=event.issuer_name,
        credential=event.credential,
        is_token=event.notation == "compact_jws",
        comment=event.comment,
        valid_from=event.valid_from,
        valid_until=event.valid_until,
        believed_until=event.believed_until,
    )
    await work.projections.put_endorsement(endorsement)


async def endorsement_withdrawn(work: Work, received: Received[EndorsementWithdrawn]) -> None:
    """Show it no more."""
    event = received.payload
    gone = Endorsement(event.endorsement_id, event.subject, event.revision, shown=False)
    await work.projections.put_endorsement(gone)


def document(json_object: Json) -> bytes:
    """A document's bytes as readers are given them: compact, member order and numbers as they came."""
    return json.dumps(json_object, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def ttl_s(credential: Json) -> int:
    """How long a reader may keep a status list, in seconds: its `ttl` in milliseconds, or a minute.

    Bitstring Status List 1.0 §2.2; ours say nothing (ADR 50). No longer than a day, whatever the list says.
    """
    subject = credential.get("credentialSubject")
    ttl_ms = subject.get("ttl") if isinstance(subject, dict) else None
    if isinstance(ttl_ms, bool) or not isinstance(ttl_ms, int | float) or ttl_ms < 0:
        ttl_ms = DEFAULT_TTL_MS
    return min(int(ttl_ms // 1000), LONGEST_TTL_S)


def subscriptions() -> list[Subscription[Any]]:
    """Everything the registry follows."""
    return [
        Subscription(IssuerPublished, issuer_published),
        Subscription(AchievementPublished, achievement_changed),
        Subscription(AchievementRetired, achievement_changed),
        Subscription(CredentialIssued, credential_issued),
        Subscription(CredentialCorrected, credential_corrected),
        Subscription(CredentialRevoked, credential_status_changed),
        Subscription(CredentialSuspended, credential_status_changed),
        Subscription(CredentialReinstated, credential_status_changed),
        Subscription(StatusListPublished, status_list_published),
        Subscription(EndorsementPublished, endorsement_published),
        Subscription(EndorsementWithdrawn, endorsement_withdrawn),
    ]
