"""Noting that somebody's pathways are due for evaluation, in the transaction of what makes them so.

The statement that stores a credential finds and notes its pathways too. For an achievement that feeds none, which is
known when it is read, nothing is done at all.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from issuer.adapters.recognition.notes import note_recognitions
from issuer.adapters.tables import CREDENTIALS
from issuer.core.model import CredentialId
from issuer.core.stacks.stack import ANY_ACHIEVEMENT
from service_kit.unnest import insert_all

_NOTE = "INSERT INTO evaluations_due (org_id, pathway_id, recipient_key, credential_id, revision, due_at) "
# Two lookups by the whole beginning of the index. As one, with OR, each row would read the whole index.
_FED = f"""
CROSS JOIN LATERAL (
  SELECT pathway_id FROM pathway_feeds WHERE achievement_id = one.achievement_id AND org_id = one.org_id
  UNION SELECT pathway_id FROM pathway_feeds WHERE achievement_id = '{ANY_ACHIEVEMENT}' AND org_id = one.org_id
) AS fed
CROSS JOIN LATERAL (VALUES (greatest(now(), one.valid_from)), (one.valid_until)) AS due (at)
WHERE due.at IS NOT NULL"""  # noqa: S608 - a constant of ours
_COLUMNS = "one.org_id, fed.pathway_id, one.recipient_key, one.id, one.revision, due.at"

ADD_CREDENTIALS = insert_all(CREDENTIALS) + " ON CONFLICT (once) DO NOTHING RETURNING id::text"

# Those whose achievements feed something are noted by the statement that stores them: for when they begin and end.
ONE = "id, org_id, recipient_key, achievement_id, revision, valid_from, valid_until"
NOTED = f"noted AS ({_NOTE} SELECT {_COLUMNS} FROM one {_FED})"  # noqa: S608 - our own tables
ADD_AND_NOTE = f"""
WITH one AS ({insert_all(CREDENTIALS)} ON CONFLICT (once) DO NOTHING RETURNING {ONE}), {NOTED}
SELECT id::text FROM one
"""  # noqa: S608 - our own tables

# Changed ones: those who have them now, and those whose stacks name them.
NOTE_CHANGES = f"""
{_NOTE}
SELECT {_COLUMNS} FROM credentials AS one {_FED} AND one.id = ANY($1::uuid[])
UNION
SELECT stack.org_id, stack.pathway_id, stack.recipient_key, one.id, one.revision, now()
FROM stack_components AS part
JOIN stacks AS stack ON stack.id = part.stack_id
JOIN credentials AS one ON one.id = part.credential_id
WHERE part.credential_id = ANY($1::uuid[])
"""  # noqa: S608 - our own tables

# A pathway that limits what it shares with another depends on what counts there.
NOTE_SHARING = f"""
{_NOTE}
SELECT $1::text, fed.pathway_id, $2::bytea, NULL, NULL, now()
FROM pathway_feeds AS fed WHERE fed.achievement_id = $3 AND fed.org_id = $1
"""  # noqa: S608 - our own tables

# What a person keeps matters where the person consented to have it counted.
NOTE_KEEPER = f"""
{_NOTE}
SELECT org_id, pathway_id, recipient_key, NULL, NULL, now()
FROM progress_consents WHERE person = $1 AND recipient_key IS NOT NULL
"""  # noqa: S608 - our own tables
NOTE_CONSENT = f"""
{_NOTE}
SELECT org_id, pathway_id, recipient_key, NULL, NULL, now()
FROM progress_consents WHERE id = $1::uuid AND recipient_key IS NOT NULL
"""  # noqa: S608 - our own tables
NOTE_KEPT = f"""
{_NOTE}
SELECT DISTINCT given.org_id, given.pathway_id, given.recipient_key, NULL::uuid, NULL::int, now()
FROM backpack_credentials AS kept
JOIN progress_consents AS given ON given.person = kept.person AND given.recipient_key IS NOT NULL
WHERE kept.id = ANY($1::uuid[])
"""  # noqa: S608 - our own tables

# Who is recognised matters to the pathways that ask for it, to everybody on them: now, and when it begins or ends.
NOTE_RECOGNISED = f"""
{_NOTE}
SELECT one.org_id, one.id, NULL, NULL, NULL, due.at
FROM (SELECT DISTINCT org_id, id FROM pathways
      WHERE org_id = $1 AND NOT retired AND document::text LIKE '%RecognisedIssuer%') AS one
CROSS JOIN unnest($2::timestamptz[]) AS due (at)
"""  # noqa: S608 - our own tables

# Which achievements are to be asked about at all; for a pathway whose places any may fill, every one.
MARK_FED = f"""
UPDATE achievements SET fed = true
WHERE NOT fed AND EXISTS (
  SELECT FROM pathway_feeds AS feeds
  WHERE feeds.pathway_id = $1 AND feeds.achievement_id IN (achievements.id, '{ANY_ACHIEVEMENT}')
)
"""  # noqa: S608 - a constant of ours
IS_FED = f"""
SELECT EXISTS (SELECT FROM pathway_feeds WHERE achievement_id IN ($1::text, '{ANY_ACHIEVEMENT}'))
"""  # noqa: S608 - a constant of ours


async def mark_fed(session: AsyncSession, pathway_id: str) -> None:
    """From now on, credentials for what this pathway asks for are noted."""
    await (await session.connection()).exec_driver_sql(MARK_FED, (pathway_id,))


async def is_fed(session: AsyncSession, achievement_id: str) -> bool:
    """Whether a new achievement matters to a pathway that is known already."""
    found = await (await session.connection()).exec_driver_sql(IS_FED, (achievement_id,))
    return bool(found.scalar_one())


async def note_changes(session: AsyncSession, ids: Collection[CredentialId]) -> None:
    """Credentials became something else in this transaction, whatever it is. Recognitions hear of it too."""
    await (await session.connection()).exec_driver_sql(NOTE_CHANGES, (list(ids),))
    await note_recognitions(session, ids)


async def note_keeper(session: AsyncSession, person: str) -> None:
    """Something that this person keeps, or says of whom it is about, is other than before."""
    await (await session.connection()).exec_driver_sql(NOTE_KEEPER, (person,))


async def note_consent(session: AsyncSession, consent_id: str) -> None:
    """This consent ends: what it let count does so no longer, unless it was awarded for."""
    await (await session.connection()).exec_driver_sql(NOTE_CONSENT, (consent_id,))


async def note_kept(session: AsyncSession, ids: Collection[str]) -> None:
    """Looks found something else than before."""
    if ids:
        await (await session.connection()).exec_driver_sql(NOTE_KEPT, (list(ids),))


async def note_recognised(session: AsyncSession, org_id: str, moments: Collection[datetime]) -> None:
    """Whom the organization recognises changes at these moments."""
    await (await session.connection()).exec_driver_sql(NOTE_RECOGNISED, (org_id, list(moments)))


async def note_sharing(session: AsyncSession, org_id: str, recipient_key: bytes, pathway_id: str) -> None:
    """What counts in this pathway is other than before."""
    await (await session.connection()).exec_driver_sql(NOTE_SHARING, (org_id, recipient_key, pathway_id))
