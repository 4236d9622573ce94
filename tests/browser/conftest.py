"""The authorization server with its pages, as one process, and a browser in front of it."""

from __future__ import annotations

import base64
import json
import os
import secrets
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from tests.browser.chromium import Page, binary, open_page
from tests.conftest import missing
from tools.ports import free_ports
from tools.postgres import Server
from tools.rooms import Service

OWNER = {"email": "owner@lakeside.example", "name": "Grace Hopper", "password": "a nanosecond of wire"}


@dataclass(frozen=True)
class Pages:
    """Where they are, and the directory that mail is written into."""

    origin: str
    mail: Path


@pytest.fixture(scope="session")
def pages(postgres_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    home = tmp_path_factory.mktemp("pages")
    (port,) = free_ports(1)
    app_url, migrate_url = postgres_server.create_database("gateway_pages")
    found = Pages(f"http://localhost:{port}", home / "mail")
    environment = {
        **os.environ,
        "LAUREL_ENVIRONMENT": "development",
        "LAUREL_PUBLIC_BASE_URL": found.origin,
        "LAUREL_DATABASE__URL": app_url,
        "LAUREL_DATABASE__MIGRATE_URL": migrate_url,
        "LAUREL_KEY_ENCRYPTION_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
        "LAUREL_MAIL__DIRECTORY": str(found.mail),
        "LAUREL_LEARNERS_ORGANIZATION": "lakeside",
    }
    taker = {"name": "Lakeside University", "slug": "lakeside", "kind": "university", "scopes": "credentials:issue"}
    seedlings = [{**taker, "client_secret": secrets.token_urlsafe(32), "owner": OWNER}]
    (home / "seed.json").write_text(json.dumps(seedlings))
    for arguments in (["migrate"], ["seed", "--file", str(home / "seed.json")]):
        subprocess.run([sys.executable, "-m", "gateway", *arguments], env=environment, check=True, capture_output=True)
    gateway = Service("gateway", "run", port, environment, home)
    try:
        gateway.start()
        yield found
    finally:
        gateway.stop()


@pytest_asyncio.fixture
async def page(tmp_path: Path) -> AsyncIterator[Page]:
    if binary() is None:
        missing("needs Chromium: apt-get install chromium")
    async with open_page(tmp_path) as opened:
        yield opened
