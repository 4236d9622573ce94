"""Storing what became of some rows of a batch: one statement, which is a transaction of its own."""

from collections.abc import Sequence

import orjson
from sqlalchemy.exc import DBAPIError

from issuer.adapters import rows
from issuer.adapters.batches.batches import json_text
from issuer.adapters.stacks.notes import NOTED, ONE
from issuer.adapters.tables import CREDENTIALS
from issuer.adapters.unit_of_work import SOURCE
from issuer.core.batches.batch import IssueBatch, problem_of
from issuer.core.batches.ports import Fulfilled, Outcome
from issuer.core.batches.turn import TurnOver
from issuer.core.credentials.once import already_awarded
from issuer.core.issuers.held_keys import KeyChanged
from issuer.core.model import IssuerKey
from service_kit import outbox
from service_kit.database import Database
from service_kit.direct import Rows, line
from service_kit.unnest import columns_of, insert_all

NOT_WHOLE = "IS001"  # see all_settled, of the database
# Alike in all credentials of a part.
ALIKE = ("org_id", "issuer_id", "achievement_id", "achievement_version", "state", "revision", "issued_by")
_OWN = tuple(column.name for column in CREDENTIALS.c if column.name not in ALIKE)

# The parameters: batch; issuers and keys; the problem of who has it already; rows; credentials; events.
_ROWS = 5
_CREDENTIALS = _ROWS + 3
_EVENTS = _CREDENTIALS + len(CREDENTIALS.c)
_KINDS = enumerate(("text", "text", "text", "jsonb", "bytea"), _EVENTS)  # of outbox.COLUMNS
_TOLD = ", ".join(f"${place}::{kind}[]" for place, kind in _KINDS)
# Nothing is stored unless the batch runs, all keys are active, and each of the rows waits.
_STORE = f"""
WITH running AS MATERIALIZED (SELECT coalesce(hold_running_batch($1::uuid), false) AS runs),
held AS MATERIALIZED (
  SELECT (SELECT count(*) FROM hold_issuer_keys($2::text[], $3::uuid[])) AS keys FROM running WHERE runs
),
ready AS MATERIALIZED (SELECT FROM held WHERE keys = cardinality($3)),
one AS (
  {insert_all(CREDENTIALS, *_OWN, alike=ALIKE, first=_CREDENTIALS)} CROSS JOIN ready
  ON CONFLICT (once) DO NOTHING RETURNING {ONE}
),
told AS (
  INSERT INTO outbox (id, topic, key, headers, value)
  SELECT given.id, topic, key, headers, value
  FROM unnest(${_CREDENTIALS}::uuid[], {_TOLD}) AS given (of, id, topic, key, headers, value)
  JOIN one ON one.id = given.of
),
settled AS (
  UPDATE batch_rows AS kept SET
    state = CASE WHEN one.id IS NULL THEN 'failed' ELSE 'issued' END,
    request = CASE WHEN one.id IS NULL THEN kept.request END,
    credential_id = one.id,
    problem = CASE WHEN one.id IS NULL THEN coalesce(given.problem, $4::jsonb) END
  FROM ready
  CROSS JOIN unnest(${_ROWS}::int[], ${_ROWS + 1}::uuid[], ${_ROWS + 2}::jsonb[]) AS given (number, made, problem)
  LEFT JOIN one ON one.id = given.made
  WHERE kept.batch_id = $1 AND kept.number = ANY(${_ROWS}) AND kept.number = given.number AND kept.state = 'waiting'
  RETURNING kept.number
)"""  # noqa: S608 - our own tables
_DONE = f"""
SELECT runs, keys, CASE WHEN keys = cardinality($3)
  THEN all_settled((SELECT count(*) FROM settled), cardinality(${_ROWS})) END
FROM running LEFT JOIN held ON true
"""  # noqa: S608 - our own tables
STORE = f"{_STORE} {_DONE}"
STORE_AND_NOTE = f"{_STORE}, {NOTED} {_DONE}"


class RecordPart:
    """See issuer.core.batches.ports.RecordPart."""

    def __init__(self, database: Database) -> None:
        # Rows and what becomes of them are matched by hashing: PostgreSQL expects next to none, and would compare all.
        self._line = line(database, "what became of rows", enable_nestloop="off")
        self._taken = orjson.dumps(problem_of(already_awarded())).decode()

    async def __call__(self, batch: IssueBatch, signer: IssuerKey | None, outcomes: Sequence[Outcome]) -> None:
        """Store them."""
        try:
            [(runs, held, _)] = await self._store(batch, signer, outcomes)
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) == NOT_WHOLE:
                raise TurnOver("another worker was at these rows") from error
            raise
        if not runs:
            raise TurnOver("the batch does not run any more")
        if held < len(_keys(signer)):
            raise KeyChanged

    async def _store(self, batch: IssueBatch, signer: IssuerKey | None, outcomes: Sequence[Outcome]) -> Rows:
        fulfilled = [one for one in outcomes if isinstance(one, Fulfilled)]
        fulfilled.sort(key=lambda one: one.credential.once or b"")  # in one order: nobody waits in a circle
        events = await outbox.rows((one.event for one in fulfilled), SOURCE)
        return await self._line.fetch(
            STORE_AND_NOTE if any(one.credential.feeds for one in fulfilled) else STORE,
            batch.id,
            [key.issuer_id for key in _keys(signer)],
            [key.id for key in _keys(signer)],
            self._taken,
            [one.number for one in outcomes],
            [one.credential.id if isinstance(one, Fulfilled) else None for one in outcomes],
            [None if isinstance(one, Fulfilled) else json_text(one.problem) for one in outcomes],
            *columns_of(CREDENTIALS, [rows.of_credential(one.credential) for one in fulfilled], *_OWN, alike=ALIKE),
            *outbox.columns(events),
        )


def _keys(signer: IssuerKey | None) -> list[IssuerKey]:
    return [] if signer is None else [signer]
