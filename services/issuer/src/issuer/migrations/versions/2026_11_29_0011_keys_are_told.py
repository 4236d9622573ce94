"""Which event told of a key: the wait before it may sign counts from when that reached the bus."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    # NULL for keys of before, and for those that the release before this one adds: their wait counts from `since`.
    op.add_column("issuer_keys", sa.Column("told_by", sa.BigInteger))
