"""Everybody is told once when an agreement expires. Those that have are told of now."""

import sqlalchemy as sa
from alembic import op

from service_kit.migrations import app_role

revision = "0032"
down_revision = "0031"

TABLE = "recognition_agreements"


def upgrade() -> None:
    # The release before goes on writing rows without it, and reads those that were told of as signed: so they are.
    op.add_column(TABLE, sa.Column("expiry_told", sa.Boolean, nullable=False, server_default=sa.false()))
    op.execute(f'GRANT UPDATE (expiry_told) ON TABLE {TABLE} TO "{app_role()}"')
    op.create_index(
        "ix_recognition_agreements_valid_until",
        TABLE,
        [sa.text("\"left\"((document ->> 'validUntil'), 19)")],
        postgresql_where=sa.text("state = 'signed' AND NOT expiry_told"),
    )
