"""What the OAuth endpoints read and write, on a plain Session: Authlib's hooks run under AsyncSession.run_sync."""

from datetime import datetime

from sqlalchemy import exists, func, insert, or_, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from gateway.adapters.audit import row as audit_row
from gateway.adapters.tables import AUDIT, CLIENT_ASSERTIONS, CLIENT_SECRETS, CLIENTS, ORGANIZATIONS, REVOKED_TOKENS
from gateway.core.model import AuditEntry, AuthMethod, ClientId, KnownClient, OrganizationId
from gateway.core.scopes import Kind


class SqlGrants:
    """See core.ports.Grants."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def client(self, client_id: str, at: datetime) -> KnownClient | None:
        good = or_(CLIENT_SECRETS.c.expires_at.is_(None), CLIENT_SECRETS.c.expires_at > at)
        digests = select(func.array_agg(CLIENT_SECRETS.c.digest)).where(
            CLIENT_SECRETS.c.client_id == CLIENTS.c.id, good
        )
        query = (
            select(
                CLIENTS.c.id,
                CLIENTS.c.organization_id,
                CLIENTS.c.scopes,
                CLIENTS.c.auth_method,
                CLIENTS.c.public_keys,
                ORGANIZATIONS.c.kind,
                digests.scalar_subquery().label("digests"),
            )
            .join_from(CLIENTS, ORGANIZATIONS)
            .where(CLIENTS.c.id == client_id, CLIENTS.c.removed_at.is_(None))
        )
        found = self._session.execute(query).one_or_none()
        if found is None:
            return None
        return KnownClient(
            id=ClientId(found.id),
            organization=OrganizationId(found.organization_id),
            kind=Kind(found.kind),
            scopes=tuple(found.scopes),
            auth_method=AuthMethod(found.auth_method),
            secret_digests=tuple(found.digests or ()),
            public_keys=tuple(found.public_keys),
        )

    def use_assertion(self, client: ClientId, digest: bytes, until: datetime) -> bool:
        used = upsert(CLIENT_ASSERTIONS).values(client_id=client, digest=digest, expires_at=until)
        return self._session.scalar(used.on_conflict_do_nothing().returning(CLIENT_ASSERTIONS.c.digest)) is not None

    def revoke(self, token_id: str, client: ClientId, until: datetime) -> None:
        revoked = upsert(REVOKED_TOKENS).values(id=token_id, client_id=client, expires_at=until)
        self._session.execute(revoked.on_conflict_do_nothing())

    def is_revoked(self, token_id: str, client: str) -> bool:
        revoked = exists().where(REVOKED_TOKENS.c.id == token_id)
        registered = exists().where(CLIENTS.c.id == client, CLIENTS.c.removed_at.is_(None))
        return bool(self._session.scalar(select(or_(revoked, ~registered))))

    def record(self, entry: AuditEntry) -> None:
        self._session.execute(insert(AUDIT).values(audit_row(entry)))
