"""The whole fleet on one machine: PostgreSQL, Kafka, the five services and the edge, for people and for tests.

    with Fleet() as fleet:                        # free ports, a scratch directory, gone afterwards
        fleet.base_url, fleet.tls_base_url, fleet.demo
        fleet.service("issuer").kill9()           # and .start(), .stop(), .pause(), .resume(), .url
        fleet.kafka.stop(), fleet.kafka.start()   # and fleet.postgres, fleet.edge

With `split={"issuer"}` a service runs as three processes, reached as `fleet.service("issuer", "relay")`; those
in `held` are not started until asked.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from tools import kafka, postgres
from tools.envoy import Edge
from tools.guard import guard
from tools.kafka import Kafka, Kind, LocalKafka
from tools.place import Place
from tools.ports import free_ports, is_free, owner
from tools.postgres import DatabaseUrls, LocalPostgres, Server
from tools.process import StartFailed, Supervised, end_leftover
from tools.rooms import ROLES, ROOMS, START_TIMEOUT_S, Ports, Service
from tools.sandbox import make as sandbox
from tools.secret_store import SecretStore
from tools.seed import clients, seed
from tools.shared import Claimed, claim

ROOT = Path(__file__).resolve().parent.parent

Say = Callable[[str], None]
Unit = tuple[str, str]
"""A room and the command that one of its processes runs."""


class Fleet(Place):
    """See the module. Without `root` everything lives in a scratch directory on free ports."""

    def __init__(
        self,
        root: Path | None = None,
        *,
        ports: Ports | None = None,
        split: Collection[str] = (),
        held: Collection[Unit] = (),
        env: Mapping[str, Mapping[str, str]] | None = None,
        limited: bool = True,
        say: Say = lambda line: None,
    ) -> None:
        """`env` adds settings to a room's processes: {"issuer": {"LAUREL_LOG__LEVEL": "debug"}}.

        Without `limited` the edge counts nobody's requests: for measuring.
        """
        super().__init__(root or _scratch_directory(), ports or Ports.free())
        self._scratch = root is None
        self._split, self._held = set(split), set(held)
        self._extra_env = {room: dict(more) for room, more in (env or {}).items()}
        self._say = say
        self._secrets = SecretStore(self.root / "secrets")
        self._started: list[Supervised] = []
        self._lock: IO[str] | None = None
        self._units: dict[Unit, Service] = {}
        self.kafka: LocalKafka | Kafka
        self.postgres: LocalPostgres | Server
        self.edge = Edge(
            self.root / "envoy",
            port=self.ports.edge,
            tls_port=self.ports.tls,
            admin_port=self.ports.admin,
            rooms=self.ports.rooms,
            log=self.log("envoy"),
            limited=limited,
        )

    def service(self, room: str, role: str | None = None) -> Service:
        """The process of a room that answers requests, or of one role where the room is split."""
        usual = "serve" if room in self._split else "run"
        return self._units[room, role or usual]

    def services(self) -> Iterator[Service]:
        yield from self._units.values()

    def running(self) -> list[Supervised]:
        """What was started, in order. `held` processes count only once they were."""
        held = {self._units[name] for name in self._held if name in self._units}
        return [server for server in self._started if server not in held]

    def environment(self, room: str) -> dict[str, str]:
        """What a process of this room is started with, its port aside; also for one-off commands of the room."""
        return self._environments[room]

    def command(self, *arguments: str, room: str = "gateway", timeout_s: float = 300.0) -> str:
        """Run `python -m ...` with a room's environment; returns its output, raises StartFailed with it."""
        what = f"python -m {' '.join(arguments)}"
        try:
            done = subprocess.run(
                [sys.executable, "-m", *arguments],
                env=self.environment(room),
                cwd=ROOT,
                capture_output=True,
                text=True,
                timeout=timeout_s,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise StartFailed(f"{what} did not end within {timeout_s:.0f} s") from None
        if done.returncode:
            raise StartFailed(f"{what} failed:\n{done.stdout}{done.stderr}")
        return done.stdout

    # -- life

    def __enter__(self) -> Self:
        try:
            self._lock = claim(self.root / "lock")
        except Claimed as holder:
            raise StartFailed(f"a fleet already runs in {self.root} (process {holder})") from None
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Stop all in reverse order, each within its budget."""
        self._stop_servers()
        if self._lock:
            self._lock.close()
            self._lock = None
        if self._scratch:
            self._remove_scratch()

    def _stop_servers(self) -> None:
        while self._started:
            self._started.pop().stop()

    def _clear_the_way(self) -> None:
        """End what a killed run left here, then see that the ports are free before anything is started."""
        for pidfile in (self.root / "log").glob("*.pid"):
            end_leftover(pidfile)
        for name, port in self.ports.named():
            if not is_free(port):
                raise StartFailed(
                    f"port {port} (for {name}) is taken: {owner(port)} listens there. "
                    "Stop that, or move the fleet: LAUREL_PORT_OFFSET=1000 make run"
                )

    def _start(self) -> None:
        self._clear_the_way()
        pool = ThreadPoolExecutor(2)
        try:
            bus = pool.submit(self._timed, "Kafka", self._start_kafka)
            urls = self._timed("PostgreSQL", self._start_postgres)
            self._environments = {
                room: self.told(room, urls[room], self._secrets) | self._extra_env.get(room, {}) for room in ROOMS
            }
            migrated = pool.submit(self._timed, "migrations", self._migrate)
            self.edge.configure(self.certificate, [self.base_url, self.tls_base_url], self.base_url)
            _results(bus, migrated)
        except BaseException:
            self._stop_servers()  # so that nobody waits for a server that is no longer wanted
            raise
        finally:
            pool.shutdown()
        for environment in self._environments.values():
            environment.update(self._cluster.environment)
        self._timed("services", self._start_services)
        self._timed("edge", self._start_edge)
        self._timed("seeds", self._seed)

    def _start_kafka(self) -> None:
        kind, reason = kafka.choose()
        if kind is Kind.EXTERNAL:
            self.kafka = self._cluster = kafka.external()
        else:
            ports = (self.ports.kafka, self.ports.kafka_controller)
            local = LocalKafka(kind, self.root / "kafka", *ports, log=self.log("kafka"))
            self.kafka, self._cluster = local, local.cluster
            self._started.insert(0, local)
            local.start()
        if kind is Kind.TANSU:
            self._say(f"!! Kafka is the in-memory fallback tansu, for a quick look only: {reason}.")
        self._cluster.create_topics(kafka.fleet_topics())

    def _start_postgres(self) -> dict[str, DatabaseUrls]:
        url = os.environ.get("DATABASE_URL")
        if url:
            self.postgres = server = postgres.external(url, self._secrets)
        else:
            local = LocalPostgres(
                self.root / "postgres",
                self.ports.postgres,
                log=self.log("postgres"),
                durable=not self._scratch,
            )
            self._started.insert(0, local)
            local.start()
            self.postgres, server = local, local.server
        if url and self._scratch:
            return {room: server.create_database(room) for room in ROOMS}
        return server.ensure_rooms()

    def _migrate(self) -> None:
        with ThreadPoolExecutor(len(ROOMS)) as pool:
            _results(*(pool.submit(self.command, room, "migrate", room=room) for room in ROOMS))

    def _start_services(self) -> None:
        for room in ROOMS:
            roles = ROLES if room in self._split else ("run",)
            spare = iter(free_ports(len(roles)))
            for role in roles:
                port = next(spare) if role in ("relay", "consume") else self.ports.rooms[room]
                self._units[room, role] = Service(room, role, port, self._environments[room], self.root)
        wanted = [unit for name, unit in self._units.items() if name not in self._held]
        for unit in wanted:
            self._started.append(unit)
            unit.launch()
        for unit in wanted:
            unit.wait_ready()
        self._started += [unit for unit in self._units.values() if unit not in wanted]

    def _start_edge(self) -> None:
        self._started.append(self.edge)
        self.edge.start()
        self.edge.process.wait_until(self.edge.serves, START_TIMEOUT_S)

    def _seed(self) -> None:
        known = self.root / "secrets" / "demo-clients.json"
        clients(known)
        self.command("gateway", "seed", "--file", str(known))
        demo = seed(self.base_url, self.tls_base_url, known, self.demo_file)
        organization = next(one for one in demo["organizations"] if one["slug"] == sandbox.SLUG)
        sandbox.write(self.base_url, organization, self.sandbox_file)

    def _timed(self, what: str, action: Callable[[], Any]) -> Any:
        began = time.monotonic()
        result = action()
        self._say(f"  {what:<12}ready  {time.monotonic() - began:5.1f} s")
        return result

    def _remove_scratch(self) -> None:
        local = getattr(self, "postgres", None)
        if isinstance(local, LocalPostgres):
            local.remove()
        elif isinstance(local, Server):
            local.drop_created()
        shutil.rmtree(self.root, ignore_errors=True)


def _scratch_directory() -> Path:
    # Other users may enter: PostgreSQL is not root. The guard removes it should we be killed.
    directory = Path(tempfile.mkdtemp(prefix="laurel-fleet-"))
    directory.chmod(0o755)
    guard.scratch(directory)
    return directory


def _results(*futures: Future[Any]) -> None:
    """The first failure of several, once all have ended."""
    errors = [error for future in futures if (error := future.exception())]
    if errors:
        raise errors[0]
