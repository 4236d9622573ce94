"""Reads outside any transaction. Each is one statement, or one snapshot where two must agree."""

from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import (
    ColumnElement,
    RowMapping,
    Select,
    and_,
    bindparam,
    exists,
    literal,
    or_,
    select,
    text,
    tuple_,
    union_all,
)

from credential_core.errors import DocumentError
from credential_core.timestamps import parse_timestamp
from issuer.adapters import rows
from issuer.adapters.tables import (
    ACHIEVEMENTS,
    ANY_CREDENTIALS,
    CREDENTIALS,
    ID,
    ISSUER_KEYS,
    ISSUERS,
    MOMENT,
    STATUS_CHANGES,
    STATUS_LISTS,
)
from issuer.core.model import (
    Achievement,
    Credential,
    CredentialId,
    Issuer,
    IssuerId,
    Json,
    KeyPurpose,
    KeyState,
    ListId,
    StatusChange,
    StatusList,
)
from issuer.core.ports import Wanted
from service_kit.database import Database
from service_kit.direct import DirectSelect, fetch_outside
from service_kit.errors import invalid_field
from service_kit.idempotency import find_all
from service_kit.ids import is_id
from service_kit.inputs import IdempotencyKey, Page, PageRequest
from service_kit.together import Shared, Together

CACHED_ACHIEVEMENTS = 512
LISTS_AT_ONCE = 100
# Statements of the issuing path are made once: building one costs more than running it.
ISSUERS_OF = DirectSelect(rows.ISSUERS_WITH_KEYS.where(ISSUERS.c.org_id == bindparam("org_id")))
_NEWEST = (
    select(*(column for column in ACHIEVEMENTS.c if column.name != "document"))
    .where(ACHIEVEMENTS.c.id == bindparam("achievement_id"))
    .order_by(ACHIEVEMENTS.c.retired, ACHIEVEMENTS.c.version.desc())
    .limit(1)
)
NEWEST = DirectSelect(_NEWEST)
VERSION = DirectSelect(_NEWEST.where(ACHIEVEMENTS.c.version == bindparam("wanted_version")))


