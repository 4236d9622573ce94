"""The routes that import a course list, and give the template to start from."""

import hashlib
from dataclasses import asdict, dataclass, replace
from email.message import Message
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from catalog.core.import_courses import ImportCourses, accept
from catalog.http.answers import ImportReport, documented
from catalog.http.callers import Writer, organization
from catalog.http.course_files import CourseFile, is_supported, read_courses
from catalog.http.course_tables import TEMPLATE
from service_kit.app import router
from service_kit.errors import invalid_field
from service_kit.idempotency import idempotency_key
from service_kit.inputs import IdempotencyKey
from service_kit.offload import offload

MULTIPART = "multipart/form-data"
ROW_SCHEMA = {
    "type": "object",
    "required": ["code", "title"],
    "properties": {name: {} for name in TEMPLATE.partition("\r\n")[0].split(",")},
}
BODY = {
    "required": True,
    "description": "at most 16 MiB and 50,000 rows; the type of a file is told by its media type, name or beginning",
    "content": {
        "application/json": {"schema": {"type": "array", "items": ROW_SCHEMA}},
        "application/x-ndjson": {"schema": {"type": "string"}},
        "text/csv": {"schema": {"type": "string"}},
        MULTIPART: {"schema": {"type": "object", "properties": {"file": {"type": "string", "format": "binary"}}}},
    },
}


def routes(import_courses: ImportCourses) -> APIRouter:
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
        dry_run: Annotated[bool, Query(description="check and count, and keep nothing")] = False,
    ) -> dict[str, Any]:
        """Create or update courses by their code. A wrong row is reported and stops no other."""
        file = await _sent_file(request)
        given = await offload(lambda: accept(read_courses(file)))
        if key is not None:  # a repeated upload has another multipart boundary, and is the same file
            key = replace(key, fingerprint=hashlib.sha256(file.content).hexdigest())
        return asdict(await import_courses(organization(caller), given, dry_run=dry_run, key=key))

    @imports.get(
        "/courses/import/template.csv", responses={200: {"content": {"text/csv": {}}}}, response_class=Response
    )
    async def template() -> Response:
        """A course list to fill in, with one example."""
        headers = {
            "Content-Disposition": 'attachment; filename="courses.csv"',
            "Cache-Control": "public, max-age=86400",
            "X-Content-Type-Options": "nosniff",
        }
        return Response(TEMPLATE, headers=headers, media_type="text/csv; charset=utf-8")

    return imports


@dataclass(frozen=True, slots=True)
class ContentType:
    """A media type and its charset, as a header says them."""

    media_type: str
    charset: str | None


def content_type(header: str | None) -> ContentType:
    """Read a Content-Type header; one that cannot be read is none."""
    if not header:
        return ContentType("", None)
    message = Message()
    message["Content-Type"] = header.replace("\r", " ").replace("\n", " ")
    charset = message.get_param("charset")
    return ContentType(header.partition(";")[0].strip().lower(), charset if isinstance(charset, str) else None)


async def _sent_file(request: Request) -> CourseFile:
    """The file, sent as the body or as the one file of a form. Raises 415 for a type no course list comes as."""
    sent = content_type(request.headers.get("content-type"))
    if sent.media_type == MULTIPART:
        return await _uploaded(request)
    _refuse_unsupported(sent.media_type)
    return CourseFile(await request.body(), sent.media_type, sent.charset)


async def _uploaded(request: Request) -> CourseFile:
    async with request.form(max_files=1, max_fields=10) as form:
        file = next((part for _, part in form.multi_items() if isinstance(part, UploadFile)), None)
        if file is None:
            raise invalid_field("file", "the form holds no file")
        sent = content_type(file.headers.get("content-type"))
        _refuse_unsupported(sent.media_type)
        return CourseFile(await file.read(), sent.media_type, sent.charset, file.filename or "")


def _refuse_unsupported(media_type: str) -> None:
    if not is_supported(media_type):
        raise HTTPException(415, "a course list comes as application/json, application/x-ndjson or text/csv")
