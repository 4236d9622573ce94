"""What is read of agreements: by the two parties, and of those that were signed by everybody."""

from dataclasses import replace

from issuer.core.addresses import Addresses
from issuer.core.recognition.agreement import PUBLIC, Agreement, AgreementId, AgreementLife, AgreementState
from issuer.core.recognition.ports import RecognitionReading, WantedAgreements
from service_kit.clock import Clock
from service_kit.errors import NotFound, invalid_field
from service_kit.ids import is_id
from service_kit.inputs import Page, PageRequest

NO_AGREEMENT = "there is no such agreement"


class AgreementQueries:
    """What a party reads of its agreements, and what everybody reads of those that were signed: as of now."""

    def __init__(self, *, reading: RecognitionReading, addresses: Addresses, clock: Clock) -> None:
        self._reading = reading
        self._addresses = addresses
        self._clock = clock

    async def one(self, org_id: str, agreement_id: str) -> AgreementLife:
        """Raises NotFound for who is no party."""
        found = await self._reading.agreement(org_id, AgreementId(agreement_id)) if is_id(agreement_id) else None
        if found is None:
            raise NotFound(NO_AGREEMENT)
        return AgreementLife(found.as_of(self._clock()), await self._reading.agreement_changes(found.id))

    async def public(self, agreement_id: str) -> Agreement:
        """One that was signed. Raises NotFound."""
        found = await self._reading.agreement(None, AgreementId(agreement_id)) if is_id(agreement_id) else None
        if found is None:
            raise NotFound(NO_AGREEMENT)
        return found.as_of(self._clock())

    async def of_party(self, org_id: str, state: AgreementState | None, page: PageRequest) -> Page[Agreement]:
        """Newest first."""
        return await self._page(WantedAgreements(now=self._clock(), state=state, party=org_id), page)

    async def signed(
        self, *, issuer: str | None, programme: str | None, state: AgreementState, page: PageRequest
    ) -> Page[Agreement]:
        """Newest first. `issuer` is the DID of either side."""
        if state not in PUBLIC:
            raise invalid_field("status", "only agreements that were signed are public")
        wanted = WantedAgreements(now=self._clock(), state=state, issuer=issuer, programme=programme, is_public=True)
        return await self._page(wanted, page)

    async def _page(self, wanted: WantedAgreements, page: PageRequest) -> Page[Agreement]:
        found = await self._reading.agreements(wanted, page)
        return replace(found, items=[one.as_of(wanted.now) for one in found.items])
