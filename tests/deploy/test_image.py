"""What the image's build does, done without a container: the steps of its Dockerfile, in places of the test's own."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.manifests import ROOT

DOCKERFILE = (ROOT / "deploy" / "docker" / "Dockerfile").read_text(encoding="utf-8")
OTHERS = {"catalog", "gateway", "issuer", "registry", "verifier"}
NOBODY = 10001
INSTALL_TIMEOUT_S = 300


def step(beginning: str) -> str:
    """A RUN instruction as a shell is given it."""
    joined = re.sub(r"\\\n\s*", " ", DOCKERFILE)
    (found,) = re.findall(rf"^RUN ({re.escape(beginning)}.*)$", joined, re.MULTILINE)
    return str(found)


@pytest.fixture(scope="module")
def image() -> Iterator[Path]:
    """/opt/laurel of the registry's image, where others than this user may read it."""
    with tempfile.TemporaryDirectory(prefix="laurel-image-") as home:
        Path(home).chmod(0o755)
        yield build(Path(home))


def build(home: Path) -> Path:
    source, installed, tools = home / "source", home / "laurel", home / "tools"
    for name in re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE):
        for one in name.split():
            _copy(ROOT / one, source / one)
    venv.create(tools, with_pip=True)
    environment = os.environ | {"PACKAGE": "registry", "PATH": f"{tools / 'bin'}:{os.environ['PATH']}"}
    for command in (step("python -m pip install"), step('if [ -d "services'), step("printf 'import runpy")):
        here = command.replace("/opt/laurel", str(installed)).replace("/usr/local/bin/python", sys.executable)
        done = subprocess.run(
            ["/bin/sh", "-c", here],
            cwd=source,
            env=environment,
            capture_output=True,
            text=True,
            timeout=INSTALL_TIMEOUT_S,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    return installed


def _copy(origin: Path, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    if origin.is_dir():
        ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
        shutil.copytree(origin, place, ignore=ignored)
    else:
        shutil.copy2(origin, place)


def run(image: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The entry point, by somebody without rights where this test has any to give up."""
    nobody = NOBODY if os.geteuid() == 0 else None
    return subprocess.run(
        [str(image / "bin" / "python"), str(image / "service.py"), *arguments],
        cwd="/",
        env={"PYTHONDONTWRITEBYTECODE": "1"},
        user=nobody,
        group=nobody,
        extra_groups=[] if nobody else None,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_it_holds_one_room_and_its_libraries(image: Path) -> None:
    (packages,) = image.glob("lib/python*/site-packages")
    found = {one.name for one in packages.iterdir()}
    assert {"registry", "service_kit", "contracts", "credential_core"} <= found
    assert not found & (OTHERS - {"registry"})
    assert not {"pytest", "schemathesis", "tests", "tools"} & found
    assert list(packages.glob("registry/__pycache__/main.*.pyc")), "it is compiled when it is built"


def test_it_describes_itself_to_somebody_without_rights(image: Path) -> None:
    done = run(image, "openapi")
    assert done.returncode == 0, done.stderr
    assert "/records/{credential}" in json.loads(done.stdout)["paths"]


def test_it_does_not_start_without_settings(image: Path) -> None:
    done = run(image, "serve")
    assert done.returncode != 0
    assert "LAUREL_DATABASE__URL: is needed" in done.stderr


def test_it_answers_its_commands_help(image: Path) -> None:
    assert "rebuild" in run(image, "--help").stdout
