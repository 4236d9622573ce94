"""The refusals that every protected route documents."""

from typing import Any

_PROBLEM = {
    "application/problem+json": {
        "schema": {
            "type": "object",
            "required": ["type", "title", "status", "detail"],
            "properties": {
                "type": {"type": "string"},
                "title": {"type": "string"},
                "status": {"type": "integer"},
                "detail": {"type": "string"},
                "instance": {"type": "string"},
                "requestId": {"type": "string"},
                "errors": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "properties": {"field": {"type": "string"}, "detail": {"type": "string"}},
                    },
                },
            },
        }
    }
}
_MEANINGS = {
    400: "The request cannot be read",
    401: "No usable access token",
    403: "The token's scope does not allow this",
    404: "There is no such thing within the caller's reach",
    409: "The request contradicts the present state",
    422: "A member of the request is wrong",
    503: "Something this needs is away for now",
}
PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"description": meaning, "content": _PROBLEM} for status, meaning in _MEANINGS.items()
}
