"""Credentials may be corrected: their document changes, and the history says so."""

import sqlalchemy as sa
from alembic import op

from service_kit.migrations import app_role

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("status_changes", sa.Column("digest", sa.Text))
    columns = "digest, document, recipient_key, valid_from, valid_until"
    op.execute(f'GRANT UPDATE ({columns}) ON TABLE credentials TO "{app_role()}"')
