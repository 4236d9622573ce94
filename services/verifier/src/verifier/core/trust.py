"""An organization's own list of issuers it accepts although the fleet does not know them."""

import re

from service_kit.clock import Clock
from service_kit.errors import Conflict, NotFound, invalid_field
from service_kit.inputs import Expectation, Page, PageRequest, whatever
from verifier.core.model import TrustedIssuer
from verifier.core.ports import NewUnitOfWork

MOST = 1000
NOT_THERE = "there is no such trusted issuer"
ISSUER_ID = re.compile(r"(did:[a-z0-9]+:|https://)[\x21-\x7e]{1,480}")


class Trust:
    """Keeps the list, one organization at a time."""

    def __init__(self, unit_of_work: NewUnitOfWork, clock: Clock) -> None:
        self._unit_of_work = unit_of_work
        self._clock = clock

    async def get(self, org_id: str, issuer_id: str) -> TrustedIssuer:
        """Its entry. Raises NotFound."""
        async with self._unit_of_work() as work:
            return _there(await work.trusted_issuers.get(org_id, issuer_id))

    async def add(
        self, org_id: str, issuer_id: str, *, expect: Expectation[TrustedIssuer | None] = whatever
    ) -> TrustedIssuer:
        """Accept an issuer. Adding it again changes nothing. Raises Invalid, Conflict, and what `expect` raises."""
        if not ISSUER_ID.fullmatch(issuer_id):
            raise invalid_field("issuerId", "must be a DID or an https address, percent-encoded in the path")
        async with self._unit_of_work() as work:
            expect(await work.trusted_issuers.get(org_id, issuer_id))
            added = await work.trusted_issuers.add(org_id, issuer_id, at=self._clock(), at_most=MOST)
            await work.commit()
        if added is None:
            raise Conflict(f"an organization accepts {MOST} issuers at most", code="too-many-trusted-issuers")
        return added

    async def remove(
        self, org_id: str, issuer_id: str, *, expect: Expectation[TrustedIssuer | None] = whatever
    ) -> None:
        """Accept it no longer: of several at once one does. Raises NotFound, and what `expect` raises."""
        async with self._unit_of_work() as work:
            entry = _there(await work.trusted_issuers.get(org_id, issuer_id))
            expect(entry)
            removed = await work.trusted_issuers.remove(org_id, entry)
            await work.commit()
        if not removed:
            raise NotFound(NOT_THERE)

    async def page(self, org_id: str, page: PageRequest) -> Page[TrustedIssuer]:
        """The list, in the order of issuer ids."""
        async with self._unit_of_work() as work:
            return await work.trusted_issuers.page(org_id, page)


def _there(entry: TrustedIssuer | None) -> TrustedIssuer:
    if entry is None:
        raise NotFound(NOT_THERE)
    return entry
