"""Invitations in SQL."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import ColumnElement, RowMapping, delete, func, or_, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.adapters.keyset import moment_and_id
from gateway.adapters.people_tables import INVITATIONS
from gateway.adapters.tables import ORGANIZATIONS
from gateway.core.model import OrganizationId
from gateway.core.people import Invitation
from gateway.core.roles import Role
from service_kit.inputs import Page, PageRequest

NAMED = select(INVITATIONS, ORGANIZATIONS.c.name.label("organization_name")).join_from(INVITATIONS, ORGANIZATIONS)


class SqlInvitations:
    """See core.ports.Invitations."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, digest: bytes, invitation: Invitation, mailed: bytes | None = None) -> None:
        row = {
            "id": invitation.id,
            "digest": digest,
            "mailed": mailed,
            "organization_id": invitation.organization,
            "email": invitation.email,
            "roles": list(invitation.roles),
            "created_at": invitation.created_at,
            "expires_at": invitation.expires_at,
        }
        await self._session.execute(insert(INVITATIONS).values(row))

    async def find(self, digest: bytes, at: datetime) -> Invitation | None:
        query = NAMED.where(_has_link(digest), INVITATIONS.c.expires_at > at)
        found = (await self._session.execute(query)).mappings().one_or_none()
        return replace(_invitation(found), by_mail=found["mailed"] == digest) if found else None

    async def take(self, digest: bytes, at: datetime) -> Invitation | None:
        found = await self.find(digest, at)
        gone = delete(INVITATIONS).where(_has_link(digest)).returning(INVITATIONS.c.id)
        return found if found and await self._session.scalar(gone) is not None else None

    async def get(self, invitation: str) -> Invitation | None:
        found = (await self._session.execute(NAMED.where(INVITATIONS.c.id == invitation))).mappings().one_or_none()
        return _invitation(found) if found else None

    async def open(self, organization: str, at: datetime, request: PageRequest) -> Page[Invitation]:
        order = (INVITATIONS.c.created_at, INVITATIONS.c.id)
        query = NAMED.where(*_open(organization, at)).order_by(*order).limit(request.limit + 1)
        if request.after:
            query = query.where(tuple_(*order) > tuple_(*moment_and_id(request.after)))
        found = [_invitation(row) for row in (await self._session.execute(query)).mappings()]
        items = found[: request.limit]
        more = len(found) > request.limit
        return Page(items, (items[-1].created_at.isoformat(), items[-1].id) if more else None)

    async def count_open(self, organization: str, at: datetime) -> int:
        query = select(func.count()).select_from(INVITATIONS).where(*_open(organization, at))
        return await self._session.scalar(query) or 0

    async def withdraw(self, invitation: str, organization: str) -> bool:
        gone = delete(INVITATIONS).where(INVITATIONS.c.id == invitation, INVITATIONS.c.organization_id == organization)
        return await self._session.scalar(gone.returning(INVITATIONS.c.id)) is not None


def _has_link(digest: bytes) -> ColumnElement[bool]:
    return or_(INVITATIONS.c.digest == digest, INVITATIONS.c.mailed == digest)


def _open(organization: str, at: datetime) -> tuple[ColumnElement[bool], ...]:
    return (INVITATIONS.c.organization_id == organization, INVITATIONS.c.expires_at > at)


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
