"""The rate headers that the edge puts on every answer it counted (ADR 67): described once, named at every answer."""

import copy
from typing import Any

Json = dict[str, Any]

NAMES = ("RateLimit", "RateLimit-Policy")
UNCOUNTED = "Left out where nothing was counted, which is where the edge refuses a token"
HEADERS: Json = {
    "RateLimit": {
        "description": "What is left in your bucket (draft-ietf-httpapi-ratelimit-headers-11): `r` requests, and `t` "
        f"seconds until there are more. `X-RateLimit-Limit`, `-Remaining` and `-Reset` say the same. {UNCOUNTED}.",
        "schema": {"type": "string"},
        "example": '"caller";r=399;t=1',
    },
    "RateLimit-Policy": {
        "description": "How your bucket is filled (the same draft): `q` requests when it is full, and `w` seconds from "
        f"empty to full where that is the same for every bucket. {UNCOUNTED}.",
        "schema": {"type": "string"},
        "example": '"caller";q=400;w=2',
    },
}


def counted(document: Json) -> Json:
    """The description with the rate headers at every answer."""
    found = copy.deepcopy(document)
    found["components"]["headers"] = {**found["components"].get("headers", {}), **HEADERS}
    named = {name: {"$ref": f"#/components/headers/{name}"} for name in NAMES}
    for operations in found["paths"].values():
        for operation in operations.values():
            for answer in operation["responses"].values():
                answer["headers"] = {**answer.get("headers", {}), **named}
    return found
