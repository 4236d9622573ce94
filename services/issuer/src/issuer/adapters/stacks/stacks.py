"""Pathways, stacks, and the evaluations that are due, in a transaction."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import LargeBinary, RowMapping, bindparam, delete, insert, literal, null, or_, select, text, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from issuer.adapters.backpack.look_plans import LATER
from issuer.adapters.backpack.tables import BACKPACK_CREDENTIALS, PROGRESS_CONSENTS
from issuer.adapters.claims import IS_FREE, TAKE
from issuer.adapters.stacks.notes import mark_fed, note_sharing
from issuer.adapters.stacks.tables import (
    EVALUATIONS_DUE,
    PATHWAY_FEEDS,
    PATHWAYS,
    STACK_CHANGES,
    STACK_COMPONENTS,
    STACK_KEPT,
    STACKS,
)
from issuer.adapters.tables import CREDENTIALS
from issuer.core.backpack.model import KeptId
from issuer.core.model import CredentialId, State
from issuer.core.stacks.pieces import Brought
from issuer.core.stacks.ports import Components
from issuer.core.stacks.stack import (
    ANY_ACHIEVEMENT,
    Due,
    Group,
    PathwayVersion,
    Stack,
    StackChange,
    StackId,
    StackState,
)

LOOKED_AT_AGAIN = timedelta(days=1)
# An issue that did not see a new pathway yet may commit after all learners were looked for. So they are again.
LOOKED_FOR_AGAIN = timedelta(seconds=60)
CLAIM = text(f"""
UPDATE evaluations_due AS due SET {TAKE}
FROM (SELECT id FROM evaluations_due WHERE due_at <= :now AND {IS_FREE}
      ORDER BY id LIMIT :most FOR UPDATE SKIP LOCKED) AS free
WHERE due.id = free.id
RETURNING due.id, due.org_id, due.pathway_id, due.recipient_key, due.credential_id, due.revision, due.attempts
""")  # noqa: S608 - a constant of ours
LOCK_LEARNER = text("SELECT pg_advisory_xact_lock(hashtextextended(encode(:learner, 'hex'), 0))")
LOCK_LEARNER = LOCK_LEARNER.bindparams(bindparam("learner", type_=LargeBinary))
SAVED = frozenset(
    {
        "state",
        "revision",
        "evidence",
        "credential_id",
        "record",
        "steps",
        "brought",
        "problem",
        "holds_back",
        "by_hand",
        "changed_at",
    }
)


class PathwayRows:
    """See issuer.core.stacks.ports.Pathways."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def apply(self, version: PathwayVersion, feeds: Collection[str], changed_at: datetime) -> None:
        """Keep this state unless a newer one is known. The document of a version never changes."""
        statement = postgresql.insert(PATHWAYS).values(of_pathway(version) | {"changed_at": changed_at})
        new = statement.excluded
        kept = statement.on_conflict_do_update(
            index_elements=["id", "version"],
            set_={"revision": new.revision, "retired": new.retired, "changed_at": new.changed_at},
            where=new.revision > PATHWAYS.c.revision,
        )
        if await self._session.scalar(kept.returning(PATHWAYS.c.id)) is None:
            return
        fed = [{"achievement_id": one, "org_id": version.org_id, "pathway_id": version.id} for one in sorted(feeds)]
        if fed:
            await self._session.execute(postgresql.insert(PATHWAY_FEEDS).on_conflict_do_nothing(), fed)
        await mark_fed(self._session, version.id)
        if not version.retired:
            await self._look_for_all(version, changed_at)

    async def _look_for_all(self, version: PathwayVersion, now: datetime) -> None:
        for moment in (now, now + LOOKED_FOR_AGAIN):
            due = {"org_id": version.org_id, "pathway_id": version.id, "due_at": moment}
            await self._session.execute(insert(EVALUATIONS_DUE).values(due))


