"""How people signed in, for `amr` and `acr`; what a client says of PKCE, of its userinfo and of old sign-ins."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("sessions", "grants"):
        op.add_column(table, sa.Column("methods", sa.ARRAY(sa.Text), nullable=False, server_default="{}"))
    op.alter_column("codes", "challenge", nullable=True)
    op.add_column("clients", sa.Column("userinfo_algorithm", sa.Text))
    op.add_column("clients", sa.Column("requires_proof_key", sa.Boolean, nullable=False, server_default="true"))
    op.add_column("clients", sa.Column("default_max_age", sa.Integer))
