"""What learners bring counts in stacks, by their consent, and is looked at again."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSON, JSONB

from service_kit.migrations import app_role, grant

revision = "0025"
down_revision = "0024"

ID = sa.Uuid(as_uuid=False)
CONSENTS, KEPT = "progress_consents", "backpack_credentials"


def upgrade() -> None:
    _consents()
    op.add_column(KEPT, sa.Column("looked", JSONB(none_as_null=True)))
    op.add_column(KEPT, sa.Column("look_at", sa.DateTime(timezone=True)))
    op.execute(f'GRANT UPDATE (looked, look_at) ON TABLE {KEPT} TO "{app_role()}"')
    wanted = sa.text("look_at IS NOT NULL")
    op.create_index("ix_backpack_credentials_look_at", KEPT, ["look_at"], postgresql_where=wanted)
    op.add_column("stacks", sa.Column("brought", JSON, nullable=False, server_default="{}"))
    op.execute(f'GRANT UPDATE (brought) ON TABLE stacks TO "{app_role()}"')
    kept = sa.ForeignKey(f"{KEPT}.id", name="fk_stack_kept_kept_id", ondelete="CASCADE")
    op.create_table(
        "stack_kept",
        sa.Column("stack_id", ID, sa.ForeignKey("stacks.id", name="fk_stack_kept_stack_id"), nullable=False),
        sa.Column("kept_id", ID, kept, nullable=False),
        sa.PrimaryKeyConstraint("stack_id", "kept_id", name="pk_stack_kept"),
    )
    op.create_index("ix_stack_kept_kept_id", "stack_kept", ["kept_id"])
    grant("stack_kept", "SELECT, INSERT")


def _consents() -> None:
    op.add_column(CONSENTS, sa.Column("allows_award", sa.Boolean, nullable=False, server_default="false"))
    op.add_column(CONSENTS, sa.Column("recipient_key", sa.LargeBinary))
    op.execute(f'GRANT UPDATE (recipient_key) ON TABLE {CONSENTS} TO "{app_role()}"')
    op.create_check_constraint(
        "ck_progress_consents_known_while_it_counts",
        CONSENTS,
        "(recipient_key IS NOT NULL) = (allows_award AND ended_at IS NULL)",
    )
    op.create_index(
        "ix_progress_consents_counting",
        CONSENTS,
        ["org_id", "pathway_id", "recipient_key"],
        postgresql_where=sa.text("recipient_key IS NOT NULL"),
    )
