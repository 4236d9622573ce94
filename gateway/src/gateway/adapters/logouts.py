"""Notices of sessions that ended: how they wait in SQL, and how they travel."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from urllib.parse import urlencode

from sqlalchemy import ColumnElement, delete, literal, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.adapters.tables import CLIENTS, GRANTS
from gateway.adapters.tables import LOGOUT_NOTICES as TABLE
from gateway.core.logout import EVERY_SESSION, TOLD_WITHIN, LogoutNotice, LogoutRefused, LogoutUndelivered
from gateway.core.model import ClientId
from gateway.core.people import UserId
from gateway.core.signing_key import Algorithm
from service_kit.fetcher import Fetcher, FetchError

KEY = (TABLE.c.user_id, TABLE.c.session, TABLE.c.client_id)
FORM = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
ANSWER_BYTES = 4096
LATER = frozenset({408, 425, 429})


class SqlLogoutNotices:
    """See core.logout.LogoutNotices."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, user: UserId, session: str, at: datetime) -> None:
        wanting = (CLIENTS.c.backchannel_logout_uri.is_not(None), CLIENTS.c.removed_at.is_(None))
        here = () if session == EVERY_SESSION else (GRANTS.c.session == session,)
        moments = (literal(at), literal(at + TOLD_WITHIN), literal(0))
        query = select(GRANTS.c.user_id, literal(session), GRANTS.c.client_id, *moments).distinct()
        query = query.join_from(GRANTS, CLIENTS).where(GRANTS.c.user_id == user, *here, *wanting)
        names = ["user_id", "session", "client_id", "due_at", "expires_at", "attempts"]
        added = insert(TABLE).from_select(names, query)
        # What waits, or travels, was of an earlier end: it counts on, so that whoever holds it does not end this one.
        anew = {name: added.excluded[name] for name in ("due_at", "expires_at")}
        moved = {**anew, "attempts": TABLE.c.attempts + 1}
        await self._session.execute(added.on_conflict_do_update(index_elements=KEY, set_=moved))

    async def claim(self, at: datetime, until: datetime) -> LogoutNotice | None:
        due = select(*KEY).where(TABLE.c.due_at <= at).order_by(TABLE.c.due_at).limit(1)
        chosen = due.with_for_update(skip_locked=True).cte("chosen")
        is_chosen = [key == chosen.c[key.name] for key in KEY]
        counted = {"due_at": until, "attempts": TABLE.c.attempts + 1}
        claimed = update(TABLE).where(*is_chosen, CLIENTS.c.id == TABLE.c.client_id).values(counted)
        of_client = (CLIENTS.c.backchannel_logout_uri, CLIENTS.c.id_token_algorithm)
        row = (await self._session.execute(claimed.returning(TABLE, *of_client))).mappings().one_or_none()
        if row is None:
            return None
        return LogoutNotice(
            client=ClientId(row["client_id"]),
            user=UserId(row["user_id"]),
            session=row["session"],
            address=row["backchannel_logout_uri"] or "",
            algorithm=Algorithm(row["id_token_algorithm"]),
            expires_at=row["expires_at"],
            attempts=row["attempts"],
        )

    async def put_off(self, notice: LogoutNotice, until: datetime) -> None:
        await self._session.execute(update(TABLE).where(*_is(notice)).values(due_at=until))

    async def remove(self, notice: LogoutNotice) -> None:
        await self._session.execute(delete(TABLE).where(*_is(notice)))


def _is(notice: LogoutNotice) -> tuple[ColumnElement[bool], ...]:
    """As it was claimed."""
    return (
        TABLE.c.user_id == notice.user,
        TABLE.c.session == notice.session,
        TABLE.c.client_id == notice.client,
        TABLE.c.attempts == notice.attempts,
    )


class HttpTeller:
    """Posts a logout token to the program's address, by way of the guarded fetcher (§2.5)."""

    def __init__(self, fetcher: Fetcher, token: Callable[[LogoutNotice], Awaitable[str]]) -> None:
        self._fetcher = fetcher
        self._token = token

    async def __call__(self, notice: LogoutNotice) -> None:
        """Raises LogoutRefused or LogoutUndelivered."""
        body = urlencode({"logout_token": await self._token(notice)}).encode()
        try:
            reply = await self._fetcher.send("POST", notice.address, headers=FORM, body=body, max_bytes=ANSWER_BYTES)
        except FetchError as error:
            raise (LogoutUndelivered if error.transient else LogoutRefused)(error.code) from error
        if reply.status in LATER or reply.status >= 500:
            raise LogoutUndelivered(str(reply.status))
        if not 200 <= reply.status < 300:
            raise LogoutRefused(str(reply.status))
