"""People, their memberships and sessions in SQL, and the counters that make guessing slow."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import ColumnElement, RowMapping, Select, case, delete, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.adapters.keyset import name_and_id
from gateway.adapters.people_tables import ATTEMPTS, MEMBERSHIPS, SESSIONS, USERS
from gateway.adapters.revocations import revocation
from gateway.adapters.tables import GRANTS, ORGANIZATIONS
from gateway.core.model import OrganizationId
from gateway.core.people import Member, Membership, Session, User, UserId
from gateway.core.roles import Role, narrowed
from gateway.core.scopes import Kind
from gateway.core.secret import session_id
from service_kit.inputs import Page, PageRequest
from service_kit.tables import OUTBOX


class SqlUsers:
    """See core.ports.Users."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, user: User) -> bool:
        values = {name: getattr(user, name) for name in USERS.c.keys()}  # noqa: SIM118 - not a dict
        added = await self._session.scalar(insert(USERS).values(values).on_conflict_do_nothing().returning(USERS.c.id))
        return added is not None

    async def get(self, user: UserId) -> User | None:
        found = (await self._session.execute(select(USERS).where(USERS.c.id == user))).mappings().one_or_none()
        return person(found) if found else None

    async def by_email(self, email: str) -> User | None:
        found = (await self._session.execute(select(USERS).where(USERS.c.email == email))).mappings().one_or_none()
        return person(found) if found else None

    async def set_password(self, user: UserId, password: str) -> None:
        await self._session.execute(update(USERS).where(USERS.c.id == user).values(password=password))


class SqlMemberships:
    """See core.ports.Memberships."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def of(self, user: UserId) -> Sequence[Membership]:
        query = MEMBERSHIP.where(MEMBERSHIPS.c.user_id == user).order_by(ORGANIZATIONS.c.name)
        return [membership(row) for row in (await self._session.execute(query)).mappings()]

    async def set(self, membership: Membership, at: datetime) -> None:
        again = insert(MEMBERSHIPS).values(_row(membership, at))
        key = [MEMBERSHIPS.c.user_id, MEMBERSHIPS.c.organization_id]
        roles = list(membership.roles)
        await self._session.execute(again.on_conflict_do_update(index_elements=key, set_={"roles": roles}))

    async def add(self, membership: Membership, at: datetime) -> bool:
        once = insert(MEMBERSHIPS).values(_row(membership, at)).on_conflict_do_nothing()
        return await self._session.scalar(once.returning(MEMBERSHIPS.c.user_id)) is not None

    async def members(self, organization: str, request: PageRequest) -> Page[Member]:
        order = (USERS.c.name, USERS.c.id)
        query = MEMBER.where(MEMBERSHIPS.c.organization_id == organization).order_by(*order)
        if request.after:
            query = query.where(tuple_(*order) > tuple_(*name_and_id(request.after)))
        found = [_member(row) for row in (await self._session.execute(query.limit(request.limit + 1))).mappings()]
        items = found[: request.limit]
        return Page(items, (items[-1].user.name, items[-1].user.id) if len(found) > request.limit else None)

    async def member(self, organization: str, user: str) -> Member | None:
        query = MEMBER.where(MEMBERSHIPS.c.organization_id == organization, MEMBERSHIPS.c.user_id == user)
        row = (await self._session.execute(query)).mappings().one_or_none()
        return _member(row) if row else None

    async def lock(self, organization: str) -> Sequence[Member]:
        query = MEMBER.where(MEMBERSHIPS.c.organization_id == organization).order_by(MEMBERSHIPS.c.user_id)
        found = await self._session.execute(query.with_for_update(of=MEMBERSHIPS))
        return [_member(row) for row in found.mappings()]

    async def remove(self, membership: Membership, at: datetime) -> None:
        await self._end(at, *_given(membership))
        user, organization = membership.user, membership.organization
        gone = delete(MEMBERSHIPS).where(MEMBERSHIPS.c.user_id == user, MEMBERSHIPS.c.organization_id == organization)
        await self._session.execute(gone)

    async def end_beyond(self, membership: Membership, at: datetime) -> None:
        standing = select(GRANTS.c.id, GRANTS.c.scopes).where(*_given(membership), GRANTS.c.revoked_at.is_(None))
        lends = partial(narrowed, kind=membership.kind, roles=membership.roles)
        found = (await self._session.execute(standing)).all()
        beyond = [one.id for one in found if len(lends(one.scopes)) < len(one.scopes)]
        await self._end(at, or_(GRANTS.c.id.in_(beyond), GRANTS.c.renews.in_(beyond)))

    async def _end(self, at: datetime, *which: ColumnElement[bool]) -> None:
        ended = update(GRANTS).where(*which, GRANTS.c.revoked_at.is_(None)).values(revoked_at=at)
        grants = (await self._session.scalars(ended.returning(GRANTS.c.id))).all()
        if grants:
            await self._session.execute(insert(OUTBOX), [revocation("grant", grant, at) for grant in grants])


class SqlSessions:
    """See core.ports.Sessions."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def open(self, digest: bytes, session: Session, replaces: bytes | None = None) -> None:
        opened = {
            "digest": digest,
            "user_id": session.user.id,
            "authenticated_at": session.authenticated_at,
            "expires_at": session.expires_at,
            "methods": list(session.methods),
            "id": session.id or None,
            "replaces": replaces,
        }
        await self._session.execute(insert(SESSIONS).values(opened))

    async def find(self, digest: bytes, at: datetime) -> Session | None:
        query = select(USERS, *OF_SESSION).join_from(SESSIONS, USERS).where(SESSIONS.c.digest == digest)
        found = (await self._session.execute(query)).mappings().one_or_none()
        return _session(found, digest, at)

    async def close(self, digest: bytes, at: datetime) -> Session | None:
        return await self._close(at, SESSIONS.c.digest == digest)

    async def close_next(self, digest: bytes, user: UserId, at: datetime) -> Session | None:
        await self._session.execute(select(USERS.c.id).where(USERS.c.id == user).with_for_update(key_share=True))
        return await self._close(at, SESSIONS.c.replaces == digest, SESSIONS.c.user_id == user)

    async def _close(self, at: datetime, *which: ColumnElement[bool]) -> Session | None:
        closed = delete(SESSIONS).where(*which, USERS.c.id == SESSIONS.c.user_id)
        returned = closed.returning(USERS, SESSIONS.c.digest, *OF_SESSION)
        found = (await self._session.execute(returned)).mappings().first()
        return _session(found, found["digest"], at) if found else None


