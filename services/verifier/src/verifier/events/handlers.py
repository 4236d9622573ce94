"""The fleet's events, applied to the verifier's projections. Order and repetition do not matter."""

from typing import Any

from contracts.catalog_events import PathwayPublished, PathwayRetired, PathwayState
from contracts.events import (
    CredentialCorrected,
    CredentialIssued,
    CredentialReinstated,
    CredentialRevoked,
    CredentialStatusChanged,
    CredentialSuspended,
    IssuerPublished,
    StatusListPublished,
)
from contracts.payload import Payload
from contracts.topics import (
    ACCESS_REVOKED,
    CREDENTIAL_ISSUED,
    CREDENTIAL_REVOKED,
    ISSUER_PUBLISHED,
    PATHWAY_PUBLISHED,
    STATUS_LIST_PUBLISHED,
)
from credential_core.verify import KnownState as State
from service_kit import revoked_access
from service_kit.inbox import Handler, Received, Subscription
from verifier.core.model import Correction, KnownIssuer, KnownList, KnownState
from verifier.core.ports import UnitOfWork

TOPICS = (
    ISSUER_PUBLISHED,
    STATUS_LIST_PUBLISHED,
    CREDENTIAL_ISSUED,
    CREDENTIAL_REVOKED,
    PATHWAY_PUBLISHED,
    ACCESS_REVOKED,
)


def subscriptions() -> list[Subscription[Any]]:
    """Every event type the verifier follows."""
    changes = (CredentialIssued, CredentialRevoked, CredentialSuspended, CredentialReinstated)
    handlers: dict[type[Payload], Handler[Any]] = {
        IssuerPublished: issuer_published,
        StatusListPublished: status_list_published,
        **dict.fromkeys(changes, credential_changed),
        CredentialCorrected: credential_corrected,
        PathwayPublished: pathway_published,
        PathwayRetired: pathway_published,
    }
    followed: list[Subscription[Any]] = [Subscription(payload, handler) for payload, handler in handlers.items()]
    return [*followed, revoked_access.subscription()]


async def issuer_published(work: UnitOfWork, received: Received[IssuerPublished]) -> None:
    """An issuer's profile and keys."""
    event = received.payload
    await work.issuers.apply(
        KnownIssuer(
            slug=event.slug,
            issuer_id=event.issuer_id,
            org_id=event.org_id,
            name=event.name,
            active=event.active,
            did_document=dict(event.did_document),
            revision=event.revision,
        )
    )


async def status_list_published(work: UnitOfWork, received: Received[StatusListPublished]) -> None:
    """A signed status list."""
    event = received.payload
    await work.status_lists.apply(KnownList(event.url, event.issuer_id, dict(event.credential), event.revision))


async def credential_changed(
    work: UnitOfWork, received: Received[CredentialIssued] | Received[CredentialStatusChanged]
) -> None:
    """A credential was issued, or its state changed."""
    event = received.payload
    await work.states.apply(KnownState(event.credential_id, event.issuer_id, State(event.state), event.revision))


async def credential_corrected(work: UnitOfWork, received: Received[CredentialCorrected]) -> None:
    """A credential was signed again: the document of before no longer stands for it."""
    event = received.payload
    correction = Correction(event.digest, event.valid_from, event.revision)
    await work.states.apply(
        KnownState(event.credential_id, event.issuer_id, State(event.state), event.revision, correction)
    )


async def pathway_published(work: UnitOfWork, received: Received[PathwayState]) -> None:
    """A version of a pathway. Whether it is retired plays no part: what was awarded by it stays."""
    event = received.payload
    await work.pathways.add((event.pathway_id, event.version), dict(event.document))
