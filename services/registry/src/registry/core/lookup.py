"""Reading the public record: what an address names, and what is there."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from registry.core.model import Endorsement, Issuer, PublicRecord, StatusList
from registry.core.ports import Readings
from service_kit.clock import Clock, utc_now
from service_kit.errors import NotFound, invalid_field
from service_kit.ids import is_id
from service_kit.inputs import Page, PageRequest

MAX_ID = 2048
COLLAPSED_SCHEME = re.compile(r"(?i)^(https?):/(?=[^/])")


@dataclass(frozen=True, slots=True)
class Lookup:
    """Finds things by their public names. Raises NotFound."""

    readings: Readings
    public_base_url: str
    clock: Clock = utc_now

    def now(self) -> datetime:
        """The instant that `expired` is judged at."""
        return self.clock()

    def credential_id(self, name: str) -> str:
        """The credential that an address names, by its last segment or by its whole id.

        A short name stands for our own origin only, so no credential with a foreign id can stand in for it.
        Some proxies turn `//` into `/`; that is undone.
        """
        if is_id(name):
            return f"{self.public_base_url}/credentials/{name}"
        return COLLAPSED_SCHEME.sub(r"\1://", name)

    async def issuer(self, slug: str) -> Issuer:
        """One issuer, active or not: what it signed must stay verifiable."""
        found = await self.readings.issuer(slug) if _plausible(slug) else None
        if found is None:
            raise NotFound("there is no issuer of this name")
        return found

    async def issuers(self, org_id: str | None, page: PageRequest) -> Page[Issuer]:
        """A page of them, active or not. Raises Invalid for a foreign cursor."""
        if page.after is not None and not (len(page.after) == 1 and _plausible(page.after[0])):
            raise invalid_field("cursor", "is not a cursor of this list")
        if org_id is not None and not _plausible(org_id):
            return Page((), None)
        return await self.readings.issuers(org_id, page)

    async def endorsements(self, issuer: Issuer) -> Sequence[Endorsement]:
        """What others say of it."""
        return await self.readings.endorsements(issuer.issuer_id)

    async def record(self, name: str) -> PublicRecord:
        """One credential's public record."""
        found = await self.readings.record(self.credential_id(name)) if _plausible(name) else None
        if found is None:
            raise NotFound("there is no public record of this credential")
        return found

    async def status_list(self, list_id: str) -> StatusList:
        """One signed status list."""
        found = await self.readings.status_list(list_id) if _plausible(list_id) else None
        if found is None:
            raise NotFound("there is no status list of this name")
        return found


def _plausible(name: str) -> bool:
    """Whether PostgreSQL can be asked for this text at all."""
    return 0 < len(name) <= MAX_ID and "\x00" not in name and name.isprintable()
