"""What was refused before appeals had a time gets one: as the institution's policies say, from the day of the decision.

Nobody loses the right from one moment to the next: there are two weeks from now at least.
"""

from alembic import op

revision = "0030"
down_revision = "0029"

DAYS = """
SELECT max(coalesce((policy ->> 'appeal_days')::integer, 30)) FROM issuers WHERE issuers.org_id = refused.org_id
"""
GIVE = f"""
UPDATE recognitions AS refused
SET appeal_until = greatest(decided.at + make_interval(days => coalesce(({DAYS}), 30)), now() + interval '14 days')
FROM (SELECT recognition_id, max(at) AS at FROM recognition_changes
      WHERE state = 'refused' AND "by" IN ('institution', 'agreement') GROUP BY recognition_id) AS decided
WHERE decided.recognition_id = refused.id AND refused.state = 'refused' AND refused.appeal_until IS NULL
  AND NOT refused.is_appeal_used AND refused.sealed IS NOT NULL
RETURNING refused.id, refused.appeal_until
"""  # noqa: S608 - our own words
CLOSE = f"""
WITH given AS ({GIVE}) INSERT INTO recognitions_due (recognition_id, due_at) SELECT id, appeal_until FROM given
"""  # noqa: S608 - our own words


def upgrade() -> None:
    op.execute(CLOSE)
