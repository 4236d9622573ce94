"""Holding a batch that runs, and refusing what is not whole, by statements that may be a part of another."""

from alembic import op

revision = "0029"
down_revision = "0028"

# As for keys: the second statement sees what was committed while the first one waited.
HOLD = """
CREATE FUNCTION hold_running_batch(batch uuid) RETURNS boolean
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  PERFORM pg_advisory_xact_lock_shared(hashtextextended('running/' || batch, 0));
  RETURN (SELECT state = 'running' FROM batches WHERE id = batch);
END $$
"""
# A statement cannot undo itself otherwise. The code is of a class that PostgreSQL leaves to others.
WHOLE = """
CREATE FUNCTION all_settled(settled bigint, wanted bigint) RETURNS boolean
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  IF settled <> wanted THEN
    RAISE EXCEPTION '% of % rows were still waiting', settled, wanted USING ERRCODE = 'IS001';
  END IF;
  RETURN true;
END $$
"""


def upgrade() -> None:
    op.execute(HOLD)
    op.execute(WHOLE)
