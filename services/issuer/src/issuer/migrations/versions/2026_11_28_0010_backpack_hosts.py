"""Connections of backpacks to other hosts of Open Badges."""

import sqlalchemy as sa
from alembic import op

from service_kit.migrations import grant

revision = "0010"
down_revision = "0009"

ID = sa.Uuid(as_uuid=False)
MOMENT = sa.DateTime(timezone=True)
TEXTS = ("name", "api_url", "registration_url", "authorization_url", "token_url")


def upgrade() -> None:
    person = sa.ForeignKey("backpacks.person", name="fk_backpack_hosts_person", ondelete="CASCADE")
    op.create_table(
        "backpack_hosts",
        sa.Column("id", ID, nullable=False),
        sa.Column("person", sa.Text, person, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in TEXTS),
        sa.Column("state", sa.LargeBinary, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("waits_until", MOMENT),
        sa.Column("busy_until", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_backpack_hosts"),
    )
    op.create_index("ix_backpack_hosts_person", "backpack_hosts", ["person"])
    grant("backpack_hosts", "SELECT, INSERT, DELETE, UPDATE (sealed, changed_at, waits_until, busy_until)")
