"""Indexes to count issuances by."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    for column in ("achievement_id", "issuer_slug", "org_id"):
        op.create_index(f"ix_issuances_{column}", "issuances", [column])
