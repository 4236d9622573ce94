"""What the public lists and searches: one row for each achievement that was published, kept by the database itself.

Learning outcomes become part of what is searched. The vector of a version stays, as what its listing takes; its indexes
go. The release before this one works on: its searches are slow until it is replaced, and what it publishes is listed.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, TSVECTOR

from service_kit.migrations import grant

revision = "0007"
down_revision = "0006"

TITLE = """
CREATE FUNCTION achievement_title(document jsonb)
RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
  RETURN setweight(to_tsvector('english', concat_ws(' ', document ->> 'name', document ->> 'humanCode')), 'A')
    || setweight(to_tsvector('simple', concat_ws(' ', document ->> 'name', document ->> 'humanCode')), 'A');
END
"""
OUTCOMES = """
CREATE FUNCTION achievement_outcomes(document jsonb)
RETURNS jsonb LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
  RETURN jsonb_build_array(jsonb_path_query_array(document, '$.learningOutcome[*].name'),
    jsonb_path_query_array(document, '$.learningOutcome[*].description'));
END
"""
# As before, with the outcomes, which weigh what the description does.
SEARCH = """
CREATE OR REPLACE FUNCTION achievement_search(document jsonb)
RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
  RETURN achievement_title(document)
    || setweight(jsonb_to_tsvector('english', achievement_words(document), '["string"]'), 'B')
    || setweight(jsonb_to_tsvector('simple', achievement_words(document), '["string"]'), 'B')
    || setweight(to_tsvector('english', coalesce(document ->> 'description', '')), 'C')
    || setweight(to_tsvector('simple', coalesce(document ->> 'description', '')), 'C')
    || setweight(jsonb_to_tsvector('english', achievement_outcomes(document), '["string"]'), 'C')
    || setweight(jsonb_to_tsvector('simple', achievement_outcomes(document), '["string"]'), 'C')
    || setweight(to_tsvector('english', coalesce(document #>> '{criteria,narrative}', '')), 'D');
END
"""
# What a list is narrowed by, as words of one index: the shelf (5,000 places; retired ones have shelves of their own),
# and the filters, each with the letter of its kind.
KEYS = """
CREATE FUNCTION listing_keys(
  place bigint, status text, org text, department text, course text, kind text, skills text[])
RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
  RETURN array_remove(
    ARRAY[status || ':' || place / 5000, 'o:' || org, 'd:' || department, 'c:' || course, 't:' || kind]
    || ARRAY(SELECT 's:' || skill FROM unnest(skills) AS given (skill)), NULL);
END
"""
COLUMNS = (
    "version", "org_id", "department", "course_id", "achievement_type", "status", "name", "code", "created_at",
    "skills", "title", "words",
)  # fmt: skip
LISTED = """
SELECT achievements.id AS achievement_id, versions.version, achievements.org_id, achievements.department,
  achievements.course_id, versions.achievement_type, achievements.status, versions.name,
  coalesce(versions.document ->> 'humanCode', '') AS code, achievements.created_at,
  ARRAY(SELECT skill FROM achievement_skills AS given
    WHERE given.achievement_id = achievements.id AND given.version = versions.version ORDER BY skill) AS skills,
  achievement_title(versions.document) AS title, versions.search AS words
FROM achievements JOIN achievement_versions AS versions
  ON versions.achievement_id = achievements.id AND versions.version = achievements.current_version
"""
FILL = f"INSERT INTO achievement_listings (achievement_id, {', '.join(COLUMNS)}) {LISTED} ORDER BY created_at, 1"
# An update first: an INSERT ... ON CONFLICT would use up a place each time.
KEEP = f"""
CREATE FUNCTION keep_achievement_listing() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
  UPDATE achievement_listings AS kept
  SET ({", ".join(COLUMNS)}) = (SELECT {", ".join(f"given.{name}" for name in COLUMNS)})
  FROM ({LISTED} WHERE achievements.id = NEW.id) AS given WHERE kept.achievement_id = NEW.id;
  IF NOT FOUND THEN
    INSERT INTO achievement_listings (achievement_id, {", ".join(COLUMNS)}) {LISTED} WHERE achievements.id = NEW.id;
  END IF;
  RETURN NULL;
END
$$
"""  # noqa: S608 - our own names
# Draft edits change nothing here.
WATCH = """
CREATE TRIGGER keep_listing AFTER UPDATE ON achievements FOR EACH ROW
WHEN (NEW.current_version IS NOT NULL
  AND (OLD.current_version, OLD.status, OLD.department, OLD.course_id)
    IS DISTINCT FROM (NEW.current_version, NEW.status, NEW.department, NEW.course_id))
EXECUTE FUNCTION keep_achievement_listing()
"""


def upgrade() -> None:
    for statement in (TITLE, OUTCOMES, SEARCH, KEYS):
        op.execute(statement)
    for table in ("achievements", "achievement_versions"):
        op.execute(f"UPDATE {table} SET document = document")  # noqa: S608 - computes their vectors again
    _listings()
    for statement in (FILL, KEEP, WATCH):
        op.execute(statement)
    for index in ("name", "name_trigrams", "search"):
        op.drop_index(f"ix_achievement_versions_{index}", "achievement_versions")


def _listings() -> None:
    op.create_table(
        "achievement_listings",
        sa.Column("achievement_id", sa.Text, nullable=False),
        sa.Column("place", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("org_id", sa.Text, nullable=False),
        sa.Column("department", sa.Text),
        sa.Column("course_id", sa.Text),
        sa.Column("achievement_type", sa.Text),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("skills", ARRAY(sa.Text), nullable=False),
        sa.Column("title", TSVECTOR, nullable=False),
        sa.Column("words", TSVECTOR, nullable=False),
        sa.Column(
            "keys",
            ARRAY(sa.Text),
            sa.Computed(
                "listing_keys(place, status, org_id, department, course_id, achievement_type, skills)", persisted=True
            ),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("achievement_id", name="pk_achievement_listings"),
        sa.UniqueConstraint("place", name="uq_achievement_listings_place"),
        sa.ForeignKeyConstraint(
            ["achievement_id", "version"],
            ["achievement_versions.achievement_id", "achievement_versions.version"],
            name="fk_achievement_listings_version",
        ),
        sa.CheckConstraint("status IN ('published', 'retired')", name=op.f("ck_achievement_listings_status")),
    )
    for order in ("created_at", "name", "code"):
        op.create_index(f"ix_achievement_listings_{order}", "achievement_listings", ["status", order, "achievement_id"])
    op.create_index(
        "ix_achievement_listings_words",
        "achievement_listings",
        ["words", "title", "keys"],
        postgresql_using="gin",
        # Without a list of what is still to be sorted in: each search would read it, and one writer in many sort it in.
        postgresql_with={"fastupdate": "off"},
    )
    op.create_index(
        "ix_achievement_listings_name_trigrams",
        "achievement_listings",
        ["name"],
        postgresql_using="gin",
        postgresql_ops={"name": "gin_trgm_ops"},
        postgresql_with={"fastupdate": "off"},
    )
    grant("achievement_listings", "SELECT")
