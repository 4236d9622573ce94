"""Two sign-ins by one old cookie: the second goes on from the first. A pushed request is marked by its answer."""

import sqlalchemy as sa
from alembic import op

from service_kit.migrations import grant

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sessions", sa.Column("replaces", sa.LargeBinary))
    grant("authorization_requests", "UPDATE")
