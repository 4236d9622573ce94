"""Signed documents are no longer packed by pglz, which took more time than all the rest of storing one."""

from alembic import op

revision = "0014"
down_revision = "0013"

# By lz4 where the server knows it, else not at all: a column's own setting holds for rows stored from now on.
PACK = """
DO $$ BEGIN
  IF EXISTS (SELECT FROM pg_settings WHERE name = 'default_toast_compression' AND 'lz4' = ANY (enumvals)) THEN
    ALTER TABLE {table} ALTER COLUMN document SET COMPRESSION lz4;
  ELSE
    ALTER TABLE {table} ALTER COLUMN document SET STORAGE EXTERNAL;
  END IF;
END $$
"""


def upgrade() -> None:
    op.execute(PACK.format(table="credentials"))
    op.execute(PACK.format(table="any_credentials"))
