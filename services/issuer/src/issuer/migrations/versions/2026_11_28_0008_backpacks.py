"""Backpacks: what people keep, whoever issued it."""

import sqlalchemy as sa
from alembic import op

from service_kit.migrations import grant

revision = "0008"
down_revision = "0007"

ID = sa.Uuid(as_uuid=False)
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "backpacks",
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("profile", sa.Text),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("person", name="pk_backpacks"),
    )
    grant("backpacks", "SELECT, INSERT, DELETE, UPDATE (profile, changed_at)")
    _credentials()


def _credentials() -> None:
    person = sa.ForeignKey("backpacks.person", name="fk_backpack_credentials_person", ondelete="CASCADE")
    op.create_table(
        "backpack_credentials",
        sa.Column("id", ID, nullable=False),
        sa.Column("person", sa.Text, person, nullable=False),
        sa.Column("name", sa.LargeBinary, nullable=False),
        sa.Column("issuer_id", sa.Text, nullable=False),
        sa.Column("credential_id", sa.Text, nullable=False),
        sa.Column("notation", sa.Text, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("valid_from", MOMENT, nullable=False),
        sa.Column("kept_at", MOMENT, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_backpack_credentials"),
        sa.UniqueConstraint("person", "name", name="uq_backpack_credentials_person_name"),
        sa.CheckConstraint("notation IN ('document', 'compact_jws')", name="ck_backpack_credentials_known_notation"),
    )
    op.create_index("ix_backpack_credentials_kept", "backpack_credentials", ["person", "kept_at", "id"])
    replaced = "issuer_id, credential_id, notation, document, size, valid_from, changed_at"
    grant("backpack_credentials", f"SELECT, INSERT, DELETE, UPDATE ({replaced})")
