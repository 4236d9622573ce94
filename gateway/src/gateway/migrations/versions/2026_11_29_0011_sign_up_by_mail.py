"""Links by which people make an account of their own."""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

NAME = "ck_account_links_kind"


def upgrade() -> None:
    op.drop_constraint(op.f(NAME), "account_links", type_="check")
    op.create_check_constraint(op.f(NAME), "account_links", "kind IN ('confirm', 'reset', 'sign_up')")
