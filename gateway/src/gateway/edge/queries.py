"""QUERY without a Content-Type: Envoy refuses it with a 400 before any filter or room is asked.

A room takes no QUERY and answers 405, whatever the request carries. So does the edge in its place, and says as the room
would what the address takes, by the description of the whole API.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from importlib.resources import files

from gateway.edge.routes import HEALTH, READ
from service_kit.problems import METHODS

PARAMETER = re.compile(r"{[^}]*}")
OWN = ("/", HEALTH)


def allowed() -> Iterator[tuple[str, str]]:
    """Expressions over a path with its query, and the Allow of what they match; the first that matches counts."""
    yield _expression(OWN), ", ".join((*READ, "OPTIONS"))
    described = json.loads((files("gateway.http") / "openapi.json").read_text(encoding="utf-8"))
    alike: dict[tuple[int, str], list[str]] = defaultdict(list)
    for path, operations in described["paths"].items():
        alike[len(PARAMETER.findall(path)), _allow(operations)].append(path)
    for (_, allow), paths in sorted(alike.items()):  # `/courses/import` before `/courses/{course_id}`
        yield _expression(paths), allow


def _allow(operations: Iterable[str]) -> str:
    """As a room tells it."""
    taken = {method.upper() for method in operations}
    return ", ".join([*(["HEAD"] if "GET" in taken else []), *(one for one in METHODS if one in taken), "OPTIONS"])


def _expression(paths: Iterable[str]) -> str:
    return f"({'|'.join(_one(path) for path in paths)})([?].*)?"


def _one(path: str) -> str:
    return "[^/?]+".join(part.replace(".", "[.]") for part in PARAMETER.split(path))
