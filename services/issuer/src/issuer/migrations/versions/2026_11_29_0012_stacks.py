"""Pathways as the catalog published them, what is due for evaluation, and what was awarded by them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSON, JSONB

from service_kit.migrations import app_role, grant

revision = "0012"
down_revision = "0011"

ID = sa.Uuid(as_uuid=False)
MOMENT = sa.DateTime(timezone=True)
LONG_AGO = sa.text("'-infinity'")


def upgrade() -> None:
    op.add_column("status_lists", sa.Column("digest", sa.Text))
    op.execute(f'GRANT UPDATE (digest) ON TABLE status_lists TO "{app_role()}"')
    # The digest of what is published is known from the next publication on: all lists are due for one.
    op.execute("UPDATE status_lists SET changes = changes + 1")
    op.add_column("achievements", sa.Column("fed", sa.Boolean, nullable=False, server_default="false"))
    op.execute(f'GRANT UPDATE (fed) ON TABLE achievements TO "{app_role()}"')
    _pathways()
    _due()
    _stacks()


def _pathways() -> None:
    op.create_table(
        "pathways",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("org_id", sa.Text, nullable=False),
        sa.Column("retired", sa.Boolean, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("document", JSON, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", "version", name="pk_pathways"),
    )
    grant("pathways", "SELECT, INSERT, UPDATE (revision, retired, changed_at)")
    op.create_table(
        "pathway_feeds",
        sa.Column("achievement_id", sa.Text, nullable=False),
        sa.Column("org_id", sa.Text, nullable=False),
        sa.Column("pathway_id", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("achievement_id", "org_id", "pathway_id", name="pk_pathway_feeds"),
    )
    grant("pathway_feeds", "SELECT, INSERT")


def _due() -> None:
    op.create_table(
        "evaluations_due",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("org_id", sa.Text, nullable=False),
        sa.Column("pathway_id", sa.Text, nullable=False),
        sa.Column("recipient_key", sa.LargeBinary),
        sa.Column("credential_id", ID),
        sa.Column("revision", sa.Integer),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("taken_until", MOMENT, nullable=False, server_default=LONG_AGO),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("id", name="pk_evaluations_due"),
    )
    op.create_index("ix_evaluations_due_due_at", "evaluations_due", ["due_at"])
    grant("evaluations_due", "SELECT, INSERT, DELETE, UPDATE (due_at, taken_until, attempts)")


def _stacks() -> None:
    op.create_table(
        "stacks",
        sa.Column("id", ID, nullable=False),
        sa.Column("org_id", sa.Text, nullable=False),
        sa.Column("recipient_key", sa.LargeBinary, nullable=False),
        sa.Column("pathway_id", sa.Text, nullable=False),
        sa.Column("pathway_version", sa.Integer, nullable=False),
        sa.Column("evidence", sa.LargeBinary, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("credential_id", ID),
        sa.Column("record", JSON, nullable=False),
        sa.Column("steps", JSON, nullable=False),
        sa.Column("problem", JSONB(none_as_null=True)),
        sa.Column("holds_back", sa.Boolean, nullable=False),
        sa.Column("by_hand", sa.Boolean, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_stacks"),
        sa.CheckConstraint(
            "state IN ('waiting', 'refused', 'withdrawn', 'awarded', 'suspended', 'revoked')",
            name="ck_stacks_known_state",
        ),
        sa.CheckConstraint(
            "(credential_id IS NOT NULL) = (state IN ('awarded', 'suspended', 'revoked'))",
            name="ck_stacks_awarded_by_a_credential",
        ),
    )
    whose = ["org_id", "recipient_key", "pathway_id"]
    live = sa.text("state IN ('waiting', 'awarded', 'suspended')")
    op.create_index("uq_stacks_live", "stacks", whose, unique=True, postgresql_where=live)
    once = sa.text("state <> 'withdrawn'")
    op.create_index(
        "uq_stacks_evidence", "stacks", [*whose, "pathway_version", "evidence"], unique=True, postgresql_where=once
    )
    op.create_index("ix_stacks_org", "stacks", ["org_id", sa.text("created_at DESC"), sa.text("id DESC")])
    op.create_index("ix_stacks_recipient", "stacks", ["recipient_key"])
    grant(
        "stacks",
        "SELECT, INSERT, "
        "UPDATE (state, revision, evidence, credential_id, record, steps, problem, holds_back, by_hand, changed_at)",
    )
    stack = sa.ForeignKey("stacks.id", name="fk_stack_components_stack_id")
    op.create_table(
        "stack_components",
        sa.Column("stack_id", ID, stack, nullable=False),
        sa.Column("credential_id", ID, nullable=False),
        sa.PrimaryKeyConstraint("stack_id", "credential_id", name="pk_stack_components"),
    )
    op.create_index("ix_stack_components_credential_id", "stack_components", ["credential_id"])
    grant("stack_components", "SELECT, INSERT")
    op.create_table(
        "stack_changes",
        sa.Column("stack_id", ID, sa.ForeignKey("stacks.id", name="fk_stack_changes_stack_id"), nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("caused_by", sa.Text),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("stack_id", "revision", name="pk_stack_changes"),
    )
    grant("stack_changes", "SELECT, INSERT")
