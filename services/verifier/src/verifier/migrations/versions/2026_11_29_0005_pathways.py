"""The versions of pathways, to make the decisions again that stacked credentials carry."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSON

from service_kit.migrations import grant

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "pathways",
        sa.Column("pathway_id", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("document", JSON, nullable=False),
        sa.PrimaryKeyConstraint("pathway_id", "version", name="pk_pathways"),
    )
    grant("pathways", "SELECT, INSERT")
