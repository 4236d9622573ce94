"""Projections of the fleet, trusted issuers, history, and the kit's inbox."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from service_kit.migrations import create_kit_tables, grant

revision = "0001"
down_revision = None


def upgrade() -> None:
    create_kit_tables("inbox")
    op.create_table(
        "issuers",
        sa.Column("slug", sa.Text, nullable=False),
        sa.Column("issuer_id", sa.Text, nullable=False),
        sa.Column("org_id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("did_document", JSONB, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("slug", name="pk_issuers"),
    )
    op.create_index("ix_issuers_issuer_id", "issuers", ["issuer_id"])
    op.create_table(
        "status_lists",
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("issuer_id", sa.Text, nullable=False),
        sa.Column("credential", JSONB, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("url", name="pk_status_lists"),
    )
    op.create_table(
        "credential_states",
        sa.Column("credential_id", sa.Text, nullable=False),
        sa.Column("issuer_id", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("credential_id", name="pk_credential_states"),
    )
    op.create_table(
        "trusted_issuers",
        sa.Column("org_id", sa.Text, nullable=False),
        sa.Column("issuer_id", sa.Text, nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("org_id", "issuer_id", name="pk_trusted_issuers"),
    )
    op.create_table(
        "verifications",
        sa.Column("sequence", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("org_id", sa.Text, nullable=False),
        sa.Column("input_digest", sa.Text, nullable=False),
        sa.Column("credential_id", sa.Text),
        sa.Column("issuer_id", sa.Text),
        sa.Column("verdict", sa.Text, nullable=False),
        sa.Column("findings", JSONB, nullable=False),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name="pk_verifications"),
        sa.UniqueConstraint("id", name="uq_verifications_id"),
    )
    op.create_index("ix_verifications_of_org", "verifications", ["org_id", sa.text("sequence DESC")])
    for projection in ("issuers", "status_lists", "credential_states"):
        grant(projection, "SELECT, INSERT, UPDATE")
    grant("trusted_issuers", "SELECT, INSERT, DELETE")
    grant("verifications", "SELECT, INSERT")
