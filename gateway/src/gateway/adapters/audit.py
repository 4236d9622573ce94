"""The audit trail in SQL. The service's role may add lines and read them, nothing else."""

from typing import Any

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.adapters.tables import AUDIT
from gateway.core.model import AuditEntry


class SqlAudit:
    """See core.ports.Audit."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def record(self, entry: AuditEntry) -> None:
        await self._session.execute(insert(AUDIT).values(row(entry)))


def row(entry: AuditEntry) -> dict[str, Any]:
    """The entry as a row of the table."""
    return {
        "at": entry.at,
        "action": entry.action,
        "actor": entry.actor,
        "organization_id": entry.organization,
        "client_id": entry.client,
        "detail": dict(entry.detail),
    }
