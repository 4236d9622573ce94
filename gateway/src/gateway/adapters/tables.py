"""The gateway's tables. Secrets appear as digests, private keys sealed; the audit trail is append-only."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from service_kit.tables import NAMING

METADATA = MetaData(naming_convention=NAMING)


def moment(name: str, *, nullable: bool = False) -> Column[object]:
    """A column of moments."""
    return Column(name, DateTime(timezone=True), nullable=nullable)


ORGANIZATIONS = Table(
    "organizations",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("slug", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("url", Text),
    moment("created_at"),
    moment("updated_at"),
    CheckConstraint("kind IN ('university', 'employer', 'accreditor', 'operator')", name="kind"),
)

CLIENTS = Table(
    "clients",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("organization_id", Text, ForeignKey("organizations.id")),
    Column("name", Text, nullable=False),
    Column("scopes", ARRAY(Text), nullable=False),
    Column("auth_method", Text, nullable=False),
    Column("public_keys", JSONB, nullable=False),
    Column("grant_types", ARRAY(Text), nullable=False),
    Column("redirect_uris", ARRAY(Text), nullable=False),
    Column("application_type", Text, nullable=False),
    Column("pushed_only", Boolean, nullable=False),
    Column("dpop_bound", Boolean, nullable=False),
    Column("id_token_algorithm", Text, nullable=False, server_default="ES256"),
    Column("assertion_algorithm", Text),
    Column("userinfo_algorithm", Text),
    Column("requires_proof_key", Boolean, nullable=False, server_default="true"),
    Column("default_max_age", Integer),
    Column("backchannel_logout_uri", Text),
    Column("token_endpoint_audience", Boolean, nullable=False, server_default="false"),
    Column("post_logout_redirect_uris", ARRAY(Text), nullable=False, server_default="{}"),
    Column("jwks_uri", Text),
    moment("keys_read_at", nullable=True),
    Column("about", JSONB, nullable=False, server_default="{}"),
    Column("audiences", ARRAY(Text), nullable=False, server_default="{}"),
    Column("registration", LargeBinary),
    Column("created_by", Text, nullable=False),
    moment("created_at"),
    moment("removed_at", nullable=True),
)
Index("ix_clients_organization_id_created_at_id", CLIENTS.c.organization_id, CLIENTS.c.created_at, CLIENTS.c.id)

CLIENT_SECRETS = Table(
    "client_secrets",
    METADATA,
    Column("client_id", Text, ForeignKey("clients.id"), primary_key=True),
    Column("digest", LargeBinary, primary_key=True),
    moment("created_at"),
    moment("expires_at", nullable=True),
)

SIGNING_KEYS = Table(
    "signing_keys",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("public", JSONB, nullable=False),
    Column("sealed", LargeBinary),
    Column("state", Text, nullable=False),
    Column("algorithm", Text, nullable=False, server_default="ES256"),
    moment("created_at"),
    moment("activated_at", nullable=True),
    moment("retired_at", nullable=True),
    moment("removed_at", nullable=True),
    CheckConstraint("state IN ('next', 'active', 'retired', 'removed')", name="state"),
    CheckConstraint("sealed IS NOT NULL OR state IN ('retired', 'removed')", name="sealed"),
)
ROLE = (SIGNING_KEYS.c.algorithm, SIGNING_KEYS.c.state)
Index("uq_signing_keys_one_per_role", *ROLE, unique=True, postgresql_where=text("state IN ('next', 'active')"))

CLIENT_ASSERTIONS = Table(
    "client_assertions",
    METADATA,
    Column("client_id", Text, primary_key=True),
    Column("digest", LargeBinary, primary_key=True),
    moment("expires_at"),
)
Index("ix_client_assertions_expires_at", CLIENT_ASSERTIONS.c.expires_at)

REVOKED_TOKENS = Table(
    "revoked_tokens",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("client_id", Text, nullable=False),
    moment("expires_at"),
)
Index("ix_revoked_tokens_expires_at", REVOKED_TOKENS.c.expires_at)

PROOFS = Table("proofs", METADATA, Column("id", LargeBinary, primary_key=True), moment("expires_at"))
Index("ix_proofs_expires_at", PROOFS.c.expires_at)

AUTHORIZATION_REQUESTS = Table(
    "authorization_requests",
    METADATA,
    Column("digest", LargeBinary, primary_key=True),
    Column("client_id", Text, ForeignKey("clients.id"), nullable=False),
    Column("parameters", JSONB, nullable=False),
    Column("resources", ARRAY(Text), nullable=False),
    Column("browser", LargeBinary),
    moment("expires_at"),
)
Index("ix_authorization_requests_expires_at", AUTHORIZATION_REQUESTS.c.expires_at)

GRANTS = Table(
    "grants",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("client_id", Text, ForeignKey("clients.id"), nullable=False),
    Column("user_id", Text, ForeignKey("users.id"), nullable=False),
    Column("organization_id", Text, ForeignKey("organizations.id"), nullable=False),
    Column("scopes", ARRAY(Text), nullable=False),
    Column("targets", ARRAY(Text), nullable=False),
    moment("authenticated_at"),
    moment("created_at"),
    moment("revoked_at", nullable=True),
    Column("renews", Text),
    Column("methods", ARRAY(Text), nullable=False, server_default="{}"),
    Column("session", Text),
)
Index("ix_grants_renews", GRANTS.c.renews, postgresql_where=GRANTS.c.renews.is_not(None))
Index("ix_grants_user_id_organization_id", GRANTS.c.user_id, GRANTS.c.organization_id)
Index("ix_grants_created_at", GRANTS.c.created_at)


def _child_of_grant(name: str, *own: Column[str]) -> Table:
    table = Table(
        name,
        METADATA,
        Column("digest", LargeBinary, primary_key=True),
        Column("grant_id", Text, ForeignKey("grants.id", ondelete="CASCADE"), nullable=False),
        *own,
        Column("key", Text),
        moment("expires_at"),
        moment("used_at", nullable=True),
    )
    Index(f"ix_{name}_grant_id", table.c.grant_id)
    Index(f"ix_{name}_expires_at", table.c.expires_at)
    return table


CODES = _child_of_grant(
    "codes",
    Column("redirect_uri", Text, nullable=False),
    Column("challenge", Text),
    Column("nonce", Text),
)
REFRESH_TOKENS = _child_of_grant("refresh_tokens")

LOGOUT_NOTICES = Table(
    "logout_notices",
    METADATA,
    Column("user_id", Text, ForeignKey("users.id"), primary_key=True),
    Column("session", Text, primary_key=True),
    Column("client_id", Text, ForeignKey("clients.id"), primary_key=True),
    moment("due_at"),
    moment("expires_at"),
    Column("attempts", Integer, nullable=False),
)
Index("ix_logout_notices_due_at", LOGOUT_NOTICES.c.due_at)
Index("ix_logout_notices_expires_at", LOGOUT_NOTICES.c.expires_at)
Index("ix_logout_notices_client_id", LOGOUT_NOTICES.c.client_id)

AUDIT = Table(
    "audit",
    METADATA,
    Column("sequence", BigInteger, Identity(always=True), primary_key=True),
    moment("at"),
    Column("action", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("organization_id", Text),
    Column("client_id", Text),
    Column("detail", JSONB, nullable=False),
)
Index("ix_audit_organization_id_at", AUDIT.c.organization_id, AUDIT.c.at)
