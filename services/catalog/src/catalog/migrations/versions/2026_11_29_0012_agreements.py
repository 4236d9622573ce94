"""Where recognition agreements stand, to tell of each change once."""

import sqlalchemy as sa
from alembic import op

from service_kit.migrations import grant

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.create_table(
        "recognition_agreements",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_recognition_agreements"),
    )
    grant("recognition_agreements", "SELECT, INSERT, UPDATE")
