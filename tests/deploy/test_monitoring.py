"""Alerts are about what is really counted, can be read by Prometheus, and each has its place in the runbook."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import promql_parser as promql
import pytest
import yaml
from prometheus_client import REGISTRY

import service_kit.metrics
from tests.deploy.manifests import ROOT, Manifests

MONITORING = ROOT / "deploy" / "monitoring"
OF_ENVOY = {
    "envoy_cluster_membership_healthy",
    "envoy_cluster_upstream_cx_overflow",
    "envoy_http_downstream_rq_xx",
    "envoy_listener_downstream_global_cx_overflow",
    "envoy_server_days_until_first_cert_expiring",
}
OF_PROMETHEUS = {"up"}


def rules() -> Iterator[dict[str, Any]]:
    for group in yaml.safe_load((MONITORING / "rules.yaml").read_text(encoding="utf-8"))["groups"]:
        yield from group["rules"]


def selectors(expression: Any) -> Iterator[promql.VectorSelector]:
    """Every metric that an expression reads, with its matchers."""
    match expression:
        case promql.VectorSelector():
            yield expression
        case promql.MatrixSelector():
            yield expression.vector_selector
        case promql.BinaryExpr():
            yield from selectors(expression.lhs)
            yield from selectors(expression.rhs)
        case promql.AggregateExpr() | promql.ParenExpr():
            yield from selectors(expression.expr)
        case promql.Call():
            for argument in expression.args:
                yield from selectors(argument)


RECORDED = {rule["record"] for rule in rules() if "record" in rule}
ALERTS = [rule for rule in rules() if "alert" in rule]


def counted() -> set[str]:
    """Every series that a process of ours shows."""
    assert service_kit.metrics.HTTP_REQUESTS
    found = set()
    for metric in REGISTRY.collect():
        suffixes = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}.get(metric.type, ("",))
        found |= {metric.name + suffix for suffix in suffixes}
    return found


@pytest.mark.parametrize("rule", list(rules()), ids=lambda rule: rule.get("alert") or rule["record"])
def test_a_rule_reads_what_there_is(rule: dict[str, Any]) -> None:
    read = [selector.name for selector in selectors(promql.parse(rule["expr"]))]
    assert read
    assert set(read) <= counted() | RECORDED | OF_ENVOY | OF_PROMETHEUS


def test_outcomes_and_labels_that_rules_ask_for_are_given() -> None:
    asked = {
        label
        for rule in rules()
        for selector in selectors(promql.parse(rule["expr"]))
        if (selector.name or "").startswith(("http_", "outbox_", "event", "work_"))
        for label in re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", str(selector))
    }
    assert {"room", "status", "outcome"} <= asked
    assert asked <= {"room", "role", "method", "route", "status", "topic", "outcome", "work"}
    assert 'EVENTS_CONSUMED.labels(record.topic, "dead_letter")' in (
        ROOT / "libs/service_kit/src/service_kit/consumer.py"
    ).read_text(encoding="utf-8")


def test_each_alert_says_who_is_called_and_what_is_to_be_done() -> None:
    runbook = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
    explained = {line.removeprefix("### ") for line in runbook.splitlines() if line.startswith("### ")}
    assert {rule["alert"] for rule in ALERTS} <= explained
    for rule in ALERTS:
        assert rule["labels"]["severity"] in {"page", "ticket"}
        assert rule["annotations"]["summary"]
        assert rule["annotations"]["runbook"] == f"docs/runbook.md#{rule['alert'].lower()}"


def test_the_job_finds_every_process_at_the_port_that_has_its_metrics(manifests: Manifests) -> None:
    (job,) = yaml.safe_load((MONITORING / "scrape.yaml").read_text(encoding="utf-8"))
    found = {
        (workload.room, workload.role)
        for workload in manifests.workloads()
        for port in workload.ports
        if workload.kind == "Deployment" and _kept(job["relabel_configs"], workload.labels, port)
    }
    assert found == {(one.room, one.role) for one in manifests.workloads() if one.kind == "Deployment"}


def _kept(relabelling: list[dict[str, Any]], labels: dict[str, str], port: str) -> bool:
    meta = {f"__meta_kubernetes_pod_label_{re.sub(r'[^a-zA-Z0-9_]', '_', name)}": of for name, of in labels.items()}
    meta |= {"__meta_kubernetes_pod_phase": "Running", "__meta_kubernetes_pod_container_port_name": port}
    for rule in relabelling:
        matches = re.fullmatch(
            rule.get("regex", "(.*)"), ";".join(meta.get(name, "") for name in rule["source_labels"])
        )
        if (rule.get("action") == "keep" and not matches) or (rule.get("action") == "drop" and matches):
            return False
    return True


def test_prometheus_is_let_in(manifests: Manifests) -> None:
    policies = [one for one in manifests.of("NetworkPolicy") if one["metadata"]["name"] == "metrics-from-monitoring"]
    ports = {port["port"] for one in policies for way in one["spec"]["ingress"] for port in way["ports"]}
    assert ports == {8000, 9902}


def test_every_room_that_relays_can_tell_everything_again(manifests: Manifests) -> None:
    rooms = {workload.room for workload in manifests.workloads() if workload.role == "relay"}
    assert rooms == {"catalog", "gateway", "issuer"}
    assert all("republish" in importlib.import_module(f"{room}.main").SERVICE.commands for room in rooms)


def test_the_files_are_where_the_runbook_says() -> None:
    runbook = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
    for name in re.findall(r"`(deploy/[\w./-]+)`", runbook):
        assert Path(ROOT / name).exists(), name