class StackRows:
    """See issuer.core.stacks.ports.Stacks."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def claim(self, most: int, *, now: datetime, until: datetime) -> Sequence[Due]:
        """Take some that are due. Until then nobody else does, unless our connection ends."""
        found = await self._session.execute(CLAIM, {"now": now, "until": until, "most": most})
        return sorted((_due(row) for row in found.mappings()), key=lambda due: due.id)

    async def spread(self, due: Due) -> None:
        """One for each learner whom an evaluation of all concerns, instead of it."""
        await mark_fed(self._session, due.pathway_id)  # again: an achievement may have come at the same time
        held = CREDENTIALS.c
        fed = select(PATHWAY_FEEDS.c.achievement_id).where(
            PATHWAY_FEEDS.c.org_id == due.org_id, PATHWAY_FEEDS.c.pathway_id == due.pathway_id
        )
        any_counts = select(literal(1)).where(literal(ANY_ACHIEVEMENT).in_(fed)).exists()
        consents = PROGRESS_CONSENTS.c
        consenting = select(consents.recipient_key).where(
            consents.org_id == due.org_id, consents.pathway_id == due.pathway_id, consents.recipient_key.is_not(None)
        )
        holding = (
            select(held.recipient_key)
            .where(held.org_id == due.org_id, any_counts | held.achievement_id.in_(fed))
            .union(consenting)
            .subquery()
        )
        learners = select(
            literal(due.org_id), literal(due.pathway_id), holding.c.recipient_key, null(), null(), text("now()")
        )
        names = ["org_id", "pathway_id", "recipient_key", "credential_id", "revision", "due_at"]
        await self._session.execute(insert(EVALUATIONS_DUE).from_select(names, learners))
        await self.done([due.id])

    async def done(self, ids: Collection[int]) -> None:
        """These are no longer due."""
        if ids:
            await self._session.execute(delete(EVALUATIONS_DUE).where(EVALUATIONS_DUE.c.id.in_(ids)))

    async def postpone(self, ids: Collection[int], at: datetime, *, is_attempt: bool) -> None:
        """These are due again at another time."""
        table = EVALUATIONS_DUE
        changed = {"due_at": at, "taken_until": at, "attempts": table.c.attempts + int(is_attempt)}
        await self._session.execute(update(table).where(table.c.id.in_(ids)).values(changed))

    async def on(self, group: Group, pathways: Collection[str]) -> frozenset[tuple[StackId, int]]:
        """The learner's stacks on other pathways, by id and revision. Nobody else awards them anything meanwhile."""
        await self._session.execute(LOCK_LEARNER, {"learner": group.recipient_key})
        table = STACKS.c
        theirs = (table.org_id == group.org_id, table.recipient_key == group.recipient_key)
        query = select(table.id, table.revision).where(*theirs, table.pathway_id.in_(pathways))
        return frozenset((StackId(row.id), row.revision) for row in await self._session.execute(query))

    async def add(self, stack: Stack, components: Components, change: StackChange) -> bool:
        """Store a new one. False when there is one for this learner, or was one for the same evidence."""
        statement = postgresql.insert(STACKS).values(of_stack(stack)).on_conflict_do_nothing().returning(STACKS.c.id)
        if await self._session.scalar(statement) is None:
            return False
        await self._follow(stack, components, change)
        return True

    async def save(self, stack: Stack, components: Components, change: StackChange) -> bool:
        """Store its next revision. False when it is another's already, or was decided for the same evidence."""
        table = STACKS
        values = {name: value for name, value in of_stack(stack).items() if name in SAVED}
        before = update(table).where(table.c.id == stack.id, table.c.revision == stack.revision - 1)
        try:
            async with self._session.begin_nested():
                if await self._session.scalar(before.values(values).returning(table.c.id)) is None:
                    return False
        except IntegrityError:
            return False
        await self._follow(stack, components, change)
        return True

    async def hold_brought(self, brought: Collection[Brought], now: datetime) -> bool:
        """Whether these are kept as they were, nothing was found against them, and their consents stand."""
        one, table = BACKPACK_CREDENTIALS.c, PROGRESS_CONSENTS.c
        wanted = {piece.kept_id: piece.changed_at for piece in brought}
        issued = [piece.kept_id for piece in brought if piece.credential is not None]
        held = select(one.id, one.changed_at).where(one.id.in_(wanted), or_(one.doubt.is_(None), one.id.in_(issued)))
        found = await self._session.execute(held.order_by(one.id).with_for_update(read=True))
        if {row.id: row.changed_at for row in found} != wanted:
            return False
        consents = {piece.consent_id for piece in brought}
        stands = (table.recipient_key.is_not(None), or_(table.expires_at.is_(None), table.expires_at > now))
        query = select(table.id).where(table.id.in_(consents), *stands).order_by(table.id).with_for_update(read=True)
        return set(await self._session.scalars(query)) == consents

    async def want_looks(self, kept: Collection[KeptId], now: datetime) -> None:
        """These are to be verified again as soon as may be; those whose turn comes soon wait for it."""
        one = BACKPACK_CREDENTIALS.c
        late = or_(one.look_at.is_(None), one.look_at > now + LATER)
        ids = select(one.id).where(one.id.in_(kept), late).order_by(one.id).with_for_update()
        locked = (await self._session.scalars(ids)).all()
        await self._session.execute(update(BACKPACK_CREDENTIALS).where(one.id.in_(locked)).values(look_at=now))

    async def _follow(self, stack: Stack, components: Components, change: StackChange) -> None:
        parts = [{"stack_id": stack.id, "credential_id": name} for name in sorted(components.issued)]
        if parts:
            await self._session.execute(postgresql.insert(STACK_COMPONENTS).on_conflict_do_nothing(), parts)
        await self._follow_kept(stack, components.kept, change.at)
        await self._session.execute(insert(STACK_CHANGES).values(of_change(change)))
        await note_sharing(self._session, stack.group.org_id, stack.group.recipient_key, stack.group.pathway_id)

    async def _follow_kept(self, stack: Stack, kept: Collection[KeptId], now: datetime) -> None:
        """Nobody tells of what becomes of them, so they are looked at again from time to time."""
        parts = [{"stack_id": stack.id, "kept_id": name} for name in sorted(kept)]
        if not parts:
            return
        await self._session.execute(postgresql.insert(STACK_KEPT).on_conflict_do_nothing(), parts)
        one = BACKPACK_CREDENTIALS.c
        unplanned = (one.id.in_(kept), one.look_at.is_(None))
        await self._session.execute(
            update(BACKPACK_CREDENTIALS).where(*unplanned).values(look_at=now + LOOKED_AT_AGAIN)
        )


