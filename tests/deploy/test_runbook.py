"""What an operator types from the runbook and the deployment page at night is a command, about what there is."""

from __future__ import annotations

import importlib
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.manifests import ROOT, kubectl, kustomize, matches
from tests.deploy.test_monitoring import ALERTS

RUNBOOK = (ROOT / "docs/runbook.md").read_text(encoding="utf-8")
PAGES = {"runbook": RUNBOOK, "deployment": (ROOT / "docs/deployment.md").read_text(encoding="utf-8")}
BLOCK = re.compile(r"^```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`(kubectl -n [^`]+)`")
PLACEHOLDER = re.compile(r"<[a-z]+>")
SERVICE = "/opt/laurel/service.py"
NOBODY = "http://127.0.0.1:9"
LOGGED = re.compile(r"'\"?([a-z_|]+)\"?'")


def lines(page: str) -> Iterator[str]:
    for block in BLOCK.findall(page):
        yield from block.replace("\\\n", " ").replace("|\n", "|").splitlines()


def commands(page: str) -> Iterator[list[str]]:
    """What is typed of kubectl, until the first pipe."""
    typed = [line for line in lines(page) if line.startswith("kubectl")] + INLINE.findall(page)
    for line in typed:
        words = shlex.split(PLACEHOLDER.sub("issuer", line), comments=True)
        end = next((index for index, word in enumerate(words) if word in {"|", ">"}), len(words))
        yield words[:end]


TYPED = [words for page in PAGES.values() for words in commands(page)]
OF_A_FILE = {"kustomize", "-f"}
"""The release that is rendered, which other tests look at."""


def shown(words: list[str]) -> str:
    return " ".join(words)[:80]


@pytest.fixture(scope="module")
def nowhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cluster that is not there: whatever reaches for it was understood."""
    config = tmp_path_factory.mktemp("kube") / "config"
    cluster = f"{{name: it, cluster: {{server: {NOBODY}}}}}"
    context = "{name: it, context: {cluster: it, user: it}}"
    config.write_text(
        f"apiVersion: v1\nkind: Config\ncurrent-context: it\nclusters: [{cluster}]\ncontexts: [{context}]\n"
        "users: [{name: it, user: {}}]\n"
    )
    return config


@pytest.mark.parametrize("words", [words for words in TYPED if not OF_A_FILE.intersection(words)], ids=shown)
def test_a_command_is_one(words: list[str], nowhere: Path) -> None:
    done = subprocess.run(
        [str(kubectl()), "--kubeconfig", str(nowhere), *words[1:]],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert "refused" in done.stderr, done.stderr


@pytest.mark.parametrize("words", TYPED, ids=shown)
def test_it_is_about_what_there_is(words: list[str]) -> None:
    manifests = kustomize("overlays/production")
    named = {word.partition("/")[2] for word in words if word.startswith("deploy/") and word.count("/") == 1}
    assert named <= manifests.names("Deployment")
    if "-l" in words and "laurel" in words:
        selector = dict(one.split("=") for one in words[words.index("-l") + 1].split(","))
        told = [one["metadata"].get("labels", {}) for one in manifests.objects]
        told += [one.labels for one in manifests.workloads()]
        told += [{"kubernetes.io/service-name": name} for name in manifests.names("Service")]
        assert any(matches({"matchLabels": selector}, labels) for labels in told), selector


def test_each_alert_begins_with_what_is_typed_first() -> None:
    for alert in {rule["alert"] for rule in ALERTS}:
        _, _, section = RUNBOOK.partition(f"### {alert}\n")
        assert section.startswith("```\nkubectl -n laurel "), alert


def test_what_is_looked_for_in_logs_is_written_there() -> None:
    sources = "\n".join(
        path.read_text(encoding="utf-8")
        for room in ("libs", "services", "gateway")
        for path in (ROOT / room).rglob("src/**/*.py")
    )
    looked_for = [found for line in lines(RUNBOOK) if "grep" in line for found in LOGGED.findall(line)]
    asked = [word for found in looked_for for word in found.split("|")]
    assert len(asked) > 4
    assert [word for word in asked if f'"{word}"' not in sources] == []


def test_commands_of_services_are_theirs() -> None:
    typed = [words for words in TYPED if SERVICE in words]
    assert len(typed) >= 3
    for words in typed:
        room = words[words.index("exec") + 1].removeprefix("deploy/").partition("-")[0]
        assert words[words.index(SERVICE) + 1] in importlib.import_module(f"{room}.main").SERVICE.commands
