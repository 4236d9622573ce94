"""What the last correction of a credential signed."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    for name, kind in (
        ("corrected_digest", sa.Text()),
        ("corrected_valid_from", sa.DateTime(timezone=True)),
        ("corrected_revision", sa.BigInteger()),
    ):
        op.add_column("credential_states", sa.Column(name, kind))
