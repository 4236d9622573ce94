"""Endorsements of issuers."""

import sqlalchemy as sa
from alembic import op

from service_kit.migrations import grant

revision = "0003"
down_revision = "0002"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "endorsements",
        sa.Column("endorsement_id", sa.Text, nullable=False),
        sa.Column("about", sa.Text, nullable=False),
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
        sa.PrimaryKeyConstraint("endorsement_id", name="pk_endorsements"),
    )
    op.create_index("ix_endorsements_about", "endorsements", ["about"], postgresql_where=sa.text("shown"))
    grant("endorsements", "SELECT, INSERT, UPDATE, DELETE")
