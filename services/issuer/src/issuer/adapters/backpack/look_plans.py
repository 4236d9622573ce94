"""When what people keep is to be looked at again: only by a consent that stands is anything looked at unasked."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from issuer.core.backpack.model import Doubt, KeptId

LATER = timedelta(minutes=10)  # what could not be confirmed
DAILY = timedelta(days=1)  # what stacks count, and what may stand again

# Nothing is looked at again that was revoked, and that no stack counts.
PLAN = """
UPDATE backpack_credentials AS kept SET look_at = CASE
  WHEN NOT EXISTS (SELECT FROM progress_consents AS given
                   WHERE given.person = kept.person AND given.recipient_key IS NOT NULL
                     AND (given.expires_at IS NULL OR given.expires_at > $4)) THEN NULL
  WHEN kept.id = ANY($2::uuid[]) THEN $5::timestamptz
  WHEN kept.id = ANY($3::uuid[]) THEN $6::timestamptz
  WHEN EXISTS (SELECT FROM stack_kept AS part JOIN stacks AS stack ON stack.id = part.stack_id
               WHERE part.kept_id = kept.id AND stack.state IN ('waiting', 'awarded', 'suspended'))
  THEN $6::timestamptz END
WHERE kept.id = ANY($1::uuid[])
"""


async def plan_looks(session: AsyncSession, found: Sequence[tuple[KeptId, Doubt | None]], now: datetime) -> None:
    """After they were looked at, with what spoke against each."""
    codes = {kept_id: doubt.code for kept_id, doubt in found if doubt is not None}
    unconfirmed = [kept_id for kept_id, code in codes.items() if code == "not-confirmed"]
    may_return = [kept_id for kept_id, code in codes.items() if code in {"suspended", "does-not-hold"}]
    given = ([kept_id for kept_id, _ in found], unconfirmed, may_return, now, now + LATER, now + DAILY)
    await (await session.connection()).exec_driver_sql(PLAN, given)
