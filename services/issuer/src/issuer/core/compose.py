"""One credential from an order: asked for, allowed, built, signed and checked. Nothing is stored."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from contracts.events import CredentialIssued
from credential_core.bitstring import entry
from credential_core.errors import ContextError, DocumentError
from credential_core.model import achievement_credential, validate_achievement_credential
from issuer.core.addresses import Addresses
from issuer.core.model import PURPOSE, Achievement, Credential, CredentialId, Issuer, Json, Slot, State
from issuer.core.order import Order
from issuer.core.policy import check_terms, may_issue
from issuer.core.recipient import SALT_BYTES, fingerprint, subject_of
from issuer.core.results import check_results
from issuer.core.signing import Sign, Signed
from service_kit.errors import FieldError, Invalid, invalid_field

UNFIT = "invalid-credential"


@dataclass(frozen=True, slots=True)
class Award:
    """An order with everything it names: who signs what, from when."""

    order: Order
    issuer: Issuer
    achievement: Achievement
    valid_from: datetime


def allow(order: Order, issuer: Issuer, achievement: Achievement, now: datetime) -> Award:
    """The award that an order asks for. Raises Conflict, Forbidden or Invalid when it is not allowed now."""
    award = Award(order, issuer, achievement, order.valid_from or now.replace(microsecond=0))
    may_issue(issuer, achievement)
    _check(award)
    return award


class Compose:
    """Builds, signs and checks the credential of an award."""

    def __init__(
        self,
        *,
        sign: Sign,
        addresses: Addresses,
        recipient_key: Callable[[str, str], bytes],
        random_bytes: Callable[[int], bytes],
    ) -> None:
        self._sign = sign
        self._addresses = addresses
        self._recipient_key = recipient_key
        self._random_bytes = random_bytes

    async def __call__(self, award: Award, *, credential_id: CredentialId, slot: Slot, now: datetime) -> Credential:
        """The signed credential, in its place of the status list. Raises Invalid for one that has no meaning."""
        signed = await self._signed(self._build(award, credential_id, slot), award.issuer)
        return self._kept(award, signed, credential_id=credential_id, slot=slot, now=now)

    def key_of(self, order: Order) -> bytes:
        """How the order's recipient is found again."""
        return self._recipient_key(order.org_id, fingerprint(order.recipient))

    def _build(self, award: Award, credential_id: CredentialId, slot: Slot) -> Json:
        order = award.order
        subject = subject_of(order.recipient, self._random_bytes(SALT_BYTES).hex())
        return achievement_credential(
            credential_id=self._addresses.credential(credential_id),
            issuer=award.issuer.profile,
            achievement=award.achievement.document,
            subject_id=subject.id,
            identifiers=subject.identifiers,
            valid_from=award.valid_from,
            valid_until=order.valid_until,
            awarded=order.awarded,
            name=award.achievement.name,
            results=order.results,
            evidence=order.evidence,
            narrative=order.narrative,
            activity_start=order.activity_start,
            activity_end=order.activity_end,
            credits_earned=order.credits_earned,
            status=entry(self._addresses.status_list(slot.list_id), slot.index, PURPOSE),
        )

    async def _signed(self, document: Json, issuer: Issuer) -> Signed:
        violations = validate_achievement_credential(document)
        if violations:
            errors = [FieldError(violation.path, violation.detail) for violation in violations]
            raise Invalid("the credential would not be Open Badges 3.0", code=UNFIT, errors=errors)
        try:
            return await self._sign(document, issuer.key)
        except (DocumentError, ContextError) as error:
            raise Invalid(f"the credential cannot be signed: {error.detail}", code=UNFIT) from error

    def _kept(
        self, award: Award, signed: Signed, *, credential_id: CredentialId, slot: Slot, now: datetime
    ) -> Credential:
        return Credential(
            id=credential_id,
            org_id=award.order.org_id,
            issuer_id=award.issuer.id,
            achievement_id=award.achievement.id,
            achievement_version=award.achievement.version,
            state=State.ISSUED,
            revision=1,
            slot=slot,
            digest=signed.digest,
            document=signed.text,
            recipient_key=self.key_of(award.order),
            issued_by=award.order.actor,
            issued_at=now,
            changed_at=now,
            valid_from=award.valid_from,
            valid_until=award.order.valid_until,
        )

    def event(self, credential: Credential, issuer: Issuer) -> CredentialIssued:
        """What the fleet is told of it."""
        return CredentialIssued(
            credential_id=self._addresses.credential(credential.id),
            org_id=credential.org_id,
            issuer_id=issuer.did,
            issuer_slug=issuer.slug,
            achievement_id=credential.achievement_id,
            achievement_version=credential.achievement_version,
            revision=credential.revision,
            issued_at=credential.issued_at,
            valid_from=credential.valid_from,
            valid_until=credential.valid_until,
            digest=credential.digest,
            status_list=self._addresses.status_list(credential.slot.list_id),
            status_index=credential.slot.index,
        )


def _check(award: Award) -> None:
    """Raises Invalid for what contradicts itself, the achievement or the issuer's policy."""
    order = award.order
    if order.valid_until is not None and order.valid_until <= award.valid_from:
        raise invalid_field("validUntil", "must be later than validFrom")
    if order.activity_start and order.activity_end and order.activity_end < order.activity_start:
        raise invalid_field("activityEndDate", "must not be earlier than activityStartDate")
    check_terms(
        award.issuer,
        valid_from=award.valid_from,
        valid_until=order.valid_until,
        plaintext=order.recipient.plaintext,
        has_evidence=bool(order.evidence),
    )
    check_results(order.results, award.achievement.document)
