"""The tables of pathways and of what is awarded by them."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSON, JSONB

from issuer.adapters.tables import ID, METADATA, MOMENT

PATHWAYS = Table(
    "pathways",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("revision", Integer, nullable=False),
    Column("org_id", Text, nullable=False),
    Column("retired", Boolean, nullable=False),
    Column("digest", Text, nullable=False),
    Column("document", JSON, nullable=False),
    Column("changed_at", MOMENT, nullable=False),
)

# Which pathways of an organization an achievement matters to, in any of their versions.
PATHWAY_FEEDS = Table(
    "pathway_feeds",
    METADATA,
    Column("achievement_id", Text, primary_key=True),
    Column("org_id", Text, primary_key=True),
    Column("pathway_id", Text, primary_key=True),
)

# A queue: nothing in it is unique, so that who adds to it never waits. Without a recipient everybody is meant.
EVALUATIONS_DUE = Table(
    "evaluations_due",
    METADATA,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("org_id", Text, nullable=False),
    Column("pathway_id", Text, nullable=False),
    Column("recipient_key", LargeBinary),
    Column("credential_id", ID),
    Column("revision", Integer),
    Column("due_at", MOMENT, nullable=False, index=True),
    Column("taken_until", MOMENT, nullable=False, server_default=text("'-infinity'")),
    Column("taken_by", Integer),
    Column("taken_by_until", MOMENT),
    Column("attempts", Integer, nullable=False, server_default="0"),
)

STACKS = Table(
    "stacks",
    METADATA,
    Column("id", ID, primary_key=True),
    Column("org_id", Text, nullable=False),
    Column("recipient_key", LargeBinary, nullable=False),
    Column("pathway_id", Text, nullable=False),
    Column("pathway_version", Integer, nullable=False),
    Column("evidence", LargeBinary, nullable=False),
    Column("state", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("credential_id", ID),
    Column("record", JSON, nullable=False),
    Column("steps", JSON, nullable=False),
    # What counts of what the learner brought, by id, and what each was when that was last known.
    Column("brought", JSON, nullable=False, server_default="{}"),
    Column("problem", JSONB(none_as_null=True)),
    Column("holds_back", Boolean, nullable=False),
    Column("by_hand", Boolean, nullable=False),
    Column("created_at", MOMENT, nullable=False),
    Column("changed_at", MOMENT, nullable=False),
    CheckConstraint(
        "state IN ('waiting', 'refused', 'withdrawn', 'awarded', 'suspended', 'revoked')", name="known_state"
    ),
    CheckConstraint(
        "(credential_id IS NOT NULL) = (state IN ('awarded', 'suspended', 'revoked'))", name="awarded_by_a_credential"
    ),
)
_WHOSE = (STACKS.c.org_id, STACKS.c.recipient_key, STACKS.c.pathway_id)
Index("uq_stacks_live", *_WHOSE, unique=True, postgresql_where=text("state IN ('waiting', 'awarded', 'suspended')"))
Index(
    "uq_stacks_evidence",
    *_WHOSE,
    STACKS.c.pathway_version,
    STACKS.c.evidence,
    unique=True,
    postgresql_where=text("state <> 'withdrawn'"),
)
Index("ix_stacks_org", STACKS.c.org_id, STACKS.c.created_at.desc(), STACKS.c.id.desc())
Index("ix_stacks_recipient", STACKS.c.recipient_key)

STACK_COMPONENTS = Table(
    "stack_components",
    METADATA,
    Column("stack_id", ForeignKey("stacks.id"), primary_key=True),
    Column("credential_id", ID, primary_key=True, index=True),
)

# What counts of what learners keep. It goes when they delete it; that it counted is in the record.
STACK_KEPT = Table(
    "stack_kept",
    METADATA,
    Column("stack_id", ForeignKey("stacks.id"), primary_key=True),
    Column("kept_id", ForeignKey("backpack_credentials.id", ondelete="CASCADE"), primary_key=True, index=True),
)

STACK_CHANGES = Table(
    "stack_changes",
    METADATA,
    Column("stack_id", ForeignKey("stacks.id"), primary_key=True),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("caused_by", Text),
    Column("at", MOMENT, nullable=False),
)
