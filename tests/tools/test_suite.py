"""`make test`: which Kafka it gets, how tools are hidden from it, and what its summary says."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from tools import kafka
from tools.kafka import Kind
from tools.process import StartFailed
from tools.suite import PROCESSES, Step, expression, part_of, path_without, summary

REPORT = """<testsuites><testsuite><testcase name="one"/>
<testcase name="two"><skipped message="LEFT OUT: needs Apache Kafka"/></testcase></testsuite></testsuites>"""


@pytest.fixture
def no_java(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without Java and Maven."""
    for name in ("JAVA_HOME", "KAFKA_BOOTSTRAP_SERVERS", "LAUREL_KAFKA_KIND", "LAUREL_KAFKA_FALLBACK", "CI"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", path_without(("java", "mvn"), os.environ["PATH"], tmp_path))


@pytest.mark.usefixtures("no_java")
def test_without_java_the_fallback_is_chosen_and_says_why() -> None:
    kind, reason = kafka.choose()
    assert kind is Kind.TANSU
    assert "Java" in reason


@pytest.mark.usefixtures("no_java")
def test_in_ci_a_missing_java_is_a_failure_unless_it_is_the_point(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(StartFailed, match="CI runs on Apache Kafka"):
        kafka.choose()
    monkeypatch.setenv("LAUREL_KAFKA_FALLBACK", "expected")
    assert kafka.choose()[0] is Kind.TANSU


def test_servers_in_the_environment_come_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "broker:9092")
    assert kafka.choose()[0] is Kind.EXTERNAL


def test_a_kind_can_be_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KAFKA_BOOTSTRAP_SERVERS", raising=False)
    monkeypatch.setenv("LAUREL_KAFKA_KIND", "tansu")
    assert kafka.choose()[0] is Kind.TANSU


def test_hiding_a_program_hides_nothing_else(tmp_path: Path) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("java", "python9"):
        (programs / name).touch(mode=0o755)
    (tmp_path / "shadow").mkdir()

    path = path_without(("java",), str(programs), tmp_path / "shadow")

    assert shutil.which("java", path=path) is None
    assert shutil.which("python9", path=path) is not None


def test_the_summary_says_what_was_left_out_and_what_failed(tmp_path: Path) -> None:
    results = tmp_path / "kafka.xml"
    results.write_text(REPORT)
    good = Step("kafka", [], results=results)
    empty = Step("node", [], results=tmp_path / "none.xml", code=5)

    text = summary([good, empty], 3.0)

    assert "2 tests, 1 left out" in text
    assert "!! LEFT OUT, 1 tests: LEFT OUT: needs Apache Kafka" in text
    assert "it found no tests" in text
    assert text.endswith("FAILED: node  (3 s)")


def test_every_test_is_in_exactly_one_group() -> None:
    marks = ("long", "db", "kafka", "node", "fleet", "browser")
    for bits in range(2 ** len(marks)):
        has = {mark: bool(bits >> position & 1) for position, mark in enumerate(marks)}
        chosen = [name for name in PROCESSES if eval(expression(name), {}, has)]  # noqa: S307 - our own words
        assert chosen == [part_of([mark for mark in marks if has[mark]])]


def test_a_part_that_runs_fewer_tests_than_are_its_own_fails(tmp_path: Path) -> None:
    noted, results = tmp_path / "noted.json", tmp_path / "kafka.xml"
    noted.write_text(json.dumps({"kafka": {"tests/one.py": 1, "tests/two.py": 2}, "fleet": {"tests/three.py": 9}}))
    results.write_text(REPORT)
    seen = tmp_path / "seen"
    step = Step("kafka", ["bash", "-c", f'echo "$@" > {seen}', "-"], results=results, noted=noted)

    step.run()

    assert seen.read_text() == "tests/one.py tests/two.py\n"
    assert step.verdict == "FAILED: it left tests out that are its own"
