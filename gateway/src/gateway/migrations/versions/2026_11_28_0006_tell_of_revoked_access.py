"""An outbox: the services hear of access that was revoked."""

from service_kit.migrations import create_kit_tables

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_kit_tables("outbox")
