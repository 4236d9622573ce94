"""Issuing one credential: decide, build, take a place in the status list, sign, and store it with its event."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from contracts.events import CredentialIssued
from credential_core.bitstring import entry
from credential_core.errors import ContextError, DocumentError
from credential_core.model import achievement_credential, validate_achievement_credential
from issuer.core.achievements import Reference, await_achievement, parse_reference
from issuer.core.addresses import Addresses
from issuer.core.model import PURPOSE, Achievement, Credential, CredentialId, Issuer, Json, Slot, State
from issuer.core.policy import check_terms, may_issue
from issuer.core.ports import Reading, UnitsOfWork
from issuer.core.recipient import SALT_BYTES, Recipient, fingerprint, subject_of
from issuer.core.results import check_results
from issuer.core.signing import Sign, Signed
from issuer.core.slots import Slots
from service_kit.clock import Clock
from service_kit.errors import Conflict, FieldError, Invalid, Unavailable, invalid_field
from service_kit.ids import NewId
from service_kit.inputs import IdempotencyKey

UNFIT = "invalid-credential"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is asked for. `issuer` is a slug or a DID; without one the organization's first issuer is meant."""

    org_id: str
    actor: str
    achievement: str
    recipient: Recipient
    issuer: str | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    awarded: datetime | None = None
    activity_start: datetime | None = None
    activity_end: datetime | None = None
    results: tuple[Json, ...] = ()
    evidence: tuple[Json, ...] = ()
    narrative: str | None = None
    credits_earned: float | None = None
    key: IdempotencyKey | None = None


@dataclass(frozen=True, slots=True)
class Issued:
    """The credential's address, and its signed text."""

    url: str
    document: str


class Issue:
    """Issues one credential. Nothing signed leaves before it is stored."""

    def __init__(
        self,
        *,
        unit_of_work: UnitsOfWork,
        reading: Reading,
        slots: Slots,
        sign: Sign,
        addresses: Addresses,
        recipient_key: Callable[[str, str], bytes],
        clock: Clock,
        new_id: NewId,
        random_bytes: Callable[[int], bytes],
    ) -> None:
        self._unit_of_work = unit_of_work
        self._reading = reading
        self._slots = slots
        self._sign = sign
        self._addresses = addresses
        self._recipient_key = recipient_key
        self._clock = clock
        self._new_id = new_id
        self._random_bytes = random_bytes

    async def __call__(self, order: Order) -> Issued:
        """Issue, or repeat the answer that this idempotency key has had. Raises ServiceError."""
        if order.key is not None:
            earlier = await self._reading.answered(order.org_id, order.key)
            if earlier is not None:
                return await self._repeat(order.org_id, earlier)
        credential = await self._signed_credential(order)
        return await self._record(order, *credential)

    async def _signed_credential(self, order: Order) -> tuple[Credential, Issuer]:
        # 1. What it is about, who signs it, and whether that is allowed.
        issuer = choose_issuer(await self._reading.issuers_of(order.org_id), order.issuer)
        reference = parse_reference(order.achievement, self._addresses.base_url)
        achievement = await await_achievement(self._find_achievement, reference)
        now = self._clock()
        valid_from = order.valid_from or now.replace(microsecond=0)
        may_issue(issuer, achievement)
        _check_order(order, issuer, achievement, valid_from)
        # 2. Its place in the status list, and the signature. A refusal from here on burns the place.
        credential_id = CredentialId(self._new_id())
        slot = await self._slots.take(issuer)
        document = self._build(
            order=order,
            issuer=issuer,
            achievement=achievement,
            valid_from=valid_from,
            credential_id=credential_id,
            slot=slot,
        )
        signed = await self._signed(document, issuer)
        # 3. What we keep of it.
        kept = Credential(
            id=credential_id,
            org_id=order.org_id,
            issuer_id=issuer.id,
            achievement_id=achievement.id,
            achievement_version=achievement.version,
            state=State.ISSUED,
            revision=1,
            slot=slot,
            digest=signed.digest,
            document=signed.text,
            recipient_key=self._recipient_key(order.org_id, fingerprint(order.recipient)),
            issued_by=order.actor,
            issued_at=now,
            changed_at=now,
            valid_from=valid_from,
            valid_until=order.valid_until,
        )
        return kept, issuer

    async def _find_achievement(self, reference: Reference) -> Achievement | None:
        return await self._reading.achievement(reference.achievement_id, reference.version)

    def _build(
        self,
        *,
        order: Order,
        issuer: Issuer,
        achievement: Achievement,
        valid_from: datetime,
        credential_id: CredentialId,
        slot: Slot,
    ) -> Json:
        subject = subject_of(order.recipient, self._random_bytes(SALT_BYTES).hex())
        return achievement_credential(
            credential_id=self._addresses.credential(credential_id),
            issuer=issuer.profile,
            achievement=achievement.document,
            subject_id=subject.id,
            identifiers=subject.identifiers,
            valid_from=valid_from,
            valid_until=order.valid_until,
            awarded=order.awarded,
            name=achievement.name,
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

    async def _record(self, order: Order, credential: Credential, issuer: Issuer) -> Issued:
        earlier = None
        async with self._unit_of_work() as work:
            if order.key is not None:
                earlier = await work.idempotency.claim(order.org_id, order.key, credential.id)
            if earlier is None:
                await work.credentials.add(credential)
                await work.outbox.append(self._event(credential, issuer))
                await work.commit()
        if earlier is not None:
            return await self._repeat(order.org_id, earlier)
        return Issued(self._addresses.credential(credential.id), credential.document)

    async def _repeat(self, org_id: str, credential_id: str) -> Issued:
        document = await self._reading.document(org_id, CredentialId(credential_id))
        if document is None:
            raise Unavailable("the first request with this Idempotency-Key has not ended")
        return Issued(self._addresses.credential(CredentialId(credential_id)), document)

    def _event(self, credential: Credential, issuer: Issuer) -> CredentialIssued:
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


def choose_issuer(issuers: Sequence[Issuer], wanted: str | None) -> Issuer:
    """The issuer that is named, or the oldest: a second issuer must not stop the requests that knew only the first."""
    if not issuers:
        raise Conflict("your organization has no issuer yet", code="no-issuer")
    if wanted is None:
        return min(issuers, key=lambda issuer: (issuer.created_at, issuer.slug))
    found = next((issuer for issuer in issuers if wanted in (issuer.slug, issuer.did)), None)
    if found is None:
        raise invalid_field("issuer", "is not an issuer of your organization")
    return found


def _check_order(order: Order, issuer: Issuer, achievement: Achievement, valid_from: datetime) -> None:
    """Raises Invalid for what contradicts itself, the achievement or the issuer's policy."""
    if order.valid_until is not None and order.valid_until <= valid_from:
        raise invalid_field("validUntil", "must be later than validFrom")
    if order.activity_start and order.activity_end and order.activity_end < order.activity_start:
        raise invalid_field("activityEndDate", "must not be earlier than activityStartDate")
    check_terms(
        issuer,
        valid_from=valid_from,
        valid_until=order.valid_until,
        plaintext=order.recipient.plaintext,
        has_evidence=bool(order.evidence),
    )
    check_results(order.results, achievement.document)
