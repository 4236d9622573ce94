"""Storing what was signed together: one statement, which is a transaction of its own."""

from collections.abc import Collection, Sequence

from sqlalchemy.exc import DBAPIError

from issuer.adapters import rows
from issuer.adapters.stacks.notes import NOTED, ONE
from issuer.adapters.tables import CREDENTIALS
from issuer.adapters.unit_of_work import SOURCE
from issuer.core.credentials.ports import Made
from issuer.core.issuers.held_keys import KeyChanged
from service_kit import outbox
from service_kit.database import Database
from service_kit.direct import is_lost, line
from service_kit.errors import Unavailable
from service_kit.idempotency import CLAIMED, claims, find_all
from service_kit.tables import IDEMPOTENCY_KEYS
from service_kit.unnest import columns_of, insert_all

# The parameters: issuers and keys; claims; credentials; events, each with the credential that it tells of.
_CLAIMS = 3
_RESULTS = _CLAIMS + CLAIMED.index("result")
_CREDENTIALS = _CLAIMS + len(CLAIMED)
_EVENTS = _CREDENTIALS + len(CREDENTIALS.c)
_GIVEN = ", ".join(
    f"${_EVENTS + place}::{kind}[]" for place, kind in enumerate(("uuid", "text", "text", "text", "jsonb", "bytea"))
)
# Keys are held before idempotency keys are claimed, by all who claim those of this route: nobody who holds waits for
# one who waits to hold. Unless all keys are active nothing is stored. Of those who claim the same, one is stored.
_RECORD = f"""
WITH held AS MATERIALIZED (SELECT count(*) AS keys FROM hold_issuer_keys($1::text[], $2::uuid[])),
claimed AS (
  {insert_all(IDEMPOTENCY_KEYS, *CLAIMED, first=_CLAIMS)} CROSS JOIN held WHERE held.keys = cardinality($2)
  ON CONFLICT DO NOTHING RETURNING result
),
one AS (
  {insert_all(CREDENTIALS, first=_CREDENTIALS)} CROSS JOIN held WHERE held.keys = cardinality($2)
  AND (given.id::text <> ALL (${_RESULTS}) OR given.id::text IN (SELECT result FROM claimed))
  ON CONFLICT (id) DO NOTHING RETURNING {ONE}
),
told AS (
  INSERT INTO outbox (id, topic, key, headers, value)
  SELECT given.id, topic, key, headers, value
  FROM unnest({_GIVEN}) AS given (of, id, topic, key, headers, value) JOIN one ON one.id = given.of
)"""  # noqa: S608 - our own tables
_STORED = "SELECT (SELECT keys FROM held), ARRAY(SELECT id::text FROM one)"
RECORD = f"{_RECORD} {_STORED}"
RECORD_AND_NOTE = f"{_RECORD}, {NOTED} {_STORED}"


class RecordIssued:
    """See issuer.core.credentials.ports.Record."""

    def __init__(self, database: Database) -> None:
        self._line = line(database, "what is issued")

    async def __call__(self, made: Sequence[Made]) -> Sequence[str | Exception | None]:
        """Store them. Where the answer got lost it is asked for again: what is stored already is told to be."""
        try:
            return await self._store(made)
        except KeyChanged:
            return await self._each(made)
        except (DBAPIError, OSError, TimeoutError) as error:
            if is_lost(error):
                return await self._store(made)
            return await self._each(made)

    async def _each(self, made: Sequence[Made]) -> Sequence[str | Exception | None]:
        """One by one, so that none spoils the others."""
        return [await self._alone(one) for one in made]

    async def _alone(self, one: Made) -> str | Exception | None:
        try:
            [told] = await self._store([one])
        except (KeyChanged, DBAPIError) as error:
            return error
        return told

    async def _store(self, made: Sequence[Made]) -> Sequence[str | Exception | None]:
        credentials = [one.credential for one in made]
        signers = {one.signer.id: one.signer.issuer_id for one in made}
        [(held, stored)] = await self._line.fetch(
            RECORD_AND_NOTE if any(credential.feeds for credential in credentials) else RECORD,
            sorted(set(signers.values())),  # in one order, so that nobody waits in a circle
            list(signers),
            *claims([(one.credential.org_id, one.key, one.credential.id) for one in made if one.key is not None]),
            *columns_of(CREDENTIALS, list(map(rows.of_credential, credentials))),
            [credential.id for credential in credentials],
            *outbox.columns([outbox.row(one.event, SOURCE) for one in made]),
        )
        if held < len(signers):
            raise KeyChanged
        return await self._earlier(made, stored)

    async def _earlier(self, made: Sequence[Made], stored: Collection[str]) -> Sequence[str | Exception | None]:
        """By another statement: the first one did not see what was committed while it waited for it."""
        lost = {one: one.key for one in made if one.key is not None and one.credential.id not in stored}
        found = await find_all(self._line.fetch, [(one.credential.org_id, key) for one, key in lost.items()])
        unanswered = Unavailable("the first request with this Idempotency-Key has not ended")
        answers = {one: answer or unanswered for one, answer in zip(lost, found, strict=True)}
        return [answers.get(one) for one in made]
