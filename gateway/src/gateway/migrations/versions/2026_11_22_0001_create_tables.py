"""Create organizations, clients, signing keys and the audit trail."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from service_kit.migrations import create_kit_tables, grant

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    create_kit_tables("idempotency_keys")
    _organizations()
    _clients()
    _signing_keys()
    _used_and_revoked()
    _audit()


def _organizations() -> None:
    op.create_table(
        "organizations",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("slug", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("url", sa.Text),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_organizations"),
        sa.UniqueConstraint("slug", name="uq_organizations_slug"),
        sa.CheckConstraint(
            "kind IN ('university', 'employer', 'accreditor', 'operator')", name=op.f("ck_organizations_kind")
        ),
    )
    grant("organizations", "SELECT, INSERT, UPDATE")


def _clients() -> None:
    op.create_table(
        "clients",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("organization_id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("scopes", sa.ARRAY(sa.Text), nullable=False),
        sa.Column("auth_method", sa.Text, nullable=False),
        sa.Column("public_keys", postgresql.JSONB, nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("removed_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_clients"),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name="fk_clients_organization_id"),
    )
    op.create_index("ix_clients_organization_id_created_at_id", "clients", ["organization_id", "created_at", "id"])
    grant("clients", "SELECT, INSERT, UPDATE")
    op.create_table(
        "client_secrets",
        sa.Column("client_id", sa.Text, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT),
        sa.PrimaryKeyConstraint("client_id", "digest", name="pk_client_secrets"),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name="fk_client_secrets_client_id"),
    )
    grant("client_secrets", "SELECT, INSERT, UPDATE, DELETE")


def _signing_keys() -> None:
    op.create_table(
        "signing_keys",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("public", postgresql.JSONB, nullable=False),
        sa.Column("sealed", sa.LargeBinary),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("activated_at", MOMENT),
        sa.Column("retired_at", MOMENT),
        sa.Column("removed_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_signing_keys"),
        sa.CheckConstraint("state IN ('next', 'active', 'retired', 'removed')", name=op.f("ck_signing_keys_state")),
        sa.CheckConstraint(
            "sealed IS NOT NULL OR state IN ('retired', 'removed')", name=op.f("ck_signing_keys_sealed")
        ),
    )
    op.create_index(
        "uq_signing_keys_one_per_role",
        "signing_keys",
        ["state"],
        unique=True,
        postgresql_where=sa.text("state IN ('next', 'active')"),
    )
    grant("signing_keys", "SELECT, INSERT, UPDATE")


def _used_and_revoked() -> None:
    op.create_table(
        "client_assertions",
        sa.Column("client_id", sa.Text, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("client_id", "digest", name="pk_client_assertions"),
    )
    op.create_index("ix_client_assertions_expires_at", "client_assertions", ["expires_at"])
    grant("client_assertions", "SELECT, INSERT, DELETE")
    op.create_table(
        "revoked_tokens",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("client_id", sa.Text, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_revoked_tokens"),
    )
    op.create_index("ix_revoked_tokens_expires_at", "revoked_tokens", ["expires_at"])
    grant("revoked_tokens", "SELECT, INSERT, DELETE")


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("sequence", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("organization_id", sa.Text),
        sa.Column("client_id", sa.Text),
        sa.Column("detail", postgresql.JSONB, nullable=False),
        sa.PrimaryKeyConstraint("sequence", name="pk_audit"),
    )
    op.create_index("ix_audit_organization_id_at", "audit", ["organization_id", "at"])
    grant("audit", "SELECT, INSERT")
