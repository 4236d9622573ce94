"""What is read of agreements: by the two parties, and of those that were signed by everybody."""

from issuer.core.addresses import Addresses
from issuer.core.recognition.agreement import PUBLIC, Agreement, AgreementId, AgreementLife, AgreementState
from issuer.core.recognition.ports import RecognitionReading, WantedAgreements
from service_kit.errors import NotFound, invalid_field
from service_kit.ids import is_id
from service_kit.inputs import Page, PageRequest

NO_AGREEMENT = "there is no such agreement"


class AgreementQueries:
    """What a party reads of its agreements, and what everybody reads of those that were signed."""

    def __init__(self, *, reading: RecognitionReading, addresses: Addresses) -> None:
        self._reading = reading
        self._addresses = addresses

    async def one(self, org_id: str, agreement_id: str) -> AgreementLife:
        """Raises NotFound for who is no party."""
        found = await self._reading.agreement(org_id, AgreementId(agreement_id)) if is_id(agreement_id) else None
        if found is None:
            raise NotFound(NO_AGREEMENT)
        return AgreementLife(found, await self._reading.agreement_changes(found.id))

    async def public(self, agreement_id: str) -> Agreement:
        """One that was signed. Raises NotFound."""
        found = await self._reading.agreement(None, AgreementId(agreement_id)) if is_id(agreement_id) else None
        if found is None:
            raise NotFound(NO_AGREEMENT)
        return found

    async def of_party(self, org_id: str, state: AgreementState | None, page: PageRequest) -> Page[Agreement]:
        """Newest first."""
        return await self._reading.agreements(WantedAgreements(state=state, party=org_id), page)

    async def signed(
        self, *, issuer: str | None, programme: str | None, state: AgreementState, page: PageRequest
    ) -> Page[Agreement]:
        """Newest first. `issuer` is the DID of either side."""
        if state not in PUBLIC:
            raise invalid_field("status", "only agreements that were signed are public")
        wanted = WantedAgreements(state=state, issuer=issuer, programme=programme, is_public=True)
        return await self._reading.agreements(wanted, page)
