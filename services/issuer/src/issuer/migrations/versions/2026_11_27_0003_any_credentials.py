"""Credentials that are issued as they are handed in."""

import sqlalchemy as sa
from alembic import op

from service_kit.migrations import grant

revision = "0003"
down_revision = "0002"

ID = sa.Uuid(as_uuid=False)
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "any_credentials",
        sa.Column("id", ID, nullable=False),
        sa.Column("org_id", sa.Text, nullable=False),
        sa.Column("issuer_id", ID, nullable=False),
        sa.Column("name", sa.Text),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("status_list_id", ID),
        sa.Column("status_index", sa.Integer),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("issued_by", sa.Text, nullable=False),
        sa.Column("issued_at", MOMENT, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_any_credentials"),
        sa.CheckConstraint("state IN ('issued', 'revoked')", name="ck_any_credentials_known_state"),
        sa.CheckConstraint("(status_list_id IS NULL) = (status_index IS NULL)", name="ck_any_credentials_whole_slot"),
    )
    op.create_index("uq_any_credentials_slot", "any_credentials", ["status_list_id", "status_index"], unique=True)
    op.create_index("ix_any_credentials_name", "any_credentials", ["org_id", "name", sa.text("issued_at DESC")])
    op.create_index(
        "ix_any_credentials_set_bits",
        "any_credentials",
        ["status_list_id"],
        postgresql_where=sa.text("state <> 'issued'"),
    )
    grant("any_credentials", "SELECT, INSERT, UPDATE (state, changed_at)")
