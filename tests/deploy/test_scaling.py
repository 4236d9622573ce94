"""Autoscalers, and what all processes of a room together ask of its database."""

from __future__ import annotations

import re

import pytest

from tests.deploy.manifests import ROOT, Manifests, Workload, kustomize

AUTOSCALED = "overlays/production-autoscaled"
ROOMS = {"gateway", "catalog", "issuer", "registry", "verifier"}
OF_A_MIGRATION = 2
OF_WORK_APART = 1  # an import or a batch has a process of its own, with one connection
OF_POSTGRESQL = 10  # its superuser's, the operator's, and a person's who looks
DOCUMENTATION = (ROOT / "docs/deployment.md").read_text(encoding="utf-8")


def connections(manifests: Manifests, one: Workload) -> int:
    """The most that a workload has while it is rolled out."""
    if one.kind == "Job":
        return OF_A_MIGRATION
    pool = int(manifests.environment(one)["LAUREL_DATABASE__POOL_SIZE"])
    apart = OF_WORK_APART if one.role == "serve" else 0
    return (manifests.replicas(one)[1] + one.surge) * (pool + apart)


def test_all_processes_of_a_room_have_connections_even_while_it_is_rolled_out(manifests: Manifests) -> None:
    told = re.search(r'`max_connections: "(\d+)"`', DOCUMENTATION)
    assert told
    for room in ROOMS:
        of_room = [one for one in manifests.workloads() if one.room == room]
        assert sum(connections(manifests, one) for one in of_room) + OF_POSTGRESQL <= int(told[1]), room


def test_every_room_that_answers_grows_and_nothing_else_does() -> None:
    manifests = kustomize(AUTOSCALED)
    serving = {one.name: one for one in manifests.workloads() if one.role == "serve"}
    scalers = {one["metadata"]["name"]: one["spec"] for one in manifests.of("HorizontalPodAutoscaler")}
    assert scalers.keys() == serving.keys() == {f"{room}-serve" for room in ROOMS}
    for name, scaler in scalers.items():
        assert scaler["scaleTargetRef"] == {"apiVersion": "apps/v1", "kind": "Deployment", "name": name}
        assert 2 <= scaler["minReplicas"] < scaler["maxReplicas"]
        assert "replicas" not in serving[name].object["spec"], "applied again, it would be set back"


@pytest.mark.parametrize("name", ["base", "overlays/production"])
def test_without_the_component_nothing_grows(name: str) -> None:
    manifests = kustomize(name)
    assert not manifests.of("HorizontalPodAutoscaler")
    assert all("replicas" in one.object["spec"] for one in manifests.workloads() if one.kind == "Deployment")
