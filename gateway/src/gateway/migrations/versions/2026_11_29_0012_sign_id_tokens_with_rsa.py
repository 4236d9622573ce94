"""Keys of a second algorithm, and by which one a client's ID tokens are signed: as before for those that are there."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

ONE_PER_ROLE = "uq_signing_keys_one_per_role"


def upgrade() -> None:
    op.add_column("signing_keys", sa.Column("algorithm", sa.Text, nullable=False, server_default="ES256"))
    op.drop_index(ONE_PER_ROLE, "signing_keys")
    present = sa.text("state IN ('next', 'active')")
    op.create_index(ONE_PER_ROLE, "signing_keys", ["algorithm", "state"], unique=True, postgresql_where=present)
    op.add_column("clients", sa.Column("id_token_algorithm", sa.Text, nullable=False, server_default="ES256"))
