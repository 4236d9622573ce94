"""Authorization requests, grants, codes and refresh tokens on a plain Connection. See adapters.grants."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, Table, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from gateway.adapters.people import MEMBERSHIP, membership, person
from gateway.adapters.people_tables import MEMBERSHIPS, USERS
from gateway.adapters.revocations import revocation
from gateway.adapters.tables import AUTHORIZATION_REQUESTS, CODES, GRANTS, REFRESH_TOKENS
from gateway.core.authorization import AuthorizationRequest, Code, Grant, RefreshToken
from gateway.core.model import ClientId, OrganizationId
from gateway.core.people import Membership, User, UserId
from service_kit.tables import OUTBOX

MAX_STANDING = 50
ANSWERED = b""  # the browser of a pushed request that nobody may visit any more


class SqlConsents:
    """The part of core.ports.Grants that is about people."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def keep_request(self, digest: bytes, request: AuthorizationRequest) -> None:
        row = {
            "digest": digest,
            "client_id": request.client,
            "parameters": dict(request.parameters),
            "resources": list(request.resources),
            "browser": request.browser,
            "expires_at": request.expires_at,
        }
        self._connection.execute(insert(AUTHORIZATION_REQUESTS), row)

    def find_request(self, digest: bytes, at: datetime) -> AuthorizationRequest | None:
        found = self._one(select(AUTHORIZATION_REQUESTS).where(AUTHORIZATION_REQUESTS.c.digest == digest))
        return _request(found, at)

    def take_request(self, digest: bytes, at: datetime) -> AuthorizationRequest | None:
        taken = delete(AUTHORIZATION_REQUESTS).where(AUTHORIZATION_REQUESTS.c.digest == digest)
        return _request(self._one(taken.returning(AUTHORIZATION_REQUESTS)), at)

    def answer_pushed(self, digest: bytes, client: ClientId, until: datetime) -> bool:
        row = {"digest": digest, "client_id": client, "parameters": {}, "resources": [], "expires_at": until}
        again = upsert(AUTHORIZATION_REQUESTS).values(row | {"browser": ANSWERED})
        changed = {name: again.excluded[name] for name in ("parameters", "browser", "expires_at")}
        is_open = AUTHORIZATION_REQUESTS.c.browser.is_(None)
        marked = again.on_conflict_do_update(index_elements=["digest"], set_=changed, where=is_open)
        return self._connection.scalar(marked.returning(AUTHORIZATION_REQUESTS.c.digest)) is not None

    def add_grant(self, grant: Grant) -> None:
        row = {
            "id": grant.id,
            "client_id": grant.client,
            "user_id": grant.user,
            "organization_id": grant.organization,
            "scopes": list(grant.scopes),
            "targets": list(grant.targets),
            "authenticated_at": grant.authenticated_at,
            "created_at": grant.created_at,
            "renews": grant.renews,
            "methods": list(grant.methods),
            "session": grant.session,
        }
        self._connection.execute(insert(GRANTS), row)

    def standing(self, client: ClientId, user: UserId, since: datetime) -> Sequence[Grant]:
        mine = (GRANTS.c.user_id == user, GRANTS.c.client_id == client)
        stands = (GRANTS.c.revoked_at.is_(None), GRANTS.c.renews.is_(None), GRANTS.c.created_at > since)
        query = select(GRANTS).where(*mine, *stands).limit(MAX_STANDING).with_for_update(read=True)
        query = query.order_by(func.cardinality(GRANTS.c.scopes).desc(), GRANTS.c.created_at.desc())
        return [_grant(row) for row in self._connection.execute(query).mappings()]

    def revoke_grant(self, grant: str, at: datetime) -> None:
        given = func.coalesce(GRANTS.c.renews, GRANTS.c.id)
        origin = self._connection.scalar(select(given).where(GRANTS.c.id == grant))
        # The origin first: what is just being made from it is committed, and seen, once its row is ours.
        for family in (GRANTS.c.id == origin, GRANTS.c.renews == origin):
            revoked = update(GRANTS).where(family, GRANTS.c.revoked_at.is_(None)).values(revoked_at=at)
            for one in self._connection.scalars(revoked.returning(GRANTS.c.id)).all():
                self._connection.execute(insert(OUTBOX), revocation("grant", one, at))

    def add_code(self, digest: bytes, code: Code) -> None:
        row = {
            "redirect_uri": code.redirect_uri,
            "challenge": code.challenge,
            "nonce": code.nonce,
            "key": code.key,
            "expires_at": code.expires_at,
        }
        self._connection.execute(insert(CODES), row | {"digest": digest, "grant_id": code.grant.id})

    def lock_code(self, digest: bytes) -> Code | None:
        found = self._locked(CODES, digest)
        if found is None:
            return None
        own = {name: found[name] for name in ("redirect_uri", "challenge", "nonce", "key", "expires_at", "used_at")}
        return Code(grant=self._grant(found["grant_id"]), **own)

    def use_code(self, digest: bytes, at: datetime) -> None:
        self._connection.execute(update(CODES).where(CODES.c.digest == digest).values(used_at=at))

    def add_refresh_token(self, digest: bytes, token: RefreshToken) -> None:
        row = {"digest": digest, "grant_id": token.grant.id, "key": token.key, "expires_at": token.expires_at}
        self._connection.execute(insert(REFRESH_TOKENS), row)

    def lock_refresh_token(self, digest: bytes) -> RefreshToken | None:
        found = self._locked(REFRESH_TOKENS, digest)
        if found is None:
            return None
        own = {name: found[name] for name in ("key", "expires_at", "used_at")}
        return RefreshToken(grant=self._grant(found["grant_id"]), **own)

    def use_refresh_token(self, digest: bytes, at: datetime) -> None:
        used = update(REFRESH_TOKENS).where(REFRESH_TOKENS.c.digest == digest)
        self._connection.execute(used.values(used_at=at))

    def user(self, user: UserId) -> User | None:
        found = self._one(select(USERS).where(USERS.c.id == user))
        return person(found) if found else None

    def membership(self, user: UserId, organization: str) -> Membership | None:
        one = (MEMBERSHIPS.c.user_id == user, MEMBERSHIPS.c.organization_id == organization)
        found = self._one(MEMBERSHIP.where(*one))
        return membership(found) if found else None

    def _locked(self, table: Table, digest: bytes) -> RowMapping | None:
        return self._one(select(table).where(table.c.digest == digest).with_for_update())

    def _grant(self, grant: str) -> Grant:
        """Read after the lock, so that a revocation by whoever held it is seen."""
        return _grant(self._connection.execute(select(GRANTS).where(GRANTS.c.id == grant)).mappings().one())

    def _one(self, statement: Any) -> RowMapping | None:
        return self._connection.execute(statement).mappings().one_or_none()


def _request(row: RowMapping | None, at: datetime) -> AuthorizationRequest | None:
    if row is None or row["expires_at"] <= at:
        return None
    client = ClientId(row["client_id"])
    return AuthorizationRequest(client, row["parameters"], tuple(row["resources"]), row["expires_at"], row["browser"])


def _grant(row: RowMapping) -> Grant:
    return Grant(
        id=row["id"],
        client=ClientId(row["client_id"]),
        user=UserId(row["user_id"]),
        organization=OrganizationId(row["organization_id"]),
        scopes=tuple(row["scopes"]),
        targets=tuple(row["targets"]),
        authenticated_at=row["authenticated_at"],
        created_at=row["created_at"],
        revoked_at=row["revoked_at"],
        renews=row["renews"],
        methods=tuple(row["methods"]),
        session=row["session"],
    )
