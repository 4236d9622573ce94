"""Reading an organization's own history of verifications."""

from credential_core.report import Verdict
from service_kit.errors import NotFound
from service_kit.ids import is_id
from service_kit.inputs import Page, PageRequest
from verifier.core.model import Verification
from verifier.core.ports import NewUnitOfWork


class History:
    """What an organization verified. Another organization's verifications do not exist."""

    def __init__(self, unit_of_work: NewUnitOfWork) -> None:
        self._unit_of_work = unit_of_work

    async def page(self, org_id: str, page: PageRequest, *, verdict: Verdict | None = None) -> Page[Verification]:
        """Newest first, all or those with one verdict."""
        async with self._unit_of_work() as work:
            return await work.verifications.page(org_id, page, verdict=verdict)

    async def get(self, org_id: str, verification_id: str) -> Verification:
        """One verification. Raises NotFound."""
        async with self._unit_of_work() as work:
            found = await work.verifications.get(org_id, verification_id) if is_id(verification_id) else None
        if found is None:
            raise NotFound("there is no such verification")
        return found
