"""Backpacks in the database: one transaction over them, and reads without one."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, Select, delete, func, literal, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from credential_core.errors import DocumentError
from credential_core.timestamps import parse_timestamp
from issuer.adapters.backpack.look_plans import plan_looks
from issuer.adapters.backpack.tables import BACKPACK_CREDENTIALS, BACKPACKS, PROGRESS_CONSENTS
from issuer.adapters.stacks.notes import note_keeper
from issuer.adapters.tables import ID, MOMENT
from issuer.core.backpack.model import Arrived, Doubt, Kept, KeptId, Notation, Outcome, PersonId, Slice, Texts
from service_kit.database import Database, UnitOfWork
from service_kit.errors import invalid_field
from service_kit.ids import is_id
from service_kit.inputs import Page, PageRequest
from service_kit.tables import IDEMPOTENCY_KEYS

KEPT = BACKPACK_CREDENTIALS.c
UNLISTED = {"document", "name", "person", "size", "achievement_id", "looked", "look_at"}
LISTED = [column for column in KEPT if column.name not in UNLISTED]


class BackpackUnitOfWork(UnitOfWork):
    """See issuer.core.backpack.ports.BackpackWork."""

    async def open(self, person: PersonId, at: datetime) -> None:
        """The person's backpack, made if there is none, locked until the end of the transaction."""
        new = insert(BACKPACKS).values(person=person, opened_at=at, changed_at=at)
        await self.session.execute(new.on_conflict_do_nothing())
        await self.session.execute(select(BACKPACKS.c.person).where(BACKPACKS.c.person == person).with_for_update())

    async def put(self, person: PersonId, kept_id: KeptId, arrived: Arrived, at: datetime) -> Outcome:
        """Keep it, in place of the same one unless that is newer."""
        same = (KEPT.person == person, KEPT.name == arrived.name)
        before = await self.session.scalar(select(KEPT.valid_from).where(*same))
        if before is not None and before > arrived.valid_from:
            return Outcome.OLDER
        values = _values(arrived) | {"changed_at": at, "checked_at": at, "doubt": None, "looked": None}
        await note_keeper(self.session, person)
        if before is not None:
            await self.session.execute(update(BACKPACK_CREDENTIALS).where(*same).values(values))
            return Outcome.REPLACED
        new = {"id": kept_id, "person": person, "name": arrived.name, "kept_at": at}
        await self.session.execute(insert(BACKPACK_CREDENTIALS).values(values | new))
        return Outcome.CREATED

    async def mark(
        self, person: PersonId, kept_id: KeptId, text: str, doubt: Doubt | None, at: datetime
    ) -> Kept | None:
        """What was found of this text."""
        same = (KEPT.person == person, KEPT.id == kept_id)
        values = {"checked_at": at, "doubt": None if doubt is None else asdict(doubt), "looked": None}
        await self.session.execute(update(BACKPACK_CREDENTIALS).where(*same, KEPT.document == text).values(values))
        await plan_looks(self.session, [(kept_id, doubt)], at)
        await note_keeper(self.session, person)
        row = (await self.session.execute(select(*LISTED).where(*same))).mappings().one_or_none()
        return None if row is None else _kept(row)

    async def load(self, person: PersonId) -> tuple[int, int]:
        """How many credentials the person keeps, and how many bytes."""
        query = select(func.count(), func.coalesce(func.sum(KEPT.size), 0)).where(KEPT.person == person)
        count, size = (await self.session.execute(query)).one()
        return count, size

    async def set_profile(self, person: PersonId, profile: str, at: datetime) -> None:
        """Replaces the one that is there."""
        changed = update(BACKPACKS).where(BACKPACKS.c.person == person).values(profile=profile, changed_at=at)
        await self.session.execute(changed)
        await note_keeper(self.session, person)

    async def remove(self, person: PersonId, kept_id: KeptId) -> bool:
        """False when there is none."""
        removed = delete(BACKPACK_CREDENTIALS).where(KEPT.person == person, KEPT.id == kept_id).returning(KEPT.id)
        await note_keeper(self.session, person)
        return await self.session.scalar(removed) is not None

    async def remove_all(self, person: PersonId) -> None:
        """Everything, the profile too, and what repetitions of the person's requests would be answered with."""
        await note_keeper(self.session, person)
        await self.session.execute(delete(PROGRESS_CONSENTS).where(PROGRESS_CONSENTS.c.person == person))
        await self.session.execute(delete(BACKPACKS).where(BACKPACKS.c.person == person))
        await self.session.execute(delete(IDEMPOTENCY_KEYS).where(IDEMPOTENCY_KEYS.c.owner == person))


