"""What the README and the guides tell people to type is typed, in order, against the running fleet."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tools.fleet import Fleet

pytestmark = pytest.mark.fleet
ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("guide", "shown"),
    [("README.md", "\nvalid  var/ada.json\n"), ("docs/getting-started.md", "\nvalid\n")],
)
def test_a_guide_does_what_it_says(fleet: Fleet, tmp_path: Path, guide: str, shown: str) -> None:
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / guide).read_text(encoding="utf-8"), flags=re.DOTALL)
    script = "\n".join(blocks).replace("http://localhost:8080", fleet.base_url)
    (tmp_path / "var").mkdir()
    (tmp_path / "var/demo.json").write_text(json.dumps(fleet.demo))
    (tmp_path / ".venv").symlink_to(Path(sys.executable).parents[1])
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LAUREL_")}
    ended = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=tmp_path,
        env=kept | {"XDG_CONFIG_HOME": str(tmp_path), "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, f"{ended.stdout}\n{ended.stderr}"
    assert shown in ended.stdout
