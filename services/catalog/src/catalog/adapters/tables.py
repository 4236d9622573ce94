"""The catalog's tables. The search vectors are generated columns over functions that the first migration creates."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ColumnElement,
    Computed,
    DateTime,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    func,
    literal_column,
)
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR

from service_kit.tables import NAMING

METADATA = MetaData(naming_convention=NAMING)


def titles(table: Table) -> ColumnElement[str]:
    """What a row says in its name and code alone, as an index has it."""
    return func.ts_filter(table.c.search, literal_column("'{a}'"), type_=TSVECTOR)


COURSES = Table(
    "courses",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("org_id", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("department", Text),
    Column("level", Text),
    Column("credits", Double),
    Column("type", Text),
    Column("prerequisites", Text),
    Column("description", Text),
    Column("general_education", JSONB, nullable=False),
    Column("extra", JSONB, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column(
        "search",
        TSVECTOR,
        Computed("course_search(code, title, department, description, general_education)", persisted=True),
        nullable=False,
    ),
    UniqueConstraint("org_id", "code"),
)
Index("ix_courses_search", COURSES.c.search, postgresql_using="gin")
Index("ix_courses_title", titles(COURSES), postgresql_using="gin")
Index("ix_courses_org_id", COURSES.c.org_id, COURSES.c.created_at, COURSES.c.id)
Index("ix_courses_code", COURSES.c.code, COURSES.c.id)
Index("ix_courses_created_at", COURSES.c.created_at, COURSES.c.id)

ACHIEVEMENTS = Table(
    "achievements",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("org_id", Text, nullable=False),
    Column("document", JSONB, nullable=False),
    Column("name", Text, nullable=False),
    Column("achievement_type", Text),
    Column("department", Text),
    Column("course_id", Text, ForeignKey("courses.id", ondelete="SET NULL")),
    Column("revision", BigInteger, nullable=False),
    Column(
        "status",
        Text,
        CheckConstraint("status IN ('draft', 'published', 'retired')", name="status"),
        nullable=False,
    ),
    Column("latest_version", Integer, nullable=False),
    Column("current_version", Integer),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("search", TSVECTOR, Computed("achievement_search(document)", persisted=True), nullable=False),
    Column("profile", Text),
    Column("source", Text),
)
Index(
    "ix_achievements_source",
    ACHIEVEMENTS.c.org_id,
    ACHIEVEMENTS.c.source,
    unique=True,
    postgresql_where=ACHIEVEMENTS.c.source.isnot(None),
)
Index(
    "ix_achievements_org_id",
    ACHIEVEMENTS.c.org_id,
    ACHIEVEMENTS.c.created_at,
    postgresql_include=[ACHIEVEMENTS.c.id, ACHIEVEMENTS.c.name],
)
Index("ix_achievements_created_at", ACHIEVEMENTS.c.created_at, ACHIEVEMENTS.c.id)
Index("ix_achievements_course_id", ACHIEVEMENTS.c.course_id)
Index(
    "ix_achievements_name_trigrams",
    ACHIEVEMENTS.c.name,
    postgresql_using="gin",
    postgresql_ops={"name": "gin_trgm_ops"},
)
Index("ix_achievements_title", titles(ACHIEVEMENTS), postgresql_using="gin")
Index("ix_achievements_search", ACHIEVEMENTS.c.search, postgresql_using="gin")

VERSIONS = Table(
    "achievement_versions",
    METADATA,
    Column("achievement_id", Text, ForeignKey("achievements.id"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("org_id", Text, nullable=False),
    Column("document", JSONB, nullable=False),
    Column("digest", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("achievement_type", Text),
    Column("status", Text, CheckConstraint("status IN ('published', 'retired')", name="status"), nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("published_at", DateTime(timezone=True), nullable=False),
    Column("retired_at", DateTime(timezone=True)),
    Column("search", TSVECTOR, Computed("achievement_search(document)", persisted=True), nullable=False),
    Column("profile", Text),
    Column("completeness", JSONB(none_as_null=True)),
)

METADATA_PROFILES = Table(
    "metadata_profiles",
    METADATA,
    Column("org_id", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column("required", JSONB, nullable=False),
    Column("recommended", JSONB, nullable=False),
    Column("is_default", Boolean, nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
)
Index(
    "ix_metadata_profiles_default",
    METADATA_PROFILES.c.org_id,
    unique=True,
    postgresql_where=METADATA_PROFILES.c.is_default,
)

ISSUERS = Table(
    "issuers",
    METADATA,
    Column("slug", Text, primary_key=True),
    Column("issuer_id", Text, nullable=False),
    Column("org_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("country", Text),
)
Index("ix_issuers_org_id", ISSUERS.c.org_id)

# One row per credential, whichever of its events came first; `achievement_id` is unknown until the issuance arrives.
CREDENTIALS = Table(
    "credentials",
    METADATA,
    Column("credential_id", Text, primary_key=True),
    Column("achievement_id", Text),
    Column("state", Text, CheckConstraint("state IN ('issued', 'suspended', 'revoked')", name="state"), nullable=False),
    Column("revision", BigInteger, nullable=False),
)
Index("ix_credentials_achievement_id", CREDENTIALS.c.achievement_id, CREDENTIALS.c.state)

# What the issuer service found to hold and to be wanted, of the version that it was given for.
ENDORSEMENTS = Table(
    "endorsements",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("subject", Text, nullable=False),
    Column("version", Integer),
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
    CheckConstraint("NOT shown OR (credential IS NOT NULL AND believed_until IS NOT NULL)", name="whole_when_shown"),
)
Index("ix_endorsements_subject", ENDORSEMENTS.c.subject, postgresql_where=ENDORSEMENTS.c.shown)

# Where each agreement stands that was told of. What was agreed is the issuer's to show.
AGREEMENTS = Table(
    "recognition_agreements",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("revision", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
)

# See adapters.changes: places are given in the order of commits.
CHANGES = Table(
    "changes",
    METADATA,
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("thing", Text, nullable=False),
    Column("version", Integer),
    Column("change", Text, nullable=False),
    Column("about", Text),
    Column("org_id", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
)
Index("ix_changes_org_id", CHANGES.c.org_id, CHANGES.c.position)

CHANGE_COUNT = Table(
    "change_count",
    METADATA,
    Column("single", Boolean, primary_key=True),
    Column("changes", BigInteger, nullable=False),
    CheckConstraint("single", name="one_row"),
)

PATHWAYS = Table(
    "pathways",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("org_id", Text, nullable=False),
    Column("document", JSONB, nullable=False),
    Column("name", Text, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column(
        "status",
        Text,
        CheckConstraint("status IN ('draft', 'published', 'retired')", name="status"),
        nullable=False,
    ),
    Column("latest_version", Integer, nullable=False),
    Column("current_version", Integer),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("search", TSVECTOR, Computed("pathway_search(document)", persisted=True), nullable=False),
)
Index("ix_pathways_org_id", PATHWAYS.c.org_id, PATHWAYS.c.created_at)
Index("ix_pathways_created_at", PATHWAYS.c.created_at, PATHWAYS.c.id)
Index("ix_pathways_search", PATHWAYS.c.search, postgresql_using="gin")

PATHWAY_VERSIONS = Table(
    "pathway_versions",
    METADATA,
    Column("pathway_id", Text, ForeignKey("pathways.id"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("org_id", Text, nullable=False),
    Column("document", JSONB, nullable=False),
    Column("digest", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("status", Text, CheckConstraint("status IN ('published', 'retired')", name="status"), nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("published_at", DateTime(timezone=True), nullable=False),
    Column("retired_at", DateTime(timezone=True)),
    Column("search", TSVECTOR, Computed("pathway_search(document)", persisted=True), nullable=False),
)
Index("ix_pathway_versions_search", PATHWAY_VERSIONS.c.search, postgresql_using="gin")
