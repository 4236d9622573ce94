"""How the Open Badges API says no: an `imsx_StatusInfo` for whatever went wrong below its addresses."""

from typing import Any, Final

import orjson
from fastapi import Response

from service_kit.problems import Refusal

SYSTEM: Final = "laurel"
MINOR: Final = {
    400: "invalid_data",
    401: "unauthorizedrequest",
    403: "forbidden",
    405: "not_allowed",
    406: "not_acceptable",
    413: "invalid_data",
    415: "invalid_data",
    429: "server_busy",
    500: "internal_server_error",
    503: "server_busy",
}
TEXT = {"type": "string"}
STATUS_INFO: dict[str, Any] = {
    "title": "ImsxStatusInfo",
    "type": "object",
    "required": ["imsx_codeMajor", "imsx_severity"],
    "properties": {
        "imsx_codeMajor": {"enum": ["success", "processing", "failure", "unsupported"], **TEXT},
        "imsx_severity": {"enum": ["status", "warning", "error"], **TEXT},
        "imsx_description": TEXT,
        "imsx_codeMinor": {
            "title": "ImsxCodeMinor",
            "type": "object",
            "properties": {
                "imsx_codeMinorField": {
                    "type": "array",
                    "items": {
                        "title": "ImsxCodeMinorField",
                        "type": "object",
                        "properties": {"imsx_codeMinorFieldName": TEXT, "imsx_codeMinorFieldValue": TEXT},
                    },
                }
            },
        },
    },
}


def status_info(refusal: Refusal) -> Response:
    """The answer to a refused request. Whatever is wrong with its content is a 400 here."""
    status = 400 if refusal.status == 422 else refusal.status
    minor = MINOR.get(status, "unknown")
    if status == 400 and refusal.method == "GET":
        minor = "invalid_query_parameter"
    body = {
        "imsx_codeMajor": "failure",
        "imsx_severity": "error",
        "imsx_description": _description(refusal),
        "imsx_codeMinor": {
            "imsx_codeMinorField": [{"imsx_codeMinorFieldName": SYSTEM, "imsx_codeMinorFieldValue": minor}]
        },
    }
    return Response(orjson.dumps(body), status, headers=dict(refusal.headers), media_type="application/json")


def _description(refusal: Refusal) -> str:
    reasons = [f"{error.field}: {error.detail}" for error in refusal.errors]
    return "; ".join([refusal.detail, *(reason for reason in reasons if reason not in refusal.detail)])


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """`responses=` for these statuses, and those that every protected route has."""
    content = {"application/json": {"schema": STATUS_INFO}}
    return {
        status: {"description": "imsx_StatusInfo", "content": content}
        for status in (400, 401, 403, 429, 503, *statuses)
    } | {"default": {"description": "imsx_StatusInfo", "content": content}}
