"""What the OAuth endpoints read and write, on a plain Connection: Authlib's hooks run under AsyncSession.run_sync."""

from datetime import datetime

from sqlalchemy import bindparam, exists, func, insert, or_, select
from sqlalchemy.dialects.postgresql import insert as upsert

from gateway.adapters.audit import row as audit_row
from gateway.adapters.clients import flow
from gateway.adapters.consents import SqlConsents
from gateway.adapters.revocations import revocation
from gateway.adapters.tables import (
    AUDIT,
    CLIENT_ASSERTIONS,
    CLIENT_SECRETS,
    CLIENTS,
    GRANTS,
    ORGANIZATIONS,
    PROOFS,
    REVOKED_TOKENS,
)
from gateway.core.model import AuditEntry, AuthMethod, ClientId, KnownClient, OrganizationId
from gateway.core.scopes import Kind
from service_kit.tables import OUTBOX
from service_kit.token_ids import lineage

# Built once: the token endpoint is the fleet's busiest address.
GOOD_DIGESTS = (
    select(func.array_agg(CLIENT_SECRETS.c.digest))
    .where(
        CLIENT_SECRETS.c.client_id == CLIENTS.c.id,
        or_(CLIENT_SECRETS.c.expires_at.is_(None), CLIENT_SECRETS.c.expires_at > bindparam("at")),
    )
    .scalar_subquery()
)
KNOWN_CLIENT = (
    select(
        CLIENTS.c.id,
        CLIENTS.c.organization_id,
        CLIENTS.c.name,
        CLIENTS.c.scopes,
        CLIENTS.c.auth_method,
        CLIENTS.c.public_keys,
        CLIENTS.c.grant_types,
        CLIENTS.c.redirect_uris,
        CLIENTS.c.application_type,
        CLIENTS.c.pushed_only,
        CLIENTS.c.dpop_bound,
        CLIENTS.c.id_token_algorithm,
        CLIENTS.c.post_logout_redirect_uris,
        CLIENTS.c.assertion_algorithm,
        CLIENTS.c.userinfo_algorithm,
        CLIENTS.c.requires_proof_key,
        CLIENTS.c.default_max_age,
        CLIENTS.c.backchannel_logout_uri,
        CLIENTS.c.token_endpoint_audience,
        CLIENTS.c.jwks_uri,
        CLIENTS.c.about,
        CLIENTS.c.audiences,
        ORGANIZATIONS.c.kind,
        GOOD_DIGESTS.label("digests"),
    )
    .outerjoin_from(CLIENTS, ORGANIZATIONS)
    .where(CLIENTS.c.id == bindparam("client_id"), CLIENTS.c.removed_at.is_(None))
)
USE_ASSERTION = upsert(CLIENT_ASSERTIONS).on_conflict_do_nothing().returning(CLIENT_ASSERTIONS.c.digest)
REVOKE = upsert(REVOKED_TOKENS).on_conflict_do_nothing().returning(REVOKED_TOKENS.c.id)
USE_PROOF = upsert(PROOFS).on_conflict_do_nothing().returning(PROOFS.c.id)
IS_REVOKED = select(
    or_(
        exists().where(REVOKED_TOKENS.c.id.in_(bindparam("tokens", expanding=True))),
        select(func.count())
        .where(CLIENTS.c.id.in_(bindparam("clients", expanding=True)), CLIENTS.c.removed_at.is_(None))
        .scalar_subquery()
        < bindparam("wanted"),
    )
)
IS_GRANT_GOOD = select(
    exists().where(
        GRANTS.c.id == bindparam("grant"),
        GRANTS.c.revoked_at.is_(None),
        CLIENTS.c.id == GRANTS.c.client_id,
        CLIENTS.c.removed_at.is_(None),
    )
)


class SqlGrants(SqlConsents):
    """See core.ports.Grants."""

    def client(self, client_id: str, at: datetime) -> KnownClient | None:
        found = self._connection.execute(KNOWN_CLIENT, {"client_id": client_id, "at": at}).mappings().one_or_none()
        if found is None:
            return None
        return KnownClient(
            id=ClientId(found["id"]),
            organization=OrganizationId(found["organization_id"]) if found["organization_id"] else None,
            kind=Kind(found["kind"]) if found["kind"] else None,
            name=found["name"],
            scopes=tuple(found["scopes"]),
            auth_method=AuthMethod(found["auth_method"]),
            secret_digests=tuple(found["digests"] or ()),
            public_keys=tuple(found["public_keys"]),
            flow=flow(found),
            jwks_uri=found["jwks_uri"],
            about=found["about"],
            audiences=tuple(found["audiences"]),
        )

    def use_assertion(self, client: ClientId, digest: bytes, until: datetime) -> bool:
        used = {"client_id": client, "digest": digest, "expires_at": until}
        return self._connection.scalar(USE_ASSERTION, used) is not None

    def use_proof(self, proof: bytes, until: datetime) -> bool:
        return self._connection.scalar(USE_PROOF, {"id": proof, "expires_at": until}) is not None

    def revoke(self, token_id: str, client: ClientId, at: datetime, until: datetime) -> None:
        revoked = {"id": token_id, "client_id": client, "expires_at": until}
        if self._connection.scalar(REVOKE, revoked):
            self._connection.execute(insert(OUTBOX), revocation("token", token_id, at, until))

    def is_revoked(self, token_id: str, client: str, subject: str, grant: str | None) -> bool:
        if grant and not self._connection.scalar(IS_GRANT_GOOD, {"grant": grant}):
            return True
        clients = sorted({client} if grant else {client, subject})
        asked = {"tokens": lineage(token_id), "clients": clients, "wanted": len(clients)}
        return bool(self._connection.scalar(IS_REVOKED, asked))

    def record(self, entry: AuditEntry) -> None:
        self._connection.execute(insert(AUDIT), audit_row(entry))
