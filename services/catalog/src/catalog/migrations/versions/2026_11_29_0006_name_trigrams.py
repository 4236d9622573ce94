"""Names of achievements by trigrams: what is there already under almost the same name."""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    for table in ("achievements", "achievement_versions"):
        op.create_index(
            f"ix_{table}_name_trigrams",
            table,
            ["name"],
            postgresql_using="gin",
            postgresql_ops={"name": "gin_trgm_ops"},
        )
