"""What the two parties do with an agreement: each is one transaction. No key of ours is involved."""

from dataclasses import dataclass, replace

from issuer.core.addresses import Addresses
from issuer.core.ports import Audit, UnitOfWork, UnitsOfWork
from issuer.core.recognition.agreement import (
    Act,
    Agreement,
    AgreementChange,
    AgreementId,
    AgreementState,
    after,
    told,
)
from issuer.core.recognition.agreement_queries import NO_AGREEMENT, AgreementQueries
from issuer.core.recognition.outside import CheckSignature
from service_kit.clock import Clock
from service_kit.errors import Conflict, NotFound
from service_kit.ids import is_id


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyAct:
    """What a party does. Who signs names the digest of what it read.

    `signature` is a partner's that is not on this fleet, made with `key`, brought by the organization that proposed.
    What such a partner does by itself has no organization but its DID, and is kept with its `statement`.
    """

    org_id: str
    actor: str
    agreement_id: str
    act: Act
    reason: str | None = None
    digest: str | None = None
    signature: str | None = None
    statement: str | None = None
    partner: str | None = None
    key: str | None = None

    @property
    def party(self) -> str:
        """Who acts: the organization, or the partner whose signature it brings."""
        return self.partner or self.org_id


class ActOnAgreement:
    """Signs, declines, withdraws or ends. Repeating it does nothing and succeeds."""

    def __init__(
        self,
        *,
        unit_of_work: UnitsOfWork,
        queries: AgreementQueries,
        check_signature: CheckSignature,
        addresses: Addresses,
        audit: Audit,
        clock: Clock,
    ) -> None:
        self._unit_of_work = unit_of_work
        self._queries = queries
        self._check_signature = check_signature
        self._addresses = addresses
        self._audit = audit
        self._clock = clock

    async def __call__(self, command: PartyAct) -> None:
        """Raises NotFound for who is no party, Conflict for what is not allowed now, Invalid for a wrong signature."""
        if command.signature is not None:
            proposed = (await self._queries.one(command.org_id, command.agreement_id)).agreement
            key = await self._check_signature(command.signature, proposed)
            command = replace(command, partner=proposed.source_org, key=key)
        await self.take(command)

    async def take(self, command: PartyAct) -> Agreement:
        """The agreement after it. Whatever a partner elsewhere signed was verified."""
        async with self._unit_of_work() as work:
            agreement = await self._locked(work, command)
            changed = after(agreement, command.act, command.party, self._clock())
            if changed is None:
                return agreement
            if command.act is Act.SIGN and command.digest != agreement.digest:
                raise Conflict(
                    "the digest is another document's: read the proposal again", code="agreement-not-as-read"
                )
            if command.act is Act.SIGN and agreement.replaces is not None:
                await self._replace(work, agreement.replaces, command)
            changed = replace(changed, signature=command.signature or changed.signature, statement=command.statement)
            await self._save(work, changed, command, command.reason)
            await work.commit()
        trail = {"digest": agreement.digest, "actor": command.actor, "organization": command.org_id}
        if command.key is not None:
            trail["key"] = command.key
        self._audit("agreement_changed", agreement=agreement.id, state=changed.state.value, **trail)
        return changed

    async def _locked(self, work: UnitOfWork, command: PartyAct) -> Agreement:
        named = AgreementId(command.agreement_id)
        found = await work.recognitions.lock_agreement(command.org_id, named) if is_id(named) else None
        if found is None:
            raise NotFound(NO_AGREEMENT)
        return found

    async def _replace(self, work: UnitOfWork, earlier: AgreementId, command: PartyAct) -> None:
        """The version before ends with the signature of the next."""
        before = await work.recognitions.lock_agreement(command.org_id, earlier)
        if before is None or before.state is not AgreementState.SIGNED:
            detail = "the agreement that this one replaces is no longer signed"
            raise Conflict(detail, code="agreement-transition-not-allowed")
        ended = after(before, Act.END, command.party, self._clock())
        if ended is not None:
            await self._save(work, ended, command, "replaced by the next version")

    async def _save(self, work: UnitOfWork, changed: Agreement, command: PartyAct, reason: str | None) -> None:
        change = AgreementChange(
            changed.id,
            changed.revision,
            changed.state,
            command.party,
            command.key or command.actor,
            reason,
            changed.changed_at,
        )
        await work.recognitions.save_agreement(changed, change)
        event = told(changed, self._addresses)
        if event is not None:
            await work.outbox.append(event)
