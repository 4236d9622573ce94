"""Files to fill in, one for each kind of batch."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from issuer.core.batches.batch import RowAction
from issuer.http.batches.rows import LEVEL, RESULT, STATUS

NOBODY = "https://laurel.example/credentials/00000000-0000-4000-8000-000000000000"
ISSUE = {
    "email": "ada@students.example",
    "name": "",
    "awardedDate": "2026-06-12T09:30:00Z",
    "validUntil": "",
    "result": "A",
    "evidence": "https://students.example/ada/project",
    "narrative": "A study of influenza.",
}
CORRECT = {
    "credential": NOBODY,
    "reason": "the name was misspelt",
    "email": "",
    "name": "Ada Lovelace",
    "validUntil": "",
    "result": "",
    "evidence": "",
    "narrative": "",
}
REASONS = {
    RowAction.REVOKE: "issued in error",
    RowAction.SUSPEND: "the result is under review",
    RowAction.REINSTATE: "the review is over",
}


def template(action: RowAction, achievement: Mapping[str, Any] | None) -> str:
    """A header and one example. With an achievement, a column for each result that it describes."""
    if action in REASONS:
        return _table({"credential": NOBODY, "reason": REASONS[action]})
    example = ISSUE if action is RowAction.ISSUE else CORRECT
    columns = _result_columns(achievement or {})
    if columns and action is not RowAction.ISSUE:
        columns = dict.fromkeys(columns, "")
    return _table(_with_results(example, columns) if columns else example)


def _with_results(example: Mapping[str, str], columns: Mapping[str, str]) -> dict[str, str]:
    """Those columns in the place of `result`."""
    made: dict[str, str] = {}
    for name, value in example.items():
        made |= columns if name == "result" else {name: value}
    return made


def _result_columns(achievement: Mapping[str, Any]) -> dict[str, str]:
    """One for each result that the achievement describes: its status, the rubric's level, or a value."""
    described: Sequence[Mapping[str, Any]] = achievement.get("resultDescription") or ()
    return dict(_column(one) for one in described if "id" in one)


def _column(described: Mapping[str, Any]) -> tuple[str, str]:
    levels = [level["id"] for level in described.get("rubricCriterionLevel") or () if "id" in level]
    if described.get("resultType") == "Status":
        return f"{STATUS}{described['id']}", "Completed"
    if levels:
        return f"{LEVEL}{described['id']}", str(levels[0])
    return f"{RESULT}{described['id']}", _value(described)


def _value(described: Mapping[str, Any]) -> str:
    """One that would be accepted."""
    allowed = described.get("allowedValue") or [described.get("valueMax") or described.get("valueMin") or "A"]
    return str(allowed[0])


def _table(example: Mapping[str, str]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows([example.keys(), example.values()])
    return text.getvalue()
