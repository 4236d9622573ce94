"""Addresses that a client has people led to when it signed them out."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    uris = sa.Column("post_logout_redirect_uris", sa.ARRAY(sa.Text), nullable=False, server_default="{}")
    op.add_column("clients", uris)
