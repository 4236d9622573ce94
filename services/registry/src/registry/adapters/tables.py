"""The registry's tables. Every one is a projection: `rebuild` can drop its rows and read the topics again."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)

from service_kit.tables import NAMING

METADATA = MetaData(naming_convention=NAMING)

ISSUERS = Table(
    "issuers",
    METADATA,
    Column("slug", Text, primary_key=True),
    Column("issuer_id", Text, nullable=False),
    Column("org_id", Text, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("name", Text, nullable=False),
    Column("profile", LargeBinary, nullable=False),
    Column("did_document", LargeBinary, nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
)

ACHIEVEMENTS = Table(
    "achievements",
    METADATA,
    Column("achievement_id", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("revision", BigInteger, nullable=False),
    Column("org_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("achievement_type", Text),
    Column("retired", Boolean, nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
)

# Two halves that arrive by two topics in either order, so two tables: neither waits for the other, no column is
# "not there yet", and a record is public when its issuance is.
ISSUANCES = Table(
    "issuances",
    METADATA,
    Column("credential_id", Text, primary_key=True),
    Column("revision", BigInteger, nullable=False),
    Column("org_id", Text, nullable=False),
    Column("issuer_id", Text, nullable=False),
    Column("issuer_slug", Text, nullable=False),
    Column("achievement_id", Text, nullable=False),
    Column("achievement_version", Integer, nullable=False),
    Column("issued_at", DateTime(timezone=True), nullable=False),
    Column("valid_from", DateTime(timezone=True), nullable=False),
    Column("valid_until", DateTime(timezone=True)),
    Column("digest", Text, nullable=False),
    Column("status_list", Text, nullable=False),
    Column("status_index", BigInteger, nullable=False),
)

Index("ix_issuances_achievement_id", ISSUANCES.c.achievement_id)
Index("ix_issuances_issuer_slug", ISSUANCES.c.issuer_slug)
Index("ix_issuances_org_id", ISSUANCES.c.org_id)

STANDINGS = Table(
    "standings",
    METADATA,
    Column("credential_id", Text, primary_key=True),
    Column("revision", BigInteger, nullable=False),
    Column("state", Text, CheckConstraint("state IN ('issued', 'suspended', 'revoked')", name="state"), nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
)

STATUS_LISTS = Table(
    "status_lists",
    METADATA,
    Column("list_id", Text, primary_key=True),
    Column("url", Text, nullable=False),
    Column("org_id", Text, nullable=False),
    Column("issuer_id", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("credential", LargeBinary, nullable=False),
    Column("ttl_s", Integer, nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
)

ENDORSEMENTS = Table(
    "endorsements",
    METADATA,
    Column("endorsement_id", Text, primary_key=True),
    Column("about", Text, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("shown", Boolean, nullable=False),
    Column("issuer_id", Text),
    Column("issuer_name", Text),
    Column("credential", Text),
    Column("is_token", Boolean),
    Column("comment", Text),
    Column("valid_from", DateTime(timezone=True)),
    Column("valid_until", DateTime(timezone=True)),
    Column("believed_until", DateTime(timezone=True)),
)
Index("ix_endorsements_about", ENDORSEMENTS.c.about, postgresql_where=ENDORSEMENTS.c.shown)

PROJECTIONS = (ISSUERS, ACHIEVEMENTS, ISSUANCES, STANDINGS, STATUS_LISTS, ENDORSEMENTS)
