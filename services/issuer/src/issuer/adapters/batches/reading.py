"""Reads of batches outside any transaction."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import ColumnElement, Select, Text, and_, cast, func, literal, select, text, tuple_
from sqlalchemy.dialects.postgresql import JSONB

from contracts.topics import CREDENTIAL_ISSUED, CREDENTIAL_REVOKED
from credential_core.errors import DocumentError
from credential_core.timestamps import parse_timestamp
from issuer.adapters import rows
from issuer.adapters.batches.batches import batch_of, row_of, waiting_rows
from issuer.adapters.batches.changes import among
from issuer.adapters.tables import BATCH_ROWS, BATCHES, CREDENTIALS, ID, MOMENT, STATUS_CHANGES
from issuer.core.addresses import Addresses
from issuer.core.batches.batch import Batch, BatchId, BatchRow, Counts, Reconciliation, RowAction, RowState
from issuer.core.model import Credential, CredentialId
from service_kit.database import Database
from service_kit.errors import invalid_field
from service_kit.ids import is_id
from service_kit.inputs import Page, PageRequest
from service_kit.tables import OUTBOX

Counting = Select[int, int]
# Events have no index by key, and new tables no statistics: PostgreSQL then takes few rows for granted, and looks at
# all events anew for each row of the batch. The first 5,000 of an installation took longer than a statement may.
NO_NESTED_LOOPS = text("SET LOCAL enable_nestloop = off")


class ReadingBatches:
    """See issuer.core.batches.ports.BatchReading."""

    def __init__(self, database: Database, addresses: Addresses) -> None:
        self._database = database
        self._prefix = addresses.credential_prefix

    async def batch(self, org_id: str, batch_id: BatchId) -> Batch | None:
        """One of the organization's."""
        query = select(BATCHES).where(BATCHES.c.id == batch_id, BATCHES.c.org_id == org_id)
        async with self._database.connection() as connection:
            row = (await connection.execute(query)).mappings().one_or_none()
        return None if row is None else batch_of(row)

    async def batches(self, org_id: str, page: PageRequest) -> Page[Batch]:
        """The organization's, newest first."""
        table = BATCHES.c
        query = select(BATCHES).where(table.org_id == org_id).order_by(table.created_at.desc(), table.id.desc())
        if page.after is not None:
            query = query.where(tuple_(table.created_at, table.id) < _position(page.after))
        async with self._database.connection() as connection:
            found = (await connection.execute(query.limit(page.limit + 1))).mappings().all()
        items = [batch_of(row) for row in found[: page.limit]]
        last = (items[-1].created_at.isoformat(), str(items[-1].id)) if len(found) > page.limit else None
        return Page(items, last)

    async def counts(self, batch_id: BatchId) -> Counts:
        """How many rows stand where."""
        table = BATCH_ROWS.c
        query = select(table.state, func.count()).where(table.batch_id == batch_id).group_by(table.state)
        async with self._database.connection() as connection:
            found = (await connection.execute(query)).all()
        return Counts({RowState(state): count for state, count in found})

    async def rows(self, batch_id: BatchId, state: RowState | None, page: PageRequest) -> Page[BatchRow]:
        """By number."""
        table = BATCH_ROWS.c
        query = select(BATCH_ROWS).where(table.batch_id == batch_id).order_by(table.number)
        if state is not None:
            query = query.where(table.state == state.value)
        if page.after is not None:
            query = query.where(table.number > _number(page.after))
        async with self._database.connection() as connection:
            found = (await connection.execute(query.limit(page.limit + 1))).mappings().all()
        items = [row_of(row) for row in found[: page.limit]]
        return Page(items, (str(items[-1].number),) if len(found) > page.limit else None)

    async def waiting(self, batch_id: BatchId, most: int) -> Sequence[BatchRow]:
        """The next waiting rows, by number."""
        async with self._database.connection() as connection:
            found = (await connection.execute(waiting_rows(batch_id, most))).mappings().all()
        return [row_of(row) for row in found]

    async def credentials(
        self, org_id: str, ids: Collection[CredentialId], *, documents: bool = False
    ) -> Mapping[CredentialId, Credential]:
        """Those of the organization's that there are; without their documents, unless they are needed."""
        columns = list(CREDENTIALS.c) if documents else rows.WITHOUT_DOCUMENT
        query = select(*columns).where(among(ids), CREDENTIALS.c.org_id == org_id)
        async with self._database.connection() as connection:
            found = [rows.credential(row) for row in (await connection.execute(query)).mappings()]
        return {credential.id: credential for credential in found}

    async def reconciliation(self, batch: Batch) -> Reconciliation:
        """What the batch did, counted anew in each table, at one moment."""
        table = BATCH_ROWS.c
        states = select(table.state, func.count()).where(table.batch_id == batch.id).group_by(table.state)
        issues = batch.action is RowAction.ISSUE
        kept, told = _issued(batch, self._prefix) if issues else _changed(batch, self._prefix)
        async with self._database.snapshot() as session:
            counts = {RowState(state): count for state, count in (await session.execute(states)).all()}
            credentials, others = (await session.execute(kept)).one()
            await session.execute(NO_NESTED_LOOPS)
            events, published = (await session.execute(told)).one()
        by_kind = {"status_entries": others} if issues else {"steps": others}
        return Reconciliation(batch.rows, Counts(counts), credentials, events, published, **by_kind)