class Reading:
    """See issuer.core.ports.Reading."""

    def __init__(self, database: Database) -> None:
        self._database = database
        # Documents of achievement versions never change; whether one is retired is read anew each time.
        self._documents: OrderedDict[tuple[str, int], Json] = OrderedDict()
        self._answers: Together[tuple[str, IdempotencyKey], str | None] = Together(self._answered)
        self._issuers = Shared(self._issuers_of)
        self._achievements = Shared(self._achievement)

    async def _rows(self, query: Select[Any], **values: object) -> Sequence[RowMapping]:
        async with self._database.connection() as connection:
            result = await connection.execute(query, values)
            return list(result.mappings())

    async def answered(self, owner: str, key: IdempotencyKey) -> str | None:
        """What an earlier request with this key gave."""
        return await self._answers((owner, key))

    async def _answered(self, asked: Sequence[tuple[str, IdempotencyKey]]) -> Sequence[str | Exception | None]:
        return await find_all(partial(fetch_outside, self._database), asked)

    async def document(self, org_id: str, credential_id: CredentialId) -> str | None:
        """The signed text of one of the organization's credentials."""
        query = select(CREDENTIALS.c.document).where(CREDENTIALS.c.id == credential_id, CREDENTIALS.c.org_id == org_id)
        found = await self._rows(query)
        return str(found[0]["document"]) if found else None

    async def any_document(self, org_id: str, credential_id: CredentialId) -> str | None:
        """The text of one of the organization's credentials that were issued as they were handed in."""
        table = ANY_CREDENTIALS.c
        found = await self._rows(select(table.document).where(table.id == credential_id, table.org_id == org_id))
        return str(found[0]["document"]) if found else None

    async def credential(self, org_id: str, credential_id: CredentialId) -> Credential | None:
        """One of the organization's credentials."""
        query = select(CREDENTIALS).where(CREDENTIALS.c.id == credential_id, CREDENTIALS.c.org_id == org_id)
        found = await self._rows(query)
        return rows.credential(found[0]) if found else None

    async def history(self, credential_id: CredentialId) -> Sequence[StatusChange]:
        """The steps after issuing, oldest first."""
        table = STATUS_CHANGES
        query = select(table).where(table.c.credential_id == credential_id).order_by(table.c.revision)
        return [rows.status_change(row) for row in await self._rows(query)]

    async def credentials(self, org_id: str, wanted: Wanted, page: PageRequest) -> Page[Credential]:
        """The organization's credentials, newest first, without their documents."""
        table = CREDENTIALS
        query = select(*rows.WITHOUT_DOCUMENT).where(table.c.org_id == org_id, *_filters(wanted))
        if page.after is not None:
            query = query.where(tuple_(table.c.issued_at, table.c.id) < place_after(page.after))
        query = query.order_by(table.c.issued_at.desc(), table.c.id.desc()).limit(page.limit + 1)
        found = [rows.credential(row) for row in await self._rows(query)]
        items = found[: page.limit]
        last = (items[-1].issued_at.isoformat(), str(items[-1].id)) if len(found) > page.limit else None
        return Page(items, last)

    async def issuers_of(self, org_id: str) -> Sequence[Issuer]:
        """All of the organization's issuers, by slug."""
        return await self._issuers(org_id)

    async def _issuers_of(self, org_id: str) -> Sequence[Issuer]:
        return rows.issuers(await ISSUERS_OF(partial(fetch_outside, self._database), org_id=org_id))

    async def issuers(self, org_id: str, page: PageRequest) -> Page[Issuer]:
        """The organization's issuers, by slug."""
        wanted = select(ISSUERS.c.id).where(ISSUERS.c.org_id == org_id).order_by(ISSUERS.c.slug).limit(page.limit + 1)
        if page.after is not None:
            wanted = wanted.where(ISSUERS.c.slug > page.after[0])
        found = rows.issuers(await self._rows(rows.ISSUERS_WITH_KEYS.where(ISSUERS.c.id.in_(wanted))))
        items = found[: page.limit]
        return Page(items, (items[-1].slug,) if len(found) > page.limit else None)

    async def issuer(self, issuer_id: IssuerId) -> Issuer:
        """An issuer that is known to exist."""
        [issuer] = rows.issuers(await self._rows(rows.ISSUERS_WITH_KEYS.where(ISSUERS.c.id == issuer_id)))
        return issuer

    async def achievement(self, achievement_id: str, version: int | None) -> Achievement | None:
        """A version of an achievement; without a number, the newest that is not retired, else the newest."""
        return await self._achievements((achievement_id, version))

    async def _achievement(self, asked: tuple[str, int | None]) -> Achievement | None:
        achievement_id, version = asked
        run = partial(fetch_outside, self._database)
        if version is None:
            found = await NEWEST(run, achievement_id=achievement_id)
        else:
            found = await VERSION(run, achievement_id=achievement_id, wanted_version=version)
        return await self.with_document(found[0]) if found else None

    async def with_document(self, row: rows.Row) -> Achievement:
        """A row of a version of an achievement, which lacks its document."""
        return rows.achievement(row, await self._document(row["id"], row["version"]))

    async def _document(self, achievement_id: str, version: int) -> Json:
        place = (achievement_id, version)
        if place not in self._documents:
            table = ACHIEVEMENTS
            query = select(table.c.document).where(table.c.id == achievement_id, table.c.version == version)
            self._documents[place] = (await self._rows(query))[0]["document"]
            if len(self._documents) > CACHED_ACHIEVEMENTS:
                self._documents.popitem(last=False)
        self._documents.move_to_end(place)
        return self._documents[place]

    async def lists_due(self, *, changed_before: datetime, signed_before: datetime, now: datetime) -> Sequence[ListId]:
        """Lists that changed and were last published before one moment, and lists signed before another.

        One published later than now was so by a clock that has been put right since, which it does not wait for.

        Only those of issuers that have a key to sign them with: the others would be tried for ever, before all else.
        """
        table = STATUS_LISTS
        is_long_ago = or_(table.c.published_at <= changed_before, table.c.published_at > now)
        changed = and_(table.c.changes > table.c.published_changes, is_long_ago)
        due = or_(changed, table.c.published_at <= signed_before)
        signs = exists().where(
            ISSUER_KEYS.c.issuer_id == table.c.issuer_id,
            ISSUER_KEYS.c.state == KeyState.ACTIVE.value,
            ISSUER_KEYS.c.purpose != KeyPurpose.CREDENTIALS.value,
            ISSUER_KEYS.c.public_key.not_like("{%"),  # a JWK, of a key that signs no lists
        )
        query = select(table.c.id).where(due, signs).limit(LISTS_AT_ONCE)
        return [ListId(row["id"]) for row in await self._rows(query.order_by(table.c.published_at))]

    async def list_snapshot(self, list_id: ListId) -> tuple[StatusList, Sequence[int]]:
        """A list and its set indexes, at one moment."""
        # Written as in the partial indexes on set bits: with a parameter, PostgreSQL could not use them.
        bits = union_all(
            *(
                select(table.c.status_index).where(table.c.status_list_id == list_id, text("state <> 'issued'"))
                for table in (CREDENTIALS, ANY_CREDENTIALS)
            )
        )
        async with self._database.snapshot() as session:
            query = select(STATUS_LISTS).where(STATUS_LISTS.c.id == list_id)
            row = (await session.execute(query)).mappings().one()
            indexes = (await session.scalars(bits)).all()
        return rows.status_list(row), indexes


def _filters(wanted: Wanted) -> list[ColumnElement[bool]]:
    table = CREDENTIALS
    filters: list[ColumnElement[bool]] = []
    expired = and_(table.c.state == "issued", table.c.valid_until <= wanted.now)
    if wanted.status == "expired":
        filters.append(expired)
    elif wanted.status == "issued":
        filters += [table.c.state == "issued", or_(table.c.valid_until.is_(None), table.c.valid_until > wanted.now)]
    elif wanted.status is not None:
        filters.append(table.c.state == wanted.status)
    if wanted.achievement_id is not None:
        filters.append(table.c.achievement_id == wanted.achievement_id)
    if wanted.recipient_key is not None:
        filters.append(table.c.recipient_key == wanted.recipient_key)
    return filters


def place_after(after: tuple[str, ...]) -> Any:
    """The place in a list of credentials, newest first, that a cursor names. Raises Invalid."""
    try:
        moment, credential_id = after
        # Refused here and not by the driver: that would leave its statement, and a lock on the table, open.
        issued_at = parse_timestamp(moment)
    except (ValueError, DocumentError) as error:
        raise invalid_field("cursor", "is not a cursor of this list") from error
    if not is_id(credential_id):
        raise invalid_field("cursor", "is not a cursor of this list")
    return tuple_(literal(issued_at, MOMENT), literal(credential_id, ID))
