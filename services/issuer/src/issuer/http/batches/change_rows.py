"""The rows of a batch that changes, as they are sent: which credential, why, and what of it."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import Field, ValidationError

from issuer.core.batches.batch import RowAction
from issuer.core.batches.opening import MOST_ROWS
from issuer.core.batches.opening_changes import AskedChange
from issuer.core.credentials.correction import request_of
from issuer.core.model import CredentialId, Json
from issuer.http.batches.rows import OF_AWARDS, OF_CHANGES, RESULTS, column_name, of_cells, wrong_members, wrong_row
from issuer.http.credentials.bodies import StatusRequest
from issuer.http.credentials.correction_bodies import CorrectionBody
from service_kit.errors import FieldError
from service_kit.ids import is_id
from service_kit.row_files import RowFile, read_rows
from service_kit.row_tables import Columns, RawRow

OF_STATUSES = Columns(column_name, known=frozenset(OF_CHANGES))
OF_CORRECTIONS = Columns(column_name, known=OF_AWARDS.union(OF_CHANGES) - {"awardedDate"}, families=tuple(RESULTS))
CredentialName = Annotated[str, Field(max_length=500, description="the credential's id, or its UUID")]


class StatusRow(StatusRequest):
    """One credential to revoke, suspend or reinstate."""

    credential: CredentialName


class CorrectionRow(CorrectionBody):
    """One credential to correct."""

    credential: CredentialName


def asked_changes(file: RowFile, action: RowAction, prefix: str) -> list[AskedChange]:
    """Every row of a file. `prefix` is what credentials' ids begin with. Raises as `batch_rows.asked_rows` does."""
    return list(_asked(file, action, prefix))


def _asked(file: RowFile, action: RowAction, prefix: str) -> Iterator[AskedChange]:
    columns = OF_CORRECTIONS if action is RowAction.CORRECT else OF_STATUSES
    for raw in read_rows(file, columns, most=MOST_ROWS):
        yield _row(raw, action, prefix)


def _row(raw: RawRow, action: RowAction, prefix: str) -> AskedChange:
    if raw.members is None:
        return AskedChange(raw.number, None, None, wrong_row(raw.error, []))
    try:
        name, request = _read(raw.members, action)
    except ValidationError as error:
        return AskedChange(raw.number, None, None, wrong_members(error))
    identifier = name.strip().removeprefix(prefix)
    if not is_id(identifier):
        detail = f"must be {prefix}<uuid>, or the uuid"
        wrong = wrong_row(f"credential: {detail}", [FieldError("credential", detail)])
        return AskedChange(raw.number, None, None, wrong)
    return AskedChange(raw.number, CredentialId(identifier), request)


def _read(members: Mapping[str, Any], action: RowAction) -> tuple[str, Json]:
    if action is not RowAction.CORRECT:
        row = StatusRow.model_validate(members)
        return row.credential, {"reason": row.reason}
    correction = CorrectionRow.model_validate(_members(members))
    return correction.credential, request_of(correction.correction())


def _members(members: Mapping[str, Any]) -> Mapping[str, Any]:
    """Those of a correction; in a table, where everything is text, they are cells."""
    if not all(isinstance(value, str) for value in members.values()):
        return members
    made = of_cells(members)
    return made if made["recipient"] else {name: value for name, value in made.items() if name != "recipient"}
