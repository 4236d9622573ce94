"""The feed of changes, beginning with what was published before it was there."""

import sqlalchemy as sa
from alembic import op

from service_kit.migrations import grant

revision = "0009"
down_revision = "0008"

BACKFILL = """
INSERT INTO changes (position, kind, thing, version, change, org_id, at)
SELECT row_number() OVER (ORDER BY at, kind, thing, version, change DESC), kind, thing, version, change, org_id, at
FROM (
  SELECT 'achievement' AS kind, achievement_id AS thing, version, org_id, published_at AS at,
    CASE version WHEN 1 THEN 'published' ELSE 'updated' END AS change
  FROM achievement_versions
  UNION ALL
  SELECT 'achievement', achievement_id, version, org_id, retired_at, 'retired'
  FROM achievement_versions WHERE retired_at IS NOT NULL
  UNION ALL
  SELECT 'pathway', pathway_id, version, org_id, published_at,
    CASE version WHEN 1 THEN 'published' ELSE 'updated' END
  FROM pathway_versions
  UNION ALL
  SELECT 'pathway', pathway_id, version, org_id, retired_at, 'retired'
  FROM pathway_versions WHERE retired_at IS NOT NULL
  UNION ALL
  SELECT 'skill-framework', framework_id, v.version, f.org_id, imported_at,
    CASE v.version WHEN 1 THEN 'published' ELSE 'updated' END
  FROM skill_framework_versions v JOIN skill_frameworks f ON f.id = v.framework_id
) AS earlier
"""


def upgrade() -> None:
    op.create_table(
        "changes",
        sa.Column("position", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("thing", sa.Text, nullable=False),
        sa.Column("version", sa.Integer),
        sa.Column("change", sa.Text, nullable=False),
        sa.Column("about", sa.Text),
        sa.Column("org_id", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("position", name="pk_changes"),
    )
    op.create_index("ix_changes_org_id", "changes", ["org_id", "position"])
    grant("changes", "SELECT, INSERT")
    op.create_table(
        "change_count",
        sa.Column("single", sa.Boolean, nullable=False),
        sa.Column("changes", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("single", name="pk_change_count"),
        sa.CheckConstraint("single", name="one_row"),
    )
    grant("change_count", "SELECT, INSERT, UPDATE")
    op.execute(BACKFILL)
    op.execute("INSERT INTO change_count (single, changes) SELECT true, count(*) FROM changes")
