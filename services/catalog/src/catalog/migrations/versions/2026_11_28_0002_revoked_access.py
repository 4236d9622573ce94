"""Access that the authorization server revoked."""

from service_kit.migrations import create_kit_tables

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    create_kit_tables("revoked_access")