def _due(row: RowMapping) -> Due:
    key, credential = row["recipient_key"], row["credential_id"]
    return Due(
        id=row["id"],
        org_id=row["org_id"],
        pathway_id=row["pathway_id"],
        recipient_key=None if key is None else bytes(key),
        credential_id=None if credential is None else CredentialId(str(credential)),
        revision=row["revision"],
        attempts=row["attempts"],
    )


def of_pathway(value: PathwayVersion) -> dict[str, Any]:
    """Values for PATHWAYS, but for the moment."""
    return {
        "id": value.id,
        "version": value.version,
        "revision": value.revision,
        "org_id": value.org_id,
        "retired": value.retired,
        "digest": value.digest,
        "document": value.document,
    }


def pathway_of(row: RowMapping) -> PathwayVersion:
    """A row of PATHWAYS."""
    return PathwayVersion(
        row["id"], row["version"], row["revision"], row["org_id"], row["retired"], row["digest"], row["document"]
    )


def of_stack(value: Stack) -> dict[str, Any]:
    """Values for STACKS."""
    return {
        "id": value.id,
        "org_id": value.group.org_id,
        "recipient_key": value.group.recipient_key,
        "pathway_id": value.group.pathway_id,
        "pathway_version": value.version,
        "evidence": value.evidence,
        "state": value.state.value,
        "revision": value.revision,
        "credential_id": value.credential_id,
        "record": value.record,
        "steps": list(value.steps),
        "brought": {name: state.value for name, state in value.brought.items()},
        "problem": value.problem,
        "holds_back": value.holds_back,
        "by_hand": value.by_hand,
        "created_at": value.created_at,
        "changed_at": value.changed_at,
    }


def stack_of(row: RowMapping) -> Stack:
    """A row of STACKS."""
    credential = row["credential_id"]
    return Stack(
        id=StackId(row["id"]),
        group=Group(row["org_id"], bytes(row["recipient_key"]), row["pathway_id"]),
        version=row["pathway_version"],
        evidence=bytes(row["evidence"]),
        state=StackState(row["state"]),
        revision=row["revision"],
        credential_id=None if credential is None else CredentialId(credential),
        record=row["record"],
        steps=row["steps"],
        brought={name: State(state) for name, state in row["brought"].items()},
        problem=row["problem"],
        holds_back=row["holds_back"],
        by_hand=row["by_hand"],
        created_at=row["created_at"],
        changed_at=row["changed_at"],
    )


def of_change(value: StackChange) -> dict[str, Any]:
    """Values for STACK_CHANGES."""
    return {
        "stack_id": value.stack_id,
        "revision": value.revision,
        "state": value.state.value,
        "reason": value.reason,
        "actor": value.actor,
        "at": value.at,
        "caused_by": value.caused_by,
    }
