"""The running fleet as the W3C suites meet it: https, through the edge, a token by OAuth2 client credentials."""

from __future__ import annotations

import os
import ssl
from collections import defaultdict
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from tests.conformance.w3c.implementation import SCOPES, Implementation, Json, PublishedList
from tests.service_kit.support import until
from tools.fleet import Fleet

PREFIX = "suites-"
SLOW_S = 30.0
HERE = Path(__file__).parent
EVERY_CASE = "EVERY_W3C_CASE"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Of each statement its first case and its last: the road is the same for all.

    In process all are asked; with EVERY_W3C_CASE here, too.
    """
    if os.environ.get(EVERY_CASE):
        return
    cases: dict[str, list[pytest.Item]] = defaultdict(list)
    for item in items:
        if HERE in item.path.parents:
            cases[item.nodeid.partition("[")[0]].append(item)
    between = {item for found in cases.values() for item in found[1:-1]}
    config.hook.pytest_deselected(items=list(between))
    items[:] = [item for item in items if item not in between]


class OverHttps(Implementation):
    """What is published is read as anybody reads it, at its address, without a token."""

    def __init__(self, http: httpx.AsyncClient, token: str) -> None:
        super().__init__()
        self._http = http
        self._authorization = {"authorization": f"Bearer {token}"}
        self._listed: dict[str, Json] = {}
        self._set: list[Json] = []

    async def send(self, method: str, path: str, body: Any) -> httpx.Response:
        """Through the edge."""
        return await self._http.request(method, path, json=body, headers=self._authorization)

    async def issued(self, credential: Json, **manner: Any) -> Json:
        """Remembered, so that the lists are known."""
        made = await super().issued(credential, **manner)
        if self._is_listed(made):
            self._listed[made.get("id", made["credentialStatus"]["statusListCredential"])] = made
        return made

    def _is_listed(self, made: Json) -> bool:
        status = made.get("credentialStatus", {})
        return isinstance(status, dict) and str(status.get("statusListCredential")).startswith(str(self._http.base_url))

    async def set_status(self, command: Json) -> httpx.Response:
        """Remembered, so that it can be waited for."""
        answer = await super().set_status(command)
        if answer.status_code == 200:
            self._set.append(self._listed[command["credentialId"]])
        return answer

    async def published(self) -> list[PublishedList]:
        """Nobody is told when a list is published: what was set is asked for until the verifier knows."""
        for made in self._set:
            await until(partial(self._is_refused, made))
        self._set.clear()
        urls = dict.fromkeys(made["credentialStatus"]["statusListCredential"] for made in self._listed.values())
        return [PublishedList(url, await self._read(url)) for url in urls]

    async def _is_refused(self, made: Json) -> bool:
        return (await self.verify(made)).status_code == 400

    async def controller(self, identifier: str) -> Json:
        """At the address that its did:web stands for."""
        return await self._read(f"/issuers/{identifier.rpartition(':')[2]}/did.json")

    async def _read(self, address: str) -> Json:
        answer = await self._http.get(address)
        assert answer.status_code == 200, answer.text
        found: Json = answer.json()
        return found


@pytest_asyncio.fixture(scope="session")
async def implementation(fleet: Fleet) -> AsyncIterator[Implementation]:
    """With issuers of its own, at the first university."""
    client = next(one for one in fleet.demo["organizations"] if one["slug"] == "lakeside")
    trusted = ssl.create_default_context(cafile=str(fleet.authority))
    async with httpx.AsyncClient(base_url=fleet.tls_base_url, verify=trusted, timeout=SLOW_S) as http:
        asked = {
            "grant_type": "client_credentials",
            "client_id": client["client_id"],
            "client_secret": client["client_secret"],
            "audience": fleet.tls_base_url,
            "scope": " ".join(SCOPES),
        }
        answer = await http.post("/oauth/token", data=asked)
        assert answer.status_code == 200, answer.text
        made = OverHttps(http, answer.json()["access_token"])
        await made.prepare(PREFIX)
        yield made
