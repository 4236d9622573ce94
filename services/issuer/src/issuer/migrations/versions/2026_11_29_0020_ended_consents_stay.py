"""A consent that has ended stays listed when a new one is given for the same pathway."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    op.create_index(
        "uq_progress_consents_standing",
        "progress_consents",
        ["person", "pathway_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.drop_constraint("uq_progress_consents_person_pathway_id", "progress_consents", type_="unique")
