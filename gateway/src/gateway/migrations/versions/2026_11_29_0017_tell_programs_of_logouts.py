"""Where programs are told that a session ended, in which session a grant was given, and what waits to be told."""

import sqlalchemy as sa
from alembic import op

from service_kit.migrations import grant

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("clients", sa.Column("backchannel_logout_uri", sa.Text))
    op.add_column("grants", sa.Column("session", sa.Text))
    op.create_table(
        "logout_notices",
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("session", sa.Text, nullable=False),
        sa.Column("client_id", sa.Text, nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("user_id", "session", "client_id", name="pk_logout_notices"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_logout_notices_user_id"),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name="fk_logout_notices_client_id"),
    )
    op.create_index("ix_logout_notices_due_at", "logout_notices", ["due_at"])
    op.create_index("ix_logout_notices_expires_at", "logout_notices", ["expires_at"])
    grant("logout_notices", "SELECT, INSERT, UPDATE, DELETE")
