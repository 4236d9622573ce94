"""Challenges for presentations."""

import sqlalchemy as sa
from alembic import op

from service_kit.migrations import grant

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "challenges",
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("org_id", sa.Text, nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("spent_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("digest", name="pk_challenges"),
    )
    op.create_index("ix_challenges_expires_at", "challenges", ["expires_at"])
    grant("challenges", "SELECT, INSERT, UPDATE, DELETE")
