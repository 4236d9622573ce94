"""An organization's names stand in an index, so that comparing a thousand of them reads no row."""

from alembic import op

revision = "0010"
down_revision = "0009"

INDEX = "ix_achievements_org_id"


def upgrade() -> None:
    op.drop_index(INDEX, "achievements")
    op.create_index(INDEX, "achievements", ["org_id", "created_at"], postgresql_include=["id", "name"])
