"""Reads of stacks outside any transaction, and of everything that evaluations look at, in one snapshot."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, Select, String, func, literal, or_, select, tuple_
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from credential_core.errors import DocumentError
from credential_core.timestamps import parse_timestamp
from issuer.adapters import rows
from issuer.adapters.recognition.tables import AGREEMENTS
from issuer.adapters.stacks.reading_brought import BroughtReading, list_snapshots
from issuer.adapters.stacks.stacks import pathway_of, stack_of
from issuer.adapters.stacks.tables import PATHWAY_FEEDS, PATHWAYS, STACK_CHANGES, STACKS
from issuer.adapters.tables import CREDENTIALS, ID, ISSUERS, MOMENT
from issuer.core.model import Credential
from issuer.core.recognition.agreement import AgreementId, AgreementState
from issuer.core.recognition.terms import Dates
from issuer.core.stacks.brought import NOTHING, issuers_in
from issuer.core.stacks.ports import AgreedPartner, Gathered, WantedStacks
from issuer.core.stacks.stack import (
    ANY_ACHIEVEMENT,
    Group,
    PathwayVersion,
    Stack,
    StackChange,
    StackId,
    StackState,
)
from service_kit.database import Database
from service_kit.errors import invalid_field
from service_kit.ids import is_id
from service_kit.inputs import Page, PageRequest


class ReadingStacks:
    """See issuer.core.stacks.ports.StackReading."""

    def __init__(self, database: Database, brought: BroughtReading | None = None) -> None:
        self._database = database
        self._brought = brought

    async def gather(self, groups: Collection[Group], at: datetime | None = None) -> Gathered:
        """What evaluations look at, at one moment; what was brought only where it is to be counted."""
        async with self._database.snapshot() as session:
            pathways = await _pathways(session, groups)
            stacks = await _stacks(session, groups)
            credentials = await _credentials(session, groups, stacks)
            lists = await list_snapshots(session, {one.slot.list_id for one in credentials})
            issuers = await _issuers(session, groups)
            agreements = await _agreements(session, groups)
            brought = NOTHING
            if self._brought is not None and at is not None:
                taken = {group: _issuers_taken(group, pathways, agreements) for group in groups}
                brought = await self._brought(session, taken, stacks, at)
        return Gathered(pathways, stacks, credentials, lists, issuers, agreements, brought)

    async def stack(self, org_id: str, stack_id: StackId) -> Stack | None:
        """One of the organization's."""
        found = await self._rows(select(STACKS).where(STACKS.c.id == stack_id, STACKS.c.org_id == org_id))
        return stack_of(found[0]) if found else None

    async def changes(self, stack_id: StackId) -> Sequence[StackChange]:
        """Its life, oldest first."""
        table = STACK_CHANGES
        found = await self._rows(select(table).where(table.c.stack_id == stack_id).order_by(table.c.revision))
        return [StackChange(**{**row, "state": StackState(row["state"])}) for row in found]

    async def stacks(self, org_id: str, wanted: WantedStacks, page: PageRequest) -> Page[Stack]:
        """The organization's, newest first."""
        table = STACKS.c
        query = select(STACKS).where(table.org_id == org_id, *_filters(wanted))
        if page.after is not None:
            query = query.where(tuple_(table.created_at, table.id) < _position(page.after))
        query = query.order_by(table.created_at.desc(), table.id.desc()).limit(page.limit + 1)
        found = [stack_of(row) for row in await self._rows(query)]
        items = found[: page.limit]
        last = (items[-1].created_at.isoformat(), str(items[-1].id)) if len(found) > page.limit else None
        return Page(items, last)

    async def _rows(self, query: Select[Any]) -> Sequence[RowMapping]:
        async with self._database.connection() as connection:
            return list((await connection.execute(query)).mappings())


async def _pathways(session: AsyncSession, groups: Collection[Group]) -> list[PathwayVersion]:
    named = {group.pathway_id for group in groups}
    found = await session.execute(select(PATHWAYS).where(PATHWAYS.c.id.in_(named)))
    return [pathway_of(row) for row in found.mappings()]


