"""An endorsement that anybody signed is handed in: verified, and kept."""

from dataclasses import dataclass
from datetime import timedelta

from issuer.core.addresses import Addresses
from issuer.core.backpack.model import Notation
from issuer.core.endorsements.check import CheckEndorsement, Read
from issuer.core.endorsements.endorsements import known, refuse_own, refuse_unless_sound, refuse_when_full
from issuer.core.endorsements.model import BELIEVED_FOR, Endorsement, EndorsementId, EndorsementStatus, Subject, told
from issuer.core.endorsements.ports import EndorsementReading
from issuer.core.ports import Audit, UnitsOfWork
from service_kit.clock import Clock
from service_kit.errors import Conflict, invalid_field
from service_kit.ids import NewId
from service_kit.inputs import IdempotencyKey

SKEW = timedelta(minutes=5)  # between the endorser's clock and ours


@dataclass(frozen=True, slots=True, kw_only=True)
class PresentOrder:
    """An endorsement that somebody signed, handed in by an organization."""

    org_id: str
    actor: str
    text: str
    notation: Notation
    key: IdempotencyKey | None = None


class PresentEndorsement:
    """Verifies an endorsement and keeps it. Handed in by whom it is about, it is accepted by that."""

    def __init__(
        self,
        *,
        check: CheckEndorsement,
        endorsements: EndorsementReading,
        unit_of_work: UnitsOfWork,
        addresses: Addresses,
        audit: Audit,
        clock: Clock,
        new_id: NewId,
    ) -> None:
        self._check = check
        self._endorsements = endorsements
        self._unit_of_work = unit_of_work
        self._addresses = addresses
        self._audit = audit
        self._clock = clock
        self._new_id = new_id

    async def __call__(self, order: PresentOrder) -> Endorsement:
        """Raises Invalid with what speaks against it, Conflict when another with its id is here already."""
        read = await self._check.read(order.text, order.notation)
        subject = await known(self._endorsements, read.subject, "credential.credentialSubject.id")
        if subject.address != read.subject:
            raise invalid_field("credential.credentialSubject.id", f"must be the id in credentials: {subject.address}")
        if subject.since is not None and read.valid_from + SKEW < subject.since:
            raise invalid_field("credential.validFrom", f"is before version {subject.version} was published")
        endorser = await self._endorsements.endorser(read.issuer_id)
        if endorser is not None:
            refuse_own(endorser, subject, "credential.issuer")
        made = await self._made(order, read, subject, endorser)
        refuse_unless_sound(await self._check.judge(read))
        return await self._kept(order, made)

    async def _made(self, order: PresentOrder, read: Read, subject: Subject, endorser: str | None) -> Endorsement:
        lists = [await self._endorsements.own_list(url) for url in read.status_lists]
        own_list = next((one for one in lists if one), None)
        now = self._clock()
        offered = Endorsement(
            id=EndorsementId(self._new_id()),
            subject=subject.address,
            version=subject.version,
            org_id=subject.org_id,
            endorser_org=endorser,
            presented_by=order.org_id,
            issuer_id=read.issuer_id,
            issuer_name=read.issuer_name,
            credential_id=read.credential_id,
            notation=read.notation,
            document=read.text,
            comment=read.comment,
            valid_from=read.valid_from,
            valid_until=read.valid_until,
            status=EndorsementStatus.OFFERED,
            problems=(),
            believed_until=now + BELIEVED_FOR,
            check_at=None,
            own_list=own_list,
            seen=await self._endorsements.changes(read.issuer_id, own_list),
            revision=1,
            created_at=now,
            changed_at=now,
        )
        return offered.become(EndorsementStatus.ACCEPTED, now) if subject.org_id == order.org_id else offered

    async def _kept(self, order: PresentOrder, made: Endorsement) -> Endorsement:
        async with self._unit_of_work() as work:
            earlier = order.key and await work.idempotency.claim(order.org_id, order.key, made.id)
            is_new = earlier is None and await work.endorsements.add(made)
            if is_new:
                await refuse_when_full(work, made.org_id, order.org_id, made)
                if event := told(None, made, self._addresses.endorsement(made.id)):
                    await work.outbox.append(event)
                await work.commit()
        if is_new:
            self._audit("endorsement", endorsement=made.id, actor=order.actor, action=made.status.value)
            return made
        found = await (
            self._endorsements.by_id(order.org_id, EndorsementId(earlier))
            if earlier
            else self._endorsements.by_name(made.subject, made.issuer_id, made.credential_id)
        )
        if found is None or found.document != made.document:
            raise Conflict("an endorsement with this issuer and id is here already", code="endorsement-known")
        return found
