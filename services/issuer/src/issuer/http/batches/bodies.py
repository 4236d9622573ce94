"""Answers about batches."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from issuer.core.addresses import Addresses
from issuer.core.batches.batch import (
    Batch,
    BatchRow,
    BatchState,
    Counts,
    IssueBatch,
    Reconciliation,
    RowAction,
    RowState,
)
from issuer.core.model import Json
from issuer.http.problems import ProblemReply, problem_reply

SHOWN_ERRORS = 1000
DONE = (RowState.ISSUED, RowState.CHANGED, RowState.UNCHANGED)
LEAST_RATE = 0.1  # rows a second: below it nothing is foretold


class BatchReply(BaseModel):
    """A batch, and how far it is."""

    id: str
    action: RowAction
    status: BatchState
    achievement: str | None = Field(description="the version that all rows are of, in a batch that issues")
    issuer: str | None
    allowDuplicates: bool | None  # noqa: N815 - JSON members are camelCase, as in Open Badges
    rows: int
    counts: dict[RowState, int] = Field(
        description="rows by state; `refused` ones are wrong in themselves, `unchanged` ones were so already"
    )
    secondsLeft: int | None = Field(description="an estimate, while it runs")  # noqa: N815 - as above
    createdAt: datetime  # noqa: N815 - as above
    changedAt: datetime  # noqa: N815 - as above


class BatchesPage(BaseModel):
    """One page of batches, newest first."""

    items: list[dict[str, Any]]
    next: str | None


class RowReply(BaseModel):
    """One row."""

    row: int
    status: RowState
    credential: str | None = Field(description="the credential's id, once it is issued; or that of the one to change")
    problem: ProblemReply | None = Field(description="why not")


class RowsPage(BaseModel):
    """One page of rows, by number."""

    items: list[RowReply]
    next: str | None


class CheckReply(BaseModel):
    """What would become of a batch."""

    rows: int
    ready: int
    refused: int
    errors: list[RowReply] = Field(description=f"the refused rows, the first {SHOWN_ERRORS}")


def _require_rows_only(schema: Json) -> None:
    schema["required"] = ["rows"]


class TakenBatch(BatchReply, CheckReply):
    """A batch that is kept (202); or, of a dry run, what would become of it: `ready`, `refused` and `errors` (200).

    For descriptions: a generated client reads every answer of an operation that is no refusal as one thing.
    """

    model_config = ConfigDict(json_schema_extra=_require_rows_only)


class ReconciliationReply(BaseModel):
    """Whether what is there is what the batch did."""

    agrees: bool
    faults: list[str]
    rows: int
    counts: dict[RowState, int]
    credentials: int
    statusEntries: int | None = Field(description="of a batch that issues")  # noqa: N815 - as above
    steps: int | None = Field(description="of a batch that changes: in the credentials' histories")
    events: int
    published: int = Field(description="events that have reached the bus; the others are on their way")


def batch_summary(batch: Batch, addresses: Addresses) -> Json:
    """A batch in a list."""
    return {
        "id": addresses.batch(batch.id),
        "action": batch.action,
        "status": batch.state,
        **_terms(batch, addresses),
        "rows": batch.rows,
        "createdAt": batch.created_at,
        "changedAt": batch.changed_at,
    }


def _terms(batch: Batch, addresses: Addresses) -> Json:
    if not isinstance(batch, IssueBatch):
        return {"achievement": None, "issuer": None, "allowDuplicates": None}
    return {
        "achievement": addresses.achievement_version(batch.achievement_id, batch.achievement_version),
        "issuer": batch.issuer,
        "allowDuplicates": batch.allow_duplicates,
    }


def batch_reply(batch: Batch, counts: Counts, addresses: Addresses) -> Json:
    """A batch by itself."""
    by_state = {state.value: counts.of(state) for state in RowState}
    return batch_summary(batch, addresses) | {"counts": by_state, "secondsLeft": _seconds_left(batch, counts)}


def _seconds_left(batch: Batch, counts: Counts) -> int | None:
    elapsed = (batch.changed_at - batch.created_at).total_seconds()
    if batch.state is not BatchState.RUNNING or elapsed <= 0:
        return None
    rate = sum(map(counts.of, DONE)) / elapsed
    return round(counts.of(RowState.WAITING) / rate) if rate >= LEAST_RATE else None


def row_reply(row: BatchRow, addresses: Addresses) -> RowReply:
    """A row of a batch."""
    return RowReply(
        row=row.number,
        status=row.state,
        credential=None if row.credential_id is None else addresses.credential(row.credential_id),
        problem=None if row.problem is None else problem_reply(row.problem, addresses),
    )


def check_reply(rows: list[BatchRow], addresses: Addresses) -> CheckReply:
    """What a dry run found."""
    refused = [row for row in rows if row.state is RowState.REFUSED]
    return CheckReply(
        rows=len(rows),
        ready=len(rows) - len(refused),
        refused=len(refused),
        errors=[row_reply(row, addresses) for row in refused[:SHOWN_ERRORS]],
    )


def reconciliation_reply(found: Reconciliation) -> ReconciliationReply:
    """A reconciliation, with what does not add up."""
    return ReconciliationReply(
        agrees=not found.faults,
        faults=list(found.faults),
        rows=found.rows,
        counts={state: found.counts.of(state) for state in RowState},
        credentials=found.credentials,
        statusEntries=found.status_entries,
        steps=found.steps,
        events=found.events,
        published=found.published,
    )
