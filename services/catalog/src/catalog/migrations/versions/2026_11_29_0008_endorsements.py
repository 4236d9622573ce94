"""Endorsements that are to be shown."""

import sqlalchemy as sa
from alembic import op

from service_kit.migrations import grant

revision = "0008"
down_revision = "0007"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "endorsements",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("version", sa.Integer),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("shown", sa.Boolean, nullable=False),
        sa.Column("issuer_id", sa.Text),
        sa.Column("issuer_name", sa.Text),
        sa.Column("credential", sa.Text),
        sa.Column("is_token", sa.Boolean),
        sa.Column("comment", sa.Text),
        sa.Column("valid_from", MOMENT),
        sa.Column("valid_until", MOMENT),
        sa.Column("believed_until", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_endorsements"),
        sa.CheckConstraint(
            "NOT shown OR (credential IS NOT NULL AND believed_until IS NOT NULL)", name="whole_when_shown"
        ),
    )
    op.create_index("ix_endorsements_subject", "endorsements", ["subject"], postgresql_where=sa.text("shown"))
    grant("endorsements", "SELECT, INSERT, UPDATE")
