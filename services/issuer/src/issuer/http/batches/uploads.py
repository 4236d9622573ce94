"""What batches have in common: the file that is sent, its key, and the answer to it."""

import hashlib
from dataclasses import replace
from typing import Any

import orjson
from fastapi import Request, Response

from issuer.core.batches.batch import Batch, RowAction
from issuer.http.batches.bodies import TakenBatch, batch_reply
from issuer.http.batches.sent import Sent
from issuer.http.services import Services
from service_kit.auth import Caller
from service_kit.errors import Forbidden
from service_kit.inputs import IdempotencyKey
from service_kit.row_files import RowFile
from service_kit.sent_files import FORM, MULTIPART, sent_file

ISSUE, REVOKE = "credentials:issue", "credentials:revoke"
SCOPE_OF = {
    RowAction.ISSUE: ISSUE,
    RowAction.CORRECT: ISSUE,
    RowAction.REVOKE: REVOKE,
    RowAction.SUSPEND: REVOKE,
    RowAction.REINSTATE: REVOKE,
}
ANSWERS: dict[int | str, dict[str, Any]] = {
    202: {"model": TakenBatch, "description": "kept; its rows are being worked on"},
    200: {"model": TakenBatch, "description": "what a dry run found"},
}
ROW = {
    "type": "object",
    "description": "an object; whatever else is there is told as a refused row, and stops no other",
}


def body(rows: str) -> dict[str, Any]:
    """The description of a file of rows."""
    content = {
        "application/json": {"schema": {"type": "array", "items": ROW}},
        "application/x-ndjson": {"schema": {"type": "string"}},
        "text/csv": {"schema": {"type": "string"}},
        MULTIPART: {"schema": FORM},
    }
    described = (
        f"at most 64 MiB and 100,000 rows, whole within 120 s (that much at 5 Mbit/s): a file that takes longer is "
        f"sent as several batches. {rows}"
    )
    return {"requestBody": {"required": True, "description": described, "content": content}}


async def uploaded(request: Request, key: IdempotencyKey | None) -> tuple[RowFile, IdempotencyKey | None]:
    """The file, and the key as one for just this file: sent again, it has another multipart boundary."""
    file = await sent_file(request)
    if key is None:
        return file, None
    said = f"{request.url.query}\0".encode() + file.content
    return file, replace(key, fingerprint=hashlib.sha256(said).hexdigest())


async def answered(sent: Sent, services: Services, *, dry_run: bool) -> Response:
    """The answer to a batch that is kept, or to a dry run. Raises ServiceError."""
    if dry_run:
        found = await services.take_batch.check(sent)
        return Response(found.model_dump_json(), media_type="application/json")
    batch = await services.take_batch(sent)
    reply = batch_reply(*await services.batches.batch(batch.org_id, batch.id), services.addresses)
    return Response(orjson.dumps(reply), 202, headers={"Location": reply["id"]}, media_type="application/json")


def may_work_on(caller: Caller, batch: Batch) -> None:
    """Raises Forbidden when the caller may not do what the batch does."""
    needed = SCOPE_OF[batch.action]
    if needed not in caller.scopes:
        raise Forbidden(f"this needs the scope {needed}", scope=needed)
