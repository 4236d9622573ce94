"""What is recognised and was issued elsewhere is looked at again, by its places in status lists alone."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSON, JSONB

from service_kit.migrations import grant

revision = "0028"
down_revision = "0027"

MOMENT = sa.DateTime(timezone=True)
TABLE = "recognition_sources"
# What was granted before has nothing to be looked at by: its document is gone, with where its status is published.
FROM_BEFORE = """
INSERT INTO recognition_sources (recognition_id, lists, places, state, seen_at, problem, failures)
SELECT id, '', '[]', 'issued', created_at, CAST(:problem AS jsonb), 0
FROM recognitions WHERE counts AND own_source IS NULL
"""
PROBLEM = '{"code": "status-not-kept", "detail": "it was recognised before its place in a status list was kept"}'


def upgrade() -> None:
    recognition = sa.ForeignKey("recognitions.id", name="fk_recognition_sources_recognition_id")
    op.create_table(
        TABLE,
        sa.Column("recognition_id", sa.Uuid(as_uuid=False), recognition, nullable=False),
        sa.Column("lists", sa.Text, nullable=False),
        sa.Column("places", JSON, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.Column("list_url", sa.Text),
        sa.Column("list_digest", sa.Text),
        sa.Column("problem", JSONB(none_as_null=True)),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("look_at", MOMENT),
        sa.Column("taken_until", MOMENT, nullable=False, server_default=sa.text("'-infinity'")),
        sa.PrimaryKeyConstraint("recognition_id", name="pk_recognition_sources"),
        sa.CheckConstraint("state IN ('issued', 'suspended', 'revoked')", name="ck_recognition_sources_known_state"),
    )
    wanted = sa.text("look_at IS NOT NULL")
    op.create_index("ix_recognition_sources_look_at", TABLE, ["look_at"], postgresql_where=wanted)
    op.create_index("ix_recognition_sources_lists", TABLE, ["lists", "look_at"], postgresql_where=wanted)
    found = "state, seen_at, list_url, list_digest, problem, failures, look_at, taken_until"
    grant(TABLE, f"SELECT, INSERT, DELETE, UPDATE ({found})")
    op.execute(sa.text(FROM_BEFORE).bindparams(problem=PROBLEM))
