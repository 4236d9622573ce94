"""The issuers of an organization, as their events describe them."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.adapters.tables import ISSUERS
from catalog.core.model import IssuerProfile, OrgId

SHOWN = 20


async def issuers(session: AsyncSession, org: OrgId) -> Sequence[IssuerProfile]:
    """Those that are active, by their short names."""
    active = select(ISSUERS).where(ISSUERS.c.org_id == org, ISSUERS.c.active)
    found = await session.execute(active.order_by(ISSUERS.c.slug).limit(SHOWN))
    return [IssuerProfile(**row) for row in found.mappings()]
