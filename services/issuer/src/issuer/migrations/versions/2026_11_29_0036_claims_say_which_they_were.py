"""Who took work is believed for the claim that it was written with: the release before writes claims without it."""

import sqlalchemy as sa
from alembic import op

from service_kit.migrations import app_role

revision = "0036"
down_revision = "0035"


def upgrade() -> None:
    for table in ("evaluations_due", "recognitions_due"):
        op.add_column(table, sa.Column("taken_by_until", sa.DateTime(timezone=True)))
        op.execute(f'GRANT UPDATE (taken_by_until) ON TABLE {table} TO "{app_role()}"')
