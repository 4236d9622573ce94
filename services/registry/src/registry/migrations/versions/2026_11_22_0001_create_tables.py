"""Create the projections and the inbox."""

import sqlalchemy as sa
from alembic import op

from service_kit.migrations import create_kit_tables, grant

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# Projections are built anew by `rebuild`, which the service's own role runs: so DELETE on every one of them.
RIGHTS = "SELECT, INSERT, UPDATE, DELETE"


def upgrade() -> None:
    create_kit_tables("inbox")
    create_issuers()
    create_achievements()
    create_issuances()
    create_standings()
    create_status_lists()


def create_issuers() -> None:
    op.create_table(
        "issuers",
        sa.Column("slug", sa.Text, nullable=False),
        sa.Column("issuer_id", sa.Text, nullable=False),
        sa.Column("org_id", sa.Text, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("profile", sa.LargeBinary, nullable=False),
        sa.Column("did_document", sa.LargeBinary, nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("slug", name="pk_issuers"),
    )
    grant("issuers", RIGHTS)


def create_achievements() -> None:
    op.create_table(
        "achievements",
        sa.Column("achievement_id", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("org_id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("achievement_type", sa.Text),
        sa.Column("retired", sa.Boolean, nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("achievement_id", "version", name="pk_achievements"),
    )
    grant("achievements", RIGHTS)


def create_issuances() -> None:
    op.create_table(
        "issuances",
        sa.Column("credential_id", sa.Text, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("org_id", sa.Text, nullable=False),
        sa.Column("issuer_id", sa.Text, nullable=False),
        sa.Column("issuer_slug", sa.Text, nullable=False),
        sa.Column("achievement_id", sa.Text, nullable=False),
        sa.Column("achievement_version", sa.Integer, nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True)),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("status_list", sa.Text, nullable=False),
        sa.Column("status_index", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("credential_id", name="pk_issuances"),
    )
    grant("issuances", RIGHTS)


def create_standings() -> None:
    op.create_table(
        "standings",
        sa.Column("credential_id", sa.Text, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("credential_id", name="pk_standings"),
        sa.CheckConstraint("state IN ('issued', 'suspended', 'revoked')", name="ck_standings_state"),
    )
    grant("standings", RIGHTS)


def create_status_lists() -> None:
    op.create_table(
        "status_lists",
        sa.Column("list_id", sa.Text, nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("org_id", sa.Text, nullable=False),
        sa.Column("issuer_id", sa.Text, nullable=False),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("credential", sa.LargeBinary, nullable=False),
        sa.Column("ttl_s", sa.Integer, nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("list_id", name="pk_status_lists"),
    )
    grant("status_lists", RIGHTS)