class SqlAttempts:
    """See core.account_ports.Attempts."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def count(self, keys: Sequence[bytes], at: datetime, window: timedelta) -> Sequence[int]:
        rows = [{"key": key, "count": 1, "expires_at": at + window} for key in sorted(keys)]  # one order: no deadlock
        first = insert(ATTEMPTS).values(rows)
        is_over = ATTEMPTS.c.expires_at <= at
        counted = first.on_conflict_do_update(
            index_elements=[ATTEMPTS.c.key],
            set_={
                "count": case((is_over, 1), else_=ATTEMPTS.c.count + 1),
                "expires_at": case((is_over, first.excluded.expires_at), else_=ATTEMPTS.c.expires_at),
            },
        ).returning(ATTEMPTS.c.key, ATTEMPTS.c.count.label("so_far"))
        counts = {row.key: row.so_far for row in await self._session.execute(counted)}
        return [counts[key] for key in keys]

    async def forgive(self, keys: Sequence[bytes]) -> None:
        counted = update(ATTEMPTS).where(ATTEMPTS.c.key.in_(keys), ATTEMPTS.c.count > 0)
        await self._session.execute(counted.values(count=ATTEMPTS.c.count - 1))


def _given(membership: Membership) -> tuple[ColumnElement[bool], ...]:
    """The grants that the person gave in this organization."""
    return GRANTS.c.user_id == membership.user, GRANTS.c.organization_id == membership.organization


OF_SESSION = (
    *(SESSIONS.c.authenticated_at, SESSIONS.c.expires_at, SESSIONS.c.methods),
    SESSIONS.c.id.label("session"),
)
OF_USER = ("email", "name", "password", "created_at", "email_verified_at")
MEMBERSHIP: Select[tuple[object, ...]] = select(
    MEMBERSHIPS.c.user_id,
    MEMBERSHIPS.c.organization_id,
    MEMBERSHIPS.c.roles,
    ORGANIZATIONS.c.name.label("organization_name"),
    ORGANIZATIONS.c.kind,
).join_from(MEMBERSHIPS, ORGANIZATIONS)
MEMBER = MEMBERSHIP.add_columns(*(USERS.c[name].label(f"user_{name}") for name in OF_USER)).join(
    USERS, USERS.c.id == MEMBERSHIPS.c.user_id
)


def _row(membership: Membership, at: datetime) -> dict[str, object]:
    return {
        "user_id": membership.user,
        "organization_id": membership.organization,
        "roles": list(membership.roles),
        "created_at": at,
    }


def person(row: RowMapping) -> User:
    """A user from a row."""
    return User(UserId(row["id"]), *(row[name] for name in OF_USER))


def membership(row: RowMapping) -> Membership:
    """A membership from a row of MEMBERSHIP."""
    return Membership(
        UserId(row["user_id"]),
        OrganizationId(row["organization_id"]),
        row["organization_name"],
        Kind(row["kind"]),
        tuple(Role(role) for role in row["roles"]),
    )


def _session(row: RowMapping | None, digest: bytes, at: datetime) -> Session | None:
    """None for one that is over. One that never went on from another is named by its digest."""
    if row is None or row["expires_at"] <= at:
        return None
    name = row["session"] or session_id(digest)
    return Session(person(row), row["authenticated_at"], row["expires_at"], tuple(row["methods"]), name)


def _member(row: RowMapping) -> Member:
    user = User(UserId(row["user_id"]), *(row[f"user_{name}"] for name in OF_USER))
    return Member(user, membership(row))
