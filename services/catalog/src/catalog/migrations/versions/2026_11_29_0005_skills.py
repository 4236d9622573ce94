"""Skills frameworks, their skills and relations, and which achievements stand for which skill."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR

from service_kit.migrations import grant

revision = "0005"
down_revision = "0004"

MOMENT = sa.DateTime(timezone=True)
# Labels of every language, each in both dictionaries (see 0001).
SKILL_SEARCH = """
CREATE FUNCTION skill_search(code text, labels jsonb, other_labels jsonb, description text)
RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
  RETURN setweight(jsonb_to_tsvector('english', labels, '["string"]'), 'A')
    || setweight(jsonb_to_tsvector('simple', labels, '["string"]'), 'A')
    || setweight(to_tsvector('simple', coalesce(code, '')), 'A')
    || setweight(jsonb_to_tsvector('english', other_labels, '["string"]'), 'B')
    || setweight(jsonb_to_tsvector('simple', other_labels, '["string"]'), 'B')
    || setweight(to_tsvector('english', coalesce(description, '')), 'D');
END
"""
# What was published before this table was there.
BACKFILL = """
INSERT INTO achievement_skills (achievement_id, version, skill)
SELECT DISTINCT achievement_id, version, entry ->> 'targetUrl'
FROM achievement_versions, jsonb_array_elements(document -> 'alignment') AS entry
WHERE jsonb_typeof(document -> 'alignment') = 'array' AND octet_length(entry ->> 'targetUrl') <= 1000
"""


def upgrade() -> None:
    # A trusted extension: the database's owner may create it. Where it stands already, nothing is asked of anybody.
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    op.execute(SKILL_SEARCH)
    _frameworks()
    _skills()
    _alignments()


def _frameworks() -> None:
    op.create_table(
        "skill_frameworks",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("org_id", sa.Text, nullable=False),
        sa.Column("uri", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("source_version", sa.Text),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("lowest_level", sa.Double, nullable=False),
        sa.Column("highest_level", sa.Double, nullable=False),
        sa.Column("skills", sa.Integer, nullable=False),
        sa.Column("relations", sa.Integer, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_skill_frameworks"),
        sa.UniqueConstraint("org_id", "uri", name="uq_skill_frameworks_org_id_uri"),
    )
    op.create_index("ix_skill_frameworks_created_at", "skill_frameworks", ["created_at", "id"])
    grant("skill_frameworks", "SELECT, INSERT, UPDATE")
    op.create_table(
        "skill_framework_versions",
        sa.Column("framework_id", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("source_version", sa.Text),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("skills", sa.Integer, nullable=False),
        sa.Column("relations", sa.Integer, nullable=False),
        sa.Column("imported_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("framework_id", "version", name="pk_skill_framework_versions"),
        sa.ForeignKeyConstraint(
            ["framework_id"], ["skill_frameworks.id"], name="fk_skill_framework_versions_framework_id"
        ),
    )
    grant("skill_framework_versions", "SELECT, INSERT")


def _skills() -> None:
    op.create_table(
        "skills",
        sa.Column("id", sa.Text, nullable=False, server_default=sa.text("gen_random_uuid()::text")),
        sa.Column("framework_id", sa.Text, nullable=False),
        sa.Column("uri", sa.Text, nullable=False),
        sa.Column("code", sa.Text),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("labels", JSONB, nullable=False),
        sa.Column("other_labels", JSONB, nullable=False),
        sa.Column("description", sa.Text),
        sa.Column("since_version", sa.Integer, nullable=False),
        sa.Column("retired_in", sa.Integer),
        sa.Column(
            "search",
            TSVECTOR,
            sa.Computed("skill_search(code, labels, other_labels, description)", persisted=True),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name="pk_skills"),
        sa.UniqueConstraint("framework_id", "uri", name="uq_skills_framework_id_uri"),
        sa.ForeignKeyConstraint(["framework_id"], ["skill_frameworks.id"], name="fk_skills_framework_id"),
        sa.CheckConstraint("kind IN ('skill', 'group', 'occupation')", name=op.f("ck_skills_kind")),
    )
    op.create_index("ix_skills_uri", "skills", ["uri"])
    op.create_index("ix_skills_label", "skills", ["label", "id"])
    op.create_index("ix_skills_search", "skills", ["search"], postgresql_using="gin")
    op.create_index(
        "ix_skills_label_trigrams",
        "skills",
        ["label"],
        postgresql_using="gin",
        postgresql_ops={"label": "gin_trgm_ops"},
    )
    grant("skills", "SELECT, INSERT, UPDATE")
    op.create_table(
        "skill_relations",
        sa.Column("framework_id", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("level", sa.Double),
        sa.PrimaryKeyConstraint("framework_id", "source", "type", "target", name="pk_skill_relations"),
        sa.ForeignKeyConstraint(["framework_id"], ["skill_frameworks.id"], name="fk_skill_relations_framework_id"),
    )
    op.create_index("ix_skill_relations_target", "skill_relations", ["target", "type"])
    grant("skill_relations", "SELECT, INSERT, DELETE")


def _alignments() -> None:
    op.create_table(
        "achievement_skills",
        sa.Column("achievement_id", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("skill", sa.Text, nullable=False),
        sa.Column("level", sa.Double),
        sa.PrimaryKeyConstraint("achievement_id", "version", "skill", name="pk_achievement_skills"),
        sa.ForeignKeyConstraint(
            ["achievement_id", "version"],
            ["achievement_versions.achievement_id", "achievement_versions.version"],
            name="fk_achievement_skills_version",
        ),
    )
    op.create_index("ix_achievement_skills_skill", "achievement_skills", ["skill", "level", "achievement_id"])
    grant("achievement_skills", "SELECT, INSERT")
    op.execute(BACKFILL)
