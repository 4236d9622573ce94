"""Partners that are not on this fleet sign agreements by keys of their own."""

import sqlalchemy as sa
from alembic import op

from service_kit.migrations import app_role

revision = "0031"
down_revision = "0030"

TABLE = "recognition_agreements"


def upgrade() -> None:
    op.add_column(TABLE, sa.Column("signature", sa.Text))
    op.create_check_constraint(
        "ck_recognition_agreements_signed_by_whom_is_elsewhere",
        TABLE,
        "source_org NOT LIKE 'did:%' OR state NOT IN ('signed', 'ended') OR signature IS NOT NULL",
    )
    op.execute(f'GRANT UPDATE (signature) ON TABLE {TABLE} TO "{app_role()}"')
