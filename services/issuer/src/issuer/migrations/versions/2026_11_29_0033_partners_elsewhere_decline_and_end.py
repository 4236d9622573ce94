"""Partners that are not on this fleet decline and end agreements by keys of their own."""

import sqlalchemy as sa
from alembic import op

from service_kit.migrations import app_role

revision = "0033"
down_revision = "0032"

TABLE = "recognition_agreements"


def upgrade() -> None:
    op.add_column(TABLE, sa.Column("statement", sa.Text))
    op.execute(f'GRANT UPDATE (statement) ON TABLE {TABLE} TO "{app_role()}"')
