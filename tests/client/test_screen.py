"""Other people's text on a terminal: shown, and not obeyed."""

from __future__ import annotations

import json
import sys

import pytest

from laurel.advice import FORGED as FORGED_DOCUMENT
from laurel.cli.screen import OUT, escape, say, show_file, show_json, show_verification, table
from laurel.models import Verification

FORGED = "\x1b[1A\x1b[2K\r\x1b[32mvalid\x1b[0m\nvalid  it.json\x9b2K\u202edilav[red]"
SEEN = r"\u001b[1A\u001b[2K\u000d\u001b[32mvalid\u001b[0m\u000avalid  it.json\u009b2K\u202edilav[red]"


def verification(name: str) -> Verification:
    check = {"check": "proof", "outcome": "failed", "code": "signature_invalid", "detail": name}
    found = {"id": "urn:uuid:1", "verdict": "invalid", "checks": [check]}
    return Verification.from_json(found | {"credential": {"issuer": {"id": "did:web:a", "name": name}}})


def test_a_credential_writes_no_verdict_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    show_verification("it.json", verification(FORGED), every_check=True)
    first, *rest = capsys.readouterr().out.splitlines()
    assert first.startswith("invalid")
    facts, reason, advice = rest
    assert SEEN in facts
    assert SEEN in reason
    assert advice == f"  -> {FORGED_DOCUMENT}"


def test_lines_and_tables_are_not_turned(capsys: pytest.CaptureFixture[str]) -> None:
    shown = table("name")
    shown.add_row(escape(FORGED))
    OUT.print(shown)
    say("one\ntwo\x1b[2K")
    out = capsys.readouterr().out
    assert not {"\x1b", "\x9b", "\r", "\u202e"} & set(out)
    assert "one\ntwo" in out


def test_an_address_is_never_folded(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(OUT, "_force_terminal", True)
    monkeypatch.setenv("COLUMNS", "40")
    address = f"https://laurel.example/achievements/{'0' * 36}"
    shown = table("status", "id")
    shown.add_row("published", address)
    OUT.print(shown)
    assert address in capsys.readouterr().out


def test_a_file_for_a_program_is_what_it_was(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    show_file(b"email,name\r\nada@s.example,\r\n")
    sys.stdout.flush()
    assert capfdbinary.readouterr().out == b"email,name\r\nada@s.example,\r\n"


def test_a_file_for_a_person_is_lines(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(OUT, "_force_terminal", True)
    show_file(b"email,name\r\nada@s.example,\x1b[2K\r\n")
    assert capsys.readouterr().out == "email,name\nada@s.example,\\u001b[2K\n"


def test_json_stays_json(capsys: pytest.CaptureFixture[str]) -> None:
    show_json({"name": FORGED})
    out = capsys.readouterr().out
    assert not {"\x1b", "\x9b", "\r", "\u202e"} & set(out)
    assert json.loads(out) == {"name": FORGED}
