"""Registered clients and their secrets in SQL. A removed client keeps its row, so that its id is never used again."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, and_, delete, func, or_, select, true, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.adapters.keyset import moment_and_id
from gateway.adapters.revocations import revocation
from gateway.adapters.tables import CLIENT_SECRETS as SECRETS
from gateway.adapters.tables import CLIENTS as TABLE
from gateway.core.model import ApplicationType, AuthMethod, Client, ClientId, Flow, GrantType, OrganizationId
from gateway.core.signing_key import Algorithm
from service_kit.inputs import Page, PageRequest
from service_kit.tables import OUTBOX


class SqlClients:
    """See core.ports.Clients."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, client: Client, created_by: str, registration: bytes | None = None) -> bool:
        values = _row(client) | {"id": client.id, "created_by": created_by, "registration": registration}
        added = await self._session.scalar(insert(TABLE).values(values).on_conflict_do_nothing().returning(TABLE.c.id))
        return added is not None

    async def get(self, client: str, within: str | None, *, lock: bool = False) -> Client | None:
        query = select(TABLE).where(TABLE.c.id == client, _present(within))
        row = (await self._session.execute(query.with_for_update() if lock else query)).mappings().one_or_none()
        return _client(row) if row else None

    async def registration(self, client: str) -> bytes | None:
        query = select(TABLE.c.registration).where(TABLE.c.id == client, _present(None))
        found: bytes | None = await self._session.scalar(query)
        return found

    async def replace(self, client: Client, registration: bytes) -> None:
        values = _row(client) | {"registration": registration}
        await self._session.execute(update(TABLE).where(TABLE.c.id == client.id).values(values))

    async def claim_key_refresh(self, client: str, at: datetime, every: timedelta) -> Client | None:
        is_due = or_(TABLE.c.keys_read_at.is_(None), TABLE.c.keys_read_at <= at - every)
        publishes = (TABLE.c.id == client, TABLE.c.jwks_uri.is_not(None), _present(None), is_due)
        claimed = update(TABLE).where(*publishes).values(keys_read_at=at).returning(TABLE)
        row = (await self._session.execute(claimed)).mappings().one_or_none()
        return _client(row) if row else None

    async def page(self, within: str | None, request: PageRequest) -> Page[Client]:
        query = select(TABLE).where(_present(within)).order_by(TABLE.c.created_at, TABLE.c.id)
        if request.after:
            query = query.where(tuple_(TABLE.c.created_at, TABLE.c.id) > tuple_(*moment_and_id(request.after)))
        rows = (await self._session.execute(query.limit(request.limit + 1))).mappings().all()
        items = [_client(row) for row in rows[: request.limit]]
        more = len(rows) > request.limit
        return Page(items, (items[-1].created_at.isoformat(), items[-1].id) if more else None)

    async def update(self, client: ClientId, changes: Mapping[str, Any]) -> None:
        given = {**changes, **(flow_row(changes["flow"]) if "flow" in changes else {})}
        given.pop("flow", None)
        values = {name: list(value) if isinstance(value, tuple) else value for name, value in given.items()}
        await self._session.execute(update(TABLE).where(TABLE.c.id == client).values(**values))

    async def remove(self, client: ClientId, at: datetime) -> None:
        await self._session.execute(delete(SECRETS).where(SECRETS.c.client_id == client))
        await self._session.execute(update(TABLE).where(TABLE.c.id == client).values(removed_at=at))
        await self._session.execute(insert(OUTBOX).values(revocation("client", client, at)))

    async def add_secret(self, client: ClientId, digest: bytes, at: datetime, *, others_until: datetime) -> None:
        mine = SECRETS.c.client_id == client
        newest = select(func.max(SECRETS.c.created_at)).where(mine).scalar_subquery()
        await self._session.execute(delete(SECRETS).where(mine, SECRETS.c.created_at < newest))
        shortened = func.least(func.coalesce(SECRETS.c.expires_at, others_until), others_until)
        await self._session.execute(update(SECRETS).where(mine).values(expires_at=shortened))
        again = insert(SECRETS).values(client_id=client, digest=digest, created_at=at)
        await self._session.execute(
            again.on_conflict_do_update(
                index_elements=[SECRETS.c.client_id, SECRETS.c.digest], set_={"created_at": at, "expires_at": None}
            )
        )

    async def secrets(self, client: ClientId, at: datetime) -> Sequence[bytes]:
        good = or_(SECRETS.c.expires_at.is_(None), SECRETS.c.expires_at > at)
        found = await self._session.scalars(select(SECRETS.c.digest).where(SECRETS.c.client_id == client, good))
        return found.all()


def _present(within: str | None) -> ColumnElement[bool]:
    reach = true() if within is None else TABLE.c.organization_id == within
    return and_(TABLE.c.removed_at.is_(None), reach)


def _row(client: Client) -> dict[str, Any]:
    return {
        "organization_id": client.organization,
        "name": client.name,
        "scopes": list(client.scopes),
        "auth_method": client.auth_method,
        "public_keys": list(client.public_keys),
        "jwks_uri": client.jwks_uri,
        "about": dict(client.about),
        "audiences": list(client.audiences),
        "created_at": client.created_at,
        **flow_row(client.flow),
    }


def _client(row: RowMapping) -> Client:
    return Client(
        id=ClientId(row["id"]),
        organization=OrganizationId(row["organization_id"]) if row["organization_id"] else None,
        name=row["name"],
        scopes=tuple(row["scopes"]),
        auth_method=AuthMethod(row["auth_method"]),
        public_keys=tuple(row["public_keys"]),
        created_at=row["created_at"],
        flow=flow(row),
        jwks_uri=row["jwks_uri"],
        about=row["about"],
        audiences=tuple(row["audiences"]),
    )


def flow_row(flow: Flow) -> dict[str, Any]:
    """The columns of a client's flow."""
    return {
        "grant_types": list(flow.grant_types),
        "redirect_uris": list(flow.redirect_uris),
        "application_type": flow.application_type,
        "pushed_only": flow.pushed_only,
        "dpop_bound": flow.dpop_bound,
        "id_token_algorithm": flow.id_token_algorithm,
        "post_logout_redirect_uris": list(flow.post_logout_redirect_uris),
        "assertion_algorithm": flow.assertion_algorithm,
        "userinfo_algorithm": flow.userinfo_algorithm,
        "requires_proof_key": flow.requires_proof_key,
        "default_max_age": flow.default_max_age,
        "backchannel_logout_uri": flow.backchannel_logout_uri,
        "token_endpoint_audience": flow.token_endpoint_audience,
    }


def flow(row: RowMapping) -> Flow:
    """A client's flow from its columns."""
    return Flow(
        grant_types=tuple(GrantType(one) for one in row["grant_types"]),
        redirect_uris=tuple(row["redirect_uris"]),
        application_type=ApplicationType(row["application_type"]),
        pushed_only=row["pushed_only"],
        dpop_bound=row["dpop_bound"],
        id_token_algorithm=Algorithm(row["id_token_algorithm"]),
        post_logout_redirect_uris=tuple(row["post_logout_redirect_uris"]),
        assertion_algorithm=row["assertion_algorithm"],
        userinfo_algorithm=Algorithm(row["userinfo_algorithm"]) if row["userinfo_algorithm"] else None,
        requires_proof_key=row["requires_proof_key"],
        default_max_age=row["default_max_age"],
        backchannel_logout_uri=row["backchannel_logout_uri"],
        token_endpoint_audience=row["token_endpoint_audience"],
    )
