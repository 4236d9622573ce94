"""The five rooms that run: where they listen, and one process of one of them."""

from __future__ import annotations

import dataclasses
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from tools.ports import LOOPBACK, free_ports
from tools.probe import ok
from tools.process import Process, Supervised

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("gateway", "catalog", "issuer", "registry", "verifier")
ROLES = ("serve", "relay", "consume")
START_TIMEOUT_S = 180.0
"""For each server: slow enough for a loaded machine, where Python alone needs seconds."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Where everything listens, on the loopback address."""

    edge: int = 8080
    tls: int = 8443
    admin: int = 9901
    rooms: Mapping[str, int] = dataclasses.field(
        default_factory=lambda: dict(zip(ROOMS, range(8101, 8106), strict=True))
    )
    kafka: int = 19092
    kafka_controller: int = 19093
    postgres: int = 15432

    def named(self) -> Iterator[tuple[str, int]]:
        """Every port with the name of what listens there, but not those of servers that the environment names."""
        yield from (("the edge", self.edge), ("the edge's TLS", self.tls), ("Envoy's administration", self.admin))
        yield from self.rooms.items()
        if not os.environ.get("KAFKA_BOOTSTRAP_SERVERS"):
            yield from (("Kafka", self.kafka), ("Kafka's controller", self.kafka_controller))
        if not os.environ.get("DATABASE_URL"):
            yield "PostgreSQL", self.postgres

    @classmethod
    def shifted(cls, offset: int) -> Ports:
        """The usual ports plus a number, for a machine where those are taken."""
        usual = cls()
        return cls(
            edge=usual.edge + offset,
            tls=usual.tls + offset,
            admin=usual.admin + offset,
            rooms={room: port + offset for room, port in usual.rooms.items()},
            kafka=usual.kafka + offset,
            kafka_controller=usual.kafka_controller + offset,
            postgres=usual.postgres + offset,
        )

    @classmethod
    def free(cls) -> Ports:
        edge, tls, admin, broker, controller, database, *rooms = free_ports(6 + len(ROOMS))
        return cls(
            edge=edge,
            tls=tls,
            admin=admin,
            rooms=dict(zip(ROOMS, rooms, strict=True)),
            kafka=broker,
            kafka_controller=controller,
            postgres=database,
        )


class Service(Supervised):
    """One process of one service."""

    def __init__(self, room: str, role: str, port: int, env: Mapping[str, str], home: Path) -> None:
        self.name = room if role == "run" else f"{room}-{role}"
        self.url = f"http://{LOOPBACK}:{port}"
        self.port = port
        self._command = [sys.executable, "-m", room, role]
        self._env = {**env, "LAUREL_HTTP__PORT": str(port)}
        self._home = home

    def start(self) -> None:
        """Start and return when it is ready."""
        self.launch()
        self.wait_ready()

    def launch(self) -> None:
        if self.alive:
            return
        self._process = Process(
            name=self.name,
            command=self._command,
            log=self._home / "log" / f"{self.name}.log",
            env=self._env,
            cwd=ROOT,
            stop_budget_s=15.0,
            ports=[self.port],
        )
        self._process.start()

    def wait_ready(self) -> None:
        self.process.wait_until(lambda: ok(self.port, "/readyz"), START_TIMEOUT_S)

    def pause(self) -> None:
        """SIGSTOP: alive to the kernel, silent to everybody else."""
        self.process.pause()

    def resume(self) -> None:
        self.process.resume()
