"""Keys have a state and a purpose, and their private part can be destroyed."""

import sqlalchemy as sa
from alembic import op

from service_kit.migrations import app_role

revision = "0007"
down_revision = "0006"

TABLE = "issuer_keys"


def upgrade() -> None:
    # The defaults are what a key was before it had a state, and stay: the release before this one adds keys too.
    op.add_column(TABLE, sa.Column("state", sa.Text, nullable=False, server_default="active"))
    moment = sa.DateTime(timezone=True)
    op.add_column(TABLE, sa.Column("since", moment, nullable=False, server_default=sa.func.now()))
    op.add_column(TABLE, sa.Column("purpose", sa.Text, nullable=False, server_default="any"))
    op.execute(f"UPDATE {TABLE} SET since = created_at")  # noqa: S608 - a constant
    states = "state IN ('published', 'active', 'retiring', 'retired', 'revoked')"
    op.create_check_constraint("ck_issuer_keys_known_state", TABLE, states)
    op.create_check_constraint(
        "ck_issuer_keys_known_purpose", TABLE, "purpose IN ('any', 'credentials', 'status-lists')"
    )
    destroyed = "(octet_length(sealed) = 0) = (state IN ('retired', 'revoked'))"
    op.create_check_constraint("ck_issuer_keys_private_while_of_use", TABLE, destroyed)
    op.execute(f'GRANT UPDATE (state, since, sealed) ON TABLE {TABLE} TO "{app_role()}"')
