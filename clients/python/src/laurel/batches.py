"""Issuing to many, and changing many."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, Self

from laurel import clock
from laurel.addresses import last_segment
from laurel.errors import UnexpectedAnswer
from laurel.ids import new_key
from laurel.transport import Transport

Change = Literal["revoke", "suspend", "reinstate", "correct"]
Action = Literal["issue"] | Change
PATH: Final = "/batches"
MEDIA_TYPES: Final = {
    ".csv": "text/csv",
    ".tsv": "text/tab-separated-values",
    ".ndjson": "application/x-ndjson",
    ".jsonl": "application/x-ndjson",
    ".json": "application/json",
}
_BY_ITS_BEGINNING: Final = "application/octet-stream"
_ENDED: Final = frozenset({"done", "cancelled"})


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch, and how far it is.

    `counts` goes by waiting, issued (or changed and unchanged, in a batch that changes), failed, refused and cancelled.
    """

    id: str
    action: Action
    status: str
    rows: int
    counts: Mapping[str, int]
    json: dict[str, Any] = field(repr=False)

    @classmethod
    def from_json(cls, body: dict[str, Any]) -> Self:
        """Read an answer. UnexpectedAnswer if it is none."""
        try:
            return cls(
                str(body["id"]), body["action"], str(body["status"]), int(body["rows"]), dict(body["counts"]), body
            )
        except (KeyError, TypeError, ValueError):
            raise UnexpectedAnswer("the answer is no batch") from None

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will happen, unless somebody asks."""
        return self.status in _ENDED

    @property
    def settled(self) -> int:
        """The rows that wait no more."""
        return self.rows - self.counts.get("waiting", 0)


class Batches:
    """The batches of your organization. Opening one needs `credentials:issue`, reading `credentials:read`.

    Revoking, suspending and reinstating need `credentials:revoke`.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def open(
        self,
        achievement: str,
        file: Path,
        *,
        issuer: str | None = None,
        allow_duplicates: bool = False,
        key: str | None = None,
    ) -> Batch:
        """Issue an achievement to everybody in a file: CSV, NDJSON or JSON, by its ending; at most 100,000 rows."""
        query = _query(achievement, issuer, allow_duplicates=allow_duplicates)
        return Batch.from_json(self._send(file, query, key or new_key()))

    def check(self, achievement: str, file: Path, *, issuer: str | None = None) -> dict[str, Any]:
        """What would become of a file: {rows, ready, refused, errors}. Nothing is kept."""
        return self._send(file, _query(achievement, issuer) | {"dryRun": "true"}, None)

    def open_changes(self, action: Change, file: Path, *, key: str | None = None) -> Batch:
        """Revoke, suspend, reinstate or correct what a file names: `credential` and `reason`, and what is right."""
        return Batch.from_json(self._send(file, {}, key or new_key(), path=f"{PATH}/{action}"))

    def check_changes(self, action: Change, file: Path) -> dict[str, Any]:
        """What would become of a file: {rows, ready, refused, errors}. Nothing is changed."""
        return self._send(file, {"dryRun": "true"}, None, path=f"{PATH}/{action}")

    def template(self, action: Action = "issue", *, achievement: str | None = None) -> bytes:
        """A CSV to fill in. With an achievement, with a column for each result that it describes."""
        params = {"action": action} | ({"achievement": achievement} if achievement else {})
        path = f"{PATH}/template.csv"
        return self._transport.send("GET", path, params=params, headers={"Accept": "text/csv"}).content

    def get(self, batch: str) -> Batch:
        """One, by its address or UUID."""
        return Batch.from_json(self._transport.get(f"{PATH}/{last_segment(batch)}"))

    def follow(self, batch: str, *, every: float = 0.5) -> Iterator[Batch]:
        """The batch again and again, `every` so many seconds, until it has ended."""
        while True:
            found = self.get(batch)
            yield found
            if found.has_ended:
                return
            clock.pause(every)

    def rows(self, batch: str, *, status: str | None = None) -> Iterator[dict[str, Any]]:
        """Its rows, by number: {row, status, credential, problem}."""
        return self._transport.pages(f"{PATH}/{last_segment(batch)}/rows", {"status": status} if status else None)

    def results(self, batch: str) -> bytes:
        """A CSV of what became of every row."""
        path = f"{PATH}/{last_segment(batch)}/results.csv"
        return self._transport.send("GET", path, headers={"Accept": "text/csv"}).content

    def change(self, batch: str, action: str) -> Batch:
        """`pause`, `resume`, `cancel`, or `retry` the failed rows."""
        return Batch.from_json(self._transport.post(f"{PATH}/{last_segment(batch)}/{action}", {}))

    def _send(self, file: Path, query: Mapping[str, str], key: str | None, *, path: str = PATH) -> dict[str, Any]:
        headers = {"Content-Type": MEDIA_TYPES.get(file.suffix.lower(), _BY_ITS_BEGINNING)}
        if key is not None:
            headers["Idempotency-Key"] = key
        answer = self._transport.send(
            "POST", path, params=query, content=file.read_bytes(), headers=headers, timeout=180
        )
        body: dict[str, Any] = answer.json()
        return body


def _query(achievement: str, issuer: str | None, *, allow_duplicates: bool = False) -> dict[str, str]:
    query = {"achievement": achievement} | ({"issuer": issuer} if issuer else {})
    return query | ({"allowDuplicates": "true"} if allow_duplicates else {})
