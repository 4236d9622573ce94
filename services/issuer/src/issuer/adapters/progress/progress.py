"""One person's things as evidence in SQL, whichever organization has to do with them, and what was found by looking."""

from collections.abc import Collection, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, func, literal, or_, select, true, update

from issuer.adapters import rows
from issuer.adapters.backpack.look_plans import plan_looks
from issuer.adapters.backpack.tables import BACKPACK_CREDENTIALS, BACKPACKS
from issuer.adapters.credentials.own_credentials import OwnRows
from issuer.adapters.stacks.notes import note_kept
from issuer.adapters.stacks.tables import PATHWAY_FEEDS, PATHWAYS
from issuer.adapters.tables import ACHIEVEMENTS, CREDENTIALS
from issuer.core.backpack.model import Doubt, KeptId, Notation, PersonId
from issuer.core.progress.ports import Earned, KeptText, Look, PathwayName
from issuer.core.stacks.stack import ANY_ACHIEVEMENT
from service_kit.database import UnitOfWork
from service_kit.errors import invalid_field
from service_kit.inputs import Page, PageRequest

KEPT = BACKPACK_CREDENTIALS.c
SHOWN = (
    KEPT.id,
    KEPT.notation,
    KEPT.document,
    KEPT.achievement_id,
    KEPT.changed_at,
    KEPT.checked_at,
    KEPT.doubt,
    KEPT.looked,
    KEPT.credential_id,
)


class ProgressRows(OwnRows):
    """See issuer.core.progress.ports.ProgressReading."""

    async def pathway(self, pathway_id: str) -> PathwayName | None:
        """One that can still be completed."""
        table = PATHWAYS.c
        query = select(table.id, table.org_id).where(table.id == pathway_id, ~table.retired).limit(1)
        async with self._database.connection() as connection:
            row = (await connection.execute(query)).one_or_none()
        return None if row is None else PathwayName(row.id, row.org_id)

    async def begun(self, keys: Collection[bytes], person: PersonId, page: PageRequest) -> Page[PathwayName]:
        """Pathways that something which the learner holds matters to, by id."""
        feeds, held = PATHWAY_FEEDS.c, CREDENTIALS.c
        matters = or_(
            feeds.achievement_id == ANY_ACHIEVEMENT,
            feeds.achievement_id.in_(select(held.achievement_id).where(held.recipient_key.in_(keys))),
            feeds.achievement_id.in_(select(KEPT.achievement_id).where(KEPT.person == person)),
        )
        is_open = select(literal(1)).where(PATHWAYS.c.id == feeds.pathway_id, ~PATHWAYS.c.retired).exists()
        query = select(feeds.pathway_id, feeds.org_id).distinct().where(matters, is_open, _after(page))
        async with self._database.connection() as connection:
            found = (await connection.execute(query.order_by(feeds.pathway_id).limit(page.limit + 1))).all()
        items = [PathwayName(row.pathway_id, row.org_id) for row in found[: page.limit]]
        return Page(items, (items[-1].id,) if len(found) > page.limit else None)

    async def earned(self, keys: Collection[bytes], achievements: Collection[str], most: int) -> Sequence[Earned]:
        """What was issued to the learner for these achievements, `*` for any; newest first."""
        table = CREDENTIALS.c
        query = select(CREDENTIALS, _is_owners().label("is_owners")).where(table.recipient_key.in_(keys))
        if ANY_ACHIEVEMENT not in achievements:
            query = query.where(table.achievement_id.in_(achievements))
        query = query.order_by(table.issued_at.desc(), table.id.desc()).limit(most)
        async with self._database.connection() as connection:
            found = (await connection.execute(query)).mappings()
            return [Earned(rows.credential(row), row["is_owners"]) for row in found]

    async def kept(self, person: PersonId, achievements: Collection[str], most: int) -> tuple[Sequence[KeptText], int]:
        """What the learner keeps of these achievements, newest first, and how many there are in all."""
        which: list[ColumnElement[bool]] = [KEPT.person == person]
        if ANY_ACHIEVEMENT not in achievements:
            which.append(or_(KEPT.achievement_id.is_(None), KEPT.achievement_id.in_(achievements)))
        total = select(func.count()).select_from(BACKPACK_CREDENTIALS).where(*which)
        query = select(*SHOWN).where(*which).order_by(KEPT.valid_from.desc(), KEPT.id.desc()).limit(most)
        async with self._database.snapshot() as session:
            count = (await session.execute(total)).scalar_one()
            found = [kept_text(row) for row in (await session.execute(query)).mappings()]
        return found, count

    async def profile(self, person: PersonId) -> str | None:
        """The profile's text, if one was set."""
        async with self._database.connection() as connection:
            found = await connection.scalar(select(BACKPACKS.c.profile).where(BACKPACKS.c.person == person))
        return str(found) if found is not None else None


class LookUnitOfWork(UnitOfWork):
    """See issuer.core.progress.ports.LookWork."""

    async def keep(self, looks: Sequence[Look]) -> None:
        """Each unless its credential has been replaced or deleted meanwhile, or a later look was kept."""
        for look in sorted(looks, key=lambda look: look.kept.id):
            is_newest = or_(KEPT.checked_at.is_(None), KEPT.checked_at <= look.at)
            same = (KEPT.id == look.kept.id, KEPT.changed_at == look.kept.changed_at, is_newest)
            doubt = None if look.doubt is None else asdict(look.doubt)
            looked = None if look.snapshot is None else look.snapshot.json
            values = {"achievement_id": look.achievement, "checked_at": look.at, "doubt": doubt, "looked": looked}
            await self.session.execute(update(BACKPACK_CREDENTIALS).where(*same).values(values))
        if looks:
            found = [(look.kept.id, look.doubt) for look in looks]
            await plan_looks(self.session, found, max(look.at for look in looks))
        await note_kept(self.session, [look.kept.id for look in looks if is_news(look)])


def is_news(look: Look) -> bool:
    """Whether a look found something else than the one before."""
    before = None if look.kept.doubt is None else look.kept.doubt.code
    return before != (None if look.doubt is None else look.doubt.code)


def kept_text(row: RowMapping) -> KeptText:
    """A row with the columns that are shown."""
    return KeptText(
        id=KeptId(row["id"]),
        notation=Notation(row["notation"]),
        text=row["document"],
        achievement=row["achievement_id"],
        changed_at=row["changed_at"],
        checked_at=row["checked_at"],
        doubt=None if row["doubt"] is None else Doubt(**row["doubt"]),
        looked=row["looked"],
        credential_id=row["credential_id"],
    )


def _is_owners() -> ColumnElement[bool]:
    """Of a credential, whether its achievement is its own organization's: a policy can let others issue it too."""
    theirs, table = ACHIEVEMENTS.c, CREDENTIALS.c
    same = (theirs.id == table.achievement_id, theirs.version == table.achievement_version)
    return select(literal(1)).where(*same, theirs.org_id == table.org_id).correlate(CREDENTIALS).exists()


def _after(page: PageRequest) -> ColumnElement[bool]:
    if page.after is None:
        return true()
    if len(page.after) != 1 or "\0" in page.after[0]:
        raise invalid_field("cursor", "is not a cursor of this list")
    column: Any = PATHWAY_FEEDS.c.pathway_id
    after: ColumnElement[bool] = column > page.after[0]
    return after
