"""What orders stand on, read for all that come at once."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import Text, bindparam, func
from sqlalchemy.dialects.postgresql import ARRAY

from issuer.adapters import rows
from issuer.adapters.reading import Reading
from issuer.adapters.tables import ISSUERS
from issuer.core.achievements import Reference
from issuer.core.issue_ports import Basis
from issuer.core.model import Achievement, Issuer
from service_kit.database import Database
from service_kit.direct import DirectSelect, line
from service_kit.errors import Conflict
from service_kit.idempotency import find_all
from service_kit.inputs import IdempotencyKey
from service_kit.together import Together

ISSUERS_OF = DirectSelect(
    rows.ISSUERS_WITH_KEYS.where(ISSUERS.c.org_id == func.any(bindparam("org_ids", type_=ARRAY(Text))))
)
# A version, or without a number the newest that is not retired, else the newest. Its document is known, or read apart.
ACHIEVEMENTS = """
SELECT asked.place::int, found.id, found.version, found.revision, found.org_id, found.retired, found.fed
FROM unnest($1::text[], $2::int[]) WITH ORDINALITY AS asked (id, version, place)
CROSS JOIN LATERAL (
  SELECT id, version, revision, org_id, retired, fed FROM achievements
  WHERE id = asked.id AND version = coalesce(asked.version, version)
  ORDER BY retired, version DESC LIMIT 1
) AS found
"""


@dataclass(frozen=True, slots=True)
class _Asked:
    org_id: str
    key: IdempotencyKey | None
    reference: Reference


class Bases:
    """See issuer.core.issue_ports.ReadBasis: three statements for all who ask at once, which begin after they asked."""

    def __init__(self, database: Database, reading: Reading) -> None:
        self._line = line(database, "what orders stand on")
        self._reading = reading
        self._lots: Together[_Asked, Basis] = Together(self._read)

    async def __call__(self, org_id: str, key: IdempotencyKey | None, reference: Reference) -> Basis:
        """The basis of an organization's order."""
        return await self._lots(_Asked(org_id, key, reference))

    async def _read(self, asked: Sequence[_Asked]) -> Sequence[Basis | Exception]:
        answers = iter(
            await find_all(self._line.fetch, [(one.org_id, one.key) for one in asked if one.key is not None])
        )
        earlier = [None if one.key is None else next(answers) for one in asked]
        issuers = await self._issuers({one.org_id for one in asked})
        achievements = await self._achievements({one.reference for one in asked})
        return [
            answer
            if isinstance(answer, Conflict)
            else Basis(answer, issuers.get(one.org_id, ()), achievements.get(one.reference))
            for one, answer in zip(asked, earlier, strict=True)
        ]

    async def _issuers(self, org_ids: Collection[str]) -> Mapping[str, Sequence[Issuer]]:
        found = rows.issuers(await ISSUERS_OF(self._line.fetch, org_ids=list(org_ids)))
        owner = attrgetter("org_id")
        return {org_id: list(theirs) for org_id, theirs in groupby(sorted(found, key=owner), owner)}

    async def _achievements(self, asked: Collection[Reference]) -> Mapping[Reference, Achievement]:
        wanted = list(asked)
        columns = [one.achievement_id for one in wanted], [one.version for one in wanted]
        found: Sequence[Any] = await self._line.fetch(ACHIEVEMENTS, *columns)
        return {wanted[row["place"] - 1]: await self._reading.with_document(row) for row in found}
