"""Pathways and their published versions."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR

from service_kit.migrations import app_role, grant

revision = "0003"
down_revision = "0002"

MOMENT = sa.DateTime(timezone=True)
PATHWAY_SEARCH = """
CREATE FUNCTION pathway_search(document jsonb)
RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
  RETURN setweight(to_tsvector('english', coalesce(document ->> 'name', '')), 'A')
    || setweight(to_tsvector('simple', coalesce(document ->> 'name', '')), 'A')
    || setweight(jsonb_to_tsvector('english', jsonb_path_query_array(document, '$.hasPart[*].name'), '["string"]'), 'B')
    || setweight(jsonb_to_tsvector('simple', jsonb_path_query_array(document, '$.hasPart[*].name'), '["string"]'), 'B')
    || setweight(to_tsvector('english', coalesce(document ->> 'description', '')), 'C')
    || setweight(to_tsvector('simple', coalesce(document ->> 'description', '')), 'C');
END
"""


def upgrade() -> None:
    op.execute(PATHWAY_SEARCH)
    _pathways()
    _versions()


def _pathways() -> None:
    op.create_table(
        "pathways",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("org_id", sa.Text, nullable=False),
        sa.Column("document", JSONB, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("latest_version", sa.Integer, nullable=False),
        sa.Column("current_version", sa.Integer),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.Column("search", TSVECTOR, sa.Computed("pathway_search(document)", persisted=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_pathways"),
        sa.CheckConstraint("status IN ('draft', 'published', 'retired')", name=op.f("ck_pathways_status")),
    )
    op.create_index("ix_pathways_org_id", "pathways", ["org_id", "created_at"])
    op.create_index("ix_pathways_created_at", "pathways", ["created_at", "id"])
    op.create_index("ix_pathways_search", "pathways", ["search"], postgresql_using="gin")
    grant("pathways", "SELECT, INSERT, UPDATE, DELETE")


def _versions() -> None:
    op.create_table(
        "pathway_versions",
        sa.Column("pathway_id", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("org_id", sa.Text, nullable=False),
        sa.Column("document", JSONB, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("published_at", MOMENT, nullable=False),
        sa.Column("retired_at", MOMENT),
        sa.Column("search", TSVECTOR, sa.Computed("pathway_search(document)", persisted=True), nullable=False),
        sa.PrimaryKeyConstraint("pathway_id", "version", name="pk_pathway_versions"),
        sa.ForeignKeyConstraint(["pathway_id"], ["pathways.id"], name="fk_pathway_versions_pathway_id"),
        sa.CheckConstraint("status IN ('published', 'retired')", name=op.f("ck_pathway_versions_status")),
    )
    op.create_index("ix_pathway_versions_search", "pathway_versions", ["search"], postgresql_using="gin")
    grant("pathway_versions", "SELECT, INSERT")
    # What was published is what stays: the service may move a version's status and nothing else.
    op.execute(f'GRANT UPDATE (status, revision, retired_at) ON pathway_versions TO "{app_role()}"')
