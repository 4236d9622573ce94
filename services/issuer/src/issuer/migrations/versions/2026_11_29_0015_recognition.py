"""Recognition agreements, and what was decided about learners' requests."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSON

from service_kit.migrations import grant

revision = "0015"
down_revision = "0014"

ID = sa.Uuid(as_uuid=False)
MOMENT = sa.DateTime(timezone=True)
NEWEST = [sa.text("created_at DESC"), sa.text("id DESC")]


def upgrade() -> None:
    _agreements()
    _recognitions()


def _agreements() -> None:
    op.create_table(
        "recognition_agreements",
        sa.Column("id", ID, nullable=False),
        sa.Column("recognising_org", sa.Text, nullable=False),
        sa.Column("source_org", sa.Text, nullable=False),
        sa.Column("proposed_by", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("replaces", ID),
        sa.Column("document", JSON, nullable=False),
        sa.Column("programme", sa.Text, nullable=False),
        sa.Column("recognising_issuer", sa.Text, nullable=False),
        sa.Column("source_issuer", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("signed_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_recognition_agreements"),
        sa.CheckConstraint(
            "state IN ('proposed', 'signed', 'declined', 'withdrawn', 'ended')",
            name="ck_recognition_agreements_known_state",
        ),
        sa.CheckConstraint(
            "state NOT IN ('signed', 'ended') OR signed_at IS NOT NULL",
            name="ck_recognition_agreements_signed_at_some_time",
        ),
        sa.CheckConstraint("recognising_org <> source_org", name="ck_recognition_agreements_two_parties"),
    )
    for party in ("recognising_org", "source_org"):
        op.create_index(f"ix_recognition_agreements_{party}", "recognition_agreements", [party, *NEWEST])
    op.create_index(
        "ix_recognition_agreements_signed",
        "recognition_agreements",
        ["recognising_org", "programme", "source_issuer"],
        postgresql_where=sa.text("state = 'signed'"),
    )
    # What was proposed is what is signed: the application has no right to change the document.
    grant("recognition_agreements", "SELECT, INSERT, UPDATE (state, revision, changed_at, signed_at)")
    op.create_table(
        "agreement_changes",
        sa.Column(
            "agreement_id",
            ID,
            sa.ForeignKey("recognition_agreements.id", name="fk_agreement_changes_agreement_id"),
            nullable=False,
        ),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("org_id", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("agreement_id", "revision", name="pk_agreement_changes"),
    )
    grant("agreement_changes", "SELECT, INSERT")


def _recognitions() -> None:
    op.create_table(
        "recognitions",
        sa.Column("id", ID, nullable=False),
        sa.Column("org_id", sa.Text, nullable=False),
        sa.Column("programme", sa.Text, nullable=False),
        sa.Column("recipient_key", sa.LargeBinary, nullable=False),
        sa.Column("person", sa.Text),
        sa.Column("source", sa.LargeBinary, nullable=False),
        sa.Column("achievement", sa.Text, nullable=False),
        sa.Column("takes_place", sa.Boolean, nullable=False),
        sa.Column("counts", sa.Boolean, nullable=False),
        sa.Column("presented", JSON, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("own_source", ID),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("agreement_id", ID),
        sa.Column("target", sa.Text),
        sa.Column("credits", sa.Numeric),
        sa.Column("results", JSON, nullable=False),
        sa.Column("reasons", JSON, nullable=False),
        sa.Column("credential_id", ID),
        sa.Column("evidence", JSON, nullable=False),
        sa.Column("vouched", sa.Text),
        sa.Column("sealed", sa.LargeBinary),
        sa.Column("decider", sa.Text),
        sa.Column("is_appeal_used", sa.Boolean, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_recognitions"),
        sa.CheckConstraint(
            "state IN ('open', 'granted', 'refused', 'appealed', 'withdrawn', 'suspended', 'revoked')",
            name="ck_recognitions_known_state",
        ),
        sa.CheckConstraint(
            "(credential_id IS NOT NULL) = (state IN ('granted', 'suspended', 'revoked'))",
            name="ck_recognitions_granted_by_a_credential",
        ),
        sa.CheckConstraint(
            "state NOT IN ('granted', 'suspended') OR (takes_place AND counts)",
            name="ck_recognitions_what_is_granted_counts",
        ),
    )
    for name, columns in {
        "source": ["source"],
        "achievement": ["recipient_key", "achievement"],
        "person": ["person", "achievement"],
    }.items():
        op.create_index(
            f"uq_recognitions_{name}",
            "recognitions",
            ["org_id", "programme", *columns],
            unique=True,
            postgresql_where=sa.text("takes_place"),
        )
    op.create_index("ix_recognitions_org", "recognitions", ["org_id", *NEWEST])
    for column in ("recipient_key", "person", "own_source", "credential_id"):
        op.create_index(f"ix_recognitions_{column}", "recognitions", [column])
    grant(
        "recognitions",
        "SELECT, INSERT, UPDATE (takes_place, counts, state, revision, target, credits, results, reasons, "
        "credential_id, evidence, sealed, decider, is_appeal_used, changed_at)",
    )
    op.create_table(
        "recognition_changes",
        sa.Column(
            "recognition_id",
            ID,
            sa.ForeignKey("recognitions.id", name="fk_recognition_changes_recognition_id"),
            nullable=False,
        ),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("reasons", JSON, nullable=False),
        sa.Column("caused_by", sa.Text),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("recognition_id", "revision", name="pk_recognition_changes"),
    )
    grant("recognition_changes", "SELECT, INSERT")
