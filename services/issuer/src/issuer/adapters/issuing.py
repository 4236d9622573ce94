"""What issuing reads for all orders that come at once, and stores of what was signed together."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import Text, bindparam, func
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from issuer.adapters import rows
from issuer.adapters.reading import Reading
from issuer.adapters.stack_notes import ADD_AND_NOTE, ADD_CREDENTIALS
from issuer.adapters.tables import CREDENTIALS, ISSUERS
from issuer.core.achievements import Reference
from issuer.core.issue_ports import Basis
from issuer.core.model import Achievement, Credential, CredentialId, Issuer, IssuerKey, KeyId
from service_kit.database import Database
from service_kit.direct import DirectSelect, LineTransaction, fetch, line
from service_kit.errors import Conflict
from service_kit.idempotency import find_all
from service_kit.inputs import IdempotencyKey
from service_kit.together import Together
from service_kit.unnest import columns_of

HOLD_KEYS = """
SELECT pg_advisory_xact_lock_shared(hashtextextended('issuer-keys/' || id, 0)) FROM unnest($1::text[]) AS id
"""
ACTIVE_KEYS = "SELECT id::text FROM issuer_keys WHERE id = ANY($1::uuid[]) AND state = 'active'"
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


class HeldKeys:
    """Keys that stay active while a transaction stores what they signed."""

    def __init__(self, session: AsyncSession | LineTransaction) -> None:
        self._transaction = session

    async def hold_keys(self, keys: Collection[IssuerKey]) -> Collection[KeyId]:
        """Those of the keys that are active. They stay so until the end of the transaction.

        By advisory locks: row locks that are shared let a steady stream of issuing shut out a revocation.
        """
        issuers = sorted({key.issuer_id for key in keys})  # in one order, so that nobody waits in a circle
        await fetch(self._transaction, HOLD_KEYS, issuers)
        # By a second statement: the first one sees the keys as they were before it waited for the locks.
        return {KeyId(key_id) for (key_id,) in await fetch(self._transaction, ACTIVE_KEYS, [key.id for key in keys])}


class NewCredentials:
    """Credentials that were just signed."""

    def __init__(self, session: AsyncSession | LineTransaction) -> None:
        self._transaction = session

    async def add_all(self, credentials: Sequence[Credential]) -> Collection[CredentialId]:
        """Store new credentials, but for those whose `once` is taken. Returns the ids of the others.

        In the order of these marks, so that two transactions never wait for each other in a circle.
        """
        if not credentials:
            return ()
        in_order = sorted(credentials, key=lambda credential: credential.once or b"")
        values = columns_of(CREDENTIALS, [rows.of_credential(credential) for credential in in_order])
        statement = ADD_AND_NOTE if any(credential.feeds for credential in credentials) else ADD_CREDENTIALS
        return {CredentialId(found) for (found,) in await fetch(self._transaction, statement, *values)}
