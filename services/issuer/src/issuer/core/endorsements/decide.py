"""What becomes of an endorsement: accepted, declined, revoked; and verified again for as long as it is shown."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from issuer.core.addresses import Addresses
from issuer.core.endorsements.check import CheckEndorsement
from issuer.core.endorsements.endorsements import MOST_ACCEPTED, NO_ENDORSEMENT, found_for, refuse_unless_sound
from issuer.core.endorsements.model import Endorsement, EndorsementStatus, told
from issuer.core.endorsements.ports import EndorsementReading
from issuer.core.model import State
from issuer.core.ports import Audit, UnitOfWork, UnitsOfWork
from service_kit.clock import Clock
from service_kit.errors import Conflict, NotFound

AT_ONCE = 20
LEASE = timedelta(minutes=2)


class DecideEndorsement:
    """Whom it is about accepts or declines; whoever signed it here revokes. Repeating a decision does nothing."""

    def __init__(
        self,
        *,
        check: CheckEndorsement,
        endorsements: EndorsementReading,
        unit_of_work: UnitsOfWork,
        addresses: Addresses,
        audit: Audit,
        clock: Clock,
    ) -> None:
        self._check = check
        self._endorsements = endorsements
        self._unit_of_work = unit_of_work
        self._addresses = addresses
        self._audit = audit
        self._clock = clock

    async def accept(self, org_id: str, endorsement_id: str, *, actor: str) -> Endorsement:
        """Show it from now on. Raises NotFound; Conflict when it was revoked or does not hold now."""
        found = await found_for(self._endorsements, org_id, endorsement_id)
        if found.org_id != org_id:
            raise NotFound(NO_ENDORSEMENT)
        seen = await self._endorsements.changes(found.issuer_id, found.own_list)
        finding = await self._check.again(found)
        async with self._unit_of_work() as work:
            held = await work.endorsements.lock(found.id)
            if held is None or held.status is EndorsementStatus.REVOKED:
                raise Conflict("it was revoked", code="endorsement-revoked")
            refuse_unless_sound(finding)
            if held.is_shown:
                return held
            now = self._clock()
            accepted = held.become(EndorsementStatus.ACCEPTED, now).found(finding, seen=seen, now=now)
            if await work.endorsements.accepted(held.subject) >= MOST_ACCEPTED:
                raise Conflict(f"there are {MOST_ACCEPTED} already: decline one", code="endorsements-full")
            await self._store(work, held, accepted)
        self._audit("endorsement", endorsement=held.id, actor=actor, action="accepted")
        return accepted

    async def decline(self, org_id: str, endorsement_id: str, *, actor: str) -> Endorsement:
        """Show it no more, or never. Raises NotFound; Conflict when it was revoked."""
        return await self._end(org_id, endorsement_id, EndorsementStatus.DECLINED, actor)

    async def revoke(self, org_id: str, endorsement_id: str, *, actor: str) -> Endorsement:
        """Revoke what one of the organization's issuers signed, and so end its showing. Raises NotFound."""
        return await self._end(org_id, endorsement_id, EndorsementStatus.REVOKED, actor)

    async def _end(self, org_id: str, endorsement_id: str, status: EndorsementStatus, actor: str) -> Endorsement:
        found = await found_for(self._endorsements, org_id, endorsement_id)
        revokes = status is EndorsementStatus.REVOKED
        if (found.endorser_org if revokes else found.org_id) != org_id:
            raise NotFound(NO_ENDORSEMENT)
        async with self._unit_of_work() as work:
            if revokes:
                await self._set_bit(work, org_id, found)
            held = await work.endorsements.lock(found.id)
            if held is None:
                raise NotFound(NO_ENDORSEMENT)
            if held.status is status:
                return held
            if held.status is EndorsementStatus.REVOKED:
                raise Conflict("it was revoked", code="endorsement-revoked")
            ended = held.become(status, self._clock())
            await self._store(work, held, ended)
        self._audit("endorsement", endorsement=held.id, actor=actor, action=status.value)
        return ended

    async def _set_bit(self, work: UnitOfWork, org_id: str, found: Endorsement) -> None:
        for credential in await work.any_credentials.lock(org_id, found.credential_id):
            if credential.slot is not None and credential.state is not State.REVOKED:
                await work.any_credentials.save(replace(credential, state=State.REVOKED, changed_at=self._clock()))
                await work.status_lists.note_change(credential.slot.list_id)

    async def _store(self, work: UnitOfWork, before: Endorsement, after: Endorsement) -> None:
        await work.endorsements.save(after)
        if event := told(before, after, self._addresses.endorsement(after.id)):
            await work.outbox.append(event)
        await work.commit()


class RecheckEndorsements:
    """Verifies those that are shown again: each hour, and when our own endorser changed anything.

    What does not hold any more is withdrawn at once. What nobody can tell is believed until its time is over.
    """

    def __init__(
        self, *, check: CheckEndorsement, unit_of_work: UnitsOfWork, addresses: Addresses, audit: Audit, clock: Clock
    ) -> None:
        self._check = check
        self._unit_of_work = unit_of_work
        self._addresses = addresses
        self._audit = audit
        self._clock = clock

    async def __call__(self) -> int:
        """Do those that are due. Returns how many."""
        now = self._clock()
        async with self._unit_of_work() as work:
            due: Sequence[tuple[Endorsement, int]] = await work.endorsements.claim(AT_ONCE, now=now, until=now + LEASE)
            await work.commit()
        for endorsement, seen in due:
            await self._one(endorsement, seen)
        return len(due)

    async def _one(self, endorsement: Endorsement, seen: int) -> None:
        finding = await self._check.again(endorsement)
        async with self._unit_of_work() as work:
            held = await work.endorsements.lock(endorsement.id)
            if held is None or held.status is not EndorsementStatus.ACCEPTED:
                return
            if held.check_at != endorsement.check_at:  # the lease is over, and another has taken it
                return
            after = held.found(finding, seen=seen, now=self._clock())
            await work.endorsements.save(after)
            if event := told(held, after, self._addresses.endorsement(after.id)):
                await work.outbox.append(event)
            await work.commit()
        if after.is_shown is not held.is_shown:
            self._audit("endorsement_checked", endorsement=after.id, outcome=" ".join(after.problems) or "holds")
