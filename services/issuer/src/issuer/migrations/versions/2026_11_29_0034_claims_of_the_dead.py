"""Work that was taken says over which connection: when that has ended, the work is free at once."""

import sqlalchemy as sa
from alembic import op

from service_kit.migrations import app_role

revision = "0034"
down_revision = "0033"


def upgrade() -> None:
    for table in ("evaluations_due", "recognitions_due"):
        op.add_column(table, sa.Column("taken_by", sa.Integer))
        op.execute(f'GRANT UPDATE (taken_by) ON TABLE {table} TO "{app_role()}"')
