"""The Dockerfile and compose.yaml. No container engine is needed: shape, names and references are checked."""

from __future__ import annotations

import base64
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from contracts.topics import TOPICS
from tests.deploy.manifests import ROOT
from tests.deploy.room_settings import from_environment, settings_class

DOCKERFILE = ROOT / "deploy/docker/Dockerfile"
ROOMS = ("gateway", "catalog", "issuer", "registry", "verifier")
VARIABLE = re.compile(r"\$\{(\w+)(:\?[^}]*)?\}")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    return loaded


def test_hadolint_finds_nothing() -> None:
    hadolint = Path(sys.executable).parent / "hadolint"
    done = subprocess.run([str(hadolint), str(DOCKERFILE)], capture_output=True, text=True, check=False, timeout=60)

    assert done.returncode == 0, done.stdout


def test_the_image_ends_as_nobody_in_particular_and_starts_no_shell() -> None:
    lines = DOCKERFILE.read_text(encoding="utf-8").splitlines()

    assert [line for line in lines if line.startswith("USER ")][-1] == "USER 10001:10001"
    assert [line for line in lines if line.startswith("ENTRYPOINT ")][-1].startswith('ENTRYPOINT ["python"')


def test_what_the_build_copies_is_let_into_its_context() -> None:
    copied = {
        source
        for line in DOCKERFILE.read_text(encoding="utf-8").splitlines()
        if line.startswith("COPY ") and "--from" not in line
        for source in line.split()[1:-1]
    }
    ignore = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()

    assert "*" in ignore
    assert copied == {line.removeprefix("!") for line in ignore if line.startswith("!")}
    assert all((ROOT / source).exists() for source in copied)


@pytest.mark.parametrize("room", ROOMS)
def test_every_deployable_is_where_the_build_looks_for_it(room: str) -> None:
    assert (ROOT / "services" / room / "pyproject.toml").exists() or (ROOT / room / "pyproject.toml").exists()


def test_compose_has_each_room_with_its_migration_and_its_image(compose: dict[str, Any]) -> None:
    services = compose["services"]
    for room in ROOMS:
        assert services[room]["build"]["args"] == {"PACKAGE": room}
        assert services[room]["build"]["dockerfile"] == "deploy/docker/Dockerfile"
        assert services[room]["command"] == ["run"]
        assert services[f"{room}-migrate"]["command"] == ["migrate"]
        assert services[room]["image"] == services[f"{room}-migrate"]["image"] == f"laurel-{room}"


def test_everything_waited_for_exists_and_can_become_what_is_waited_for(compose: dict[str, Any]) -> None:
    services = compose["services"]
    for name, service in services.items():
        for other, wait in service.get("depends_on", {}).items():
            assert other in services, name
            one_shot = services[other].get("restart") == "no"
            expected = "service_completed_successfully" if one_shot else "service_healthy"
            assert wait["condition"] == expected, f"{name} -> {other}"
            assert one_shot or "healthcheck" in services[other], other


def test_volumes_and_mounted_files_exist(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert (ROOT / source).exists() if source.startswith("./") else source in compose["volumes"]


def test_secrets_are_required_and_named_in_the_example(compose: dict[str, Any]) -> None:
    text = (ROOT / "compose.yaml").read_text(encoding="utf-8")
    used = VARIABLE.findall(text)
    example = dict(
        line.split("=", 1)
        for line in (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
    )

    assert all(demand for _, demand in used), "a secret may not be empty"
    assert {name for name, _ in used} == example.keys()
    assert not any(example.values()), "the example holds no secret"


@pytest.mark.parametrize("room", ROOMS)
@pytest.mark.parametrize("process", ["{room}", "{room}-migrate"])
def test_each_process_accepts_the_settings_it_is_given(
    compose: dict[str, Any], room: str, process: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = base64.b64encode(bytes(32)).decode()
    given = compose["services"][process.format(room=room)]["environment"]
    for name, value in given.items():
        monkeypatch.setenv(name, VARIABLE.sub(lambda found: key if "KEY" in found[1] else "secret", value))
    settings = from_environment(room)

    known = set(settings_class(room).model_fields) | {"did_web_origin", "kafka", "auth"}
    assert {name.removeprefix("LAUREL_").split("__")[0].lower() for name in given} <= known
    assert settings.public_base_url == "http://localhost:8080"


def test_only_the_edge_is_reached_from_outside_and_only_from_this_machine(compose: dict[str, Any]) -> None:
    published = {name: service["ports"] for name, service in compose["services"].items() if "ports" in service}

    assert published == {"edge": ["127.0.0.1:8080:8080"]}


def test_compose_makes_the_topics_of_the_contracts() -> None:
    text = (ROOT / "deploy/compose/topics.sh").read_text(encoding="utf-8")
    made = {line.split()[1]: line.split()[2:] for line in text.splitlines() if line.startswith("topic ")}

    assert made == {topic.name: [f"{name}={value}" for name, value in topic.configuration.items()] for topic in TOPICS}


def test_images_of_compose_and_kubernetes_are_the_same_envoy(compose: dict[str, Any]) -> None:
    text = (ROOT / "deploy/k8s/base/edge/deployment.yaml").read_text(encoding="utf-8")

    assert f"image: {compose['services']['edge']['image']}\n" in text
