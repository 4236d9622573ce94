"""The table of credentials that were issued as they were handed in."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import RowMapping, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from issuer.adapters.tables import ANY_CREDENTIALS
from issuer.core.model import AnyCredential, CredentialId, IssuerId, ListId, Slot, State

MOST = 100


class AnyCredentialRows:
    """See issuer.core.ports.AnyCredentials."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, credential: AnyCredential) -> None:
        """Store a new one."""
        await self._session.execute(insert(ANY_CREDENTIALS).values(_values(credential)))

    async def lock(self, org_id: str, name: str) -> Sequence[AnyCredential]:
        """The organization's that go by this name and have a status, newest first, locked, without their documents."""
        table = ANY_CREDENTIALS.c
        columns = [column for column in table if column.name != "document"]
        named = (table.org_id == org_id, table.name == name, table.status_list_id.is_not(None))
        query = select(*columns).where(*named).order_by(table.issued_at.desc(), table.id).limit(MOST)
        rows = (await self._session.execute(query.with_for_update())).mappings()
        return [_credential(row) for row in rows]

    async def save(self, credential: AnyCredential) -> None:
        """Store its state."""
        table = ANY_CREDENTIALS
        changed = {"state": credential.state.value, "changed_at": credential.changed_at}
        await self._session.execute(update(table).where(table.c.id == credential.id).values(changed))


def _values(value: AnyCredential) -> dict[str, Any]:
    return {
        "id": value.id,
        "org_id": value.org_id,
        "issuer_id": value.issuer_id,
        "name": value.name,
        "state": value.state.value,
        "status_list_id": value.slot.list_id if value.slot else None,
        "status_index": value.slot.index if value.slot else None,
        "document": value.document,
        "issued_by": value.issued_by,
        "issued_at": value.issued_at,
        "changed_at": value.changed_at,
    }


def _credential(row: RowMapping) -> AnyCredential:
    return AnyCredential(
        id=CredentialId(row["id"]),
        org_id=row["org_id"],
        issuer_id=IssuerId(row["issuer_id"]),
        name=row["name"],
        state=State(row["state"]),
        slot=Slot(ListId(row["status_list_id"]), row["status_index"]),
        document="",
        issued_by=row["issued_by"],
        issued_at=row["issued_at"],
        changed_at=row["changed_at"],
    )
