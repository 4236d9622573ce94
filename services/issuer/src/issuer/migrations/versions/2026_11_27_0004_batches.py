"""Batches, and the mark that gives a person an achievement once."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSON, JSONB

from service_kit.migrations import app_role, grant

revision = "0004"
down_revision = "0003"

ID = sa.Uuid(as_uuid=False)
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("credentials", sa.Column("once", sa.LargeBinary))
    op.create_index("uq_credentials_once", "credentials", ["once"], unique=True)
    op.execute(f'GRANT UPDATE (once) ON TABLE credentials TO "{app_role()}"')
    _batches()
    _rows()


def _batches() -> None:
    op.create_table(
        "batches",
        sa.Column("id", ID, nullable=False),
        sa.Column("org_id", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("achievement_id", sa.Text, nullable=False),
        sa.Column("achievement_version", sa.Integer, nullable=False),
        sa.Column("issuer", sa.Text),
        sa.Column("allow_duplicates", sa.Boolean, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("rows", sa.Integer, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_batches"),
        sa.CheckConstraint("state IN ('running', 'paused', 'cancelled', 'done')", name="ck_batches_known_state"),
    )
    op.create_index("ix_batches_org", "batches", ["org_id", sa.text("created_at DESC"), sa.text("id DESC")])
    op.create_index("ix_batches_running", "batches", ["changed_at"], postgresql_where=sa.text("state = 'running'"))
    grant("batches", "SELECT, INSERT, UPDATE (state, changed_at)")


def _rows() -> None:
    op.create_table(
        "batch_rows",
        sa.Column("batch_id", ID, sa.ForeignKey("batches.id", name="fk_batch_rows_batch_id"), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("request", JSON),
        sa.Column("credential_id", ID),
        sa.Column("problem", JSONB),
        sa.PrimaryKeyConstraint("batch_id", "number", name="pk_batch_rows"),
        sa.CheckConstraint(
            "state IN ('waiting', 'issued', 'failed', 'refused', 'cancelled')", name="ck_batch_rows_known_state"
        ),
    )
    op.create_index(
        "ix_batch_rows_waiting", "batch_rows", ["batch_id", "number"], postgresql_where=sa.text("state = 'waiting'")
    )
    grant("batch_rows", "SELECT, INSERT, UPDATE (state, request, credential_id, problem)")
