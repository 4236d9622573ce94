"""Titles of courses and drafts in indexes of their own: a search's pool begins with what has the words there.

Who writes courses or drafts waits meanwhile. Where that is too long, they are created beforehand (ADR 102).
"""

from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    for table in ("achievements", "courses"):
        op.execute(f"CREATE INDEX IF NOT EXISTS ix_{table}_title ON {table} USING gin (ts_filter(search, '{{a}}'))")
    op.create_index("ix_courses_org_id", "courses", ["org_id", "created_at", "id"], if_not_exists=True)
