"""Holding keys by one statement, which may be a part of another."""

from alembic import op

revision = "0026"
down_revision = "0025"

# Each statement of a volatile function sees what was committed before it: the second one what the first waited for.
HOLD = """
CREATE FUNCTION hold_issuer_keys(issuers text[], keys uuid[]) RETURNS SETOF uuid
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  PERFORM pg_advisory_xact_lock_shared(hashtextextended('issuer-keys/' || issuer, 0)) FROM unnest(issuers) AS issuer;
  RETURN QUERY SELECT id FROM issuer_keys WHERE id = ANY (keys) AND state = 'active';
END $$
"""


def upgrade() -> None:
    op.execute(HOLD)
