"""Which grant a silent answer renews: they end together."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("grants", sa.Column("renews", sa.Text))
    op.create_index("ix_grants_renews", "grants", ["renews"], postgresql_where=sa.text("renews IS NOT NULL"))
