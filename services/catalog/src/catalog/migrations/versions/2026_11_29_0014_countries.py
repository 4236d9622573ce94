"""Where issuers are: other catalogues take no organization without its country.

Issuers that were known before have none until they are published anew, or the topic is read again (`replay`).
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.add_column("issuers", sa.Column("country", sa.Text))