async def _stacks(session: AsyncSession, groups: Collection[Group]) -> list[Stack]:
    """All stacks of the learners, on other pathways too: what counts there may not count here."""
    keys = {group.recipient_key for group in groups}
    query = select(STACKS).where(STACKS.c.recipient_key.in_(keys), STACKS.c.org_id.in_({one.org_id for one in groups}))
    return [stack_of(row) for row in (await session.execute(query)).mappings()]


async def _credentials(session: AsyncSession, groups: Collection[Group], stacks: Collection[Stack]) -> list[Credential]:
    """What the learners hold of the achievements that matter, and the stacks' own credentials."""
    held = CREDENTIALS.c
    fed = select(PATHWAY_FEEDS.c.achievement_id).where(
        PATHWAY_FEEDS.c.pathway_id.in_({one.pathway_id for one in groups})
    )
    matters = or_(held.achievement_id.in_(fed), literal(ANY_ACHIEVEMENT).in_(fed))
    theirs = held.recipient_key.in_({group.recipient_key for group in groups}) & matters
    own = {stack.credential_id for stack in stacks if stack.credential_id is not None}
    query = select(CREDENTIALS).where(held.org_id.in_({one.org_id for one in groups}), or_(theirs, held.id.in_(own)))
    return [rows.credential(row) for row in (await session.execute(query)).mappings()]


async def _issuers(session: AsyncSession, groups: Collection[Group]) -> dict[str, frozenset[str]]:
    query = select(ISSUERS.c.org_id, func.array_agg(ISSUERS.c.did, type_=ARRAY(String)))
    found = await session.execute(
        query.where(ISSUERS.c.org_id.in_({one.org_id for one in groups})).group_by(ISSUERS.c.org_id)
    )
    return {org_id: frozenset(dids) for org_id, dids in found}


def _issuers_taken(
    group: Group, pathways: Collection[PathwayVersion], agreements: Collection[AgreedPartner]
) -> frozenset[str]:
    partners = [one.source_issuer for one in agreements if one.org_id == group.org_id]
    versions = (one.document for one in pathways if one.id == group.pathway_id)
    return frozenset[str]().union(*(issuers_in(document, partners) for document in versions))


async def _agreements(session: AsyncSession, groups: Collection[Group]) -> list[AgreedPartner]:
    """Those that stand as signed, whether they are in force yet or not."""
    table = AGREEMENTS.c
    dates = [table.document[name].as_string().label(name) for name in ("validFrom", "validUntil")]
    query = select(
        table.id, table.recognising_org, table.source_issuer, table.version, table.digest, table.signed_at, *dates
    ).where(
        table.recognising_org.in_({one.org_id for one in groups}),
        table.state == AgreementState.SIGNED.value,
    )
    return [_agreed(row) for row in (await session.execute(query)).mappings()]


def _agreed(row: RowMapping) -> AgreedPartner:
    begins, ends = (None if row[name] is None else parse_timestamp(row[name]) for name in ("validFrom", "validUntil"))
    return AgreedPartner(
        org_id=row["recognising_org"],
        id=AgreementId(row["id"]),
        version=row["version"],
        digest=row["digest"],
        source_issuer=row["source_issuer"],
        signed_at=row["signed_at"],
        in_force=Dates(begins, ends),
    )


def _filters(wanted: WantedStacks) -> list[ColumnElement[bool]]:
    table = STACKS.c
    filters: list[ColumnElement[bool]] = []
    if wanted.pathway_id is not None:
        filters.append(table.pathway_id == wanted.pathway_id)
    if wanted.recipient_key is not None:
        filters.append(table.recipient_key == wanted.recipient_key)
    if wanted.state is not None:
        filters.append(table.state == wanted.state.value)
    return filters


def _position(after: tuple[str, ...]) -> Any:
    try:
        moment, stack_id = after
        created_at = parse_timestamp(moment)
    except (ValueError, DocumentError) as error:
        raise invalid_field("cursor", "is not a cursor of this list") from error
    if not is_id(stack_id):
        raise invalid_field("cursor", "is not a cursor of this list")
    return tuple_(literal(created_at, MOMENT), literal(stack_id, ID))
