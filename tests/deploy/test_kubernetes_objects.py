"""Objects fit each other: selectors, ports, references, probes, budgets, topics."""

from __future__ import annotations

import base64

import pytest

from contracts.topics import TOPICS
from gateway.edge import Room
from tests.deploy.manifests import Manifests, Workload, matches, secrets_of
from tests.deploy.room_settings import from_environment, settings_class

ROLES = {
    "gateway": {"serve", "relay", "migrate"},
    "catalog": {"serve", "relay", "consume", "migrate"},
    "issuer": {"serve", "relay", "consume", "migrate"},
    "registry": {"serve", "consume", "migrate"},
    "verifier": {"serve", "consume", "migrate"},
}
# What docs/deployment.md asks the operator to make; nothing else may be needed.
SECRETS = {
    **{f"{room}-database": {"LAUREL_DATABASE__URL"} for room in ROLES},
    **{f"{room}-database-owner": {"LAUREL_DATABASE__MIGRATE_URL"} for room in ROLES},
    "issuer-keys": {"LAUREL_KEY_ENCRYPTION_KEY"},
    "gateway-keys": {"LAUREL_KEY_ENCRYPTION_KEY"},
    "gateway-mail": {"LAUREL_MAIL__URL", "LAUREL_MAIL__SENDER"},
    "edge-certificate": set(),
}
EXAMPLES = {
    "LAUREL_DATABASE__URL": "postgresql+asyncpg://app:secret@db/room",
    "LAUREL_DATABASE__MIGRATE_URL": "postgresql+asyncpg://migrate:secret@db/room",
    "LAUREL_KEY_ENCRYPTION_KEY": base64.b64encode(bytes(32)).decode(),
    "LAUREL_MAIL__URL": "smtps://laurel:secret@mail.example",
    "LAUREL_MAIL__SENDER": "no-reply@laurel.example",
}


def _services(manifests: Manifests) -> list[Workload]:
    return [one for one in manifests.workloads() if one.room != "edge"]


def test_each_room_has_the_processes_it_needs(manifests: Manifests) -> None:
    found: dict[str, set[str]] = {}
    for one in _services(manifests):
        found.setdefault(one.room, set()).add(one.role)

    assert found == ROLES
    assert set(ROLES) == {room.value for room in Room}


def test_each_process_runs_its_rooms_image_with_its_roles_command(manifests: Manifests) -> None:
    for one in _services(manifests):
        assert f"laurel-{one.room}" in one.container["image"], one.name
        assert one.container["args"] == [one.role], one.name


def test_deployments_select_exactly_their_own_pods(manifests: Manifests) -> None:
    for one in manifests.workloads():
        if one.kind == "Deployment":
            assert [found.name for found in manifests.selected(one.object["spec"]["selector"])] == [one.name]


def test_services_select_pods_that_have_their_ports(manifests: Manifests) -> None:
    assert manifests.names("Service") == {*ROLES, "edge"}
    for service in manifests.of("Service"):
        (target,) = manifests.selected({"matchLabels": service["spec"]["selector"]})
        assert {port["targetPort"] for port in service["spec"]["ports"]} <= target.ports.keys()


def test_the_edge_finds_each_room_by_the_name_and_port_of_its_service(manifests: Manifests) -> None:
    ports = {one["metadata"]["name"]: one["spec"]["ports"][0]["port"] for one in manifests.of("Service")}

    assert {room: ports[room] for room in ROLES} == dict.fromkeys(ROLES, 80)


def test_referenced_accounts_and_config_maps_exist(manifests: Manifests) -> None:
    for one in manifests.workloads():
        assert one.pod["serviceAccountName"] in manifests.names("ServiceAccount")
        volumes = {volume["configMap"]["name"] for volume in one.pod.get("volumes", []) if "configMap" in volume}
        settings = {
            source["configMapRef"]["name"]
            for source in one.container.get("envFrom", [])
            if len(source) == 1 and "configMapRef" in source
        }
        assert volumes | settings <= manifests.names("ConfigMap"), one.name


def test_only_documented_secrets_are_needed_and_none_is_committed(manifests: Manifests) -> None:
    assert set().union(*(secrets_of(one) for one in manifests.workloads())) == set(SECRETS)
    assert not manifests.of("Secret")


def test_only_migrations_hold_the_owner_of_the_tables(manifests: Manifests) -> None:
    for one in manifests.workloads():
        assert (f"{one.room}-database-owner" in secrets_of(one)) == (one.role == "migrate")


def test_a_room_holds_no_other_rooms_secrets(manifests: Manifests) -> None:
    for one in manifests.workloads():
        assert all(name.startswith(f"{one.room}-") for name in secrets_of(one)), one.name


def test_every_service_accepts_the_settings_it_is_given(manifests: Manifests, monkeypatch: pytest.MonkeyPatch) -> None:
    for one in _services(manifests):
        given = manifests.environment(one)
        given |= {name: EXAMPLES[name] for secret in secrets_of(one) for name in SECRETS[secret]}
        with monkeypatch.context() as patched:
            for name, value in given.items():
                patched.setenv(name, value)
            settings = from_environment(one.room)
        assert settings.public_base_url == given["LAUREL_PUBLIC_BASE_URL"]
        assert settings.environment == "production"
        assert settings.http.host == "0.0.0.0"  # noqa: S104 - the pod's own network
        assert settings.http.port == one.ports.get("http", settings.http.port)


