"""What a recognition stands on becomes that of the source's correction, once it was followed."""

from alembic import op

from service_kit.migrations import app_role

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    op.execute(f'GRANT UPDATE (presented) ON TABLE recognitions TO "{app_role()}"')
