"""Metadata profiles; which one an achievement names, whence it was imported, and how complete a version was."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from service_kit.migrations import grant

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "metadata_profiles",
        sa.Column("org_id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("required", JSONB, nullable=False),
        sa.Column("recommended", JSONB, nullable=False),
        sa.Column("is_default", sa.Boolean, nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("org_id", "name", name="pk_metadata_profiles"),
    )
    op.create_index(
        "ix_metadata_profiles_default",
        "metadata_profiles",
        ["org_id"],
        unique=True,
        postgresql_where=sa.text("is_default"),
    )
    grant("metadata_profiles", "SELECT, INSERT, UPDATE, DELETE")
    op.add_column("achievements", sa.Column("profile", sa.Text))
    op.add_column("achievements", sa.Column("source", sa.Text))
    op.create_index(
        "ix_achievements_source",
        "achievements",
        ["org_id", "source"],
        unique=True,
        postgresql_where=sa.text("source IS NOT NULL"),
    )
    op.add_column("achievement_versions", sa.Column("profile", sa.Text))
    op.add_column("achievement_versions", sa.Column("completeness", JSONB))
