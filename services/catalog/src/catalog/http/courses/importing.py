"""The routes that import a course list, and give the template to start from."""

import hashlib
from dataclasses import replace
from typing import Annotated, Any, Protocol

from fastapi import APIRouter, Depends, Query, Request, Response

from catalog.core.courses.importing import Report
from catalog.core.model import OrgId
from catalog.http.answers import ImportReport, documented
from catalog.http.callers import Writer, organization
from catalog.http.courses.files import TEMPLATE
from catalog.http.replies import report_reply
from service_kit.app import router
from service_kit.described import UNCHANGED
from service_kit.idempotency import idempotency_key
from service_kit.inputs import IdempotencyKey
from service_kit.offload import offload
from service_kit.representation import reply
from service_kit.row_files import RowFile
from service_kit.sent_files import FORM, MULTIPART, sent_file

CSV, KEPT_FOR_A_DAY = "text/csv; charset=utf-8", "public, max-age=86400"
ROW_SCHEMA = {
    "title": "CourseRow",
    "type": "object",
    "description": "needs a code and a title; one that is wrong is told in the report and stops no other",
    "properties": {name: {} for name in TEMPLATE.partition("\r\n")[0].split(",")},
}
BODY = {
    "required": True,
    "description": "at most 16 MiB and 50,000 rows; the type of a file is told by its media type, name or beginning. "
    "`code` and `title` may also be called as course platforms do, such as Course Code and Course Title",
    "content": {
        "application/json": {"schema": {"type": "array", "items": ROW_SCHEMA}},
        "application/x-ndjson": {"schema": {"type": "string"}},
        "text/csv": {"schema": {"type": "string"}},
        MULTIPART: {"schema": FORM},
    },
}


class ImportSentCourses(Protocol):
    """A file in, a report out. A large one is read where it holds nobody up."""

    async def __call__(self, org: OrgId, file: RowFile, *, dry_run: bool, key: IdempotencyKey | None) -> Report:
        """See core.courses.importing.ImportCourses."""


def routes(import_courses: ImportSentCourses) -> APIRouter:
    """Import, and the template."""
    imports = router(tags=["courses"])

    @imports.post(
        "/courses/import",
        responses=documented(ImportReport, 400, 401, 403, 409, 413, 415),
        openapi_extra={"requestBody": BODY},
    )
    async def import_course_list(
        request: Request,
        caller: Writer,
        key: Annotated[IdempotencyKey | None, Depends(idempotency_key)],
        dry_run: Annotated[bool, Query(alias="dryRun", description="check and count, and keep nothing")] = False,
    ) -> dict[str, Any]:
        """Create or update courses by their code. A wrong row is reported and stops no other."""
        file = await sent_file(request)
        if key is not None:  # a repeated upload has another multipart boundary, and is the same file
            key = replace(key, fingerprint=(await offload(hashlib.sha256, file.content)).hexdigest())
        return report_reply(await import_courses(organization(caller), file, dry_run=dry_run, key=key))

    @imports.get(
        "/courses/import/template.csv",
        responses=documented(None, content={"text/csv": {}}) | UNCHANGED,
        response_class=Response,
    )
    async def template(request: Request) -> Response:
        """A course list to fill in, with one example."""
        named = {"Content-Disposition": 'attachment; filename="courses.csv"'}
        return reply(request, TEMPLATE.encode(), media_type=CSV, cache_control=KEPT_FOR_A_DAY, headers=named)

    return imports