def test_no_common_setting_is_misspelt(manifests: Manifests) -> None:
    """A name at the top level that no service knows would be ignored in silence."""
    known = {name for room in ROLES for name in settings_class(room).model_fields}
    for one in _services(manifests):
        for name in manifests.environment(one):
            assert name.removeprefix("LAUREL_").split("__")[0].lower() in known, name


def test_probes_ask_the_kits_addresses_at_a_port_that_exists(manifests: Manifests) -> None:
    for one in manifests.workloads():
        if one.kind != "Deployment":
            continue
        alive, ready = ("/ready", "/ready") if one.room == "edge" else ("/livez", "/readyz")
        expected = {"startupProbe": alive, "livenessProbe": alive, "readinessProbe": ready}
        for probe, path in expected.items():
            asked = one.container[probe]["httpGet"]
            assert asked["path"] == path, one.name
            assert asked["port"] in one.ports, one.name


def test_a_disruption_budget_leaves_a_pod_to_evict_and_one_to_answer(manifests: Manifests) -> None:
    budgets = manifests.of("PodDisruptionBudget")
    serving = {one.name for one in manifests.workloads() if one.role in {"serve", "proxy"}}
    assert {one["metadata"]["name"] for one in budgets} == serving
    for budget in budgets:
        (workload,) = manifests.selected(budget["spec"]["selector"])
        fewest, _ = manifests.replicas(workload)
        assert 0 < budget["spec"]["maxUnavailable"] < fewest


def test_grace_is_longer_than_the_pause_before_it(manifests: Manifests) -> None:
    for one in manifests.workloads():
        pause = one.container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
        assert one.pod.get("terminationGracePeriodSeconds", 30) > pause + 15, one.name


def test_answering_processes_pause_before_they_stop_and_are_spread(manifests: Manifests) -> None:
    for one in manifests.workloads():
        if one.role not in {"serve", "proxy"}:
            continue
        assert one.container["lifecycle"]["preStop"]
        assert one.object["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
        spread = one.pod["topologySpreadConstraints"]
        assert {each["topologyKey"] for each in spread} == {"topology.kubernetes.io/zone", "kubernetes.io/hostname"}
        assert all(matches(each["labelSelector"], one.labels) for each in spread)


def test_every_pod_meets_the_restricted_standard(manifests: Manifests) -> None:
    (namespace,) = manifests.of("Namespace")
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    for one in manifests.workloads():
        pod, container = one.pod["securityContext"], one.container["securityContext"]
        assert pod["runAsNonRoot"] is True
        assert pod["runAsUser"] == 10001
        assert pod["seccompProfile"] == {"type": "RuntimeDefault"}
        assert container["allowPrivilegeEscalation"] is False
        assert container["readOnlyRootFilesystem"] is True
        assert container["capabilities"] == {"drop": ["ALL"]}
        assert one.pod["automountServiceAccountToken"] is False
        assert not {"hostNetwork", "hostPID", "hostIPC"} & one.pod.keys()


def test_every_container_says_what_it_needs_and_may_take(manifests: Manifests) -> None:
    for one in manifests.workloads():
        resources = one.container["resources"]
        assert {"cpu", "memory"} <= resources["requests"].keys(), one.name
        assert "memory" in resources["limits"], one.name


def test_who_reads_large_files_or_has_further_processes_has_room_beside_serving(manifests: Manifests) -> None:
    limits = {one.name: one.container["resources"]["limits"]["memory"] for one in manifests.workloads()}
    serving = {name: limits[f"{name}-serve"] for name in ("catalog", "issuer", "registry", "verifier")}
    assert serving == {"catalog": "1Gi", "issuer": "1Gi", "registry": "512Mi", "verifier": "1Gi"}


def test_topics_are_those_of_the_contracts_each_with_its_dead_letters(manifests: Manifests) -> None:
    topics = {one["metadata"]["name"]: one["spec"] for one in manifests.of("KafkaTopic")}

    assert topics.keys() == {name for topic in TOPICS for name in (topic.name, topic.dead_letters)}
    for topic in TOPICS:
        kept = {name: str(value) for name, value in topics[topic.name]["config"].items()}
        assert kept == {**topic.configuration, "min.insync.replicas": "2"}
        assert topics[topic.dead_letters]["config"]["retention.ms"] == 30 * 24 * 3600 * 1000
    assert {spec["partitions"] for spec in topics.values()} == {12}


def test_no_image_floats(manifests: Manifests) -> None:
    for one in manifests.workloads():
        image = one.container["image"]
        assert not image.endswith(":latest")
        if one.room == "edge" or "/" in image:
            assert ":" in image or "@sha256:" in image


def test_a_release_can_prepare_and_migrate_before_it_rolls_out(manifests: Manifests) -> None:
    phases: dict[str, set[str]] = {}
    for one in manifests.objects:
        phases.setdefault(one["metadata"]["labels"].get("laurel/phase", "roll out"), set()).add(one["kind"])

    assert phases["prepare"] == {"Namespace", "ServiceAccount", "ConfigMap", "NetworkPolicy", "KafkaTopic"}
    assert phases["migrate"] == {"Job"}
    assert not phases["roll out"] & (phases["prepare"] | phases["migrate"])
