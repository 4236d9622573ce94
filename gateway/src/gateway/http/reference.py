"""/openapi.json and /docs: the whole API in one description, as a page, and in Swagger UI from files of our own.

The description is written when the code is (`python -m tools.api`), so no service is asked for it.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from fastapi import APIRouter, Request, Response

from gateway.http.pages import html
from gateway.http.plain_reference import plain_reference
from gateway.http.public import KEPT, PAGE_HEADERS
from service_kit.app import router
from service_kit.entity_tags import has_current, tag_of_bytes
from service_kit.representation import HTML, JSON

DOCS_PATH = "/docs"
TRY_PATH = "/docs/try"
OPENAPI_PATH = "/docs/openapi.json"
WRITTEN_FOR = "https://laurel.example"
SCRIPT = "text/javascript; charset=utf-8"
CSS = "text/css; charset=utf-8"
# Scripts and styles come from here as files, none stands in the page; the page calls this origin only.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@dataclass(frozen=True, slots=True)
class Asset:
    """A file in memory, with its entity tag computed once."""

    media_type: str
    body: bytes
    tag: str
    has_script: bool = False

    @classmethod
    def of(cls, media_type: str, body: bytes, *, has_script: bool = False) -> "Asset":
        """Compute the tag."""
        return cls(media_type, body, tag_of_bytes(media_type, body), has_script)

    def answer(self, request: Request) -> Response:
        """The file, or 304."""
        headers = {"ETag": self.tag, "Cache-Control": KEPT, "X-Content-Type-Options": "nosniff"}
        if self.media_type == HTML:
            headers |= PAGE_HEADERS
        if self.has_script:
            headers["Content-Security-Policy"] = POLICY
        if has_current(request.headers.getlist("if-none-match"), self.tag):
            return Response(status_code=304, headers=headers)
        return Response(self.body, headers=headers, media_type=self.media_type)


def routes(base: str) -> APIRouter:
    """`base` is the public base URL, which the description names as its server."""
    api = router(include_in_schema=False)
    for path, asset in _assets(base).items():
        api.add_api_route(path, _endpoint(asset), methods=["GET"])
    return api


@cache
def _assets(base: str) -> Mapping[str, Asset]:
    """By their paths. Made once in a process: the page alone takes a tenth of a second."""
    described = (files("gateway.http") / "openapi.json").read_text(encoding="utf-8").replace(WRITTEN_FOR, base)
    swagger = files("fastapi_swagger.resources")
    return {
        DOCS_PATH: Asset.of(HTML, plain_reference(json.loads(described)).encode()),
        TRY_PATH: Asset.of(HTML, html("docs.html").encode(), has_script=True),
        OPENAPI_PATH: Asset.of(JSON, described.encode()),
        "/docs/start.js": Asset.of(SCRIPT, (files("gateway.http") / "docs.js").read_bytes()),
        "/docs/swagger-ui.js": Asset.of(SCRIPT, (swagger / "swagger-ui-bundle.js").read_bytes()),
        "/docs/swagger-ui.css": Asset.of(CSS, (swagger / "swagger-ui.css").read_bytes()),
    }


def _endpoint(asset: Asset) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        return asset.answer(request)

    return answer
