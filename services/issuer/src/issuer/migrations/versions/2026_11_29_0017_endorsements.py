"""Endorsements of achievements, pathways and issuers."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from service_kit.migrations import grant

revision = "0017"
down_revision = "0016"

ID = sa.Uuid(as_uuid=False)
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "endorsements",
        sa.Column("id", ID, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("version", sa.Integer),
        sa.Column("org_id", sa.Text, nullable=False),
        sa.Column("endorser_org", sa.Text),
        sa.Column("presented_by", sa.Text, nullable=False),
        sa.Column("issuer_id", sa.Text, nullable=False),
        sa.Column("issuer_name", sa.Text, nullable=False),
        sa.Column("credential_id", sa.Text, nullable=False),
        sa.Column("notation", sa.Text, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("comment", sa.Text),
        sa.Column("valid_from", MOMENT, nullable=False),
        sa.Column("valid_until", MOMENT),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("problems", JSONB, nullable=False),
        sa.Column("believed_until", MOMENT, nullable=False),
        sa.Column("check_at", MOMENT),
        sa.Column("own_list", ID),
        sa.Column("seen", sa.BigInteger, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_endorsements"),
        sa.CheckConstraint("status IN ('offered', 'accepted', 'declined', 'revoked')", name="known_status"),
        sa.CheckConstraint("notation IN ('document', 'compact_jws')", name="known_notation"),
    )
    named = ["subject", "issuer_id", "credential_id"]
    newest = [sa.text("created_at DESC"), sa.text("id DESC")]
    op.create_index("uq_endorsements_name", "endorsements", named, unique=True)
    op.create_index("ix_endorsements_received", "endorsements", ["org_id", *newest])
    op.create_index("ix_endorsements_given", "endorsements", ["endorser_org", *newest])
    op.create_index(
        "ix_endorsements_check_at", "endorsements", ["check_at"], postgresql_where=sa.text("status = 'accepted'")
    )
    changing = "status, problems, believed_until, check_at, seen, revision, changed_at"
    grant("endorsements", f"SELECT, INSERT, UPDATE ({changing})")
