"""What to do about a verdict, in plain words, and the page that has the same words."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

import pytest

from laurel import advice as sentences
from laurel.cli.screen import show_verification
from laurel.models import Verification

ROOT = Path(__file__).resolve().parents[2]
SENTENCES = {value for name, value in vars(sentences).items() if name.isupper() and isinstance(value, str)}


def rows_of_the_report() -> list[list[str]]:
    """The rows of the table of checks: check, passed, failed, unknown, skipped."""
    text = (ROOT / "libs/credential_core/README.md").read_text(encoding="utf-8").partition("## The report")[2]
    return [
        [cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("| `")
    ]


def test_every_check_that_fails_or_is_in_doubt_has_a_way_on() -> None:
    seen = set()
    for check, _, failed, unknown, _ in rows_of_the_report():
        (name,) = re.findall(r"`([a-z_]+)`", check)[:1]
        for outcome, codes in (("failed", failed), ("unknown", unknown)):
            for code in re.findall(r"`([a-z_]+)`", codes):
                seen.add(sentences.advice(name, outcome, code))
    assert seen <= SENTENCES
    assert len(seen) > 10


@pytest.mark.parametrize(
    ("check", "outcome", "code", "expected"),
    [
        ("proof", "passed", "signature_valid", ""),
        ("status", "skipped", "status_absent", ""),
        ("issuer_trust", "skipped", "issuer_unknown_accepted", ""),
        ("status", "failed", "status_revoked", sentences.WITHDRAWN),
        ("status", "unknown", "status_list_unavailable", sentences.LATER),
        ("proof", "failed", "signature_invalid", sentences.FORGED),
        ("proof", "unknown", "controller_unavailable", sentences.LATER),
        ("parse", "failed", "json_malformed", sentences.UNTOUCHED),
        ("issuer_trust", "unknown", "issuer_unknown", sentences.STRANGER),
        ("something_new", "failed", "something_new", sentences.ISSUER_ERRS),
    ],
)
def test_it_goes_by_what_was_found(check: str, outcome: str, code: str, expected: str) -> None:
    assert sentences.advice(check, outcome, code) == expected


def test_it_is_told_once_below_the_reasons(capsys: pytest.CaptureFixture[str]) -> None:
    checks = [
        {"check": "schema", "outcome": "failed", "code": "schema_invalid", "detail": "a"},
        {"check": "validity_period", "outcome": "failed", "code": "date_malformed", "detail": "b"},
        {"check": "status", "outcome": "passed", "code": "status_clear", "detail": "c"},
    ]
    found = Verification.from_json({"id": "urn:uuid:1", "verdict": "invalid", "checks": checks})
    show_verification("it.json", found, every_check=False)
    assert capsys.readouterr().out.splitlines()[-1] == f"  -> {sentences.ISSUER_ERRS}"
    assert [bool(check.advice) for check in found.checks] == [True, True, False]


def test_the_page_for_verifiers_has_the_same_words() -> None:
    page = " ".join((ROOT / "docs/verifying.md").read_text(encoding="utf-8").replace("`", "").split())
    assert [sentence for sentence in SENTENCES if sentence.replace("`", "") not in page] == []


def test_programs_that_use_the_client_are_checked_with_its_types() -> None:
    assert files("laurel").joinpath("py.typed").is_file()
