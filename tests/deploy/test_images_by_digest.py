"""What docs/deployment.md says to write for images by digest is what kustomize takes."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import yaml

from tests.deploy.manifests import ROOT, Manifests, kubectl, kustomize

BY_DIGEST = re.compile(r"[^@:]+@sha256:[0-9a-f]{64}")
EXAMPLE = re.compile(r"^```yaml\n(images:\n.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_example_pins_every_image_of_the_fleet(tmp_path: Path) -> None:
    told = EXAMPLE.search((ROOT / "docs/deployment.md").read_text(encoding="utf-8"))
    assert told
    images = yaml.safe_load(told[1])["images"]
    used = {one.container["image"].partition(":")[0] for one in kustomize("base").workloads()}
    assert {one["name"] for one in images} == used

    base = os.path.relpath(ROOT / "deploy/k8s/base", tmp_path)
    overlay = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "resources": [base]}
    (tmp_path / "kustomization.yaml").write_text(yaml.safe_dump({**overlay, "images": images}), encoding="utf-8")
    rendered = subprocess.run(
        [str(kubectl()), "kustomize", str(tmp_path)], capture_output=True, text=True, check=True, timeout=60
    )
    pinned = Manifests(tuple(yaml.safe_load_all(rendered.stdout)))
    assert [one.name for one in pinned.workloads() if not BY_DIGEST.fullmatch(one.container["image"])] == []
