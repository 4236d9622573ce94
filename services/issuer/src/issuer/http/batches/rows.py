"""The rows of a batch as they are sent: members of a credential request, or the cells of a table."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from issuer.core.batches.batch import problem_of
from issuer.core.batches.opening import MOST_ROWS, AskedRow
from issuer.core.credentials.order import Order
from issuer.core.model import Json
from issuer.http.credentials.bodies import AwardBody
from service_kit.errors import FieldError, Invalid
from service_kit.problems import reason
from service_kit.row_files import RowFile, read_rows
from service_kit.row_tables import Columns, RawRow

RECIPIENT = ("email", "did", "identifier", "identifierType", "name", "plaintext")
PLAIN = ("validFrom", "validUntil", "awardedDate", "activityStartDate", "activityEndDate", "narrative")
OTHERS = ("creditsEarned", "evidence", "evidenceNarrative", "result")
RESULT, STATUS, LEVEL = "result:", "status:", "level:"
RESULTS = {RESULT: "value", STATUS: "status", LEVEL: "achievedLevel"}
"""Columns about one of the achievement's results, and the member of the result that each fills."""
NUMBER = re.compile(r"[+-]?\d{1,9}([.,]\d{1,9})?")
YES, NO = frozenset({"true", "yes", "1"}), frozenset({"false", "no", "0"})
OF_CHANGES = ("credential", "reason")
KNOWN = {name.lower(): name for name in (*RECIPIENT, *PLAIN, *OTHERS, *OF_CHANGES)}
OF_AWARDS = frozenset({*RECIPIENT, *PLAIN, *OTHERS})

MakeOrder = Callable[[AwardBody], Order]


def asked_rows(file: RowFile, make_order: MakeOrder) -> list[AskedRow]:
    """Every row of a file; seconds of work for a large one. Raises Malformed or Invalid for a file that is none."""
    return list(_asked(file, make_order))


def _asked(file: RowFile, make_order: MakeOrder) -> Iterator[AskedRow]:
    for raw in read_rows(file, Columns(column_name, known=OF_AWARDS, families=tuple(RESULTS)), most=MOST_ROWS):
        yield _row(raw, make_order)


def column_name(cell: str) -> str:
    """ "E-mail" and "Awarded date" are email and awardedDate; a name that is none stays as it is."""
    trimmed = cell.strip()
    if prefix := _of_result(trimmed.lower()):
        return prefix + trimmed[len(prefix) :].strip()
    return KNOWN.get(re.sub(r"[\s_-]+", "", trimmed.lower()), trimmed)


def _row(raw: RawRow, make_order: MakeOrder) -> AskedRow:
    if raw.members is None:
        return AskedRow(raw.number, None, wrong_row(raw.error, []))
    members = raw.members if "recipient" in raw.members else of_cells(raw.members)
    try:
        return AskedRow(raw.number, make_order(AwardBody.model_validate(members)))
    except ValidationError as error:
        return AskedRow(raw.number, None, wrong_members(error))


def wrong_members(error: ValidationError) -> Json:
    """The problem of a row whose members are wrong."""
    wrong = [
        FieldError(".".join(map(str, found["loc"])) or "row", reason(found))
        for found in error.errors(include_url=False, include_context=False, include_input=False)
    ]
    return wrong_row("; ".join(f"{one.field}: {one.detail}" for one in wrong), wrong)


def wrong_row(detail: str, errors: Sequence[FieldError]) -> Json:
    """The problem of a row that is wrong in itself."""
    return problem_of(Invalid(detail[:1000], code="invalid-row", errors=errors))


def of_cells(cells: Mapping[str, Any]) -> Json:
    """A request from cells: everything is text in a table."""
    made: Json = {"recipient": {name: cells[name] for name in RECIPIENT if name in cells}}
    if isinstance(cells.get("plaintext"), str):
        made["recipient"]["plaintext"] = _truth(cells["plaintext"])
    results = _results(cells)
    evidence = {"id": cells.get("evidence"), "narrative": cells.get("evidenceNarrative")}
    if results:
        made["results"] = results
    if any(evidence.values()):
        made["evidence"] = [{name: value for name, value in evidence.items() if value}]
    if "creditsEarned" in cells:
        made["creditsEarned"] = _number(cells["creditsEarned"])
    told = {*RECIPIENT, *OTHERS}
    rest = {name: value for name, value in cells.items() if name not in told and not _of_result(name)}
    return made | rest


def _of_result(column: str) -> str:
    """The beginning of a column's name, if it is about one result."""
    return next((prefix for prefix in RESULTS if column.startswith(prefix)), "")


def _results(cells: Mapping[str, Any]) -> list[Json]:
    """One for each result that cells are about, and one for the plain `result`."""
    plain: list[Json] = [{"value": cells["result"]}] if "result" in cells else []
    described: dict[str, Json] = {}
    for column, value in cells.items():
        if prefix := _of_result(column):
            identifier = column.removeprefix(prefix)
            made = described.setdefault(identifier, {"resultDescription": identifier})
            made[RESULTS[prefix]] = value
    return [*plain, *described.values()]


def _truth(text: str) -> bool | str:
    word = text.strip().lower()
    return word in YES if word in YES | NO else text


def _number(value: Any) -> Any:
    text = value.strip() if isinstance(value, str) else ""
    return float(text.replace(",", ".")) if NUMBER.fullmatch(text) else value
