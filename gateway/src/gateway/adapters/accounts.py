"""Links to mailboxes, what they let their holders do, and mail that waits, in SQL."""

from datetime import datetime

from sqlalchemy import ColumnElement, RowMapping, delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.adapters.people_tables import ACCOUNT_LINKS, MAILS, PASSKEYS, SESSIONS, USERS
from gateway.adapters.revocations import revocation
from gateway.adapters.tables import GRANTS
from gateway.core.account_link import AccountLink, LinkKind
from gateway.core.mail import MailId, WaitingMail
from gateway.core.people import UserId
from service_kit.tables import OUTBOX


class SqlAccounts:
    """See core.account_ports.Accounts."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add_link(self, digest: bytes, link: AccountLink) -> None:
        row = {
            "digest": digest,
            "kind": link.kind,
            "user_id": link.user or None,
            "email": link.email,
            "expires_at": link.expires_at,
        }
        await self._session.execute(insert(ACCOUNT_LINKS).values(row))

    async def find_link(self, digest: bytes, kind: LinkKind, at: datetime) -> AccountLink | None:
        found = await self._session.execute(select(ACCOUNT_LINKS).where(*_good(digest, kind, at)))
        row = found.mappings().one_or_none()
        return _link(row) if row else None

    async def take_link(self, digest: bytes, kind: LinkKind, at: datetime) -> AccountLink | None:
        taken = delete(ACCOUNT_LINKS).where(*_good(digest, kind, at)).returning(ACCOUNT_LINKS)
        row = (await self._session.execute(taken)).mappings().one_or_none()
        return _link(row) if row else None

    async def forget_links(self, user: UserId) -> None:
        await self._session.execute(delete(ACCOUNT_LINKS).where(ACCOUNT_LINKS.c.user_id == user))

    async def verify(self, user: UserId, email: str, at: datetime) -> bool:
        changed = update(USERS).where(USERS.c.id == user).values(email=email, email_verified_at=at)
        try:
            async with self._session.begin_nested():
                await self._session.execute(changed)
        except IntegrityError:  # the address is unique, and another account has it
            return False
        return True

    async def end_access(self, user: UserId, at: datetime) -> None:
        for table in (SESSIONS, PASSKEYS, ACCOUNT_LINKS):
            await self._session.execute(delete(table).where(table.c.user_id == user))
        ended = update(GRANTS).where(GRANTS.c.user_id == user, GRANTS.c.revoked_at.is_(None)).values(revoked_at=at)
        grants = (await self._session.scalars(ended.returning(GRANTS.c.id))).all()
        if grants:
            await self._session.execute(insert(OUTBOX), [revocation("grant", grant, at) for grant in grants])


class SqlMails:
    """See core.account_ports.Mails."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, mail: WaitingMail) -> None:
        row = {
            "id": mail.id,
            "box": mail.box,
            "created_at": mail.created_at,
            "due_at": mail.created_at,
            "expires_at": mail.expires_at,
            "attempts": mail.attempts,
        }
        await self._session.execute(insert(MAILS).values(row))

    async def claim(self, at: datetime, until: datetime) -> WaitingMail | None:
        due = select(MAILS.c.id).where(MAILS.c.due_at <= at).order_by(MAILS.c.due_at).limit(1)
        chosen = due.with_for_update(skip_locked=True).scalar_subquery()
        claimed = update(MAILS).where(MAILS.c.id == chosen).values(due_at=until, attempts=MAILS.c.attempts + 1)
        row = (await self._session.execute(claimed.returning(MAILS))).mappings().one_or_none()
        if row is None:
            return None
        return WaitingMail(MailId(row["id"]), row["box"], row["created_at"], row["expires_at"], row["attempts"])

    async def put_off(self, mail: MailId, until: datetime) -> None:
        await self._session.execute(update(MAILS).where(MAILS.c.id == mail).values(due_at=until))

    async def remove(self, mail: MailId) -> None:
        await self._session.execute(delete(MAILS).where(MAILS.c.id == mail))


def _good(digest: bytes, kind: LinkKind, at: datetime) -> tuple[ColumnElement[bool], ...]:
    known = (ACCOUNT_LINKS.c.digest == digest, ACCOUNT_LINKS.c.kind == kind)
    somebodys = ACCOUNT_LINKS.c.email != "" if kind is LinkKind.SIGN_UP else ACCOUNT_LINKS.c.user_id.is_not(None)
    return (*known, ACCOUNT_LINKS.c.expires_at > at, somebodys)


def _link(row: RowMapping) -> AccountLink:
    return AccountLink(LinkKind(row["kind"]), UserId(row["user_id"] or ""), row["email"], row["expires_at"])
