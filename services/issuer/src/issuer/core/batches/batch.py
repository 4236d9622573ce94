"""Batches: many awards of one achievement, or many changes, row by row, and where each of them stands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NewType

from credential_core.timestamps import format_timestamp, parse_timestamp
from issuer.core.credentials.order import Order
from issuer.core.credentials.recipient import Recipient
from issuer.core.model import CredentialId, Json
from service_kit.errors import ServiceError

BatchId = NewType("BatchId", str)


class RowAction(StrEnum):
    """What a batch does, in each of its rows."""

    ISSUE = "issue"
    REVOKE = "revoke"
    SUSPEND = "suspend"
    REINSTATE = "reinstate"
    CORRECT = "correct"


class BatchState(StrEnum):
    """Where a batch stands. `cancelled` is final; `done` until its failed rows are tried again."""

    RUNNING = "running"
    PAUSED = "paused"
    CANCELLED = "cancelled"
    DONE = "done"


class RowState(StrEnum):
    """Where a row stands. `refused` rows are wrong in themselves: trying again would not help.

    A batch that issues has `issued` rows; one that changes has `changed` ones, and `unchanged` where nothing was to do.
    """

    WAITING = "waiting"
    ISSUED = "issued"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    FAILED = "failed"
    REFUSED = "refused"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What all rows have in common."""

    id: BatchId
    org_id: str
    actor: str
    action: RowAction
    state: BatchState
    rows: int
    created_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueBatch(Batch):
    """One that issues an achievement. `issuer` is a slug or a DID, or None for the organization's first."""

    achievement_id: str
    achievement_version: int
    issuer: str | None
    allow_duplicates: bool


@dataclass(frozen=True, slots=True)
class BatchRow:
    """One row, numbered from 1. `request` is what is asked for, forgotten once done; `problem` says why it is not.

    `revision` is the one that a change gave the credential.
    """

    number: int
    state: RowState
    request: Json | None
    credential_id: CredentialId | None = None
    problem: Json | None = None
    revision: int | None = None


def order_of(batch: IssueBatch, request: Mapping[str, Any]) -> Order:
    """A row's order, from what `request_of` made of it."""
    return Order(
        org_id=batch.org_id,
        actor=batch.actor,
        achievement=batch.achievement_id,
        issuer=batch.issuer,
        recipient=Recipient(**request["recipient"]),
        valid_from=_moment(request, "valid_from"),
        valid_until=_moment(request, "valid_until"),
        awarded=_moment(request, "awarded"),
        activity_start=_moment(request, "activity_start"),
        activity_end=_moment(request, "activity_end"),
        results=tuple(request.get("results", ())),
        evidence=tuple(request.get("evidence", ())),
        narrative=request.get("narrative"),
        credits_earned=request.get("credits_earned"),
    )


def request_of(order: Order) -> Json:
    """What distinguishes an order from the others of its batch, as JSON."""
    recipient = order.recipient
    members: Json = {
        "recipient": {
            "kind": recipient.kind,
            "identifier": recipient.identifier,
            "name": recipient.name,
            "plaintext": recipient.plaintext,
        },
        "valid_from": _text(order.valid_from),
        "valid_until": _text(order.valid_until),
        "awarded": _text(order.awarded),
        "activity_start": _text(order.activity_start),
        "activity_end": _text(order.activity_end),
        "results": list(order.results),
        "evidence": list(order.evidence),
        "narrative": order.narrative,
        "credits_earned": order.credits_earned,
    }
    return {name: value for name, value in members.items() if value not in (None, [])}


def problem_of(error: ServiceError) -> Json:
    """Why a row came to nothing: a code, a sentence, and the members that are wrong."""
    return {
        "code": error.code,
        "detail": error.detail,
        "errors": [{"field": wrong.field, "detail": wrong.detail} for wrong in error.errors],
    }


@dataclass(frozen=True, slots=True)
class Counts:
    """How many rows stand where."""

    by_state: Mapping[RowState, int]

    def of(self, state: RowState) -> int:
        """Those in one state."""
        return self.by_state.get(state, 0)

    @property
    def ended(self) -> int:
        """Those nothing more will be done about, unless somebody asks."""
        return sum(self.by_state.values()) - self.of(RowState.WAITING)


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """What a batch was to do beside what is there: every count in it comes from another table.

    A batch that issues takes `status_entries`; one that changes leaves `steps` in the credentials' histories.
    """

    rows: int
    counts: Counts
    credentials: int
    events: int
    published: int
    status_entries: int | None = None
    steps: int | None = None

    @property
    def faults(self) -> Sequence[str]:
        """What does not add up; empty when all does."""
        done = self.counts.of(RowState.ISSUED) + self.counts.of(RowState.CHANGED)
        found = [
            (sum(self.counts.by_state.values()), self.rows, "rows"),
            (self.credentials, done, "credentials"),
            (self.status_entries, None if self.status_entries is None else done, "status entries"),
            (self.steps, None if self.steps is None else done, "steps"),
            (self.events, done, "events"),
        ]
        return [f"{there} {what}, {wanted} expected" for there, wanted, what in found if there != wanted]


def _moment(request: Mapping[str, Any], name: str) -> datetime | None:
    return parse_timestamp(request[name]) if name in request else None


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else format_timestamp(moment)
