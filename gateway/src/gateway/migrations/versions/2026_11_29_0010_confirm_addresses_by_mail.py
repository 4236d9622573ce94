"""Confirm addresses by mail: when an account's was, links to mailboxes, mail that waits, and invitations by mail."""

import sqlalchemy as sa
from alembic import op

from service_kit.migrations import grant

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("users", sa.Column("email_verified_at", MOMENT))
    op.add_column("invitations", sa.Column("mailed", sa.LargeBinary))
    op.create_unique_constraint("uq_invitations_mailed", "invitations", ["mailed"])
    op.create_table(
        "account_links",
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("user_id", sa.Text),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_account_links"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_account_links_user_id"),
        sa.CheckConstraint("kind IN ('confirm', 'reset')", name=op.f("ck_account_links_kind")),
    )
    op.create_index("ix_account_links_user_id", "account_links", ["user_id"])
    op.create_index("ix_account_links_expires_at", "account_links", ["expires_at"])
    grant("account_links", "SELECT, INSERT, DELETE")
    op.create_table(
        "mails",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("box", sa.LargeBinary, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_mails"),
    )
    op.create_index("ix_mails_due_at", "mails", ["due_at"])
    op.create_index("ix_mails_expires_at", "mails", ["expires_at"])
    grant("mails", "SELECT, INSERT, UPDATE, DELETE")
