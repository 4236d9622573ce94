"""An issuer may have a key of each algorithm, in an order."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    # The one key that an issuer had is its first.
    op.add_column("issuer_keys", sa.Column("ordinal", sa.Integer, nullable=False, server_default="0"))
    op.alter_column("issuer_keys", "ordinal", server_default=None)
    op.drop_constraint("uq_issuer_keys_issuer_id", "issuer_keys", type_="unique")
    op.create_unique_constraint("uq_issuer_keys_issuer_id_ordinal", "issuer_keys", ["issuer_id", "ordinal"])
