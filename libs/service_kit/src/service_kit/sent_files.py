"""A file of rows as a request brings it: as its body, or as the one file of a form."""

from dataclasses import dataclass
from email.message import Message

from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from service_kit.errors import invalid_field
from service_kit.row_files import RowFile, is_supported

MULTIPART = "multipart/form-data"
FORM = {"type": "object", "additionalProperties": {"type": "string", "format": "binary"}}
"""A file by any name. Java's generator leaves out a class for a form of named ones, and imports it all the same."""

TAKEN = f"application/json, application/x-ndjson, text/csv, {MULTIPART}"


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


async def sent_file(request: Request) -> RowFile:
    """The file, sent as the body or as the one file of a form. Raises 415 for a type no rows come as."""
    sent = content_type(request.headers.get("content-type"))
    if sent.media_type == MULTIPART:
        return await _uploaded(request)
    _refuse_unsupported(sent.media_type)
    return RowFile(await request.body(), sent.media_type, sent.charset)


async def _uploaded(request: Request) -> RowFile:
    async with request.form(max_files=1, max_fields=10) as form:
        file = next((part for _, part in form.multi_items() if isinstance(part, UploadFile)), None)
        if file is None:
            raise invalid_field("file", "the form holds no file")
        sent = content_type(file.headers.get("content-type"))
        _refuse_unsupported(sent.media_type)
        return RowFile(await file.read(), sent.media_type, sent.charset, file.filename or "")


def _refuse_unsupported(media_type: str) -> None:
    if not is_supported(media_type):
        said = "rows come as application/json, application/x-ndjson or text/csv"
        raise HTTPException(415, said, {"Accept": TAKEN})
