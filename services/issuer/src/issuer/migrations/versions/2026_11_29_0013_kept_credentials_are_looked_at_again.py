"""What kept credentials are for, when they were last looked at, and what spoke against them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from service_kit.migrations import app_role

revision = "0013"
down_revision = "0012"

TABLE = "backpack_credentials"
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column(TABLE, sa.Column("achievement_id", sa.Text))  # not known of those that are there already
    op.add_column(TABLE, sa.Column("checked_at", MOMENT))
    op.add_column(TABLE, sa.Column("doubt", JSONB(none_as_null=True)))
    op.create_index("ix_backpack_credentials_achievement", TABLE, ["person", "achievement_id"])
    op.execute(f'GRANT UPDATE (achievement_id, checked_at, doubt) ON TABLE {TABLE} TO "{app_role()}"')
