"""Endorsements to be shown: verified, wanted, and believed at this moment."""

from collections.abc import Sequence

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.adapters.tables import ENDORSEMENTS
from catalog.core.model import Endorsement

OF = ENDORSEMENTS.c
MOST = 50
COLUMNS = [column for column in OF if column.name not in {"revision", "shown"}]


async def endorsements(session: AsyncSession, subject: str, version: int) -> Sequence[Endorsement]:
    """Those of one version, oldest first."""
    holds = (OF.shown, OF.believed_until > func.now(), or_(OF.valid_until.is_(None), OF.valid_until > func.now()))
    query = (
        select(*COLUMNS)
        .where(OF.subject == subject, OF.version == version, *holds)
        .order_by(OF.valid_from, OF.id)
        .limit(MOST)
    )
    return [Endorsement(**row) for row in (await session.execute(query)).mappings()]