def _issued(batch: Batch, prefix: str) -> tuple[Counting, Counting]:
    """Credentials and places in status lists; events, and those that were published."""
    table, credentials, events = BATCH_ROWS.c, CREDENTIALS.c, OUTBOX.c
    issued = and_(table.batch_id == batch.id, table.credential_id.is_not(None))
    kept = select(func.count(), func.count(func.distinct(tuple_(credentials.status_list_id, credentials.status_index))))
    kept = kept.select_from(BATCH_ROWS.join(CREDENTIALS, credentials.id == table.credential_id)).where(issued)
    told = select(func.count(), func.count(events.published_at))
    told = told.select_from(
        BATCH_ROWS.join(OUTBOX, and_(events.key == _address(prefix), events.topic == CREDENTIAL_ISSUED.name))
    )
    return kept, told.where(issued, _revision() == 1)  # a correction's event is on the same topic, under the same key


def _changed(batch: Batch, prefix: str) -> tuple[Counting, Counting]:
    """Credentials that have come so far, and steps in their histories; events of just these revisions."""
    table, credentials, steps, events = BATCH_ROWS.c, CREDENTIALS.c, STATUS_CHANGES.c, OUTBOX.c
    topic = CREDENTIAL_ISSUED.name if batch.action is RowAction.CORRECT else CREDENTIAL_REVOKED.name
    changed = and_(table.batch_id == batch.id, table.revision.is_not(None))
    step = and_(steps.credential_id == table.credential_id, steps.revision == table.revision)
    kept = select(func.count(func.distinct(credentials.id)), func.count(steps.revision)).where(changed)
    kept = kept.select_from(
        BATCH_ROWS.join(
            CREDENTIALS, and_(credentials.id == table.credential_id, credentials.revision >= table.revision)
        ).outerjoin(STATUS_CHANGES, step)
    )
    told = select(func.count(), func.count(events.published_at)).where(changed, _revision() == table.revision)
    told = told.select_from(BATCH_ROWS.join(OUTBOX, and_(events.key == _address(prefix), events.topic == topic)))
    return kept, told


def _revision() -> ColumnElement[int]:
    revision: ColumnElement[int] = cast(func.convert_from(OUTBOX.c.value, "UTF8"), JSONB)["revision"].as_integer()
    return revision


def _address(prefix: str) -> ColumnElement[str]:
    return literal(prefix) + cast(BATCH_ROWS.c.credential_id, Text)


def _position(after: tuple[str, ...]) -> object:
    try:
        moment, batch_id = after
        created = parse_timestamp(moment)
    except (ValueError, DocumentError) as error:
        raise invalid_field("cursor", "is not a cursor of this list") from error
    if not is_id(batch_id):
        raise invalid_field("cursor", "is not a cursor of this list")
    return tuple_(literal(created, MOMENT), literal(batch_id, ID))


def _number(after: tuple[str, ...]) -> int:
    if len(after) != 1 or not after[0].isascii() or not after[0].isdigit() or len(after[0]) > 9:
        raise invalid_field("cursor", "is not a cursor of this list")
    return int(after[0])
