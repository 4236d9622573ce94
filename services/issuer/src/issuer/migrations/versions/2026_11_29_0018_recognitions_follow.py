"""Recognitions follow what becomes of the credentials that they recognise."""

import sqlalchemy as sa
from alembic import op

from service_kit.migrations import app_role, grant

revision = "0018"
down_revision = "0017"

ID = sa.Uuid(as_uuid=False)
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("recognitions", sa.Column("holds_back", sa.Boolean, nullable=False, server_default="false"))
    op.execute(f'GRANT UPDATE (holds_back) ON TABLE recognitions TO "{app_role()}"')
    op.create_table(
        "recognitions_due",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("recognition_id", ID, nullable=False),
        sa.Column("credential_id", ID, nullable=False),
        sa.Column("revision", sa.Integer),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("taken_until", MOMENT, nullable=False, server_default=sa.text("'-infinity'")),
        sa.PrimaryKeyConstraint("id", name="pk_recognitions_due"),
    )
    op.create_index("ix_recognitions_due_due_at", "recognitions_due", ["due_at"])
    grant("recognitions_due", "SELECT, INSERT, DELETE, UPDATE (taken_until)")
