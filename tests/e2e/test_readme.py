"""The README's first calls, word for word, on the running fleet."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tools.fleet import Fleet

pytestmark = [pytest.mark.db, pytest.mark.kafka, pytest.mark.fleet]

README = Path(__file__).resolve().parents[2] / "README.md"
API = "http://localhost:8080"


@pytest.fixture
def newcomer(fleet: Fleet, tmp_path: Path) -> Path:
    """A directory that looks like a checkout with its fleet up."""
    (tmp_path / "var").mkdir()
    (tmp_path / "var/demo.json").write_text(json.dumps(fleet.demo))
    (tmp_path / ".venv").symlink_to(Path(sys.prefix))
    return tmp_path


def test_the_first_calls_do_what_they_say(fleet: Fleet, newcomer: Path) -> None:
    first, command_line = re.findall(r"```sh\n(.*?)```", README.read_text(), re.DOTALL)
    script = f"set -euo pipefail\n{first}\n{command_line}".replace(API, fleet.base_url)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LAUREL_")}
    ran = subprocess.run(
        ["bash", "-c", script],
        cwd=newcomer,
        env=kept | {"XDG_CONFIG_HOME": str(newcomer), "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    answers = [json.loads(line) for line in ran.stdout.splitlines() if line.startswith("{")]
    published, issued, verdict, revoked, record = answers[:5]
    assert published["status"] == "published"
    assert issued["credential"]["credentialSubject"]["achievement"]["name"] == "Reading Data Honestly"
    assert verdict["verdict"] == "valid"
    assert revoked["status"] == "revoked"
    assert record["state"] == "revoked"
    assert "valid  var/ada.json" in ran.stdout.splitlines()
