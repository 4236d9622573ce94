"""Tables of skills: frameworks as they were imported, and what achievements stand for."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    Computed,
    DateTime,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR

from catalog.adapters.tables import METADATA

SKILL_FRAMEWORKS = Table(
    "skill_frameworks",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("org_id", Text, nullable=False),
    Column("uri", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("language", Text, nullable=False),
    Column("source_version", Text),
    Column("digest", Text, nullable=False),
    Column("lowest_level", Double, nullable=False),
    Column("highest_level", Double, nullable=False),
    Column("skills", Integer, nullable=False),
    Column("relations", Integer, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    UniqueConstraint("org_id", "uri"),
)
Index("ix_skill_frameworks_created_at", SKILL_FRAMEWORKS.c.created_at, SKILL_FRAMEWORKS.c.id)

SKILL_FRAMEWORK_VERSIONS = Table(
    "skill_framework_versions",
    METADATA,
    Column("framework_id", Text, ForeignKey("skill_frameworks.id"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("source_version", Text),
    Column("language", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("skills", Integer, nullable=False),
    Column("relations", Integer, nullable=False),
    Column("imported_at", DateTime(timezone=True), nullable=False),
)

SKILLS = Table(
    "skills",
    METADATA,
    Column("id", Text, primary_key=True, server_default=text("gen_random_uuid()::text")),
    Column("framework_id", Text, ForeignKey("skill_frameworks.id"), nullable=False),
    Column("uri", Text, nullable=False),
    Column("code", Text),
    Column("kind", Text, CheckConstraint("kind IN ('skill', 'group', 'occupation')", name="kind"), nullable=False),
    Column("label", Text, nullable=False),
    Column("labels", JSONB, nullable=False),
    Column("other_labels", JSONB, nullable=False),
    Column("description", Text),
    Column("since_version", Integer, nullable=False),
    Column("retired_in", Integer),
    Column(
        "search",
        TSVECTOR,
        Computed("skill_search(code, labels, other_labels, description)", persisted=True),
        nullable=False,
    ),
    UniqueConstraint("framework_id", "uri"),
)
Index("ix_skills_uri", SKILLS.c.uri)
Index("ix_skills_label", SKILLS.c.label, SKILLS.c.id)
Index("ix_skills_search", SKILLS.c.search, postgresql_using="gin")
Index(
    "ix_skills_label_trigrams",
    SKILLS.c.label,
    postgresql_using="gin",
    postgresql_ops={"label": "gin_trgm_ops"},
)

SKILL_RELATIONS = Table(
    "skill_relations",
    METADATA,
    Column("framework_id", Text, ForeignKey("skill_frameworks.id"), primary_key=True),
    Column("source", Text, primary_key=True),
    Column("type", Text, primary_key=True),
    Column("target", Text, primary_key=True),
    Column("level", Double),
)
Index("ix_skill_relations_target", SKILL_RELATIONS.c.target, SKILL_RELATIONS.c.type)

# What each version stands for, of any framework or none: written with the version, and as immutable.
ACHIEVEMENT_SKILLS = Table(
    "achievement_skills",
    METADATA,
    Column("achievement_id", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("skill", Text, primary_key=True),
    Column("level", Double),
    ForeignKeyConstraint(
        ["achievement_id", "version"],
        ["achievement_versions.achievement_id", "achievement_versions.version"],
        name="fk_achievement_skills_version",
    ),
)
Index(
    "ix_achievement_skills_skill",
    ACHIEVEMENT_SKILLS.c.skill,
    ACHIEVEMENT_SKILLS.c.level,
    ACHIEVEMENT_SKILLS.c.achievement_id,
)
