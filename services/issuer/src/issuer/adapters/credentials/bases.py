"""What orders stand on, read for all that come at once."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from operator import attrgetter

from sqlalchemy import Text, bindparam, func
from sqlalchemy.dialects.postgresql import ARRAY

from issuer.adapters import rows
from issuer.adapters.reading import Reading
from issuer.adapters.tables import ISSUERS
from issuer.core.credentials.achievements import Reference
from issuer.core.credentials.ports import Asked, Basis
from issuer.core.model import Achievement, Issuer
from service_kit.database import Database
from service_kit.direct import DirectSelect, Rows, line
from service_kit.errors import ServiceError
from service_kit.idempotency import FIND_ALL, answers, looked_for

_OWNERS = bindparam("org_ids", type_=ARRAY(Text))
ISSUERS_OF = DirectSelect(rows.ISSUERS_WITH_KEYS.where(ISSUERS.c.org_id == func.any(_OWNERS)))
# A version, or without a number the newest that is not retired, else the newest. Its document is known, or read apart.
ACHIEVEMENTS = ("id", "version", "revision", "org_id", "retired", "fed")
# The parameters: three of idempotency keys, two of achievements, one of issuers.
READ = f"""
SELECT
ARRAY(SELECT one FROM ({FIND_ALL}) AS one),
ARRAY(SELECT one FROM (
  SELECT asked.place::int, {", ".join(f"found.{name}" for name in ACHIEVEMENTS)}
  FROM unnest($4::text[], $5::int[]) WITH ORDINALITY AS asked (id, version, place)
  CROSS JOIN LATERAL (
    SELECT {", ".join(ACHIEVEMENTS)} FROM achievements
    WHERE id = asked.id AND version = coalesce(asked.version, version)
    ORDER BY retired, version DESC LIMIT 1
  ) AS found
) AS one),
ARRAY(SELECT one FROM ({ISSUERS_OF.statement.replace("$1", "$6")}) AS one)
"""  # noqa: S608 - our own tables


class Bases:
    """See issuer.core.credentials.ports.ReadBases."""

    def __init__(self, database: Database, reading: Reading) -> None:
        self._line = line(database, "what orders stand on")
        self._reading = reading

    async def __call__(self, asked: Sequence[Asked]) -> Sequence[Basis | ServiceError]:
        """By one statement, which begins after they asked."""
        keyed = [(one.order.org_id, one.key) for one in asked if one.key is not None]
        wanted = list({one.reference for one in asked})
        [(answered, published, owned)] = await self._line.fetch(
            READ,
            *looked_for(keyed),
            [reference.achievement_id for reference in wanted],
            [reference.version for reference in wanted],
            list({one.order.org_id for one in asked}),
        )
        answer = iter(answers(keyed, answered))
        earlier = [None if one.key is None else next(answer) for one in asked]
        issuers, achievements = _by_owner(owned), await self._achievements(wanted, published)
        return [
            told
            if isinstance(told, ServiceError)
            else Basis(told, issuers.get(one.order.org_id, ()), achievements.get(one.reference))
            for one, told in zip(asked, earlier, strict=True)
        ]

    async def _achievements(self, wanted: Sequence[Reference], found: Rows) -> Mapping[Reference, Achievement]:
        return {
            wanted[place - 1]: await self._reading.with_document(dict(zip(ACHIEVEMENTS, values, strict=True)))
            for place, *values in found
        }


def _by_owner(found: Rows) -> Mapping[str, Sequence[Issuer]]:
    owner = attrgetter("org_id")
    issuers = sorted(rows.issuers(ISSUERS_OF.named(found)), key=owner)
    return {org_id: list(theirs) for org_id, theirs in groupby(issuers, owner)}
