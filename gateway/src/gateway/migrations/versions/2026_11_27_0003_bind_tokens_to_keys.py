"""Remember used proofs of keys, and which clients take no bearer tokens."""

import sqlalchemy as sa
from alembic import op

from service_kit.migrations import grant

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("clients", sa.Column("dpop_bound", sa.Boolean, nullable=False, server_default=sa.false()))
    op.create_table(
        "proofs",
        sa.Column("id", sa.LargeBinary, nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_proofs"),
    )
    op.create_index("ix_proofs_expires_at", "proofs", ["expires_at"])
    grant("proofs", "SELECT, INSERT, DELETE")
