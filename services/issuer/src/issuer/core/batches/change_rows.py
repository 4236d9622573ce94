"""Rows of batches that change what was issued: what they name, what becomes of them, and what the audit trail says."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from issuer.core.batches.batch import Batch, BatchRow, RowState, problem_of
from issuer.core.batches.opening_changes import no_such_credential
from issuer.core.model import Credential, CredentialId, StatusChange
from issuer.core.ports import Audit
from service_kit.errors import ServiceError

IN_A_LINE = 50  # credentials named by one line of the audit trail


def named(row: BatchRow, credentials: Mapping[CredentialId, Credential]) -> Credential:
    """The credential that a row names. Raises NotFound."""
    found = None if row.credential_id is None else credentials.get(row.credential_id)
    if found is None:
        raise no_such_credential()
    return found


def done(row: BatchRow, state: RowState, revision: int | None = None) -> BatchRow:
    """The row, settled. What it asked for is forgotten."""
    return BatchRow(row.number, state, None, row.credential_id, revision=revision)


def failed(row: BatchRow, error: ServiceError) -> BatchRow:
    """The row, with why it could not be done. It can be tried again."""
    return replace(row, state=RowState.FAILED, problem=problem_of(error))


def trail(audit: Audit, event: str, batch: Batch, changes: Sequence[StatusChange]) -> None:
    """Lines of the audit trail that name every credential."""
    for start in range(0, len(changes), IN_A_LINE):
        names = " ".join(change.credential_id for change in changes[start : start + IN_A_LINE])
        audit(event, action=batch.action.value, batch=batch.id, actor=batch.actor, credentials=names)
