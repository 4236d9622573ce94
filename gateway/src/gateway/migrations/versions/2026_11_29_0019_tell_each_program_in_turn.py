"""What waits for one program is found without reading what waits for all."""

from service_kit.migrations import create_index

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_index("ix_logout_notices_client_id", "logout_notices", "(client_id)")
