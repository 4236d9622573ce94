"""An organization's own list of issuers it accepts although the fleet does not know them."""

import re

from service_kit.clock import Clock
from service_kit.errors import Conflict, NotFound, invalid_field
from service_kit.inputs import Page, PageRequest
from verifier.core.model import TrustedIssuer
from verifier.core.ports import NewUnitOfWork

MOST = 1000
ISSUER_ID = re.compile(r"(did:[a-z0-9]+:|https://)[\x21-\x7e]{1,480}")


class Trust:
    """Keeps the list, one organization at a time."""

    def __init__(self, unit_of_work: NewUnitOfWork, clock: Clock) -> None:
        self._unit_of_work = unit_of_work
        self._clock = clock

    async def add(self, org_id: str, issuer_id: str) -> TrustedIssuer:
        """Accept an issuer. Adding it again changes nothing. Raises Invalid, Conflict."""
        if not ISSUER_ID.fullmatch(issuer_id):
            raise invalid_field("issuerId", "must be a DID or an https address, percent-encoded in the path")
        async with self._unit_of_work() as work:
            added = await work.trusted_issuers.add(org_id, issuer_id, at=self._clock(), at_most=MOST)
            await work.commit()
        if added is None:
            raise Conflict(f"an organization accepts {MOST} issuers at most", code="too-many-trusted-issuers")
        return added

    async def remove(self, org_id: str, issuer_id: str) -> None:
        """Accept it no longer. Raises NotFound."""
        async with self._unit_of_work() as work:
            removed = await work.trusted_issuers.remove(org_id, issuer_id)
            await work.commit()
        if not removed:
            raise NotFound("there is no such trusted issuer")

    async def page(self, org_id: str, page: PageRequest) -> Page[TrustedIssuer]:
        """The list, in the order of issuer ids."""
        async with self._unit_of_work() as work:
            return await work.trusted_issuers.page(org_id, page)
