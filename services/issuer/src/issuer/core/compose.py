"""Credentials from orders: asked for, allowed, built, signed and checked. Nothing is stored.

When one like it was composed before, the values that are a credential's own go into a compiled pattern (see patterns).
Else it is built whole. Both ways give the same document.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from contracts.events import CredentialIssued
from credential_core.bitstring import entry
from credential_core.errors import ContextError, DocumentError
from credential_core.model import achievement_credential, validate_achievement_credential
from credential_core.template import Scalar, Template
from issuer.core.addresses import Addresses
from issuer.core.award import Award
from issuer.core.model import PURPOSE, Credential, CredentialId, Issuer, Json, KeyId, Slot, State
from issuer.core.order import Order
from issuer.core.patterns import Frame, Pattern, Patterns, frame_of
from issuer.core.recipient import SALT_BYTES, fingerprint, subject_of
from issuer.core.signing import Sign, Signed, Unsignable
from service_kit.errors import FieldError, Invalid, ServiceError

UNFIT = "invalid-credential"
AT_ONCE = 8  # credentials, before others on this loop have their turn
Composed = Credential | ServiceError
Named = dict[str, Scalar]


@dataclass(frozen=True, slots=True)
class Draft:
    """An award that has its id, its place in the status list and its salt."""

    award: Award
    credential_id: CredentialId
    slot: Slot
    salt: str
    now: datetime
    once: bytes | None = None


class Compose:
    """Builds, signs and checks the credentials of awards."""

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
        self._patterns = Patterns()

    async def __call__(self, award: Award, *, credential_id: CredentialId, slot: Slot, now: datetime) -> Credential:
        """The signed credential, in its place of the status list. Raises Invalid for one that has no meaning."""
        [made] = await self.each([self.draft(award, credential_id=credential_id, slot=slot, now=now)])
        if isinstance(made, ServiceError):
            raise made
        return made

    def draft(
        self, award: Award, *, credential_id: CredentialId, slot: Slot, now: datetime, once: bytes | None = None
    ) -> Draft:
        """An award ready to be composed, with a salt that nobody has had. `once` is the mark that it will have."""
        return Draft(award, credential_id, slot, self._random_bytes(SALT_BYTES).hex(), now, once)

    async def each(self, drafts: Sequence[Draft]) -> list[Composed]:
        """The signed credential of each draft, or why it has no meaning."""
        made: dict[int, Composed] = {}
        # By key too: drafts that come at once may have read their issuer before and after its key was replaced.
        fitting: defaultdict[tuple[Template, KeyId], list[tuple[int, Named]]] = defaultdict(list)
        for number, draft in enumerate(drafts, 1):
            pattern, found = self._fitting(draft)
            if pattern is None or pattern.template is None:
                made[number] = await self._whole(draft)
            else:
                fitting[pattern.template, draft.award.issuer.key.id].append((number, pattern.named(found.values)))
            if number % AT_ONCE == 0:
                await asyncio.sleep(0)
        for (template, _), named in fitting.items():
            made |= await self._filled(template, [(number, drafts[number - 1], values) for number, values in named])
        return [made[number] for number in range(1, len(drafts) + 1)]

    def key_of(self, order: Order) -> bytes:
        """How the order's recipient is found again."""
        return self._recipient_key(order.org_id, fingerprint(order.recipient))

    def _fitting(self, draft: Draft) -> tuple[Pattern | None, Frame]:
        """The draft's pattern, if it must not be composed whole, and its frame."""
        award, order = draft.award, draft.award.order
        subject, status = subject_of(order.recipient, draft.salt), self._status(draft)
        found = frame_of(award, subject, self._addresses.credential(draft.credential_id), status)
        pattern = self._patterns.find(award.issuer, award.achievement, found.kind)
        reversed_period = order.valid_until is not None and order.valid_until < award.valid_from
        if pattern is None or reversed_period or not pattern.admits(found.values):
            return None, found  # whatever is wrong is found in the whole document
        return pattern, found

    async def _filled(self, template: Template, named: Sequence[tuple[int, Draft, Named]]) -> dict[int, Composed]:
        """Those that one template serves, and one key: of one issuer, as a pattern is."""
        [_, first, _] = named[0]
        signed = await self._sign.filled(template, [values for _, _, values in named], first.award.issuer.key)
        if signed is None:  # not by this key, or not in the way it should have been
            return {number: await self._whole(draft) for number, draft, _ in named}
        return {number: self._kept(draft, one) for (number, draft, _), one in zip(named, signed, strict=True)}

    async def _whole(self, draft: Draft) -> Composed:
        """Composed without a pattern; it may make one."""
        issuer, achievement = draft.award.issuer, draft.award.achievement
        document = self._build(draft)
        violations = validate_achievement_credential(document)
        if violations:
            errors = [FieldError(violation.path, violation.detail) for violation in violations]
            return Invalid("the credential would not be Open Badges 3.0", code=UNFIT, errors=errors)
        try:
            signed = await self._sign(document, issuer.key)
        except (DocumentError, ContextError) as error:
            return self._kept(draft, error)
        self._patterns.learn(issuer, achievement, document)
        return self._kept(draft, signed)

    def _build(self, draft: Draft) -> Json:
        award, order = draft.award, draft.award.order
        subject = subject_of(order.recipient, draft.salt)
        return achievement_credential(
            credential_id=self._addresses.credential(draft.credential_id),
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
            status=self._status(draft),
        )

    def _status(self, draft: Draft) -> Json:
        return dict(entry(self._addresses.status_list(draft.slot.list_id), draft.slot.index, PURPOSE))

    def _kept(self, draft: Draft, signed: Signed | Unsignable) -> Composed:
        if not isinstance(signed, Signed):
            return Invalid(f"the credential cannot be signed: {signed.detail}", code=UNFIT)
        award = draft.award
        return Credential(
            id=draft.credential_id,
            org_id=award.order.org_id,
            issuer_id=award.issuer.id,
            achievement_id=award.achievement.id,
            achievement_version=award.achievement.version,
            state=State.ISSUED,
            revision=1,
            slot=draft.slot,
            digest=signed.digest,
            document=signed.text,
            recipient_key=self.key_of(award.order),
            issued_by=award.order.actor,
            issued_at=draft.now,
            changed_at=draft.now,
            valid_from=award.valid_from,
            valid_until=award.order.valid_until,
            once=draft.once,
            feeds=award.achievement.feeds,
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
