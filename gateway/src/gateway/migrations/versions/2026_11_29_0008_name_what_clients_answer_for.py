"""Name the resources that a client answers for, whose tokens it may introspect."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("clients", sa.Column("audiences", sa.ARRAY(sa.Text), nullable=False, server_default="{}"))
