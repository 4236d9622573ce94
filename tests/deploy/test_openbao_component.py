"""Keys in OpenBao: with the component the issuer is let in and finds the way; without it nothing knows of it."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from tests.deploy.manifests import Object, Workload, config_maps_of, kustomize

WITH, WITHOUT = "overlays/production-openbao", ("base", "overlays/production")
MOUNT = PurePosixPath("/var/run/laurel/openbao")


def _identity(workload: Workload) -> list[Object]:
    """The sources of what is mounted for OpenBao; none where nothing is."""
    sources = [one["projected"]["sources"] for one in workload.pod.get("volumes", []) if one["name"] == "openbao"]
    mounts = [one for one in workload.container.get("volumeMounts", []) if one["name"] == "openbao"]
    assert len(sources) == len(mounts)
    assert all((one["mountPath"], one["readOnly"]) == (str(MOUNT), True) for one in mounts)
    return [source for found in sources for source in found]


@pytest.mark.parametrize("name", WITHOUT)
def test_without_the_component_nothing_knows_of_it(name: str) -> None:
    assert "openbao" not in str(kustomize(name).objects).lower()


def test_every_process_of_the_issuer_knows_where_keys_are_and_no_other() -> None:
    manifests = kustomize(WITH)
    for one in manifests.workloads():
        told = any(name.startswith("issuer-openbao-") for name in config_maps_of(one))
        assert told == (one.room == "issuer"), one.name
        assert (manifests.environment(one).get("LAUREL_ISSUER_KMS") == "openbao") == told, one.name


def test_those_that_sign_are_let_in_by_a_token_for_this_server_alone() -> None:
    for one in kustomize(WITH).workloads():
        signs = one.room == "issuer" and one.role in {"serve", "relay"}
        sources = _identity(one)
        assert bool(sources) == signs, one.name
        if signs:
            (token,) = [source["serviceAccountToken"] for source in sources if "serviceAccountToken" in source]
            assert (token["path"], token["audience"]) == ("jwt", "openbao")
            others = [source.get("configMap") or source["secret"] for source in sources if "secret" in source]
            assert all(other["optional"] for other in others), "an operator need not have both"


def test_the_files_that_settings_name_are_where_they_are_mounted() -> None:
    manifests = kustomize(WITH)
    (serve,) = [one for one in manifests.workloads() if (one.room, one.role) == ("issuer", "serve")]
    given = manifests.environment(serve)
    files = {name: PurePosixPath(path) for name, path in given.items() if name.endswith("_FILE")}
    assert files == {"LAUREL_OPENBAO__JWT_FILE": MOUNT / "jwt", "LAUREL_OPENBAO__CA_FILE": MOUNT / "ca.crt"}


def test_the_way_there_is_one_port_of_one_kind_of_pod() -> None:
    (policy,) = [one for one in kustomize(WITH).of("NetworkPolicy") if one["metadata"]["name"] == "issuer-to-openbao"]
    (rule,) = policy["spec"]["egress"]
    (peer,) = rule["to"]
    assert rule["ports"] == [{"protocol": "TCP", "port": 8200}]
    assert peer["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": "openbao"}
    assert peer["podSelector"]["matchLabels"] == {"app.kubernetes.io/name": "openbao"}
