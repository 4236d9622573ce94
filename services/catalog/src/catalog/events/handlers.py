"""Which events change what the catalog shows: issuers, endorsements, agreements, how many credentials there are."""

from typing import Any

from catalog.core.changes import FIRST, Change, ChangeKind, ChangeType
from catalog.core.model import AgreementState as Agreed
from catalog.core.model import Endorsement, IssuerProfile, OrgId
from catalog.core.ports import Work
from contracts.catalog_events import EndorsementPublished, EndorsementState, EndorsementWithdrawn
from contracts.events import (
    AgreementEnded,
    AgreementSigned,
    AgreementState,
    CredentialCorrected,
    CredentialIssued,
    CredentialReinstated,
    CredentialRevoked,
    CredentialStatusChanged,
    CredentialSuspended,
    IssuerPublished,
    SignedCredential,
)
from contracts.topics import (
    ACCESS_REVOKED,
    AGREEMENT_PUBLISHED,
    CREDENTIAL_ISSUED,
    CREDENTIAL_REVOKED,
    ENDORSEMENT_PUBLISHED,
    ISSUER_PUBLISHED,
)
from credential_core.organizations import organization
from service_kit import revoked_access
from service_kit.inbox import Received, Subscription

TOPICS = (
    ISSUER_PUBLISHED,
    CREDENTIAL_ISSUED,
    CREDENTIAL_REVOKED,
    ENDORSEMENT_PUBLISHED,
    AGREEMENT_PUBLISHED,
    ACCESS_REVOKED,
)

AGREEMENTS = {Agreed.SIGNED: ChangeType.PUBLISHED, Agreed.ENDED: ChangeType.RETIRED}


async def issuer_published(work: Work, event: Received[IssuerPublished]) -> None:
    """Show the issuer on its organization's achievements."""
    told = event.payload
    country = organization(told.profile).country
    issuer = IssuerProfile(
        told.slug, told.issuer_id, OrgId(told.org_id), told.name, told.active, told.revision, country
    )
    await work.projections.put_issuer(issuer)


async def credential_signed(work: Work, event: Received[SignedCredential]) -> None:
    """Count it once, where it belongs: a correction signs again what is counted already."""
    told = event.payload
    await work.projections.put_issuance(told.credential_id, told.achievement_id, told.org_id, told.state, told.revision)


async def credential_status_changed(work: Work, event: Received[CredentialStatusChanged]) -> None:
    """Count it where it now belongs."""
    told = event.payload
    await work.projections.put_state(told.credential_id, told.state, told.revision)


async def endorsement_published(work: Work, event: Received[EndorsementPublished]) -> None:
    """Show it with what it is about."""
    told = event.payload
    endorsement = Endorsement(
        id=told.endorsement_id,
        subject=told.subject,
        version=told.version,
        issuer_id=told.issuer_id,
        issuer_name=told.issuer_name,
        credential=told.credential,
        is_token=told.notation == "compact_jws",
        comment=told.comment,
        valid_from=told.valid_from,
        valid_until=told.valid_until,
        believed_until=told.believed_until,
    )
    if await work.projections.put_endorsement(endorsement, told.revision):
        await work.changes.note(_change(told, ChangeType.PUBLISHED, told.version))


async def endorsement_withdrawn(work: Work, event: Received[EndorsementWithdrawn]) -> None:
    """Show it no more."""
    told = event.payload
    if await work.projections.withdraw_endorsement(told.endorsement_id, told.subject, told.revision):
        await work.changes.note(_change(told, ChangeType.WITHDRAWN))


async def agreement_changed(work: Work, event: Received[AgreementState]) -> None:
    """Tell that two institutions agreed, or do no longer. An end that is heard of first is all that is told.

    What expired may be ended as well, which is no news.
    """
    told = event.payload
    if await work.projections.put_agreement(told.agreement_id, Agreed(told.state), told.revision):
        how = AGREEMENTS[Agreed(told.state)]
        if how is ChangeType.PUBLISHED and told.version > FIRST:
            how = ChangeType.UPDATED
        change = Change(
            ChangeKind.AGREEMENT,
            told.agreement_id,
            how,
            told.changed_at,
            OrgId(told.org_id),
            told.version,
            about=told.programme,
        )
        await work.changes.note(change)


def _change(told: EndorsementState, how: ChangeType, version: int | None = None) -> Change:
    return Change(
        ChangeKind.ENDORSEMENT,
        told.endorsement_id,
        how,
        told.changed_at,
        OrgId(told.org_id),
        version,
        about=told.subject,
    )


def subscriptions() -> list[Subscription[Any]]:
    """Every event type the catalog follows."""
    return [
        Subscription(IssuerPublished, issuer_published),
        Subscription(CredentialIssued, credential_signed),
        Subscription(CredentialCorrected, credential_signed),
        Subscription(CredentialRevoked, credential_status_changed),
        Subscription(CredentialSuspended, credential_status_changed),
        Subscription(CredentialReinstated, credential_status_changed),
        Subscription(EndorsementPublished, endorsement_published),
        Subscription(EndorsementWithdrawn, endorsement_withdrawn),
        Subscription(AgreementSigned, agreement_changed),
        Subscription(AgreementEnded, agreement_changed),
        revoked_access.subscription(),
    ]
