"""Where an arriving credential's evidence comes from: the web under guard, and our own database for our own things."""

from collections.abc import Callable, Collection, Coroutine, Mapping
from typing import Any

from sqlalchemy import select

from credential_core.errors import CredentialError
from credential_core.verify import Failure, Resolution, parse
from issuer.adapters import rows
from issuer.adapters.reading import Reading
from issuer.adapters.tables import ISSUERS, STATUS_LISTS
from issuer.core.addresses import Addresses
from issuer.core.issuers.issuers import published
from issuer.core.model import Json, ListId
from issuer.core.status_lists.lists import SignStatusList
from service_kit.clock import Clock
from service_kit.database import Database
from service_kit.errors import ServiceError
from service_kit.fetcher import Fetcher, FetchError
from service_kit.ids import is_id

Offload = Callable[..., Coroutine[Any, Any, Any]]


class GuardedWeb:
    """See issuer.core.backpack.ports.Web."""

    def __init__(self, fetcher: Fetcher, offload: Offload) -> None:
        self._fetcher = fetcher
        self._offload = offload

    async def document(self, url: str, accept: str) -> Resolution:
        """What is there now, or why it cannot be had."""
        try:
            fetched = await self._fetcher.get(url, accept=accept)
            document: Json = await self._offload(parse, fetched.body)
        except FetchError as error:
            return Failure(error.code, error.detail, transient=error.transient)
        except CredentialError as error:
            return Failure(error.code, f"it is not a document we read: {error.detail}")
        return document


class OwnDocuments:
    """See issuer.core.backpack.ports.OwnDocuments."""

    def __init__(
        self, database: Database, reading: Reading, sign_list: SignStatusList, addresses: Addresses, clock: Clock
    ) -> None:
        self._database = database
        self._reading = reading
        self._sign_list = sign_list
        self._prefix = addresses.status_list(ListId(""))
        self._clock = clock

    async def controllers(self, names: Collection[str]) -> Mapping[str, Json]:
        """The DID documents of those that are our issuers."""
        if not names:
            return {}
        query = rows.ISSUERS_WITH_KEYS.where(ISSUERS.c.did.in_(set(names)))
        async with self._database.connection() as connection:
            found = rows.issuers((await connection.execute(query)).mappings())
        return {issuer.did: published(issuer).did_document for issuer in found}

    async def status_list(self, url: str) -> Resolution | None:
        """One of our lists as of now, signed for this one reading: its publication may lag behind."""
        list_id = ListId(url.removeprefix(self._prefix))
        if not url.startswith(self._prefix) or not is_id(list_id) or not await self._has(list_id):
            return None
        status_list, indexes = await self._reading.list_snapshot(list_id)
        issuer = await self._reading.issuer(status_list.issuer_id)
        try:
            made = await self._sign_list(
                status_list, indexes, issuer=issuer, revision=status_list.revision, now=self._clock()
            )
        except ServiceError as error:  # no key that signs lists, or one that is out of reach
            return Failure("status_list_unavailable", error.detail, transient=True)
        return made.credential

    async def _has(self, list_id: ListId) -> bool:
        async with self._database.connection() as connection:
            found = await connection.scalar(select(STATUS_LISTS.c.id).where(STATUS_LISTS.c.id == list_id))
        return found is not None
