"""The routes of skills frameworks: everybody reads them, an organization imports its own."""

import hashlib
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Annotated, Any, Protocol

from fastapi import APIRouter, Depends, Query, Request, Response
from starlette.datastructures import UploadFile

from catalog.core import vocabulary as limits
from catalog.core.model import OrgId
from catalog.core.skills.importing import NO_FRAMEWORK
from catalog.core.skills.model import FrameworkId, ImportReport
from catalog.core.skills.ports import SkillReadings
from catalog.http.answers import documented
from catalog.http.callers import Writer, organization
from catalog.http.parameters import Filter, clean
from catalog.http.replies import page_reply
from catalog.http.representation import reply
from catalog.http.skills.answers import FrameworkAnswer, FrameworkImport, FrameworkPage
from catalog.http.skills.files import SentFramework
from catalog.http.skills.replies import framework_reply, framework_url, import_reply, view_reply
from catalog.http.texts import LANGUAGE
from service_kit.app import router
from service_kit.described import UNCHANGED
from service_kit.errors import NotFound, invalid_field
from service_kit.idempotency import idempotency_key
from service_kit.ids import is_id
from service_kit.inputs import IdempotencyKey, PageRequest
from service_kit.offload import offload
from service_kit.pagination import LINK, next_page, page_request
from service_kit.row_files import RowFile
from service_kit.sent_files import FORM, MULTIPART, content_type, sent_file

OBJECTS = {"type": "array", "items": {"type": "object"}}
BODY = {
    "required": True,
    "description": "at most 64 MiB. One CASE package (JSON: CFDocument, CFItems, CFAssociations); or the files of one "
    "ESCO download or one O*NET release, as a form of at most 12 files. What a file holds is told by its columns",
    "content": {
        "application/json": {
            "schema": {
                "title": "CasePackage",
                "type": "object",
                "required": ["CFDocument", "CFItems"],
                "properties": {"CFDocument": {"type": "object"}, "CFItems": OBJECTS, "CFAssociations": OBJECTS},
            }
        },
        "text/csv": {"schema": {"type": "string"}},
        MULTIPART: {"schema": FORM},
    },
}


class ImportSentFramework(Protocol):
    """Files in, a report out. Large ones are read where they hold nobody up."""

    async def __call__(
        self, org: OrgId, sent: SentFramework, key: IdempotencyKey | None
    ) -> tuple[ImportReport, FrameworkId]:
        """See core.skills.importing.ImportFramework."""


@dataclass(frozen=True, slots=True)
class SkillUseCases:
    """What the routes of frameworks and skills call."""

    import_framework: ImportSentFramework
    readings: SkillReadings
    base_url: str


@dataclass(frozen=True, slots=True)
class About:
    """What files may not say of themselves."""

    language: Annotated[
        str, Query(max_length=20, pattern=LANGUAGE, description="of the labels, if not said inside")
    ] = "en"
    source_version: Annotated[
        str | None, Query(alias="sourceVersion", max_length=limits.LABEL, description="of the source, such as 1.2.0")
    ] = None


def path_id(framework_id: str) -> FrameworkId:
    """The framework's id from the path. Raises NotFound for what can be none."""
    if not is_id(framework_id):
        raise NotFound(NO_FRAMEWORK)
    return FrameworkId(framework_id)


PathId = Annotated[FrameworkId, Depends(path_id)]
Key = Annotated[IdempotencyKey | None, Depends(idempotency_key)]
Paging = Annotated[PageRequest, Depends(page_request)]


def routes(use: SkillUseCases) -> APIRouter:
    """Import and reading."""
    frameworks = router(tags=["skills"])
    _import(frameworks, use)
    _reads(frameworks, use)
    return frameworks


def _import(frameworks: APIRouter, use: SkillUseCases) -> None:
    @frameworks.post(
        "/skill-frameworks",
        status_code=HTTPStatus.CREATED,
        responses=documented(FrameworkImport, 400, 401, 403, 409, 413, 415, status=201)
        | {200: {"description": "Nothing changed", "model": FrameworkImport}},
        openapi_extra={"requestBody": BODY},
    )
    async def import_skill_framework(
        request: Request,
        caller: Writer,
        key: Key,
        response: Response,
        about: Annotated[About, Depends()],
    ) -> dict[str, Any]:
        """Import a framework, or bring yours of the same identifier to its next version. The same again is 200.

        A wrong row is reported and stops no other. What a new version no longer has is retired: it keeps its address.
        """
        files = await _sent(request)
        version = clean("sourceVersion", about.source_version)
        if key is not None:  # a repeated upload has another multipart boundary, and is the same
            key = replace(key, fingerprint=await offload(_fingerprint, files, about.language, version or ""))
        sent = SentFramework(files, about.language, version)
        report, framework = await use.import_framework(organization(caller), sent, key)
        response.headers["Location"] = framework_url(use.base_url, framework)
        if not report.changed:
            response.status_code = HTTPStatus.OK.value
        return import_reply(report, use.base_url)


def _reads(frameworks: APIRouter, use: SkillUseCases) -> None:
    @frameworks.get(
        "/skill-frameworks", responses=UNCHANGED | documented(FrameworkPage, **LINK[200]), response_class=Response
    )
    async def list_skill_frameworks(request: Request, page: Paging, organization: Filter = None) -> Response:
        """What was imported, newest first."""
        found = await use.readings.frameworks(clean("organization", organization), page)
        following = next_page(request, use.base_url, found.next)
        document = page_reply([framework_reply(one, use.base_url) for one in found.items], following.cursor)
        return reply(request, document, headers=following.headers)

    @frameworks.get(
        "/skill-frameworks/{framework_id}",
        responses=UNCHANGED | documented(FrameworkAnswer, 404),
        response_class=Response,
    )
    async def read_skill_framework(request: Request, framework_id: PathId) -> Response:
        """One framework, and its newest versions."""
        found = await use.readings.framework(framework_id)
        if found is None:
            raise NotFound(NO_FRAMEWORK)
        return reply(request, view_reply(found, use.base_url))


async def _sent(request: Request) -> list[RowFile]:
    """The files of a form, or the body as the one file. Raises Invalid."""
    if content_type(request.headers.get("content-type")).media_type != MULTIPART:
        return [await sent_file(request)]
    async with request.form(max_files=limits.SKILL_FILES, max_fields=10) as form:
        files = [await _file(part) for _, part in form.multi_items() if isinstance(part, UploadFile)]
    if not files:
        raise invalid_field("file", "the form holds no file")
    return files


async def _file(part: UploadFile) -> RowFile:
    sent = content_type(part.headers.get("content-type"))
    return RowFile(await part.read(), sent.media_type, sent.charset, part.filename or "")


def _fingerprint(files: list[RowFile], *parameters: str) -> str:
    found = hashlib.sha256("\n".join(parameters).encode())
    for file in files:
        found.update(hashlib.sha256(file.content).digest())
    return found.hexdigest()
