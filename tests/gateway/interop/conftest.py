"""The authorization server as it runs: a process of its own behind Envoy, over https, with an organization's owner."""

from __future__ import annotations

import base64
import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.node import Node
from tools import certificates
from tools.envoy import Edge
from tools.ports import free_ports
from tools.postgres import Server
from tools.rooms import ROOMS, Service

PERSON = {"email": "owner@lakeside.example", "name": "Lena Lakeside", "password": "correct horse battery staple"}


@dataclass(frozen=True)
class Running:
    """The server's public address, the organization's client, and the scripts that drive it."""

    issuer: str
    client_id: str
    client_secret: str
    authority: str
    node: Node


@pytest.fixture(scope="session")
def running(postgres_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    home = tmp_path_factory.mktemp("interop")
    certificate = certificates.localhost(home / "tls")
    edge_port, tls_port, admin_port, *rooms = free_ports(3 + len(ROOMS))
    ports = dict(zip(ROOMS, rooms, strict=True))
    issuer = f"https://localhost:{tls_port}"
    environment = _environment(postgres_server, issuer)
    secret = secrets.token_urlsafe(32)
    _prepare(home, environment, secret)
    gateway = Service("gateway", "run", ports["gateway"], environment, home)
    edge = Edge(
        home / "envoy", port=edge_port, tls_port=tls_port, admin_port=admin_port, rooms=ports, log=home / "e.log"
    )
    edge.configure(certificate, [issuer], issuer)
    try:
        gateway.start()
        edge.start()
        node = Node(Path(__file__).resolve().parent, {"NODE_EXTRA_CA_CERTS": str(certificate.authority)})
        yield Running(issuer, "lakeside", secret, str(certificate.authority), node)
    finally:
        edge.stop()
        gateway.stop()


def _environment(server: Server, issuer: str) -> dict[str, str]:
    app_url, migrate_url = server.create_database("gateway_interop")
    return {
        **os.environ,
        "LAUREL_PUBLIC_BASE_URL": issuer,
        "LAUREL_DATABASE__URL": app_url,
        "LAUREL_DATABASE__MIGRATE_URL": migrate_url,
        "LAUREL_KEY_ENCRYPTION_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
    }


def _prepare(home: Path, environment: dict[str, str], secret: str) -> None:
    seed = {
        "name": "Lakeside University",
        "slug": "lakeside",
        "kind": "university",
        "client_secret": secret,
        "scopes": "credentials:issue clients:manage",
        "owner": PERSON,
    }
    (home / "seed.json").write_text(json.dumps([seed]))
    for arguments in (["migrate"], ["seed", "--file", str(home / "seed.json")]):
        subprocess.run([sys.executable, "-m", "gateway", *arguments], env=environment, check=True, capture_output=True)
