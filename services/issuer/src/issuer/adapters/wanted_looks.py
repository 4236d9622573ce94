"""What people keep and somebody waits for: it is looked at again, and at once what that finds is due for evaluation."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update

from issuer.adapters.progress import SHOWN, LookUnitOfWork, kept_text
from issuer.adapters.stack_notes import note_kept
from issuer.adapters.tables import BACKPACK_CREDENTIALS
from issuer.core.progress_ports import KeptText, Look

KEPT = BACKPACK_CREDENTIALS.c


class WantedLookUnitOfWork(LookUnitOfWork):
    """See issuer.core.look_again.WantedLookWork."""

    async def claim(self, most: int, *, now: datetime, until: datetime) -> Sequence[KeptText]:
        """Some that are wanted, the longest waiting first. Until then nobody else looks at them."""
        free = select(KEPT.id).where(KEPT.look_at <= now).order_by(KEPT.look_at, KEPT.id).limit(most)
        ids = (await self.session.scalars(free.with_for_update(skip_locked=True))).all()
        taken = update(BACKPACK_CREDENTIALS).where(KEPT.id.in_(ids)).values(look_at=until).returning(*SHOWN)
        return [kept_text(row) for row in (await self.session.execute(taken)).mappings()] if ids else []

    async def settle(self, looks: Sequence[Look]) -> None:
        """Keep what was found, and have what it matters to evaluated: somebody may wait for it."""
        await self.keep(looks)
        await note_kept(self.session, [look.kept.id for look in looks])
