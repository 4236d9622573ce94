"""The gateway's tables. Secrets appear as digests, private keys sealed; the audit trail is append-only."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    MetaData,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from service_kit.tables import NAMING

METADATA = MetaData(naming_convention=NAMING)


def _moment(name: str, *, nullable: bool = False) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=nullable)


ORGANIZATIONS = Table(
    "organizations",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("slug", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("url", Text),
    _moment("created_at"),
    _moment("updated_at"),
    CheckConstraint("kind IN ('university', 'employer', 'accreditor', 'operator')", name="kind"),
)

CLIENTS = Table(
    "clients",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("organization_id", Text, ForeignKey("organizations.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("scopes", ARRAY(Text), nullable=False),
    Column("auth_method", Text, nullable=False),
    Column("public_keys", JSONB, nullable=False),
    Column("created_by", Text, nullable=False),
    _moment("created_at"),
    _moment("removed_at", nullable=True),
)
Index("ix_clients_organization_id_created_at_id", CLIENTS.c.organization_id, CLIENTS.c.created_at, CLIENTS.c.id)

CLIENT_SECRETS = Table(
    "client_secrets",
    METADATA,
    Column("client_id", Text, ForeignKey("clients.id"), primary_key=True),
    Column("digest", LargeBinary, primary_key=True),
    _moment("created_at"),
    _moment("expires_at", nullable=True),
)

SIGNING_KEYS = Table(
    "signing_keys",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("public", JSONB, nullable=False),
    Column("sealed", LargeBinary),
    Column("state", Text, nullable=False),
    _moment("created_at"),
    _moment("activated_at", nullable=True),
    _moment("retired_at", nullable=True),
    _moment("removed_at", nullable=True),
    CheckConstraint("state IN ('next', 'active', 'retired', 'removed')", name="state"),
    CheckConstraint("sealed IS NOT NULL OR state IN ('retired', 'removed')", name="sealed"),
)
Index(
    "uq_signing_keys_one_per_role",
    SIGNING_KEYS.c.state,
    unique=True,
    postgresql_where=text("state IN ('next', 'active')"),
)

CLIENT_ASSERTIONS = Table(
    "client_assertions",
    METADATA,
    Column("client_id", Text, primary_key=True),
    Column("digest", LargeBinary, primary_key=True),
    _moment("expires_at"),
)
Index("ix_client_assertions_expires_at", CLIENT_ASSERTIONS.c.expires_at)

REVOKED_TOKENS = Table(
    "revoked_tokens",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("client_id", Text, nullable=False),
    _moment("expires_at"),
)
Index("ix_revoked_tokens_expires_at", REVOKED_TOKENS.c.expires_at)

AUDIT = Table(
    "audit",
    METADATA,
    Column("sequence", BigInteger, Identity(always=True), primary_key=True),
    _moment("at"),
    Column("action", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("organization_id", Text),
    Column("client_id", Text),
    Column("detail", JSONB, nullable=False),
)
Index("ix_audit_organization_id_at", AUDIT.c.organization_id, AUDIT.c.at)
