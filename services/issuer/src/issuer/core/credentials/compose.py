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
from credential_core.model import achievement_credential
from credential_core.template import Filled
from issuer.core.addresses import Addresses
from issuer.core.credentials.award import Award
from issuer.core.credentials.order import Order
from issuer.core.credentials.patterns import Frame, Patterns, frame_of
from issuer.core.credentials.recipient import SALT_BYTES, fingerprint, subject_of
from issuer.core.credentials.refusals import unfit, unsignable
from issuer.core.issuers.signing import Sign, Signed, Unsignable
from issuer.core.model import PURPOSE, Credential, CredentialId, Issuer, Json, KeyId, Slot, State
from service_kit.errors import ServiceError

AT_ONCE = 20  # credentials, before others on this loop have their turn
Composed = Credential | ServiceError


@dataclass(frozen=True, slots=True)
class Draft:
    """An award that has its id, its place in the status list and its salt, and how its recipient is found again."""

    award: Award
    credential_id: CredentialId
    slot: Slot
    salt: str
    now: datetime
    recipient_key: bytes
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
        self,
        award: Award,
        *,
        credential_id: CredentialId,
        slot: Slot,
        now: datetime,
        recipient_key: bytes | None = None,
        once: bytes | None = None,
    ) -> Draft:
        """An award ready to be composed, with a salt that nobody has had. `once` is the mark that it will have."""
        key = recipient_key or self.key_of(award.order)
        return Draft(award, credential_id, slot, self._random_bytes(SALT_BYTES).hex(), now, key, once)

    async def each(self, drafts: Sequence[Draft]) -> list[Composed]:
        """The signed credential of each draft, or why it has no meaning."""
        made: dict[int, Composed] = {}
        # By key: drafts that come at once may have read their issuer before and after its key was replaced.
        fitting: defaultdict[KeyId, list[tuple[int, Draft, Filled]]] = defaultdict(list)
        for number, draft in enumerate(drafts, 1):
            filled = self._fitting(draft)
            if filled is None:
                made[number] = await self._whole(draft)
            else:
                fitting[draft.award.issuer.key.id].append((number, draft, filled))
            if number % AT_ONCE == 0:
                await asyncio.sleep(0)
        for fills in fitting.values():
            made |= await self._filled(fills)
        return [made[number] for number in range(1, len(drafts) + 1)]

    def key_of(self, order: Order) -> bytes:
        """How the order's recipient is found again."""
        return self._recipient_key(order.org_id, fingerprint(order.recipient))

    def _fitting(self, draft: Draft) -> Filled | None:
        """The draft in a pattern, unless it must be composed whole."""
        award, order, found = draft.award, draft.award.order, self._frame(draft)
        pattern = self._patterns.find(award.issuer, award.achievement, found.kind)
        reversed_period = order.valid_until is not None and order.valid_until < award.valid_from
        if pattern is None or reversed_period:
            return None  # whatever is wrong is found in the whole document
        return pattern.filled(found.values)

    def _frame(self, draft: Draft) -> Frame:
        subject = subject_of(draft.award.order.recipient, draft.salt)
        return frame_of(draft.award, subject, self._addresses.credential(draft.credential_id), self._status(draft))

    async def _filled(self, fills: Sequence[tuple[int, Draft, Filled]]) -> dict[int, Composed]:
        """Those that one key signs."""
        named = [(self._addresses.credential(draft.credential_id), filled) for _, draft, filled in fills]
        [_, first, _] = fills[0]
        signed = await self._sign.filled(named, first.award.issuer.key)
        if signed is None:  # not by this key, or not in the way it should have been
            return {number: await self._whole(draft) for number, draft, _ in fills}
        return {number: self._kept(draft, one) for (number, draft, _), one in zip(fills, signed, strict=True)}

    async def _whole(self, draft: Draft) -> Composed:
        """Composed without a pattern; it may make one."""
        issuer, achievement = draft.award.issuer, draft.award.achievement
        document = self._build(draft)
        if (refusal := unfit(document)) is not None:
            return refusal
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
            return unsignable(signed)
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
            recipient_key=draft.recipient_key,
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
