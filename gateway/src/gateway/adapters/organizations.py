"""Organizations in SQL. The caller's reach is part of every statement."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, exists, select, true, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.adapters.tables import ORGANIZATIONS as TABLE
from gateway.core.model import Organization, OrganizationId
from gateway.core.scopes import Kind
from service_kit.inputs import Page, PageRequest


class SqlOrganizations:
    """See core.ports.Organizations."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, organization: Organization) -> bool:
        values = {name: getattr(organization, name) for name in TABLE.c.keys()}  # noqa: SIM118 - not a dict
        added = await self._session.scalar(insert(TABLE).values(values).on_conflict_do_nothing().returning(TABLE.c.id))
        return added is not None

    async def get(self, organization: str, within: str | None, *, lock: bool = False) -> Organization | None:
        return await self._one(TABLE.c.id == organization, _reach(within), lock=lock)

    async def by_slug(self, slug: str) -> Organization | None:
        return await self._one(TABLE.c.slug == slug)

    async def has(self, kind: Kind) -> bool:
        return bool(await self._session.scalar(select(exists().where(TABLE.c.kind == kind))))

    async def page(self, within: str | None, request: PageRequest) -> Page[Organization]:
        query = select(TABLE).where(_reach(within)).order_by(TABLE.c.slug).limit(request.limit + 1)
        if request.after:
            query = query.where(TABLE.c.slug > request.after[0])
        rows: Sequence[RowMapping] = (await self._session.execute(query)).mappings().all()
        items = [_organization(row) for row in rows[: request.limit]]
        return Page(items, (items[-1].slug,) if len(rows) > request.limit else None)

    async def update(self, organization: OrganizationId, changes: Mapping[str, Any], at: datetime) -> Organization:
        changed = update(TABLE).where(TABLE.c.id == organization).returning(TABLE)
        return _organization((await self._session.execute(changed.values(**changes, updated_at=at))).mappings().one())

    async def _one(self, *conditions: ColumnElement[bool], lock: bool = False) -> Organization | None:
        query = select(TABLE).where(*conditions)
        row = (await self._session.execute(query.with_for_update() if lock else query)).mappings().one_or_none()
        return _organization(row) if row else None


def _reach(within: str | None) -> ColumnElement[bool]:
    return true() if within is None else TABLE.c.id == within


def _organization(row: RowMapping) -> Organization:
    return Organization(
        id=OrganizationId(row["id"]),
        name=row["name"],
        slug=row["slug"],
        kind=Kind(row["kind"]),
        url=row["url"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )
