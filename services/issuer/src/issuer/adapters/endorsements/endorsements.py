"""Endorsements in SQL."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    RowMapping,
    Select,
    bindparam,
    func,
    literal_column,
    or_,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession

from issuer.adapters.endorsements.tables import ENDORSEMENTS
from issuer.adapters.reading import place_after
from issuer.adapters.stacks.tables import PATHWAYS
from issuer.adapters.tables import ACHIEVEMENTS, ISSUERS, STATUS_LISTS
from issuer.core.addresses import Addresses
from issuer.core.backpack.model import Notation
from issuer.core.endorsements.model import Endorsement, EndorsementId, EndorsementStatus, Subject
from issuer.core.endorsements.ports import WantedEndorsements
from service_kit.database import Database
from service_kit.ids import is_id
from service_kit.inputs import Page, PageRequest

OF = ENDORSEMENTS.c
CHANGING = ("status", "problems", "believed_until", "check_at", "seen", "revision", "changed_at")
MOST_DIGITS = 9
TAKE_SUBJECT = text("SELECT pg_advisory_xact_lock(hashtextextended('endorsed/' || :subject, 0))")


def _changes(issuer_id: ColumnElement[Any], own_list: ColumnElement[Any]) -> ColumnElement[int]:
    """Both counts only grow, and so does their sum with every change of either."""
    lists = select(STATUS_LISTS.c.changes).where(STATUS_LISTS.c.id == own_list).scalar_subquery()
    keys = select(ISSUERS.c.revision).where(ISSUERS.c.did == issuer_id).scalar_subquery()
    return func.coalesce(lists, 0) + func.coalesce(keys, 0)


class EndorsementRows:
    """See issuer.core.endorsements.ports.Endorsements."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, endorsement: Endorsement) -> bool:
        """Store a new one. False when its subject has one with the same issuer and id."""
        statement = postgresql.insert(ENDORSEMENTS).values(_values(endorsement)).on_conflict_do_nothing()
        return await self._session.scalar(statement.returning(OF.id)) is not None

    async def lock(self, endorsement_id: EndorsementId) -> Endorsement | None:
        """One of them, locked until the end of the transaction."""
        found = await self._session.execute(_one(endorsement_id).with_for_update())
        return next(map(_endorsement, found.mappings()), None)

    async def waiting(self, org_id: str, by: str | None = None) -> int:
        """See core.endorsements.ports.Endorsements."""
        offered = () if by is None else (OF.presented_by == by,)
        return await self._count(OF.org_id == org_id, OF.status == EndorsementStatus.OFFERED, *offered)

    async def accepted(self, subject: str) -> int:
        """How many stand on this subject."""
        await self._session.execute(TAKE_SUBJECT, {"subject": subject})
        return await self._count(OF.subject == subject, OF.status == EndorsementStatus.ACCEPTED)

    async def claim(self, limit: int, *, now: datetime, until: datetime) -> Sequence[tuple[Endorsement, int]]:
        """Accepted ones that are due, kept from others until then, each with the present count for `seen`."""
        present = _changes(OF.issuer_id, OF.own_list)
        changed = OF.endorser_org.is_not(None) & (OF.seen != present)
        due = (
            select(OF.id, present.label("present"))
            .where(OF.status == EndorsementStatus.ACCEPTED, or_(OF.check_at <= now, changed))
            .order_by(OF.check_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
            .cte("due")
        )
        # What changed is counted as seen by whoever takes it, so that no other process takes it too.
        taken = (
            update(ENDORSEMENTS)
            .where(OF.id == due.c.id)
            .values(check_at=until, seen=due.c.present)
            .returning(*ENDORSEMENTS.c, literal_column("due.present").label("present"))
        )
        found = (await self._session.execute(taken)).mappings()
        return [(_endorsement(row), row["present"]) for row in found]

    async def save(self, endorsement: Endorsement) -> None:
        """Store whatever of it changes."""
        values = _values(endorsement)
        changed = {name: values[name] for name in CHANGING}
        await self._session.execute(update(ENDORSEMENTS).where(OF.id == endorsement.id).values(changed))

    async def _count(self, *which: ColumnElement[bool]) -> int:
        return int(await self._session.scalar(select(func.count()).select_from(ENDORSEMENTS).where(*which)) or 0)


class ReadingEndorsements:
    """See issuer.core.endorsements.ports.EndorsementReading."""

    def __init__(self, database: Database, addresses: Addresses) -> None:
        self._database = database
        self._addresses = addresses

    async def subject(self, named: str) -> Subject | None:
        """What an address or a DID names here."""
        for kind, table in (("achievements", ACHIEVEMENTS), ("pathways", PATHWAYS)):
            prefix = f"{self._addresses.base_url}/{kind}/"
            if named.startswith(prefix):
                return await self._versioned(named.removeprefix(prefix), prefix, table)
        slug = named.removeprefix(self._addresses.issuer(""))
        query = select(ISSUERS).where(or_(ISSUERS.c.did == named, ISSUERS.c.slug == slug), ISSUERS.c.active)
        async with self._database.connection() as connection:
            row = (await connection.execute(query)).mappings().first()
        return None if row is None else Subject(row["did"], row["org_id"], str(row["profile"].get("name", "")))

    async def _versioned(self, rest: str, prefix: str, table: Any) -> Subject | None:
        identifier, separator, version = rest.partition("/versions/")
        if not is_id(identifier) or (separator and not _is_number(version)):
            return None
        query = select(table).where(table.c.id == prefix + identifier)
        query = query.where(table.c.version == int(version)) if separator else query.order_by(table.c.retired)
        async with self._database.connection() as connection:
            row = (await connection.execute(query.order_by(table.c.version.desc()).limit(1))).mappings().first()
        if row is None:
            return None
        name = str(row["document"].get("name", ""))
        return Subject(row["id"], row["org_id"], name, row["version"], None if row["retired"] else row["changed_at"])

    async def endorser(self, issuer_id: str) -> str | None:
        """The organization of an issuer of ours."""
        async with self._database.connection() as connection:
            found: str | None = await connection.scalar(select(ISSUERS.c.org_id).where(ISSUERS.c.did == issuer_id))
        return found

    async def changes(self, issuer_id: str, own_list: str | None) -> int:
        """Grows with every change of our own issuer's keys, and of this list of ours."""
        query = select(_changes(bindparam("issuer", issuer_id), bindparam("list", own_list, type_=OF.own_list.type)))
        async with self._database.connection() as connection:
            return int(await connection.scalar(query) or 0)

    async def own_list(self, url: str) -> str | None:
        """The id of our list at this address."""
        list_id = self._addresses.list_in(url)
        if list_id is None:
            return None
        async with self._database.connection() as connection:
            found: str | None = await connection.scalar(select(STATUS_LISTS.c.id).where(STATUS_LISTS.c.id == list_id))
        return found

    async def by_id(self, org_id: str, endorsement_id: EndorsementId) -> Endorsement | None:
        """One that the organization received, gave or presented."""
        party = or_(OF.org_id == org_id, OF.endorser_org == org_id, OF.presented_by == org_id)
        return await self._first(_one(endorsement_id).where(party))

    async def by_name(self, subject: str, issuer_id: str, credential_id: str) -> Endorsement | None:
        """The one that its credential names."""
        named = (OF.subject == subject, OF.issuer_id == issuer_id, OF.credential_id == credential_id)
        return await self._first(select(ENDORSEMENTS).where(*named))

    async def page(self, org_id: str, wanted: WantedEndorsements, page: PageRequest) -> Page[Endorsement]:
        """Newest first, without their documents."""
        columns = [column for column in ENDORSEMENTS.c if column.name != "document"]
        query = select(*columns, literal_column("''").label("document"))
        query = query.where((OF.org_id if wanted.received else OF.endorser_org) == org_id)
        if wanted.status is not None:
            query = query.where(OF.status == wanted.status)
        if page.after is not None:
            query = query.where(tuple_(OF.created_at, OF.id) < place_after(page.after))
        query = query.order_by(OF.created_at.desc(), OF.id.desc()).limit(page.limit + 1)
        async with self._database.connection() as connection:
            found = [_endorsement(row) for row in (await connection.execute(query)).mappings()]
        items = found[: page.limit]
        last = (items[-1].created_at.isoformat(), str(items[-1].id)) if len(found) > page.limit else None
        return Page(items, last)

    async def _first(self, query: Select[Any]) -> Endorsement | None:
        async with self._database.connection() as connection:
            return next(map(_endorsement, (await connection.execute(query)).mappings()), None)


def _one(endorsement_id: EndorsementId) -> Select[Any]:
    return select(ENDORSEMENTS).where(OF.id == endorsement_id)


def _is_number(value: str) -> bool:
    return value.isascii() and value.isdigit() and len(value) <= MOST_DIGITS and not value.startswith("0")


def _values(endorsement: Endorsement) -> dict[str, Any]:
    return asdict(endorsement) | {"problems": list(endorsement.problems)}


def _endorsement(row: RowMapping) -> Endorsement:
    held = {name: row[name] for name in ENDORSEMENTS.c.keys()}  # noqa: SIM118 - a collection of columns
    return Endorsement(
        **held
        | {
            "problems": tuple(row["problems"]),
            "status": EndorsementStatus(row["status"]),
            "notation": Notation(row["notation"]),
        }
    )
