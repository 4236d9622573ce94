"""Invitations in SQL."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import RowMapping, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.adapters.tables import INVITATIONS, ORGANIZATIONS
from gateway.core.model import OrganizationId
from gateway.core.people import Invitation
from gateway.core.roles import Role

NAMED = select(INVITATIONS, ORGANIZATIONS.c.name.label("organization_name")).join_from(INVITATIONS, ORGANIZATIONS)


class SqlInvitations:
    """See core.ports.Invitations."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, digest: bytes, invitation: Invitation) -> None:
        row = {
            "id": invitation.id,
            "digest": digest,
            "organization_id": invitation.organization,
            "email": invitation.email,
            "roles": list(invitation.roles),
            "created_at": invitation.created_at,
            "expires_at": invitation.expires_at,
        }
        await self._session.execute(insert(INVITATIONS).values(row))

    async def find(self, digest: bytes, at: datetime) -> Invitation | None:
        query = NAMED.where(INVITATIONS.c.digest == digest, INVITATIONS.c.expires_at > at)
        found = (await self._session.execute(query)).mappings().one_or_none()
        return _invitation(found) if found else None

    async def take(self, digest: bytes, at: datetime) -> Invitation | None:
        found = await self.find(digest, at)
        gone = delete(INVITATIONS).where(INVITATIONS.c.digest == digest).returning(INVITATIONS.c.id)
        return found if found and await self._session.scalar(gone) is not None else None

    async def get(self, invitation: str) -> Invitation | None:
        found = (await self._session.execute(NAMED.where(INVITATIONS.c.id == invitation))).mappings().one_or_none()
        return _invitation(found) if found else None

    async def open(self, organization: str, at: datetime) -> Sequence[Invitation]:
        query = NAMED.where(INVITATIONS.c.organization_id == organization, INVITATIONS.c.expires_at > at)
        query = query.order_by(INVITATIONS.c.created_at, INVITATIONS.c.id)
        return [_invitation(row) for row in (await self._session.execute(query)).mappings()]

    async def withdraw(self, invitation: str, organization: str) -> bool:
        gone = delete(INVITATIONS).where(INVITATIONS.c.id == invitation, INVITATIONS.c.organization_id == organization)
        return await self._session.scalar(gone.returning(INVITATIONS.c.id)) is not None


def _invitation(row: RowMapping) -> Invitation:
    return Invitation(
        row["id"],
        OrganizationId(row["organization_id"]),
        row["organization_name"],
        row["email"],
        tuple(Role(role) for role in row["roles"]),
        row["created_at"],
        row["expires_at"],
    )
