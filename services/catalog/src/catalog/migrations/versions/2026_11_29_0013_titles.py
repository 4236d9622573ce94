"""Titles of courses and drafts in indexes of their own: a search's pool begins with what has the words there.

Courses and drafts are read and written meanwhile.
"""

from service_kit.migrations import create_index

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    for table in ("achievements", "courses"):
        create_index(f"ix_{table}_title", table, "USING gin (ts_filter(search, '{a}'))")
    create_index("ix_courses_org_id", "courses", "(org_id, created_at, id)")
