"""How errors are documented in the API description."""

from typing import Any

DESCRIPTIONS = {
    400: "the request cannot be read",
    401: "no access token, or one that is not accepted",
    403: "the token lacks a scope, or a policy forbids it",
    404: "there is no such thing, or it is another organization's",
    406: "no representation of the kind that was asked for",
    409: "the request contradicts the present state; the problem type says how",
    413: "the body is too large",
    415: "the body is of a media type that is not read here",
    422: "a member of the request is wrong; `errors` names it",
    503: "something that is needed is away for a moment",
}

PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "instance", "requestId"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "requestId": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "detail"],
                "properties": {"field": {"type": "string"}, "detail": {"type": "string"}},
            },
        },
    },
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """`responses=` for these statuses, and those that every protected route has."""
    return {
        status: {"description": DESCRIPTIONS[status], "content": {"application/problem+json": {"schema": PROBLEM}}}
        for status in sorted({400, 401, 403, 503, *statuses})
    }