class BackpackRows:
    """See issuer.core.backpack.ports.BackpackReading."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def texts(self, person: PersonId, wanted: Slice) -> Texts:
        """A slice and the total, of one moment."""
        which = [KEPT.person == person]
        if wanted.since is not None:
            which.append(KEPT.valid_from > wanted.since)
        total = select(func.count()).select_from(BACKPACK_CREDENTIALS).where(*which)
        query = select(KEPT.notation, KEPT.document).where(*which).order_by(KEPT.kept_at, KEPT.id)
        async with self._database.snapshot() as session:
            count = (await session.execute(total)).scalar_one()
            rows = (await session.execute(query.limit(wanted.limit).offset(wanted.offset))).all()
        return Texts(tuple((Notation(notation), text) for notation, text in rows), count)

    async def kept(self, person: PersonId, page: PageRequest) -> Page[Kept]:
        """Newest first."""
        query: Select[Any] = select(*LISTED).where(KEPT.person == person)
        if page.after is not None:
            query = query.where(tuple_(KEPT.kept_at, KEPT.id) < _position(page.after))
        query = query.order_by(KEPT.kept_at.desc(), KEPT.id.desc()).limit(page.limit + 1)
        async with self._database.connection() as connection:
            found = [_kept(row) for row in (await connection.execute(query)).mappings()]
        items = found[: page.limit]
        last = (items[-1].kept_at.isoformat(), str(items[-1].id)) if len(found) > page.limit else None
        return Page(items, last)

    async def text(self, person: PersonId, kept_id: KeptId) -> tuple[Notation, str] | None:
        """One credential as it came."""
        query = select(KEPT.notation, KEPT.document).where(KEPT.person == person, KEPT.id == kept_id)
        async with self._database.connection() as connection:
            row = (await connection.execute(query)).one_or_none()
        return None if row is None else (Notation(row[0]), row[1])

    async def profile(self, person: PersonId) -> str | None:
        """The text, if one was set."""
        async with self._database.connection() as connection:
            found = await connection.scalar(select(BACKPACKS.c.profile).where(BACKPACKS.c.person == person))
        return str(found) if found is not None else None


def _values(arrived: Arrived) -> dict[str, Any]:
    return {
        "issuer_id": arrived.issuer_id,
        "credential_id": arrived.credential_id,
        "notation": arrived.notation.value,
        "document": arrived.text,
        "size": arrived.size,
        "valid_from": arrived.valid_from,
        "achievement_id": arrived.achievement,
    }


def _kept(row: RowMapping) -> Kept:
    return Kept(
        id=KeptId(row["id"]),
        notation=Notation(row["notation"]),
        issuer_id=row["issuer_id"],
        credential_id=row["credential_id"],
        valid_from=row["valid_from"],
        kept_at=row["kept_at"],
        changed_at=row["changed_at"],
        verified_at=row["checked_at"] or row["changed_at"],
        doubt=None if row["doubt"] is None else Doubt(**row["doubt"]),
    )


def _position(after: tuple[str, ...]) -> Any:
    try:
        moment, kept_id = after
        kept_at = parse_timestamp(moment)
    except (ValueError, DocumentError) as error:
        raise invalid_field("cursor", "is not a cursor of this list") from error
    if not is_id(kept_id):
        raise invalid_field("cursor", "is not a cursor of this list")
    return tuple_(literal(kept_at, MOMENT), literal(kept_id, ID))
