"""What the edge may answer wherever one asks, which no service's own description can know (`gateway.edge.problems`)."""

import copy
import re
from typing import Any, assert_never

from gateway.edge.routes import ROUTES, Access, Path, Pattern, Route, Under
from service_kit.described import HEADERS

Json = dict[str, Any]

PARAMETER = re.compile(r"{[^}]*}")
LIKE = "503"
"""The refusal that every operation describes: in its form the edge gives others, too."""
ANYWHERE = {
    "408": "The request took too long to arrive",
    "431": "The request's headers are too large",
    "504": "The service took too long to answer; the request may have had its effect",
}
BAD_TOKEN = "An access token that is not accepted. None is needed here, and one that is shown is checked"  # noqa: S105


def answered(document: Json) -> Json:
    """The description with the edge's own refusals at every operation, in the operation's own form."""
    found = copy.deepcopy(document)
    for path, operations in found["paths"].items():
        for method, operation in operations.items():
            known: Json = operation["responses"]
            said = ANYWHERE | ({"401": BAD_TOKEN} if _looks_at_tokens(path, method) else {})
            content = known[LIKE]["content"]
            missing = {
                status: {
                    "description": text,
                    "headers": dict(HEADERS.get(status, {})),
                    "content": copy.deepcopy(content),
                }
                for status, text in said.items()
                if status not in known
            }
            operation["responses"] = dict(sorted((known | missing).items()))
    return found


def _looks_at_tokens(template: str, method: str) -> bool:
    path = PARAMETER.sub("x", template)
    row = next((row for row in ROUTES if _is_at(row, path) and _takes(row, method)), None)
    return row is not None and row.access in {Access.PUBLIC, Access.TOKEN}


def _takes(row: Route, method: str) -> bool:
    return not row.methods or method.upper() in row.methods


def _is_at(row: Route, path: str) -> bool:
    match row.match:
        case Path(value):
            return path == value
        case Under(value):
            return path == value or path.startswith(f"{value}/")
        case Pattern(value):
            return re.fullmatch(value, path) is not None
        case _:
            assert_never(row.match)
