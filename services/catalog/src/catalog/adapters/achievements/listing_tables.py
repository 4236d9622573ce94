"""What the public lists: one row for each achievement that was published, as its current version says.

A trigger of the table of achievements keeps it (migration 0007); the service only reads.
"""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Computed,
    DateTime,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import ARRAY, TSVECTOR

from catalog.adapters.tables import METADATA

SHELF = 5_000
"""So many places have one key: what was listed lately is found without the rest."""
NEAR_SHELVES = 2

# `place` is the order in which achievements were first published. `keys` are what a list is narrowed by.
LISTINGS = Table(
    "achievement_listings",
    METADATA,
    Column("achievement_id", Text, primary_key=True),
    Column("place", BigInteger, Identity(always=True), nullable=False),
    Column("version", Integer, nullable=False),
    Column("org_id", Text, nullable=False),
    Column("department", Text),
    Column("course_id", Text),
    Column("achievement_type", Text),
    Column("status", Text, CheckConstraint("status IN ('published', 'retired')", name="status"), nullable=False),
    Column("name", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("skills", ARRAY(Text), nullable=False),
    Column("title", TSVECTOR, nullable=False),
    Column("words", TSVECTOR, nullable=False),
    Column(
        "keys",
        ARRAY(Text),
        Computed(
            "listing_keys(place, status, org_id, department, course_id, achievement_type, skills)", persisted=True
        ),
        nullable=False,
    ),
    UniqueConstraint("place"),
    ForeignKeyConstraint(
        ["achievement_id", "version"],
        ["achievement_versions.achievement_id", "achievement_versions.version"],
        name="fk_achievement_listings_version",
    ),
)
Index("ix_achievement_listings_created_at", LISTINGS.c.status, LISTINGS.c.created_at, LISTINGS.c.achievement_id)
Index("ix_achievement_listings_name", LISTINGS.c.status, LISTINGS.c.name, LISTINGS.c.achievement_id)
Index("ix_achievement_listings_code", LISTINGS.c.status, LISTINGS.c.code, LISTINGS.c.achievement_id)
Index(
    "ix_achievement_listings_words",
    LISTINGS.c.words,
    LISTINGS.c.title,
    LISTINGS.c["keys"],
    postgresql_using="gin",
    postgresql_with={"fastupdate": "off"},
)
Index(
    "ix_achievement_listings_name_trigrams",
    LISTINGS.c.name,
    postgresql_using="gin",
    postgresql_ops={"name": "gin_trgm_ops"},
    postgresql_with={"fastupdate": "off"},
)


def shelves(status: str, top: str) -> str:
    """The keys of the shelf of a place, and of the next ones below it: as `listing_keys` of the database names them.

    Of a statement of text: status and place are expressions, and so is what it gives.
    """
    names = [f"concat({status}, ':', {top} / {SHELF} - {down})" for down in range(NEAR_SHELVES)]
    return f"ARRAY[{', '.join(names)}]"
