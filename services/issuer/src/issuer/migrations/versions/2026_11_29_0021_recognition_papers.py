"""What was shown for a recognition is kept sealed, and only while a decision may come: of what is decided it goes."""

from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    # Cases that wait keep theirs as it is until they are decided: the key that seals is not the database's.
    op.execute("UPDATE recognitions SET document = '' WHERE sealed IS NULL")
