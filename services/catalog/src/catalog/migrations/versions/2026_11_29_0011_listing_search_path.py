"""The function that keeps listings runs as the tables' owner: it finds them in their schema, never temporary ones."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    schema = op.get_bind().scalar(sa.text("SELECT quote_ident(current_schema())"))
    op.execute(f"ALTER FUNCTION keep_achievement_listing() SET search_path = {schema}, pg_temp")
