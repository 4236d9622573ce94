"""Learners' consents that pathways' owners see their progress."""

import sqlalchemy as sa
from alembic import op

from service_kit.migrations import grant

revision = "0016"
down_revision = "0015"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "progress_consents",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("org_id", sa.Text, nullable=False),
        sa.Column("pathway_id", sa.Text, nullable=False),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("shows_address", sa.Boolean, nullable=False),
        sa.Column("sealed", sa.LargeBinary),
        sa.Column("granted_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT),
        sa.Column("ended_at", MOMENT),
        sa.Column("seen_at", MOMENT),
        sa.Column("seen", sa.Integer, nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("id", name="pk_progress_consents"),
        sa.UniqueConstraint("person", "pathway_id", name="uq_progress_consents_person_pathway_id"),
        sa.CheckConstraint(
            "(sealed IS NULL) = (ended_at IS NOT NULL)", name="ck_progress_consents_nothing_left_of_an_ended_one"
        ),
    )
    newest = [sa.text("granted_at DESC"), sa.text("id DESC")]
    op.create_index("ix_progress_consents_owner", "progress_consents", ["org_id", "pathway_id", *newest])
    op.create_index("ix_progress_consents_person", "progress_consents", ["person", *newest])
    grant("progress_consents", "SELECT, INSERT, DELETE, UPDATE (sealed, ended_at, seen_at, seen)")
