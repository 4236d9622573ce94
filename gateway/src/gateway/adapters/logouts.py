"""Notices of sessions that ended: how they wait in SQL, and how they travel."""

from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from urllib.parse import urlencode, urlsplit

from sqlalchemy import ColumnElement, delete, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.adapters.tables import CLIENTS, GRANTS
from gateway.adapters.tables import LOGOUT_NOTICES as TABLE
from gateway.core.logout import EVERY_SESSION, MOST_TOLD, TOLD_WITHIN, LogoutNotice, LogoutRefused, LogoutUndelivered
from gateway.core.model import ClientId
from gateway.core.people import UserId
from gateway.core.signing_key import Algorithm
from service_kit.clock import Clock
from service_kit.fetcher import Fetcher, FetchError

KEY = (TABLE.c.user_id, TABLE.c.session, TABLE.c.client_id)
ORDER = (TABLE.c.due_at, TABLE.c.attempts)
FORM = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
ANSWER_BYTES = 4096
LATER = frozenset({408, 425, 429})
MINUTE = timedelta(minutes=1)
CALLS_A_MINUTE = 60


class SqlLogoutNotices:
    """See core.logout.LogoutNotices."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, user: UserId, session: str, at: datetime) -> None:
        wanting = (CLIENTS.c.backchannel_logout_uri.is_not(None), CLIENTS.c.removed_at.is_(None))
        here = () if session == EVERY_SESSION else (GRANTS.c.session == session,)
        waits = select(func.max(TABLE.c.due_at)).where(TABLE.c.client_id == GRANTS.c.client_id).scalar_subquery()
        moments = (func.greatest(literal(at), waits), literal(at + TOLD_WITHIN), literal(0))
        query = select(GRANTS.c.user_id, literal(session), GRANTS.c.client_id, *moments).join_from(GRANTS, CLIENTS)
        query = query.where(GRANTS.c.user_id == user, *here, *wanting).group_by(GRANTS.c.user_id, GRANTS.c.client_id)
        query = query.order_by(func.max(GRANTS.c.created_at).desc()).limit(MOST_TOLD)
        names = ["user_id", "session", "client_id", "due_at", "expires_at", "attempts"]
        added = insert(TABLE).from_select(names, query)
        # What waits, or travels, was of an earlier end: it counts on, so that whoever holds it does not end this one.
        anew = {name: added.excluded[name] for name in ("due_at", "expires_at")}
        moved = {**anew, "attempts": TABLE.c.attempts + 1}
        await self._session.execute(added.on_conflict_do_update(index_elements=KEY, set_=moved))

    async def claim(self, at: datetime, until: datetime) -> LogoutNotice | None:
        turn = select(TABLE.c.client_id).join_from(TABLE, CLIENTS).where(TABLE.c.due_at <= at).order_by(*ORDER).limit(1)
        # The client's row first: who gets it sees what the one before held back.
        client = await self._session.scalar(turn.with_for_update(of=CLIENTS, key_share=True, skip_locked=True))
        return await self._claim(client, at, until) if client else None

    async def _claim(self, client: str, at: datetime, until: datetime) -> LogoutNotice | None:
        due = select(*KEY).where(TABLE.c.client_id == client, TABLE.c.due_at <= at).order_by(*ORDER).limit(1)
        chosen = due.with_for_update(key_share=True, skip_locked=True).cte("chosen")
        is_chosen = [key == chosen.c[key.name] for key in KEY]
        counted = {"due_at": until, "attempts": TABLE.c.attempts + 1}
        claimed = update(TABLE).where(*is_chosen, CLIENTS.c.id == TABLE.c.client_id).values(counted)
        of_client = (CLIENTS.c.backchannel_logout_uri, CLIENTS.c.id_token_algorithm, CLIENTS.c.organization_id)
        row = (await self._session.execute(claimed.returning(TABLE, *of_client))).mappings().one_or_none()
        if row is None:
            return None
        await self._hold(client, until)
        return LogoutNotice(
            client=ClientId(row["client_id"]),
            user=UserId(row["user_id"]),
            session=row["session"],
            address=row["backchannel_logout_uri"] or "",
            algorithm=Algorithm(row["id_token_algorithm"]),
            expires_at=row["expires_at"],
            held_until=until,
            is_vouched_for=row["organization_id"] is not None,
            attempts=row["attempts"],
        )

    async def put_off(self, notice: LogoutNotice, until: datetime) -> None:
        await self._session.execute(update(TABLE).where(*_is(notice)).values(due_at=until))
        await self._release(notice, until)
        await self._hold(notice.client, until)

    async def remove(self, notice: LogoutNotice, at: datetime) -> None:
        await self._session.execute(delete(TABLE).where(*_is(notice)))
        await self._release(notice, at)

    async def _hold(self, client: str, until: datetime) -> None:
        """Nothing of this client before then. What others write just now is passed over: nobody waits in a ring."""
        await self._move(until, TABLE.c.client_id == client, TABLE.c.due_at < until)

    async def _release(self, notice: LogoutNotice, at: datetime) -> None:
        await self._move(at, TABLE.c.client_id == notice.client, TABLE.c.due_at == notice.held_until)

    async def _move(self, to: datetime, *which: ColumnElement[bool]) -> None:
        rest = select(*KEY).where(*which).with_for_update(key_share=True, skip_locked=True).cte("rest")
        await self._session.execute(update(TABLE).where(*(key == rest.c[key.name] for key in KEY)).values(due_at=to))


def _is(notice: LogoutNotice) -> tuple[ColumnElement[bool], ...]:
    """As it was claimed."""
    return (
        TABLE.c.user_id == notice.user,
        TABLE.c.session == notice.session,
        TABLE.c.client_id == notice.client,
        TABLE.c.attempts == notice.attempts,
    )


class HostLimit:
    """How often this process calls hosts for programs that nobody vouches for, within a minute."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._since = clock()
        self._calls: Counter[str] = Counter()

    def call(self, address: str) -> None:
        """Count a call. Raises LogoutUndelivered where there were enough."""
        if self._clock() >= self._since + MINUTE:
            self._since = self._clock()
            self._calls.clear()
        host = urlsplit(address).hostname or ""
        if self._calls[host] >= CALLS_A_MINUTE:
            raise LogoutUndelivered("host_called_too_often")
        self._calls[host] += 1


class HttpTeller:
    """Posts a logout token to the program's address, by way of the guarded fetcher (§2.5)."""

    def __init__(self, fetcher: Fetcher, token: Callable[[LogoutNotice], Awaitable[str]], limit: HostLimit) -> None:
        self._fetcher = fetcher
        self._token = token
        self._limit = limit

    async def __call__(self, notice: LogoutNotice) -> None:
        """Raises LogoutRefused or LogoutUndelivered."""
        if not notice.is_vouched_for:
            self._limit.call(notice.address)
        body = urlencode({"logout_token": await self._token(notice)}).encode()
        try:
            reply = await self._fetcher.send("POST", notice.address, headers=FORM, body=body, max_bytes=ANSWER_BYTES)
        except FetchError as error:
            raise (LogoutUndelivered if error.transient else LogoutRefused)(error.code) from error
        if reply.status in LATER or reply.status >= 500:
            raise LogoutUndelivered(str(reply.status))
        if not 200 <= reply.status < 300:
            raise LogoutRefused(str(reply.status))
