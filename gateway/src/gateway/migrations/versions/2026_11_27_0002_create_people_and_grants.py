"""Create people, their sessions, and what they allow clients to do."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from service_kit.migrations import grant

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
TEXTS = sa.ARRAY(sa.Text)


def upgrade() -> None:
    _clients()
    _people()
    _sessions()
    _requests()
    _grants()


def _clients() -> None:
    op.add_column("clients", sa.Column("grant_types", TEXTS, nullable=False, server_default="{client_credentials}"))
    op.add_column("clients", sa.Column("redirect_uris", TEXTS, nullable=False, server_default="{}"))
    op.add_column("clients", sa.Column("application_type", sa.Text, nullable=False, server_default="web"))
    op.add_column("clients", sa.Column("pushed_only", sa.Boolean, nullable=False, server_default=sa.false()))


def _people() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("password", sa.Text, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("email", name="uq_users_email"),
    )
    grant("users", "SELECT, INSERT, UPDATE")
    op.create_table(
        "memberships",
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("organization_id", sa.Text, nullable=False),
        sa.Column("roles", TEXTS, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("user_id", "organization_id", name="pk_memberships"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_memberships_user_id"),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name="fk_memberships_organization_id"),
        sa.CheckConstraint(
            "roles <@ ARRAY['owner', 'issuer', 'catalog_editor', 'auditor', 'verifier'] AND cardinality(roles) > 0",
            name=op.f("ck_memberships_roles"),
        ),
    )
    op.create_index("ix_memberships_organization_id", "memberships", ["organization_id"])
    grant("memberships", "SELECT, INSERT, UPDATE, DELETE")


def _sessions() -> None:
    op.create_table(
        "sessions",
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("authenticated_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_sessions"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_sessions_user_id"),
    )
    op.create_index("ix_sessions_expires_at", "sessions", ["expires_at"])
    op.create_index("ix_sessions_user_id", "sessions", ["user_id"])
    grant("sessions", "SELECT, INSERT, DELETE")
    op.create_table(
        "attempts",
        sa.Column("key", sa.LargeBinary, nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_attempts"),
    )
    op.create_index("ix_attempts_expires_at", "attempts", ["expires_at"])
    grant("attempts", "SELECT, INSERT, UPDATE, DELETE")


def _requests() -> None:
    op.create_table(
        "authorization_requests",
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("client_id", sa.Text, nullable=False),
        sa.Column("parameters", postgresql.JSONB, nullable=False),
        sa.Column("resources", TEXTS, nullable=False),
        sa.Column("browser", sa.LargeBinary),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_authorization_requests"),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name="fk_authorization_requests_client_id"),
    )
    op.create_index("ix_authorization_requests_expires_at", "authorization_requests", ["expires_at"])
    grant("authorization_requests", "SELECT, INSERT, DELETE")


def _grants() -> None:
    op.create_table(
        "grants",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("client_id", sa.Text, nullable=False),
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("organization_id", sa.Text, nullable=False),
        sa.Column("scopes", TEXTS, nullable=False),
        sa.Column("targets", TEXTS, nullable=False),
        sa.Column("authenticated_at", MOMENT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("revoked_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_grants"),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name="fk_grants_client_id"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_grants_user_id"),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name="fk_grants_organization_id"),
    )
    op.create_index("ix_grants_user_id_organization_id", "grants", ["user_id", "organization_id"])
    op.create_index("ix_grants_created_at", "grants", ["created_at"])
    grant("grants", "SELECT, INSERT, UPDATE, DELETE")
    _child_of_grant(
        "codes",
        sa.Column("redirect_uri", sa.Text, nullable=False),
        sa.Column("challenge", sa.Text, nullable=False),
        sa.Column("nonce", sa.Text),
    )
    _child_of_grant("refresh_tokens")


def _child_of_grant(name: str, *own: sa.Column[str]) -> None:
    op.create_table(
        name,
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("grant_id", sa.Text, nullable=False),
        *own,
        sa.Column("key", sa.Text),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT),
        sa.PrimaryKeyConstraint("digest", name=f"pk_{name}"),
        sa.ForeignKeyConstraint(["grant_id"], ["grants.id"], name=f"fk_{name}_grant_id", ondelete="CASCADE"),
    )
    op.create_index(f"ix_{name}_grant_id", name, ["grant_id"])
    op.create_index(f"ix_{name}_expires_at", name, ["expires_at"])
    grant(name, "SELECT, INSERT, UPDATE, DELETE")
