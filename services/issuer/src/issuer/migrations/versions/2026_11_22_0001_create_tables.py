"""Issuers with their keys, status lists, credentials with their history, and the copy of the catalog's publications."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSON, JSONB

from service_kit.migrations import create_kit_tables, grant

revision = "0001"
down_revision = None

ID = sa.Uuid(as_uuid=False)
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    create_kit_tables()
    _issuers()
    _status_lists()
    _credentials()
    _achievements()


def _issuers() -> None:
    op.create_table(
        "issuers",
        sa.Column("id", ID, nullable=False),
        sa.Column("org_id", sa.Text, nullable=False),
        sa.Column("slug", sa.Text, nullable=False),
        sa.Column("did", sa.Text, nullable=False),
        sa.Column("method", sa.Text, nullable=False),
        sa.Column("profile", JSON, nullable=False),
        sa.Column("policy", JSONB, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_issuers"),
        sa.UniqueConstraint("slug", name="uq_issuers_slug"),
        sa.UniqueConstraint("did", name="uq_issuers_did"),
    )
    op.create_index("ix_issuers_org_id", "issuers", ["org_id"])
    grant("issuers", "SELECT, INSERT, UPDATE (profile, policy, active, revision, changed_at)")
    op.create_table(
        "issuer_keys",
        sa.Column("id", ID, nullable=False),
        sa.Column("issuer_id", ID, sa.ForeignKey("issuers.id", name="fk_issuer_keys_issuer_id"), nullable=False),
        sa.Column("verification_method", sa.Text, nullable=False),
        sa.Column("public_key", sa.Text, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_issuer_keys"),
        sa.UniqueConstraint("issuer_id", name="uq_issuer_keys_issuer_id"),
        sa.UniqueConstraint("verification_method", name="uq_issuer_keys_verification_method"),
    )
    grant("issuer_keys", "SELECT, INSERT")


def _status_lists() -> None:
    op.create_table(
        "status_lists",
        sa.Column("id", ID, nullable=False),
        sa.Column("issuer_id", ID, sa.ForeignKey("issuers.id", name="fk_status_lists_issuer_id"), nullable=False),
        sa.Column("org_id", sa.Text, nullable=False),
        sa.Column("length", sa.Integer, nullable=False),
        sa.Column("permutation_key", sa.LargeBinary, nullable=False),
        sa.Column("next_counter", sa.Integer, nullable=False),
        sa.Column("changes", sa.BigInteger, nullable=False),
        sa.Column("published_changes", sa.BigInteger, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("published_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_status_lists"),
        sa.CheckConstraint("next_counter BETWEEN 0 AND length", name="ck_status_lists_counter_in_list"),
        sa.CheckConstraint("published_changes <= changes", name="ck_status_lists_published_what_happened"),
    )
    op.create_index(
        "uq_status_lists_open",
        "status_lists",
        ["issuer_id"],
        unique=True,
        postgresql_where=sa.text("next_counter < length"),
    )
    op.create_index(
        "ix_status_lists_changed",
        "status_lists",
        ["published_at"],
        postgresql_where=sa.text("changes > published_changes"),
    )
    op.create_index("ix_status_lists_published_at", "status_lists", ["published_at"])
    grant(
        "status_lists",
        "SELECT, INSERT, UPDATE (next_counter, changes, published_changes, revision, published_at)",
    )


def _credentials() -> None:
    op.create_table(
        "credentials",
        sa.Column("id", ID, nullable=False),
        sa.Column("org_id", sa.Text, nullable=False),
        sa.Column("issuer_id", ID, nullable=False),
        sa.Column("achievement_id", sa.Text, nullable=False),
        sa.Column("achievement_version", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("status_list_id", ID, nullable=False),
        sa.Column("status_index", sa.Integer, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("recipient_key", sa.LargeBinary, nullable=False),
        sa.Column("issued_by", sa.Text, nullable=False),
        sa.Column("issued_at", MOMENT, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("valid_from", MOMENT, nullable=False),
        sa.Column("valid_until", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_credentials"),
        sa.CheckConstraint("state IN ('issued', 'suspended', 'revoked')", name="ck_credentials_known_state"),
    )
    op.create_index("uq_credentials_slot", "credentials", ["status_list_id", "status_index"], unique=True)
    op.create_index("ix_credentials_org", "credentials", ["org_id", sa.text("issued_at DESC"), sa.text("id DESC")])
    op.create_index("ix_credentials_recipient", "credentials", ["recipient_key"])
    op.create_index(
        "ix_credentials_set_bits", "credentials", ["status_list_id"], postgresql_where=sa.text("state <> 'issued'")
    )
    grant("credentials", "SELECT, INSERT, UPDATE (state, revision, changed_at)")
    op.create_table(
        "status_changes",
        sa.Column(
            "credential_id", ID, sa.ForeignKey("credentials.id", name="fk_status_changes_credential_id"), nullable=False
        ),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("credential_id", "revision", name="pk_status_changes"),
    )
    grant("status_changes", "SELECT, INSERT")


def _achievements() -> None:
    op.create_table(
        "achievements",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("org_id", sa.Text, nullable=False),
        sa.Column("retired", sa.Boolean, nullable=False),
        sa.Column("document", JSON, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", "version", name="pk_achievements"),
    )
    grant("achievements", "SELECT, INSERT, UPDATE (revision, retired, changed_at)")
