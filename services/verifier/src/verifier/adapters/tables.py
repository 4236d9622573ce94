"""The verifier's tables: projections of the fleet, each organization's trust and challenges, and its history."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import JSON, JSONB

from service_kit.tables import NAMING

METADATA = MetaData(naming_convention=NAMING)

ISSUERS = Table(
    "issuers",
    METADATA,
    Column("slug", Text, primary_key=True),
    Column("issuer_id", Text, nullable=False, index=True),
    Column("org_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("did_document", JSONB, nullable=False),
    Column("revision", BigInteger, nullable=False),
)

STATUS_LISTS = Table(
    "status_lists",
    METADATA,
    Column("url", Text, primary_key=True),
    Column("issuer_id", Text, nullable=False),
    Column("credential", JSONB, nullable=False),
    Column("revision", BigInteger, nullable=False),
)

CREDENTIAL_STATES = Table(
    "credential_states",
    METADATA,
    Column("credential_id", Text, primary_key=True),
    Column("issuer_id", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("revision", BigInteger, nullable=False),
    # What the last correction signed; all three, or none.
    Column("corrected_digest", Text),
    Column("corrected_valid_from", DateTime(timezone=True)),
    Column("corrected_revision", BigInteger),
)

PATHWAYS = Table(
    "pathways",
    METADATA,
    Column("pathway_id", Text, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    # JSON, not JSONB: its digest is of the numbers as they were written.
    Column("document", JSON, nullable=False),
)

TRUSTED_ISSUERS = Table(
    "trusted_issuers",
    METADATA,
    Column("org_id", Text, primary_key=True),
    Column("issuer_id", Text, primary_key=True),
    Column("added_at", DateTime(timezone=True), nullable=False),
)

CHALLENGES = Table(
    "challenges",
    METADATA,
    Column("digest", LargeBinary, primary_key=True),
    Column("org_id", Text, nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False, index=True),
    Column("spent_at", DateTime(timezone=True)),
)

VERIFICATIONS = Table(
    "verifications",
    METADATA,
    Column("sequence", BigInteger, Identity(always=True), primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("org_id", Text, nullable=False),
    Column("input_digest", Text, nullable=False),
    Column("credential_id", Text),
    Column("issuer_id", Text),
    Column("verdict", Text, nullable=False),
    Column("findings", JSONB, nullable=False),
    Column("verified_at", DateTime(timezone=True), nullable=False),
)
Index("ix_verifications_of_org", VERIFICATIONS.c.org_id, VERIFICATIONS.c.sequence.desc())
