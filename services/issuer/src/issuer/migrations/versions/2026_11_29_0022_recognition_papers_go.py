"""What cases from before have in clear goes with their last decision, as what is sealed does."""

from alembic import op

from service_kit.migrations import app_role

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    op.execute(f'GRANT UPDATE (document) ON TABLE recognitions TO "{app_role()}"')
