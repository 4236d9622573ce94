"""The issuer's unit of work: one transaction with its repositories, outbox and idempotency keys."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Self

from sqlalchemy import Select, case, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from contracts.topics import ISSUER_PUBLISHED
from issuer.adapters import rows
from issuer.adapters.batches.batches import BatchTable
from issuer.adapters.batches.changes import ChangeTable
from issuer.adapters.credentials.any_credentials import AnyCredentialRows
from issuer.adapters.endorsements.endorsements import EndorsementRows
from issuer.adapters.recognition.recognitions import RecognitionTable
from issuer.adapters.stacks.notes import ADD_AND_NOTE, ADD_CREDENTIALS, is_fed, note_changes
from issuer.adapters.stacks.stacks import PathwayRows, StackRows
from issuer.adapters.status_lists.rows import StatusListRows
from issuer.adapters.tables import ACHIEVEMENTS, CREDENTIALS, ISSUER_KEYS, ISSUERS, STATUS_CHANGES
from issuer.core.model import (
    Achievement,
    Credential,
    CredentialId,
    Issuer,
    IssuerId,
    IssuerKey,
    KeyId,
    State,
    StatusChange,
)
from service_kit.database import UnitOfWork
from service_kit.direct import fetch
from service_kit.idempotency import IdempotencyKeys
from service_kit.outbox import Outbox
from service_kit.tables import OUTBOX
from service_kit.unnest import columns_of

SOURCE = "/issuer"
HOLD_KEYS = "SELECT hold_issuer_keys($1::text[], $2::uuid[])::text"
TAKE_KEYS = "SELECT pg_advisory_xact_lock(hashtextextended('issuer-keys/' || $1::text, 0))"
HOLDERS = """
SELECT recipient_key FROM credentials
WHERE recipient_key = ANY($1::bytea[]) AND achievement_id = $2 AND state <> 'revoked'
"""
ADD_CREDENTIAL = insert(CREDENTIALS)  # made once: it is on the path of every issue


class IssuerRows:
    """See issuer.core.ports.Issuers."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, issuer: Issuer) -> bool:
        """Store a new issuer with its keys. False when its slug is taken."""
        statement = insert(ISSUERS).values(rows.of_issuer(issuer)).on_conflict_do_nothing(index_elements=["slug"])
        if await self._session.scalar(statement.returning(ISSUERS.c.id)) is None:
            return False
        keys = [rows.of_key(ordinal, key) for ordinal, key in enumerate(issuer.keys)]
        await self._session.execute(insert(ISSUER_KEYS), keys)
        return True

    async def lock(self, org_id: str, slug: str) -> Issuer | None:
        """One of the organization's issuers, locked until the end of the transaction."""
        owned = select(ISSUERS.c.id).where(ISSUERS.c.org_id == org_id, ISSUERS.c.slug == slug)
        issuer_id = await self._session.scalar(owned.with_for_update())
        # Read by a second statement: the first one sees the keys as they were before it waited for the lock.
        found = await self._session.execute(rows.ISSUERS_WITH_KEYS.where(ISSUERS.c.id == issuer_id))
        return next(iter(rows.issuers(found.mappings())), None)

    async def hold_keys(self, keys: Collection[IssuerKey]) -> Collection[KeyId]:
        """Those of the keys that are active. They stay so until the end of the transaction.

        By advisory locks: row locks that are shared let a steady stream of issuing shut out a revocation.
        """
        issuers = sorted({key.issuer_id for key in keys})  # in one order, so that nobody waits in a circle
        found = await fetch(self._session, HOLD_KEYS, issuers, [key.id for key in keys])
        return {KeyId(key_id) for (key_id,) in found}

    async def take_keys(self, issuer_id: IssuerId) -> None:
        """Wait for all who hold keys of this issuer. Nobody else holds one until the end of the transaction."""
        await (await self._session.connection()).exec_driver_sql(TAKE_KEYS, (issuer_id,))

    async def did(self, issuer_id: IssuerId) -> str:
        """The DID of an issuer that is known to exist."""
        did: str = (await self._session.execute(select(ISSUERS.c.did).where(ISSUERS.c.id == issuer_id))).scalar_one()
        return did

    async def save(self, issuer: Issuer) -> None:
        """Store profile, policy, activity and revision."""
        values = rows.of_issuer(issuer)
        changed = {name: values[name] for name in ("profile", "policy", "active", "revision", "changed_at")}
        await self._session.execute(update(ISSUERS).where(ISSUERS.c.id == issuer.id).values(changed))

    async def add_key(self, ordinal: int, key: IssuerKey) -> None:
        """Store a further key, the so-and-so-many-th of its issuer. After the event that tells of it."""
        pending = (OUTBOX.c.published_at.is_(None), OUTBOX.c.topic == ISSUER_PUBLISHED.name)
        slug = select(ISSUERS.c.slug).where(ISSUERS.c.id == key.issuer_id).scalar_subquery()
        told_by = select(func.max(OUTBOX.c.sequence)).where(*pending, OUTBOX.c.key == slug).scalar_subquery()
        await self._session.execute(insert(ISSUER_KEYS).values(**rows.of_key(ordinal, key), told_by=told_by))

    async def told_at(self, key: IssuerKey) -> datetime | None:
        """When the event that told of a further key reached the bus. None while it has not.

        For a key whose event is not known any more, when it was published in our database.
        """
        events = ISSUER_KEYS.outerjoin(OUTBOX, OUTBOX.c.sequence == ISSUER_KEYS.c.told_by)
        known = case((OUTBOX.c.sequence.is_(None), ISSUER_KEYS.c.since), else_=OUTBOX.c.published_at)
        found: datetime | None = await self._session.scalar(
            select(known).select_from(events).where(ISSUER_KEYS.c.id == key.id)
        )
        return found

    async def save_key(self, key: IssuerKey) -> None:
        """Store a key's state, and its sealed private part, which may be destroyed."""
        changed = {"state": key.state.value, "since": key.since, "sealed": key.sealed}
        await self._session.execute(update(ISSUER_KEYS).where(ISSUER_KEYS.c.id == key.id).values(changed))


