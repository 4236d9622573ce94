"""Batches that change what was issued."""

import sqlalchemy as sa
from alembic import op

from service_kit.migrations import app_role

revision = "0009"
down_revision = "0008"

STATES = "state IN ('waiting', 'issued', 'changed', 'unchanged', 'failed', 'refused', 'cancelled')"


def upgrade() -> None:
    op.add_column("batches", sa.Column("action", sa.Text, nullable=False, server_default="issue"))
    for name in ("achievement_id", "achievement_version", "allow_duplicates"):
        op.alter_column("batches", name, nullable=True)
    op.create_check_constraint(
        "ck_batches_known_action", "batches", "action IN ('issue', 'revoke', 'suspend', 'reinstate', 'correct')"
    )
    op.create_check_constraint(
        "ck_batches_issues_something", "batches", "(action = 'issue') = (achievement_id IS NOT NULL)"
    )
    op.add_column("batch_rows", sa.Column("revision", sa.Integer))
    op.drop_constraint("ck_batch_rows_known_state", "batch_rows")
    op.create_check_constraint("ck_batch_rows_known_state", "batch_rows", STATES)
    op.execute(f'GRANT UPDATE (revision) ON TABLE batch_rows TO "{app_role()}"')
