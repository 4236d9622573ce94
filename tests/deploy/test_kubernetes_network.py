"""The network policies allow the declared call graph and nothing else."""

from __future__ import annotations

from typing import Any

from tests.deploy.manifests import Manifests, Object, Workload, matches

ROOMS = ("gateway", "catalog", "issuer", "registry", "verifier")


def _policies(manifests: Manifests, direction: str) -> list[Object]:
    return [one for one in manifests.of("NetworkPolicy") if direction in one["spec"]["policyTypes"]]


def _applies(policy: Object, workload: Workload) -> bool:
    return matches(policy["spec"]["podSelector"], workload.labels)


def _reaches(manifests: Manifests, source: Workload, target: Workload, port: int) -> bool:
    """Whether egress of one and ingress of the other agree, both in our namespace."""
    out = any(
        _names(peer, target.labels) and _has_port(rule, port)
        for policy in _policies(manifests, "Egress")
        if _applies(policy, source)
        for rule in policy["spec"].get("egress", [])
        for peer in rule.get("to", [])
    )
    into = any(
        any(_names(peer, source.labels) for peer in rule.get("from", [{"podSelector": {}}])) and _has_port(rule, port)
        for policy in _policies(manifests, "Ingress")
        if _applies(policy, target)
        for rule in policy["spec"].get("ingress", [])
    )
    return out and into


def _names(peer: Object, labels: dict[str, str]) -> bool:
    return "podSelector" in peer and "namespaceSelector" not in peer and matches(peer["podSelector"], labels)


def _has_port(rule: Object, port: int) -> bool:
    return any(one["port"] == port for one in rule["ports"])


def _outside(manifests: Manifests, workload: Workload) -> set[tuple[str, int]]:
    """What a pod may reach beyond its namespace: (where, port)."""
    found: set[tuple[str, int]] = set()
    for policy in _policies(manifests, "Egress"):
        if not _applies(policy, workload):
            continue
        for rule in policy["spec"].get("egress", []):
            for peer in rule["to"]:
                if where := _place(peer):
                    found |= {(where, port["port"]) for port in rule["ports"]}
    return found


def _place(peer: dict[str, Any]) -> str | None:
    if "ipBlock" in peer:
        return "internet"
    if "namespaceSelector" not in peer:
        return None
    pods = peer["podSelector"]["matchLabels"]
    (label,) = pods.items()
    return f"{peer['namespaceSelector']['matchLabels']['kubernetes.io/metadata.name']}/{label[1]}"


def test_everything_is_denied_in_both_directions_until_allowed(manifests: Manifests) -> None:
    (deny,) = [one for one in manifests.of("NetworkPolicy") if one["metadata"]["name"] == "default-deny"]

    assert deny["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


def test_pods_reach_each_other_as_the_call_graph_says(manifests: Manifests) -> None:
    workloads = manifests.workloads()
    found = {
        (source.name, target.name)
        for source in workloads
        for target in workloads
        for port in target.ports.values()
        if _reaches(manifests, source, target, port)
    }
    from_edge = {("edge", f"{room}-serve") for room in ROOMS}
    to_key_set = {(f"{room}-serve", "gateway-serve") for room in ROOMS if room != "gateway"}

    assert found == from_edge | to_key_set


def test_pods_leave_the_namespace_only_for_what_they_own(manifests: Manifests) -> None:
    for one in manifests.workloads():
        allowed = {("kube-system/kube-dns", 53)}
        if one.room in ROOMS:
            allowed.add((f"laurel-data/{one.room}-db", 5432))
        if one.role in {"relay", "consume"}:
            allowed.add(("laurel-data/laurel", 9092))
        if one.room in {"gateway", "verifier"} and one.role in {"serve", "consume"}:
            allowed.add(("internet", 443))
        if (one.room, one.role) == ("issuer", "serve"):
            allowed.add(("internet", 443))
        if (one.room, one.role) == ("gateway", "relay"):
            allowed |= {("internet", port) for port in (443, 465, 587, 8443)}
        signs = one.room == "issuer" and one.role in {"serve", "relay"}
        if signs and "issuer-to-openbao" in manifests.names("NetworkPolicy"):
            allowed.add(("openbao/openbao", 8200))
        assert _outside(manifests, one) == allowed, one.name


def test_whoever_reads_the_web_cannot_reach_private_addresses(manifests: Manifests) -> None:
    names = {"services-to-web", "issuer-to-web", "gateway-to-mail", "gateway-to-programs"}
    found = [one for one in manifests.of("NetworkPolicy") if one["metadata"]["name"] in names]
    assert len(found) == len(names)
    for policy in found:
        (rule,) = policy["spec"]["egress"]
        ipv4 = next(peer["ipBlock"] for peer in rule["to"] if ":" not in peer["ipBlock"]["cidr"])
        private = {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "127.0.0.0/8"}
        assert private <= set(ipv4["except"])


def test_only_the_edge_is_open_to_the_world(manifests: Manifests) -> None:
    open_policies = [
        policy
        for policy in _policies(manifests, "Ingress")
        for rule in policy["spec"].get("ingress", [])
        if "from" not in rule
    ]
    found = {
        (w.room, p["port"])
        for one in open_policies
        for w in manifests.workloads()
        if _applies(one, w)
        for rule in one["spec"]["ingress"]
        for p in rule["ports"]
    }

    assert found == {("edge", 8080), ("edge", 8443)}
