"""Create courses, achievements with their versions, the projections, and the kit's tables."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR

from service_kit.migrations import app_role, create_kit_tables, grant

revision = "0001"
down_revision = None

# Both dictionaries: English finds "programs" for "programming"; the simple one keeps codes, other languages and words
# that English takes for noise ("IT"). Queries ask both in the same way.
COURSE_SEARCH = """
CREATE FUNCTION course_search(code text, title text, department text, description text, general_education jsonb)
RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
  RETURN setweight(to_tsvector('english', title), 'A') || setweight(to_tsvector('simple', title), 'A')
    || setweight(to_tsvector('simple', code || ' ' || coalesce(department, '')), 'A')
    || setweight(to_tsvector('english', code || ' ' || coalesce(department, '')), 'A')
    || setweight(jsonb_to_tsvector('simple', general_education, '["string"]'), 'B')
    || setweight(to_tsvector('english', coalesce(description, '')), 'C')
    || setweight(to_tsvector('simple', coalesce(description, '')), 'C');
END
"""
ACHIEVEMENT_WORDS = """
CREATE FUNCTION achievement_words(document jsonb)
RETURNS jsonb LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
  RETURN jsonb_build_array(document -> 'tag', document -> 'fieldOfStudy', document -> 'specialization',
    jsonb_path_query_array(document, '$.alignment[*].targetName'));
END
"""
ACHIEVEMENT_SEARCH = """
CREATE FUNCTION achievement_search(document jsonb)
RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
  RETURN setweight(to_tsvector('english', concat_ws(' ', document ->> 'name', document ->> 'humanCode')), 'A')
    || setweight(to_tsvector('simple', concat_ws(' ', document ->> 'name', document ->> 'humanCode')), 'A')
    || setweight(jsonb_to_tsvector('english', achievement_words(document), '["string"]'), 'B')
    || setweight(jsonb_to_tsvector('simple', achievement_words(document), '["string"]'), 'B')
    || setweight(to_tsvector('english', coalesce(document ->> 'description', '')), 'C')
    || setweight(to_tsvector('simple', coalesce(document ->> 'description', '')), 'C')
    || setweight(to_tsvector('english', coalesce(document #>> '{criteria,narrative}', '')), 'D');
END
"""


def upgrade() -> None:
    op.execute(COURSE_SEARCH)
    op.execute(ACHIEVEMENT_WORDS)
    op.execute(ACHIEVEMENT_SEARCH)
    create_courses()
    create_achievements()
    create_versions()
    create_projections()
    create_kit_tables()


def create_courses() -> None:
    op.create_table(
        "courses",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("org_id", sa.Text, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("department", sa.Text),
        sa.Column("level", sa.Text),
        sa.Column("credits", sa.Double),
        sa.Column("type", sa.Text),
        sa.Column("prerequisites", sa.Text),
        sa.Column("description", sa.Text),
        sa.Column("general_education", JSONB, nullable=False),
        sa.Column("extra", JSONB, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "search",
            TSVECTOR,
            sa.Computed("course_search(code, title, department, description, general_education)", persisted=True),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name="pk_courses"),
        sa.UniqueConstraint("org_id", "code", name="uq_courses_org_id_code"),
    )
    op.create_index("ix_courses_search", "courses", ["search"], postgresql_using="gin")
    op.create_index("ix_courses_code", "courses", ["code", "id"])
    op.create_index("ix_courses_created_at", "courses", ["created_at", "id"])
    grant("courses", "SELECT, INSERT, UPDATE, DELETE")


def create_achievements() -> None:
    op.create_table(
        "achievements",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("org_id", sa.Text, nullable=False),
        sa.Column("document", JSONB, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("achievement_type", sa.Text),
        sa.Column("department", sa.Text),
        sa.Column("course_id", sa.Text),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("latest_version", sa.Integer, nullable=False),
        sa.Column("current_version", sa.Integer),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("search", TSVECTOR, sa.Computed("achievement_search(document)", persisted=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_achievements"),
        sa.CheckConstraint("status IN ('draft', 'published', 'retired')", name=op.f("ck_achievements_status")),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name="fk_achievements_course_id", ondelete="SET NULL"),
    )
    op.create_index("ix_achievements_org_id", "achievements", ["org_id", "created_at"])
    op.create_index("ix_achievements_created_at", "achievements", ["created_at", "id"])
    op.create_index("ix_achievements_course_id", "achievements", ["course_id"])
    op.create_index("ix_achievements_search", "achievements", ["search"], postgresql_using="gin")
    grant("achievements", "SELECT, INSERT, UPDATE, DELETE")


def create_versions() -> None:
    op.create_table(
        "achievement_versions",
        sa.Column("achievement_id", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("org_id", sa.Text, nullable=False),
        sa.Column("document", JSONB, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("achievement_type", sa.Text),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True)),
        sa.Column("search", TSVECTOR, sa.Computed("achievement_search(document)", persisted=True), nullable=False),
        sa.PrimaryKeyConstraint("achievement_id", "version", name="pk_achievement_versions"),
        sa.ForeignKeyConstraint(["achievement_id"], ["achievements.id"], name="fk_achievement_versions_achievement_id"),
        sa.CheckConstraint("status IN ('published', 'retired')", name=op.f("ck_achievement_versions_status")),
    )
    op.create_index("ix_achievement_versions_name", "achievement_versions", ["name", "achievement_id"])
    op.create_index("ix_achievement_versions_search", "achievement_versions", ["search"], postgresql_using="gin")
    grant("achievement_versions", "SELECT, INSERT")
    # What was published is what stays: the service may move a version's status and nothing else.
    op.execute(f'GRANT UPDATE (status, revision, retired_at) ON achievement_versions TO "{app_role()}"')


def create_projections() -> None:
    op.create_table(
        "issuers",
        sa.Column("slug", sa.Text, nullable=False),
        sa.Column("issuer_id", sa.Text, nullable=False),
        sa.Column("org_id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("slug", name="pk_issuers"),
    )
    op.create_index("ix_issuers_org_id", "issuers", ["org_id"])
    op.create_table(
        "credentials",
        sa.Column("credential_id", sa.Text, nullable=False),
        sa.Column("achievement_id", sa.Text),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("credential_id", name="pk_credentials"),
        sa.CheckConstraint("state IN ('issued', 'suspended', 'revoked')", name=op.f("ck_credentials_state")),
    )
    op.create_index("ix_credentials_achievement_id", "credentials", ["achievement_id", "state"])
    for table in ("issuers", "credentials"):
        grant(table, "SELECT, INSERT, UPDATE")
