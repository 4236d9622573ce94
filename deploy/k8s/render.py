"""Render the route table again wherever a kustomization holds an `envoy.yaml`: `python deploy/k8s/render.py`.

The host of each comes from the `settings.env` of the same overlay, so the two cannot disagree.
"""

import sys
from pathlib import Path

from gateway.edge import EdgeSettings, Target, render
from gateway.edge.command import kubernetes_settings

HERE = Path(__file__).resolve().parent
PLACES = {HERE / "base/edge/envoy.yaml": HERE / "base/settings.env"} | {
    settings.with_name("envoy.yaml"): settings for settings in sorted(HERE.glob("overlays/*/settings.env"))
}


def edge_settings(settings: Path) -> EdgeSettings:
    """The edge of the kustomization that these settings belong to."""
    pairs = (line.partition("=") for line in settings.read_text(encoding="utf-8").splitlines() if "=" in line)
    return kubernetes_settings({name: value for name, _, value in pairs}["LAUREL_PUBLIC_BASE_URL"])


def rendered() -> dict[Path, str]:
    """Each file, and what it should say."""
    return {place: render(Target.KUBERNETES, edge_settings(settings)) for place, settings in PLACES.items()}


if __name__ == "__main__":
    for place, text in rendered().items():
        place.write_text(text, encoding="utf-8")
        sys.stdout.write(f"{place.relative_to(HERE)} for {edge_settings(PLACES[place]).public_base_url}\n")
