"""A refusal may be appealed against for so long. What was refused before keeps all the time there is."""

import sqlalchemy as sa
from alembic import op

from service_kit.migrations import app_role

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    op.add_column("recognitions", sa.Column("appeal_until", sa.DateTime(timezone=True)))
    op.execute(f'GRANT UPDATE (appeal_until) ON TABLE recognitions TO "{app_role()}"')
    op.alter_column("recognitions_due", "credential_id", nullable=True)
