"""One person's credentials in SQL, whichever organization issued them."""

from collections.abc import Collection, Sequence

from sqlalchemy import select, tuple_

from issuer.adapters import rows
from issuer.adapters.backpack.tables import BACKPACK_CREDENTIALS
from issuer.adapters.reading import place_after
from issuer.adapters.tables import CREDENTIALS, ISSUERS
from issuer.core.backpack.model import Notation, PersonId
from issuer.core.model import Credential, CredentialId
from service_kit.database import Database
from service_kit.inputs import Page, PageRequest

KEPT = BACKPACK_CREDENTIALS.c


class OwnRows:
    """See issuer.core.credentials.own_credentials.OwnReading and issuer.core.stacks.own_record.OwnDocuments."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def organizations(self) -> Collection[str]:
        """Those that have issuers."""
        async with self._database.connection() as connection:
            return (await connection.scalars(select(ISSUERS.c.org_id).distinct())).all()

    async def received(self, recipient_keys: Collection[bytes], page: PageRequest) -> Page[Credential]:
        """Newest first, without their documents."""
        table = CREDENTIALS.c
        query = select(*rows.WITHOUT_DOCUMENT).where(table.recipient_key.in_(recipient_keys))
        if page.after is not None:
            query = query.where(tuple_(table.issued_at, table.id) < place_after(page.after))
        query = query.order_by(table.issued_at.desc(), table.id.desc()).limit(page.limit + 1)
        async with self._database.connection() as connection:
            found = [rows.credential(row) for row in (await connection.execute(query)).mappings()]
        items = found[: page.limit]
        last = (items[-1].issued_at.isoformat(), str(items[-1].id)) if len(found) > page.limit else None
        return Page(items, last)

    async def received_whole(
        self, recipient_keys: Collection[bytes], ids: Collection[CredentialId]
    ) -> Sequence[Credential]:
        """Those of these that were issued to the recipient, with their documents."""
        table = CREDENTIALS.c
        query = select(CREDENTIALS).where(table.id.in_(ids), table.recipient_key.in_(recipient_keys))
        async with self._database.connection() as connection:
            return [rows.credential(row) for row in (await connection.execute(query)).mappings()]

    async def kept_as(self, person: PersonId, names: Collection[str]) -> Sequence[tuple[Notation, str]]:
        """What the person keeps by these ids."""
        query = select(KEPT.notation, KEPT.document).where(KEPT.person == person, KEPT.credential_id.in_(names))
        async with self._database.connection() as connection:
            found = (await connection.execute(query.order_by(KEPT.id))).all()
        return [(Notation(notation), text) for notation, text in found]

    async def received_document(self, recipient_keys: Collection[bytes], credential_id: CredentialId) -> str | None:
        """The signed text of one of them."""
        table = CREDENTIALS.c
        query = select(table.document).where(table.id == credential_id, table.recipient_key.in_(recipient_keys))
        async with self._database.connection() as connection:
            found: str | None = await connection.scalar(query)
        return found
