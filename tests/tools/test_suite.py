"""`make test`: which Kafka it gets, which part takes which test, what runs side by side, and what its summary says."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from tools import kafka
from tools.kafka import Kind
from tools.process import StartFailed
from tools.suite import parts
from tools.suite.__main__ import COMPUTING, WAITING, path_without
from tools.suite.parts import PARTS, expression, note, part_of, to_read
from tools.suite.steps import Step, run, run_beside, summary

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

    text = summary([good, empty], 3.0, "Kafka: apache")

    assert "2 tests, 1 left out" in text
    assert "!! LEFT OUT, 1 tests: LEFT OUT: needs Apache Kafka" in text
    assert "it found no tests" in text
    assert text.endswith("FAILED: node  (3 s)")


def test_every_test_is_in_exactly_one_group() -> None:
    marks = ("long", "db", "kafka", "node", "fleet", "browser")
    for bits in range(2 ** len(marks)):
        has = {mark: bool(bits >> position & 1) for position, mark in enumerate(marks)}
        chosen = [name for name in PARTS if eval(expression(name), {}, has)]  # noqa: S307 - our own words
        assert chosen == [part_of([mark for mark in marks if has[mark]])]


def test_a_whole_run_has_every_part_once() -> None:
    assert sorted([*WAITING, *COMPUTING]) == sorted(PARTS)


def test_a_part_that_runs_fewer_tests_than_are_its_own_fails(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    noted, results = tmp_path / "noted.json", tmp_path / "kafka.xml"
    files = {"tests/one.py": {"kafka": 1}, "tests/two.py": {"kafka": 2}, "tests/three.py": {"fleet": 9}}
    noted.write_text(json.dumps({"files": {name: {"parts": parts} for name, parts in files.items()}}))
    results.write_text(REPORT)
    step = Step("kafka", ["bash", "-c", 'echo "$@"', "-"], results=results, noted=noted)

    run(step)

    assert "tests/one.py tests/two.py\n" in capfd.readouterr().out
    assert step.verdict == "FAILED: it left tests out that are its own"


@pytest.fixture
def few_tests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with two test files and their fixtures; only the second has a test of the fleet."""
    (tmp_path / "tests").mkdir()
    for name in ("conftest", "test_one", "test_two"):
        (tmp_path / "tests" / f"{name}.py").write_text(name)
    monkeypatch.setattr(parts, "ROOT", tmp_path)
    one, two = (tmp_path / "tests" / f"test_{name}.py" for name in ("one", "two"))
    note(tmp_path / "noted.json", [(one, {"db"}), (one, set()), (two, {"db", "fleet"})])
    return tmp_path


def test_a_part_alone_leaves_out_what_has_none_of_its_tests(few_tests: Path) -> None:
    assert to_read(few_tests / "noted.json", "pure") == ["tests/test_one.py"]
    assert to_read(few_tests / "noted.json", "fleet") == ["tests/test_two.py"]


def test_a_part_alone_reads_what_is_new_or_has_changed(few_tests: Path) -> None:
    (few_tests / "tests" / "test_two.py").write_text("something else")
    (few_tests / "tests" / "test_three.py").write_text("new")
    read = to_read(few_tests / "noted.json", "pure")
    assert read == ["tests/test_one.py", "tests/test_three.py", "tests/test_two.py"]

    note(few_tests / "noted.json", [(few_tests / "tests" / f"test_{name}.py", {"db"}) for name in ("two", "three")])
    assert to_read(few_tests / "noted.json", "pure") == ["tests/test_one.py"]


def test_a_part_alone_reads_everything_when_fixtures_have_changed(few_tests: Path) -> None:
    (few_tests / "tests" / "conftest.py").write_text("something else")
    assert to_read(few_tests / "noted.json", "pure") == []


def says(name: str, script: str) -> Step:
    return Step(name, ["bash", "-c", script])


def test_what_runs_side_by_side_is_told_apart(tmp_path: Path) -> None:
    """Each of two waits for the other to have begun, so that they do run together."""
    meet = f"touch {tmp_path}/$0; until [ -e {tmp_path}/$1 ]; do sleep 0.01; done"
    one, other = (
        Step(me, ["bash", "-c", f"echo {me} began; {meet}; echo {me} ended >&2", me, you])
        for me, you in (("one", "other"), ("other", "one"))
    )
    said: list[str] = []

    run_beside([[one], [other]], tmp_path, said.append)

    assert sorted(said) == [
        f"\n=== {step.name}: ok ({step.seconds:.0f} s)\n{step.name} began\n{step.name} ended" for step in (one, other)
    ]


def test_a_lane_goes_on_after_a_failure_and_the_failure_has_a_name(tmp_path: Path) -> None:
    steps = [says("bad", "echo why; exit 3"), says("next", "echo fine")]
    said: list[str] = []

    run_beside([steps, []], tmp_path, said.append)

    assert said == ["\n=== bad: FAILED (3) (0 s)\nwhy", "\n=== next: ok (0 s)\nfine"]
    assert summary(steps, 1.0, "").endswith("FAILED: bad  (1 s)")


def test_it_tells_how_far_all_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tools.suite.steps.TELL_EVERY_S", 0.0)
    said: list[str] = []

    def say(text: str) -> None:
        said.append(text)
        if "42 % (1 FAILED)" in text:
            (tmp_path / "seen").touch()

    waits = f"echo '....F [ 42%]'; until [ -e {tmp_path}/seen ]; do sleep 0.01; done"
    run_beside([[says("database", waits)], [says("fleet", "true")]], tmp_path, say)

    assert any("database 42 % (1 FAILED)" in text for text in said)


def test_an_interrupted_run_leaves_nothing_running(tmp_path: Path) -> None:
    endless = says("endless", "sleep 600")

    def interrupt(_: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_beside([[endless], [says("short", "true")]], tmp_path, interrupt)
    assert endless._process is not None
    assert endless._process.poll() is not None
