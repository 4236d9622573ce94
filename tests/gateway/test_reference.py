"""/docs and /openapi.json: from our own files, under a policy that lets nothing else in."""

from __future__ import annotations

import hashlib
import re

import pytest

import gateway.main
from service_kit.testing import asgi_client

pytestmark = pytest.mark.asyncio
# swagger-ui-dist 5.34.0 as its authors published it on npm; look at both when the dependency moves.
SWAGGER_UI = {
    "/docs/swagger-ui.js": "3f6abf70480db7e07914df4c98a77385f22ea585eaf457a3e6415ba0eae2d167",
    "/docs/swagger-ui.css": "c3cfe8248c4b0b89673600fb829924eafbac6de4bc4b2b06f5f5243483074d0a",
}


async def test_the_description_names_this_fleet_as_its_server() -> None:
    app = gateway.main.create_openapi_app()
    async with asgi_client(app) as client:
        document = (await client.get("/docs/openapi.json")).json()
    assert document["servers"][0]["url"] == app.state.public_base_url
    assert "/credentials" in document["paths"]


async def test_everything_is_there_to_read_without_a_script() -> None:
    app = gateway.main.create_openapi_app()
    async with asgi_client(app) as client:
        page = await client.get("/docs")
        document = (await client.get("/docs/openapi.json")).json()
    assert "script-src" not in page.headers["content-security-policy"]
    assert "<script" not in page.text
    assert page.text.count("<main") == 1
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert f'<h3 id="{operation["operationId"]}"><code>{method.upper()} {path}</code></h3>' in page.text
    assert set(re.findall(r'href="#([^"]+)"', page.text)) <= set(re.findall(r' id="([^"]+)"', page.text))


async def test_the_page_holds_no_script_of_its_own_and_loads_from_here_only() -> None:
    async with asgi_client(gateway.main.create_openapi_app()) as client:
        page = await client.get("/docs/try")
        policy = page.headers["content-security-policy"]
        assert "unsafe" not in policy
        assert "script-src 'self'" in policy
        assert re.findall(r"<script(?! src=\"/docs/)", page.text) == []
        assert " style=" not in page.text
        for address in re.findall(r'(?:src|href)="(/docs/[^"]+)"', page.text):
            assert (await client.get(address)).status_code == 200


@pytest.mark.parametrize("path", SWAGGER_UI)
async def test_the_reader_is_what_its_authors_published(path: str) -> None:
    async with asgi_client(gateway.main.create_openapi_app()) as client:
        file = await client.get(path)
        again = await client.get(path, headers={"If-None-Match": file.headers["etag"]})
    assert hashlib.sha256(file.content).hexdigest() == SWAGGER_UI[path]
    assert (again.status_code, again.content) == (304, b"")
