"""What an organization may read of its own issuers and credentials."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from issuer.core.addresses import Addresses
from issuer.core.credentials.achievements import Reference, await_achievement, parse_reference
from issuer.core.model import Achievement, Credential, CredentialId, Issuer, StatusChange
from issuer.core.ports import Reading, Wanted
from service_kit.clock import Clock
from service_kit.errors import NotFound
from service_kit.ids import is_id
from service_kit.inputs import Page, PageRequest


@dataclass(frozen=True, slots=True)
class Life:
    """A credential with everything that happened to it after issuing."""

    credential: Credential
    changes: Sequence[StatusChange]
    status: str


class Queries:
    """Reads for one organization at a time: what is somebody else's does not exist."""

    def __init__(
        self, *, reading: Reading, addresses: Addresses, recipient_key: Callable[[str, str], bytes], clock: Clock
    ) -> None:
        self._reading = reading
        self._addresses = addresses
        self._recipient_key = recipient_key
        self._clock = clock

    async def issuers(self, org_id: str, page: PageRequest) -> Page[Issuer]:
        """The organization's issuers, by slug."""
        return await self._reading.issuers(org_id, page)

    async def issuer(self, org_id: str, slug: str) -> Issuer:
        """One of them. Raises NotFound."""
        for issuer in await self._reading.issuers_of(org_id):
            if issuer.slug == slug:
                return issuer
        raise NotFound("there is no such issuer")

    async def achievement(self, named: str) -> Achievement:
        """What may be issued, by its URL with or without a version, or its UUID. Raises Conflict or Invalid."""
        return await await_achievement(self._find, parse_reference(named, self._addresses.base_url))

    async def _find(self, reference: Reference) -> Achievement | None:
        return await self._reading.achievement(reference.achievement_id, reference.version)

    async def credential(self, org_id: str, credential_id: str) -> Life:
        """One credential with its history. Raises NotFound."""
        found = await self._reading.credential(org_id, CredentialId(credential_id)) if is_id(credential_id) else None
        if found is None:
            raise NotFound("there is no such credential")
        changes = await self._reading.history(found.id) if found.revision > 1 else ()
        return Life(found, changes, found.status(self._clock()))

    async def credentials(
        self, org_id: str, *, status: str | None, achievement: str | None, recipient: str | None, page: PageRequest
    ) -> Page[tuple[Credential, str]]:
        """Credentials with their status, newest first. `recipient` is the SHA-256 of a normalized identifier."""
        now = self._clock()
        wanted = Wanted(
            status=status,
            achievement_id=parse_reference(achievement, self._addresses.base_url).achievement_id
            if achievement
            else None,
            recipient_key=self._recipient_key(org_id, recipient) if recipient else None,
            now=now,
        )
        found = await self._reading.credentials(org_id, wanted, page)
        return Page([(credential, credential.status(now)) for credential in found.items], found.next)