class CredentialRows:
    """See issuer.core.ports.Credentials."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, credential: Credential) -> None:
        """Store a new credential."""
        await self._session.execute(ADD_CREDENTIAL, rows.of_credential(credential))

    async def add_all(self, credentials: Sequence[Credential]) -> Collection[CredentialId]:
        """Store new credentials, but for those whose `once` is taken. Returns the ids of the others.

        In the order of these marks, so that two transactions never wait for each other in a circle.
        """
        if not credentials:
            return ()
        in_order = sorted(credentials, key=lambda credential: credential.once or b"")
        values = columns_of(CREDENTIALS, [rows.of_credential(credential) for credential in in_order])
        statement = ADD_AND_NOTE if any(credential.feeds for credential in credentials) else ADD_CREDENTIALS
        return {CredentialId(found) for (found,) in await fetch(self._session, statement, *values)}

    async def holders(self, achievement_id: str, recipient_keys: Collection[bytes]) -> Collection[bytes]:
        """Those of the recipients who have the achievement, not revoked."""
        return {key for (key,) in await fetch(self._session, HOLDERS, list(recipient_keys), achievement_id)}

    async def lock(self, org_id: str, credential_id: CredentialId) -> Credential | None:
        """One of the organization's credentials without its document, locked until the end of the transaction."""
        owned = (CREDENTIALS.c.id == credential_id, CREDENTIALS.c.org_id == org_id)
        query: Select[tuple[object, ...]] = select(*rows.WITHOUT_DOCUMENT).where(*owned).with_for_update()
        row = (await self._session.execute(query)).mappings().one_or_none()
        return None if row is None else rows.credential(row)

    async def change(self, change: StatusChange) -> None:
        """Set the state, and add the step to the history."""
        await self._session.execute(
            update(CREDENTIALS)
            .where(CREDENTIALS.c.id == change.credential_id)
            .values(state=change.state.value, revision=change.revision, changed_at=change.at)
        )
        if change.state is State.REVOKED:  # it may be earned again
            freed = update(CREDENTIALS).where(CREDENTIALS.c.id == change.credential_id, CREDENTIALS.c.once.is_not(None))
            await self._session.execute(freed.values(once=None))
        await self._session.execute(insert(STATUS_CHANGES).values(rows.of_status_change(change)))
        await note_changes(self._session, [change.credential_id])

    async def correct(self, credential: Credential, change: StatusChange) -> bool:
        """Replace the document, and add the step to the history. False when the new `once` is taken."""
        those = update(CREDENTIALS).where(CREDENTIALS.c.id == credential.id)
        try:
            async with self._session.begin_nested():
                await self._session.execute(those.values(rows.of_correction(credential)))
        except IntegrityError:
            return False
        await self._session.execute(insert(STATUS_CHANGES).values(rows.of_status_change(change)))
        await note_changes(self._session, [change.credential_id])
        return True


class AchievementRows:
    """See issuer.core.ports.Achievements."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def apply(self, achievement: Achievement, changed_at: datetime) -> None:
        """Keep this state unless a newer one is known. The document of a version never changes."""
        statement = insert(ACHIEVEMENTS).values(
            id=achievement.id,
            version=achievement.version,
            revision=achievement.revision,
            org_id=achievement.org_id,
            retired=achievement.retired,
            document=achievement.document,
            changed_at=changed_at,
            fed=await is_fed(self._session, achievement.id),
        )
        new = statement.excluded
        await self._session.execute(
            statement.on_conflict_do_update(
                index_elements=["id", "version"],
                set_={"revision": new.revision, "retired": new.retired, "changed_at": new.changed_at},
                where=new.revision > ACHIEVEMENTS.c.revision,
            )
        )


class IssuerUnitOfWork(UnitOfWork):
    """One transaction of the issuer."""

    issuers: IssuerRows
    credentials: CredentialRows
    any_credentials: AnyCredentialRows
    batches: BatchTable
    changes: ChangeTable
    status_lists: StatusListRows
    achievements: AchievementRows
    pathways: PathwayRows
    stacks: StackRows
    recognitions: RecognitionTable
    endorsements: EndorsementRows
    idempotency: IdempotencyKeys
    outbox: Outbox

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        self.issuers = IssuerRows(self.session)
        self.credentials = CredentialRows(self.session)
        self.any_credentials = AnyCredentialRows(self.session)
        self.batches = BatchTable(self.session)
        self.changes = ChangeTable(self.session)
        self.status_lists = StatusListRows(self.session)
        self.achievements = AchievementRows(self.session)
        self.pathways = PathwayRows(self.session)
        self.stacks = StackRows(self.session)
        self.recognitions = RecognitionTable(self.session)
        self.endorsements = EndorsementRows(self.session)
        self.idempotency = IdempotencyKeys(self.session)
        self.outbox = Outbox(self.session, source=SOURCE)
        return self
