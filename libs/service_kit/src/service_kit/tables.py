"""The kit's own tables: outbox, inbox, idempotency keys, revoked access. A service's migrations create what it uses."""

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Identity,
    Index,
    LargeBinary,
    MetaData,
    Table,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
KIT = MetaData(naming_convention=NAMING)

OUTBOX = Table(
    "outbox",
    KIT,
    Column("sequence", BigInteger, Identity(always=True), primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("topic", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("headers", JSONB, nullable=False),
    Column("value", LargeBinary, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("published_at", DateTime(timezone=True)),
)
Index("ix_outbox_pending", OUTBOX.c.sequence, postgresql_where=text("published_at IS NULL"))

INBOX = Table(
    "inbox",
    KIT,
    Column("source", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("received_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)

IDEMPOTENCY_KEYS = Table(
    "idempotency_keys",
    KIT,
    Column("owner", Text, primary_key=True),
    Column("operation", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("fingerprint", Text, nullable=False),
    Column("result", Text),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)

REVOKED_ACCESS = Table(
    "revoked_access",
    KIT,
    Column("kind", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("until", DateTime(timezone=True), nullable=False, index=True),
    Column("added_at", DateTime(timezone=True), nullable=False, server_default=func.now(), index=True),
)
