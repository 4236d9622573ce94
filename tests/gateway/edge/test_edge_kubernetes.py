"""The rendering for Kubernetes, run by the real Envoy without a cluster around it: no room can be found."""

from __future__ import annotations

import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from http.client import HTTPException
from pathlib import Path

import pytest

from gateway.edge import EdgeSettings, Limits, Room, Target
from gateway.edge.settings import WatchedSecret
from tests.gateway.edge.fleet import PLENTY, Edge, ask, certificate, eventually
from tools.ports import free_ports

ROOT = Path(__file__).resolve().parents[3]
EDGE_MANIFESTS = ROOT / "deploy/k8s/base/edge"
MOUNTED = "/etc/envoy-certificate"
CONNECTIONS = 50
REFUSED = "envoy_listener_downstream_global_cx_overflow"
"""What the alert EdgeIsFull goes by."""


@pytest.fixture(scope="module")
def pod(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    """Envoy with the secret file of the manifests, which names the mounted certificate."""
    directory = tmp_path_factory.mktemp("pod")
    files = certificate(directory)
    for name, source in (("tls.crt", files.chain), ("tls.key", files.private_key)):
        shutil.copy(source, directory / name)
    secret = (EDGE_MANIFESTS / "tls.yaml").read_text()
    assert MOUNTED in secret
    (directory / "tls.yaml").write_text(secret.replace(MOUNTED, str(directory)))
    settings = EdgeSettings(
        public_base_url="https://laurel.example",
        limits=Limits(client=PLENTY, address=PLENTY, sign_in=PLENTY, connections=CONNECTIONS),
        tls=WatchedSecret(path=str(directory / "tls.yaml")),
        plain_port=0,
        tls_port=0,
        admin_port=free_ports(1)[0],  # the probe port forwards to it, so it must be known before
        probe_port=0,
        room_ports=dict.fromkeys(Room, 80),
    )
    edge = Edge(directory, Target.KUBERNETES, settings, {}, files.chain)
    try:
        edge.start()
        yield edge
    finally:
        edge.stop()


def test_plain_requests_are_sent_to_https(pod: Edge) -> None:
    reply = pod.ask("GET", "/records/1?format=page")

    assert reply.status == 301
    assert reply.headers["Location"].startswith("https://")
    assert reply.headers["Location"].endswith("/records/1?format=page")


def test_an_unreachable_room_is_503_with_a_time_to_come_back(pod: Edge) -> None:
    reply = pod.ask_tls("GET", "/records/1")

    assert reply.status == 503
    assert reply.headers["Retry-After"] == "2"
    assert reply.json["type"] == "https://laurel.example/problems/unavailable"


def test_healthz_is_503_without_rooms(pod: Edge) -> None:
    assert pod.ask_tls("GET", "/healthz").status == 503


@pytest.mark.parametrize(("target", "status"), [("/ready", 200), ("/stats/prometheus", 200)])
def test_probe_port_serves_readiness_and_metrics(pod: Edge, target: str, status: int) -> None:
    assert ask(pod.probe_port, "GET", target).status == status


@pytest.mark.parametrize("target", ["/", "/quitquitquit", "/config_dump", "/stats", "/ready/../config_dump"])
def test_probe_port_serves_nothing_else(pod: Edge, target: str) -> None:
    assert ask(pod.probe_port, "POST", target).status == 404


def test_an_edge_that_callers_have_filled_says_so_and_is_not_ended_for_it(pod: Edge) -> None:
    with ExitStack() as callers:
        for _ in range(CONNECTIONS):
            callers.enter_context(socket.create_connection(("127.0.0.1", pod.port)))
        eventually(lambda: _is_refused(pod.port), pod.log)
        assert ask(pod.probe_port, "GET", "/ready").status == 200
        metrics = ask(pod.probe_port, "GET", "/stats/prometheus").body.decode()
    refused = [line for line in metrics.splitlines() if line.startswith(f"{REFUSED}{{")]
    assert any(float(line.rsplit(" ", 1)[1]) > 0 for line in refused)
    eventually(lambda: pod.ask_tls("GET", "/records/1").status == 503, pod.log)


def _is_refused(port: int) -> bool:
    try:
        ask(port, "GET", "/healthz")
    except (ConnectionError, HTTPException):
        return True
    return False


def test_a_renewed_certificate_is_served_without_a_restart(pod: Edge, tmp_path: Path) -> None:
    renewed = certificate(tmp_path)
    for name, source in (("tls.key", renewed.private_key), ("tls.crt", renewed.chain)):
        shutil.copy(source, pod.directory / f"{name}.new")
        (pod.directory / f"{name}.new").rename(pod.directory / name)
    pod.authority = renewed.chain

    eventually(lambda: pod.ask_tls("GET", "/nothing").status == 404, pod.log)


def test_the_drain_command_of_the_manifest_is_understood_by_envoy(pod: Edge) -> None:
    """Runs last: afterwards this edge asks its callers to leave."""
    script = (EDGE_MANIFESTS / "drain.sh").read_text()
    port = (pod.directory / "admin").read_text().partition(":")[2]
    answer = subprocess.run(
        ["bash", "-c", script.replace("/9901", f"/{port}").replace("sleep", ": sleep")],
        check=True,
        capture_output=True,
        text=True,
        timeout=30,
    )

    assert answer.stdout.startswith("HTTP/1.1 200")
    eventually(lambda: ask(pod.probe_port, "GET", "/ready").headers.get("Connection") == "close", pod.log)
