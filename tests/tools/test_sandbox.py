"""The sandbox's cases without a fleet: what spoils a credential shows the code it names, and no code is forgotten."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from credential_core import bitstring, did, model, proof
from credential_core.errors import CredentialError
from credential_core.keys import SigningKey
from credential_core.report import Report
from credential_core.verify import Failure, parse, trust_only, verify, verify_sd_jwt
from tools.sandbox.cases import CASES, SPOILED, Spoiled
from tools.sandbox.unshown import UNSHOWN

README = Path(__file__).resolve().parents[2] / "libs/credential_core/README.md"
NOW = datetime(2026, 3, 1, tzinfo=UTC)
KEY = SigningKey.from_seed(bytes(range(32)))
ISSUER = did.did_web("https://university.example", "issuers", "u")
METHOD = f"{ISSUER}#key-1"
LIST = "https://university.example/status-lists/1"
CODE = re.compile(r"`([a-z0-9_]+)`")
FAILED, UNKNOWN = 3, 4  # columns of the README's table


def credential() -> dict[str, Any]:
    unsigned = model.achievement_credential(
        credential_id="https://university.example/credentials/1",
        issuer={"id": ISSUER, "name": "University"},
        achievement={
            "id": "https://university.example/achievements/1",
            "name": "Statistics",
            "description": "Reads and makes statistics.",
            "criteria": {"narrative": "Passed the examination."},
        },
        identifiers=[model.hashed_identity("ada@example.org", "emailAddress", salt="a random salt")],
        valid_from=NOW,
        status=bitstring.entry(LIST, 7, "revocation"),
    )
    return proof.sign(unsigned, KEY, verification_method=METHOD, created=NOW)


def judged(document: dict[str, Any] | str) -> tuple[str, set[str]]:
    """The verdict, and the codes that decide it. A document that cannot be parsed has one code."""
    trusted = trust_only([ISSUER])
    if isinstance(document, str) and document.endswith("~"):
        return outcome(verify_sd_jwt(document, controllers={}, status_lists={}, now=NOW, trusted_issuers=trusted))
    try:
        received = parse(document)
    except CredentialError as error:
        return "invalid", {error.code}
    keys = did.did_document(ISSUER, [did.VerificationMethod(METHOD, ISSUER, KEY.public)])
    nowhere = Failure("unresolvable", "no such address", transient=True)
    controllers: dict[str, dict[str, Any] | Failure] = {ISSUER: keys, "did:web:nowhere.invalid": nowhere}
    return outcome(verify(received, controllers=controllers, status_lists={}, now=NOW, trusted_issuers=trusted))


def outcome(report: Report) -> tuple[str, set[str]]:
    deciding = {"invalid": "failed", "indeterminate": "unknown"}.get(report.verdict)
    return report.verdict, {check.code for check in report.checks if check.outcome == deciding}


@pytest.mark.parametrize("case", SPOILED, ids=lambda case: case.name)
def test_what_was_spoiled_shows_the_code_it_names(case: Spoiled) -> None:
    verdict, codes = judged(case.spoil(credential()))
    assert verdict == case.verdict
    assert case.code in codes


def told() -> set[str]:
    """Every code with which a report says no or perhaps, by the tables of credential_core and the lists below them."""
    text = README.read_text(encoding="utf-8").partition("## The report")[2]
    rows = [row.split("|") for row in text.splitlines() if row.startswith("| `") and row.count("|") == 6]
    lists = re.findall(r"^Codes of (?:`parse`|canonicalization):(.*?)\.$", text, re.DOTALL | re.MULTILINE)
    assert (len(rows), len(lists)) == (15, 2)
    cells = [row[column] for row in rows for column in (FAILED, UNKNOWN)]
    return {code for part in (*cells, *lists) for code in CODE.findall(part)} - {"parse"}


def test_every_code_is_shown_or_has_a_reason_why_not() -> None:
    shown = {case.code for case in CASES} - {""}
    assert told() == shown | set(UNSHOWN)
    assert not shown & set(UNSHOWN)
    assert all(UNSHOWN.values())


def test_every_case_has_a_name_of_its_own() -> None:
    assert len({case.name for case in CASES}) == len(CASES)
