"""Of what is recognised and was issued elsewhere it is kept which key signed it, and where it is said replaced."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSON, JSONB

from service_kit.migrations import app_role

revision = "0035"
down_revision = "0034"

TABLE = "recognition_sources"


def upgrade() -> None:
    op.add_column(TABLE, sa.Column("notices", JSON, nullable=False, server_default="[]"))
    op.add_column(TABLE, sa.Column("signer", JSON(none_as_null=True)))
    op.add_column(TABLE, sa.Column("review", JSONB(none_as_null=True)))
    op.add_column(TABLE, sa.Column("review_told", sa.Text))
    op.add_column(TABLE, sa.Column("review_kept", sa.Text))
    op.execute(f'GRANT UPDATE (review, review_told, review_kept) ON TABLE {TABLE} TO "{app_role()}"')
