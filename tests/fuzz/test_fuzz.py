"""A short run of every fuzz target, bounded by runs. Longer: `python -m tests.fuzz <target>`."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from credential_core.report import Verdict
from tests.fuzz import samples
from tests.fuzz.target import judge
from tests.fuzz.targets import TARGETS

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("name", TARGETS)
def test_genuine_input_and_none_are_no_surprise(name: str) -> None:
    for seed in (b"", *TARGETS[name].seeds):
        TARGETS[name].run(seed)


@pytest.mark.parametrize("name", TARGETS)
def test_no_input_escapes_the_errors_of_the_library(name: str) -> None:
    if find_spec("atheris") is None:
        message = "NOT FUZZED: atheris has no wheel for this platform"
        if os.environ.get("CI", "").lower() == "true":
            pytest.fail(message, pytrace=False)
        pytest.skip(f"LEFT OUT: {message}")
    command = [sys.executable, "-m", "tests.fuzz", name, "--runs", str(TARGETS[name].runs)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    told = (done.stdout + done.stderr)[-6000:].decode(errors="replace")
    assert done.returncode == 0, told


@pytest.mark.parametrize("number", range(len(samples.CREDENTIALS) - 1))
def test_the_fuzzers_start_from_valid_credentials(number: int) -> None:
    assert judge(samples.CREDENTIALS[number]).verdict is Verdict.VALID
