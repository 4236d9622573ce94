"""What people keep and somebody waits for: it is looked at again, and at once what that finds is due for evaluation."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update

from issuer.adapters.backpack.look_plans import LATER
from issuer.adapters.backpack.tables import BACKPACK_CREDENTIALS
from issuer.adapters.progress.progress import SHOWN, LookUnitOfWork, kept_text
from issuer.adapters.stacks.notes import note_kept
from issuer.core.backpack.looks import NOT_IN_TIME
from issuer.core.progress.ports import KeptText, Look

KEPT = BACKPACK_CREDENTIALS.c


class WantedLookUnitOfWork(LookUnitOfWork):
    """See issuer.core.stacks.look_again.WantedLookWork."""

    async def claim(self, most: int, *, now: datetime, until: datetime) -> Sequence[KeptText]:
        """Some of one person's, who waits longest: what one keeps takes nobody else's time."""
        first = select(KEPT.person).where(KEPT.look_at <= now).order_by(KEPT.look_at, KEPT.id).limit(1)
        person = await self.session.scalar(first.with_for_update(skip_locked=True))
        if person is None:
            return []
        free = select(KEPT.id).where(KEPT.person == person, KEPT.look_at <= now).order_by(KEPT.look_at, KEPT.id)
        ids = (await self.session.scalars(free.limit(most).with_for_update(skip_locked=True))).all()
        taken = update(BACKPACK_CREDENTIALS).where(KEPT.id.in_(ids)).values(look_at=until).returning(*SHOWN)
        return [kept_text(row) for row in (await self.session.execute(taken)).mappings()]

    async def settle(self, looks: Sequence[Look], now: datetime) -> None:
        """Keep what was found, and have what it matters to evaluated. What there was no time for is as it was."""
        found = [look for look in looks if look.doubt is not NOT_IN_TIME]
        late = [look.kept.id for look in looks if look.doubt is NOT_IN_TIME]
        await self.keep(found)
        await note_kept(self.session, [look.kept.id for look in found])
        if late:
            again = update(BACKPACK_CREDENTIALS).where(KEPT.id.in_(late)).values(look_at=now + LATER)
            await self.session.execute(again)
