"""Some clients sign their assertions for the token endpoint, and register so."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("clients", sa.Column("token_endpoint_audience", sa.Boolean, nullable=False, server_default="false"))
