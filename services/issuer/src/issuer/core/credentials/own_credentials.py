"""What a person earned here: the credentials that were issued to the person's confirmed e-mail address."""

from collections.abc import Callable, Collection
from typing import Protocol

from issuer.core.model import Credential, CredentialId
from service_kit.clock import Clock
from service_kit.errors import NotFound
from service_kit.ids import is_id
from service_kit.inputs import Page, PageRequest


class OwnReading(Protocol):
    """Reads across organizations, of one recipient's credentials."""

    async def organizations(self) -> Collection[str]:
        """Those that have issuers."""

    async def received(self, recipient_keys: Collection[bytes], page: PageRequest) -> Page[Credential]:
        """Newest first, without their documents."""

    async def received_document(self, recipient_keys: Collection[bytes], credential_id: CredentialId) -> str | None:
        """The signed text of one of them."""


class OwnCredentials:
    """`digest` is the SHA-256 of the address, as the access token has it. Each organization knows it by another key."""

    def __init__(self, *, reading: OwnReading, recipient_key: Callable[[str, str], bytes], clock: Clock) -> None:
        self._reading = reading
        self._recipient_key = recipient_key
        self._clock = clock

    async def page(self, digest: str, page: PageRequest) -> Page[tuple[Credential, str]]:
        """With the status of each, revoked ones too: it is what a verifier will say."""
        now = self._clock()
        found = await self._reading.received(await self._keys(digest), page)
        return Page([(credential, credential.status(now)) for credential in found.items], found.next)

    async def document(self, digest: str, credential_id: str) -> str:
        """Raises NotFound, also for another person's."""
        found = None
        if is_id(credential_id):
            found = await self._reading.received_document(await self._keys(digest), CredentialId(credential_id))
        if found is None:
            raise NotFound("there is no such credential")
        return found

    async def _keys(self, digest: str) -> Collection[bytes]:
        return [self._recipient_key(organization, digest) for organization in await self._reading.organizations()]
