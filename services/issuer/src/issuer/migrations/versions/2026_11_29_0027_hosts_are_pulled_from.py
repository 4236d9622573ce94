"""Credentials of connected hosts come by themselves, each once. What is connected is due first in an hour."""

import sqlalchemy as sa
from alembic import op

from service_kit.migrations import app_role, grant

revision = "0027"
down_revision = "0026"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("backpack_hosts", sa.Column("pulls_at", MOMENT))
    op.add_column("backpack_hosts", sa.Column("pulled_at", MOMENT))
    op.add_column("backpack_hosts", sa.Column("pull_failures", sa.Integer, nullable=False, server_default="0"))
    op.create_index("ix_backpack_hosts_pulls_at", "backpack_hosts", ["pulls_at"])
    op.execute("UPDATE backpack_hosts SET pulls_at = now() + interval '1 hour' WHERE waits_until IS NULL")
    op.execute(f'GRANT UPDATE (pulls_at, pulled_at, pull_failures) ON TABLE backpack_hosts TO "{app_role()}"')
    host = sa.ForeignKey("backpack_hosts.id", name="fk_backpack_pulled_host_id", ondelete="CASCADE")
    op.create_table(
        "backpack_pulled",
        sa.Column("host_id", sa.Uuid(as_uuid=False), host, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("host_id", "digest", name="pk_backpack_pulled"),
    )
    grant("backpack_pulled", "SELECT, INSERT")
