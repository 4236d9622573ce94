"""The one algorithm that a client signs its assertions by, if it named one."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("clients", sa.Column("assertion_algorithm", sa.Text))
