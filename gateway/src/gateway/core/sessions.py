"""Whose browser this is, what its person may act for, and the end of a session."""

from collections.abc import Sequence
from datetime import datetime

from gateway.core.model import AuditEntry
from gateway.core.people import Membership, Session, User
from gateway.core.ports import NewUnitOfWork, UnitOfWork
from gateway.core.secret import digest
from service_kit.clock import Clock
from service_kit.errors import Forbidden


class Sessions:
    """Sessions by the secret that the browser's cookie holds."""

    def __init__(self, *, unit_of_work: NewUnitOfWork, clock: Clock) -> None:
        self._unit_of_work = unit_of_work
        self._clock = clock

    async def find(self, token: str | None) -> Session | None:
        """None for no session, and for one that has ended."""
        if not token:
            return None
        async with self._unit_of_work() as work:
            return await work.sessions.find(digest(token), self._clock())

    async def memberships(self, user: User) -> Sequence[Membership]:
        """Everything the person is a member of, by name."""
        async with self._unit_of_work() as work:
            return await work.memberships.of(user.id)

    async def end(self, token: str | None) -> None:
        """Sign out; programs that want to know hear of it. Nothing happens where there is no session."""
        async with self._unit_of_work() as work:
            now = self._clock()
            if session := await close_session(work, token, now):
                await sign_out(work, session, now)
            await work.commit()


async def close_session(work: UnitOfWork, token: str | None, now: datetime) -> Session | None:
    """The session that this ended, in the caller's transaction."""
    return await work.sessions.close(digest(token), now) if token else None


async def sign_out(work: UnitOfWork, session: Session, now: datetime) -> None:
    """Programs are told of the end, in the caller's transaction; the audit trail too."""
    await work.logouts.add(session.user.id, session.id, now)
    await work.audit.record(AuditEntry(now, "user.signed_out", f"user:{session.user.id}"))


def check_fresh(session: Session, now: datetime) -> None:
    """Raises Forbidden unless the person signed in within the last quarter of an hour."""
    if not session.is_fresh(now):
        raise Forbidden("sign in again first; this was too long ago", code="sign-in-too-old")
