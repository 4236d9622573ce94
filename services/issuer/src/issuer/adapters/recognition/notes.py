"""Noting that recognitions are to follow what became of a credential, in the transaction of the change."""

from collections.abc import Collection

from sqlalchemy.ext.asyncio import AsyncSession

from issuer.core.model import CredentialId

# Those that recognised one of these, and those whose award is one of these: each by an index of its own.
NOTE = """
INSERT INTO recognitions_due (recognition_id, credential_id, revision, due_at)
SELECT found.id, one.id, one.revision, now() FROM credentials AS one
JOIN recognitions AS found ON found.own_source = one.id WHERE one.id = ANY($1::uuid[])
UNION ALL
SELECT found.id, one.id, one.revision, now() FROM credentials AS one
JOIN recognitions AS found ON found.credential_id = one.id WHERE one.id = ANY($1::uuid[])
"""


async def note_recognitions(session: AsyncSession, ids: Collection[CredentialId]) -> None:
    """Credentials became something else in this transaction."""
    await (await session.connection()).exec_driver_sql(NOTE, (list(ids),))
