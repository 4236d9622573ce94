"""The issuer's tables.

Credentials have no foreign keys on purpose: issuers, lists and achievements are never deleted (nobody has the right
to), and checking references would make concurrent issues lock the same few rows.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSON, JSONB

from service_kit.tables import NAMING

METADATA = MetaData(naming_convention=NAMING)

ID = Uuid(as_uuid=False)
MOMENT = DateTime(timezone=True)

ISSUERS = Table(
    "issuers",
    METADATA,
    Column("id", ID, primary_key=True),
    Column("org_id", Text, nullable=False, index=True),
    Column("slug", Text, nullable=False, unique=True),
    Column("did", Text, nullable=False, unique=True),
    Column("method", Text, nullable=False),
    Column("profile", JSON, nullable=False),
    Column("policy", JSONB, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("created_at", MOMENT, nullable=False),
    Column("changed_at", MOMENT, nullable=False),
)

ISSUER_KEYS = Table(
    "issuer_keys",
    METADATA,
    Column("id", ID, primary_key=True),
    Column("issuer_id", ForeignKey("issuers.id"), nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("verification_method", Text, nullable=False, unique=True),
    Column("public_key", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("created_at", MOMENT, nullable=False),
    Column("state", Text, nullable=False),
    Column("since", MOMENT, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("told_by", BigInteger),
    UniqueConstraint("issuer_id", "ordinal"),
    CheckConstraint("state IN ('published', 'active', 'retiring', 'retired', 'revoked')", name="known_state"),
    CheckConstraint("(octet_length(sealed) = 0) = (state IN ('retired', 'revoked'))", name="private_while_of_use"),
    CheckConstraint("purpose IN ('any', 'credentials', 'status-lists')", name="known_purpose"),
)

STATUS_LISTS = Table(
    "status_lists",
    METADATA,
    Column("id", ID, primary_key=True),
    Column("issuer_id", ForeignKey("issuers.id"), nullable=False),
    Column("org_id", Text, nullable=False),
    Column("length", Integer, nullable=False),
    Column("permutation_key", LargeBinary, nullable=False),
    Column("next_counter", Integer, nullable=False),
    Column("changes", BigInteger, nullable=False),
    Column("published_changes", BigInteger, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("published_at", MOMENT, nullable=False),
    Column("digest", Text),
    CheckConstraint("next_counter BETWEEN 0 AND length", name="counter_in_list"),
    CheckConstraint("published_changes <= changes", name="published_what_happened"),
)
Index(
    "uq_status_lists_open",
    STATUS_LISTS.c.issuer_id,
    unique=True,
    postgresql_where=text("next_counter < length"),
)
Index("ix_status_lists_changed", STATUS_LISTS.c.published_at, postgresql_where=text("changes > published_changes"))
Index("ix_status_lists_published_at", STATUS_LISTS.c.published_at)

CREDENTIALS = Table(
    "credentials",
    METADATA,
    Column("id", ID, primary_key=True),
    Column("org_id", Text, nullable=False),
    Column("issuer_id", ID, nullable=False),
    Column("achievement_id", Text, nullable=False),
    Column("achievement_version", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("status_list_id", ID, nullable=False),
    Column("status_index", Integer, nullable=False),
    Column("digest", Text, nullable=False),
    Column("document", Text, nullable=False),
    Column("recipient_key", LargeBinary, nullable=False),
    Column("issued_by", Text, nullable=False),
    Column("issued_at", MOMENT, nullable=False),
    Column("changed_at", MOMENT, nullable=False),
    Column("valid_from", MOMENT, nullable=False),
    Column("valid_until", MOMENT),
    Column("once", LargeBinary),
    CheckConstraint("state IN ('issued', 'suspended', 'revoked')", name="known_state"),
)
Index("uq_credentials_once", CREDENTIALS.c.once, unique=True)
Index("uq_credentials_slot", CREDENTIALS.c.status_list_id, CREDENTIALS.c.status_index, unique=True)
Index("ix_credentials_org", CREDENTIALS.c.org_id, CREDENTIALS.c.issued_at.desc(), CREDENTIALS.c.id.desc())
Index("ix_credentials_recipient", CREDENTIALS.c.recipient_key)
Index("ix_credentials_set_bits", CREDENTIALS.c.status_list_id, postgresql_where=text("state <> 'issued'"))

BATCHES = Table(
    "batches",
    METADATA,
    Column("id", ID, primary_key=True),
    Column("org_id", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False, server_default="issue"),
    # Of those that issue.
    Column("achievement_id", Text),
    Column("achievement_version", Integer),
    Column("issuer", Text),
    Column("allow_duplicates", Boolean),
    Column("state", Text, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("created_at", MOMENT, nullable=False),
    Column("changed_at", MOMENT, nullable=False),
    CheckConstraint("state IN ('running', 'paused', 'cancelled', 'done')", name="known_state"),
    CheckConstraint("action IN ('issue', 'revoke', 'suspend', 'reinstate', 'correct')", name="known_action"),
    CheckConstraint("(action = 'issue') = (achievement_id IS NOT NULL)", name="issues_something"),
)
Index("ix_batches_org", BATCHES.c.org_id, BATCHES.c.created_at.desc(), BATCHES.c.id.desc())
Index("ix_batches_running", BATCHES.c.changed_at, postgresql_where=text("state = 'running'"))

BATCH_ROWS = Table(
    "batch_rows",
    METADATA,
    Column("batch_id", ForeignKey("batches.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("state", Text, nullable=False),
    # JSON, not JSONB: what is asked for goes into a credential in the order it was sent.
    Column("request", JSON(none_as_null=True)),
    Column("credential_id", ID),
    Column("problem", JSONB(none_as_null=True)),
    Column("revision", Integer),
    CheckConstraint(
        "state IN ('waiting', 'issued', 'changed', 'unchanged', 'failed', 'refused', 'cancelled')", name="known_state"
    ),
)
Index(
    "ix_batch_rows_waiting",
    BATCH_ROWS.c.batch_id,
    BATCH_ROWS.c.number,
    postgresql_where=text("state = 'waiting'"),
)

ANY_CREDENTIALS = Table(
    "any_credentials",
    METADATA,
    Column("id", ID, primary_key=True),
    Column("org_id", Text, nullable=False),
    Column("issuer_id", ID, nullable=False),
    Column("name", Text),
    Column("state", Text, nullable=False),
    Column("status_list_id", ID),
    Column("status_index", Integer),
    Column("document", Text, nullable=False),
    Column("issued_by", Text, nullable=False),
    Column("issued_at", MOMENT, nullable=False),
    Column("changed_at", MOMENT, nullable=False),
    CheckConstraint("state IN ('issued', 'revoked')", name="known_state"),
    CheckConstraint("(status_list_id IS NULL) = (status_index IS NULL)", name="whole_slot"),
)
Index("uq_any_credentials_slot", ANY_CREDENTIALS.c.status_list_id, ANY_CREDENTIALS.c.status_index, unique=True)
Index("ix_any_credentials_name", ANY_CREDENTIALS.c.org_id, ANY_CREDENTIALS.c.name, ANY_CREDENTIALS.c.issued_at.desc())
Index("ix_any_credentials_set_bits", ANY_CREDENTIALS.c.status_list_id, postgresql_where=text("state <> 'issued'"))

STATUS_CHANGES = Table(
    "status_changes",
    METADATA,
    Column("credential_id", ForeignKey("credentials.id"), primary_key=True),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("at", MOMENT, nullable=False),
    Column("digest", Text),
)

ACHIEVEMENTS = Table(
    "achievements",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("revision", Integer, nullable=False),
    Column("org_id", Text, nullable=False),
    Column("retired", Boolean, nullable=False),
    # JSON, not JSONB: credentials embed it, and its members keep the order they were published in.
    Column("document", JSON, nullable=False),
    Column("changed_at", MOMENT, nullable=False),
    # Whether it may matter to a pathway: see pathway_feeds.
    Column("fed", Boolean, nullable=False, server_default=text("false")),
)
