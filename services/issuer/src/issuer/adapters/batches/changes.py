"""Many credentials changed at once, in a transaction: each statement is one for all of them."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import ColumnElement, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from issuer.adapters import rows
from issuer.adapters.batches.batches import json_text
from issuer.adapters.stacks.notes import note_changes
from issuer.adapters.tables import CREDENTIALS, ID, STATUS_CHANGES
from issuer.core.batches.batch import BatchId, BatchRow
from issuer.core.model import Credential, CredentialId, StatusChange
from service_kit.unnest import columns_of, insert_all

ADD_STEPS = insert_all(STATUS_CHANGES)
SET_STATES = """
UPDATE credentials AS kept
SET state = row.state, revision = row.revision, changed_at = row.at,
    once = CASE WHEN row.state = 'revoked' THEN NULL ELSE kept.once END  -- it may be earned again
FROM unnest($1::uuid[], $2::text[], $3::int[], $4::timestamptz[]) AS row (id, state, revision, at)
WHERE kept.id = row.id
"""
CORRECTED = ("id", "revision", "digest", "document", "changed_at", "valid_from", "valid_until")
CORRECT = """
UPDATE credentials AS kept
SET revision = row.revision, digest = row.digest, document = row.document, changed_at = row.changed_at,
    valid_from = row.valid_from, valid_until = row.valid_until
FROM unnest($1::uuid[], $2::int[], $3::text[], $4::text[], $5::timestamptz[], $6::timestamptz[], $7::timestamptz[])
  AS row (id, revision, digest, document, changed_at, valid_from, valid_until)
WHERE kept.id = row.id
"""
SETTLE = """
UPDATE batch_rows AS kept
SET state = row.state, request = row.request, revision = row.revision, problem = row.problem
FROM unnest($2::int[], $3::text[], $4::json[], $5::int[], $6::jsonb[])
  AS row (number, state, request, revision, problem)
WHERE kept.batch_id = $1 AND kept.number = row.number AND kept.state = 'waiting'
"""


def among(ids: Collection[CredentialId]) -> ColumnElement[bool]:
    """Those credentials, whose ids are one parameter."""
    found: ColumnElement[bool] = CREDENTIALS.c.id == func.any(bindparam("ids", list(ids), type_=ARRAY(ID)))
    return found


class ChangeTable:
    """See issuer.core.batches.ports.Changes."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def lock(self, org_id: str, ids: Collection[CredentialId]) -> Mapping[CredentialId, Credential]:
        """Those of the organization's. In the order of their ids, so that two batches never wait for each other."""
        query = select(*rows.WITHOUT_DOCUMENT).where(among(ids), CREDENTIALS.c.org_id == org_id)
        found = await self._session.execute(query.order_by(CREDENTIALS.c.id).with_for_update())
        credentials = [rows.credential(row) for row in found.mappings()]
        return {credential.id: credential for credential in credentials}

    async def set_states(self, changes: Sequence[StatusChange]) -> None:
        """Set the states, and add the steps to the histories."""
        columns = (
            [change.credential_id for change in changes],
            [change.state.value for change in changes],
            [change.revision for change in changes],
            [change.at for change in changes],
        )
        await self._run(SET_STATES, columns)
        await self._add_steps(changes)

    async def correct(self, credentials: Sequence[Credential], changes: Sequence[StatusChange]) -> None:
        """Replace the documents, and add the steps to the histories."""
        values = [rows.of_credential(credential) for credential in credentials]
        await self._run(CORRECT, columns_of(CREDENTIALS, values, *CORRECTED))
        await self._add_steps(changes)

    async def settle(self, batch_id: BatchId, settled: Sequence[BatchRow]) -> bool:
        """Store what became of waiting rows. False when some wait no longer."""
        columns = (
            [row.number for row in settled],
            [row.state.value for row in settled],
            [json_text(row.request) for row in settled],
            [row.revision for row in settled],
            [json_text(row.problem) for row in settled],
        )
        return await self._run(SETTLE, (batch_id, *columns)) == len(settled)

    async def _add_steps(self, changes: Sequence[StatusChange]) -> None:
        values = [rows.of_status_change(change) for change in changes]
        await self._run(ADD_STEPS, columns_of(STATUS_CHANGES, values))
        await note_changes(self._session, [change.credential_id for change in changes])

    async def _run(self, statement: str, parameters: tuple[object, ...]) -> int:
        """Returns how many rows it wrote."""
        done = await (await self._session.connection()).exec_driver_sql(statement, parameters)
        return done.rowcount
