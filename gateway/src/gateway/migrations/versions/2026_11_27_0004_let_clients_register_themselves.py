"""Let clients register themselves: nobody vouches for some, some publish their keys, each holds a token for itself."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.alter_column("clients", "organization_id", nullable=True)
    op.add_column("clients", sa.Column("jwks_uri", sa.Text))
    op.add_column("clients", sa.Column("keys_read_at", sa.DateTime(timezone=True)))
    op.add_column("clients", sa.Column("about", postgresql.JSONB, nullable=False, server_default="{}"))
    op.add_column("clients", sa.Column("registration", sa.LargeBinary))
