"""Proposing an agreement: one transaction. No key of ours is involved."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from credential_core.jcs import digest
from issuer.core.addresses import Addresses
from issuer.core.credentials.achievements import Reference, await_achievement, parse_reference
from issuer.core.credentials.results import check_results
from issuer.core.model import Achievement, Json
from issuer.core.ports import Audit, Reading, UnitsOfWork
from issuer.core.recognition.agreement import Agreement, AgreementChange, AgreementId, AgreementLife, AgreementState
from issuer.core.recognition.outside import may_be_outside
from issuer.core.recognition.ports import RecognitionReading
from issuer.core.recognition.programmes import owner_of
from issuer.core.recognition.terms import Terms, results_named, terms_of
from service_kit.clock import Clock
from service_kit.errors import Conflict, Invalid, Unavailable, invalid_field
from service_kit.ids import NewId, is_id
from service_kit.inputs import IdempotencyKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What an organization proposes. `members` are those of the document, but for id, type and version."""

    org_id: str
    actor: str
    members: Mapping[str, Any]
    replaces: str | None
    key: IdempotencyKey | None


class ProposeAgreement:
    """Stores a proposal for the other institution to sign."""

    def __init__(
        self,
        *,
        unit_of_work: UnitsOfWork,
        reading: Reading,
        recognitions: RecognitionReading,
        addresses: Addresses,
        audit: Audit,
        clock: Clock,
        new_id: NewId,
        own_origin: str,
    ) -> None:
        self._own_origin = own_origin
        self._unit_of_work = unit_of_work
        self._reading = reading
        self._recognitions = recognitions
        self._addresses = addresses
        self._audit = audit
        self._clock = clock
        self._new_id = new_id

    async def __call__(self, proposal: Proposal) -> AgreementLife:
        """The proposal, or the one that this idempotency key has made. Raises ServiceError."""
        if proposal.key is not None:
            earlier = await self._reading.answered(proposal.org_id, proposal.key)
            if earlier is not None:
                return await self._life(proposal.org_id, earlier)
        agreement = await self._made(proposal)
        change = AgreementChange(
            agreement.id, 1, agreement.state, proposal.org_id, proposal.actor, None, agreement.created_at
        )
        earlier = None
        async with self._unit_of_work() as work:
            if proposal.key is not None:
                earlier = await work.idempotency.claim(proposal.org_id, proposal.key, agreement.id)
            if earlier is None:
                await work.recognitions.add_agreement(agreement, change)
                await work.commit()
        if earlier is not None:
            return await self._life(proposal.org_id, earlier)
        self._audit("agreement_proposed", agreement=agreement.id, digest=agreement.digest, actor=proposal.actor)
        return AgreementLife(agreement, [change])

    async def _made(self, proposal: Proposal) -> Agreement:
        agreement_id, now = AgreementId(self._new_id()), self._clock()
        earlier = await self._replaced(proposal)
        document: Json = {
            "id": self._addresses.agreement(agreement_id),
            "type": "RecognitionAgreement",
            "version": 1 if earlier is None else earlier.version + 1,
            **({} if earlier is None else {"replaces": self._addresses.agreement(earlier.id)}),
            **proposal.members,
        }
        terms = terms_of(document)
        recognising, source = await self._parties(terms, proposal.org_id)
        if earlier is not None and earlier.parties != (recognising, source):
            raise invalid_field("replaces", "is an agreement between others")
        await self._check(terms, recognising, source)
        return Agreement(
            id=agreement_id,
            recognising_org=recognising,
            source_org=source,
            proposed_by=proposal.org_id,
            state=AgreementState.PROPOSED,
            revision=1,
            version=document["version"],
            replaces=None if earlier is None else earlier.id,
            document=document,
            digest=digest(document),
            created_at=now,
            changed_at=now,
            signed_at=None,
        )

    async def _replaced(self, proposal: Proposal) -> Agreement | None:
        if proposal.replaces is None:
            return None
        name = proposal.replaces.removeprefix(self._addresses.agreement(""))
        found = await self._recognitions.agreement(proposal.org_id, AgreementId(name)) if is_id(name) else None
        if found is None:
            raise invalid_field("replaces", "is no agreement of yours")
        if found.state is not AgreementState.SIGNED:
            raise Conflict("only an agreement that is signed can be replaced", code="agreement-transition-not-allowed")
        return found

    async def _parties(self, terms: Terms, org_id: str) -> tuple[str, str]:
        recognising = await self._recognitions.organization_of(terms.recognising)
        source = await self._recognitions.organization_of(terms.source)
        if source is None and recognising == org_id and may_be_outside(terms.source, self._own_origin):
            source = terms.source
        for member, found in (("recognisingIssuer", recognising), ("sourceIssuer", source)):
            if found is None:
                raise invalid_field(member, "is not an issuer of this fleet, nor whose credentials you may recognise")
        if org_id not in (recognising, source):
            raise invalid_field("recognisingIssuer", "one of the two issuers must be your organization's")
        if recognising == source:
            raise invalid_field("sourceIssuer", "is the same institution's: what it awards counts without recognition")
        return str(recognising), str(source)

    async def _check(self, terms: Terms, recognising: str, source: str) -> None:
        """Raises Invalid for what contradicts itself, or what the parties published."""
        if await owner_of(self._recognitions, terms.programme) != recognising:
            raise invalid_field("programme", "is not a published pathway or achievement of the recognising institution")
        for name, dates in (("validUntil", terms.in_force), ("awardedUntil", terms.awarded)):
            if dates.begins is not None and dates.ends is not None and dates.ends <= dates.begins:
                raise invalid_field(name, "must be later than where it begins")
        named = [rule.achievement for rule in terms.rules]
        for number, rule in enumerate(terms.rules):
            if named.index(rule.achievement) != number:
                raise invalid_field(f"rules.{number}.achievement", "has a rule already")
            await self._published(rule.target, recognising, f"rules.{number}.target")
            if rule.achievement is None and source == terms.source:
                detail = "is needed: what a partner elsewhere published itself cannot be told"
                raise invalid_field(f"rules.{number}.achievement", detail)
            if rule.achievement is not None and source != terms.source:
                await self._published(rule.achievement, source, f"rules.{number}.achievement")
        for target, results in results_named(terms.rules).items():
            achievement = await self._published(target, recognising, "rules.target")
            try:
                check_results(results, achievement.document)
            except Invalid as error:
                raise invalid_field(
                    "rules.gradeConversion", "gives results that the target does not describe"
                ) from error

    async def _published(self, achievement: str, org_id: str, member: str) -> Achievement:
        try:
            reference = parse_reference(achievement, self._addresses.base_url)
        except Invalid as error:
            raise invalid_field(member, "is not an achievement's address") from error
        if reference.version is not None or reference.achievement_id != achievement:
            raise invalid_field(member, "names an achievement by its URL, without a version")
        found = await await_achievement(self._find, reference)
        if found.org_id != org_id or found.retired:
            raise invalid_field(member, "is not open, or not that institution's")
        return found

    async def _find(self, reference: Reference) -> Achievement | None:
        return await self._reading.achievement(reference.achievement_id, None)

    async def _life(self, org_id: str, agreement_id: str) -> AgreementLife:
        found = await self._recognitions.agreement(org_id, AgreementId(agreement_id))
        if found is None:
            raise Unavailable("the first request with this Idempotency-Key has not ended")
        return AgreementLife(found, await self._recognitions.agreement_changes(found.id))
