"""A learner's own record and a signed refusal: what the command says and writes, as the service answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from laurel import AccessToken, Conflict, Laurel
from laurel.cli import app
from laurel.cli.stacks import _looked_at
from laurel.errors import UnexpectedAnswer

CASE = "https://laurel.test/recognitions/0199"
STACK = "https://laurel.test/credentials/0199"
BROUGHT = "urn:uuid:brought"
RECORD = {"id": "urn:uuid:record", "type": ["VerifiableCredential", "ClrCredential"]}
REFUSAL = {"id": "urn:uuid:refusal", "type": ["VerifiableCredential", "RecognitionDecision"]}
REVOCATION_LIST = "1EdTechRevocationList"


class Service:
    """Answers every request alike, and keeps where they went and by whom."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        self.status, self.body = status, body
        self.asked: list[tuple[str, str, str]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append((request.method, request.url.path, request.headers["Authorization"]))
        return httpx.Response(self.status, json=self.body)

    def laurel(self, _name: str = "", by: str = "institution") -> Laurel:
        return Laurel("https://laurel.test", AccessToken(by), transport=httpx.MockTransport(self))


def test_components_that_are_left_out_are_named_beside_the_record(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    service = Service(200, {"credential": RECORD, "leftOut": [BROUGHT]})
    monkeypatch.setattr("laurel.cli.stacks.person", service.laurel)
    out = tmp_path / "record.json"
    ended = CliRunner().invoke(app, ["stack", "record", STACK, "--token", "ada", "-o", str(out)])
    assert (ended.exit_code, ended.stdout.strip()) == (0, RECORD["id"])
    assert f"left out: {BROUGHT}" in ended.stderr
    assert json.loads(out.read_text()) == RECORD
    assert service.asked == [("POST", "/learners/me/credentials/0199/record", "Bearer ada")]


def test_a_record_without_its_left_out_components_is_no_record() -> None:
    with Service(200, {"credential": RECORD}).laurel() as mine, pytest.raises(UnexpectedAnswer):
        mine.own_credentials.record(STACK)


@pytest.mark.parametrize(
    ("how", "path", "by"),
    [
        (["--token", "ada"], "/learners/me/recognitions/0199/decision", "Bearer ada"),
        ([], "/recognitions/0199/decision", "Bearer institution"),
    ],
)
def test_each_side_asks_for_the_refusal_at_its_own_place(
    monkeypatch: pytest.MonkeyPatch, how: list[str], path: str, by: str
) -> None:
    service = Service(200, {"credential": REFUSAL})
    for entrance in ("person", "client"):
        monkeypatch.setattr(f"laurel.cli.recognition.{entrance}", service.laurel)
    ended = CliRunner().invoke(app, ["recognition", "decision", CASE, *how], env={"LAUREL_TOKEN": None})
    assert (ended.exit_code, json.loads(ended.stdout)) == (0, REFUSAL)
    assert service.asked == [("POST", path, by)]


def test_no_file_is_written_where_no_refusal_stands(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    problem = {"title": "No", "status": 409, "detail": "no refusal stands"}
    monkeypatch.setattr("laurel.cli.recognition.person", Service(409, problem).laurel)
    out = tmp_path / "refusal.json"
    ended = CliRunner().invoke(app, ["recognition", "decision", CASE, "--token", "ada", "-o", str(out)])
    assert isinstance(ended.exception, Conflict)
    assert not out.exists()


def test_the_lists_that_a_decision_was_made_with_are_counted_by_issuer() -> None:
    plain = {"issuer": "did:web:a", "statusListCredential": "https://a.test/1", "statusListIndex": "7"}
    entries = [
        {"type": "BitstringStatusListEntry", "statusListCredential": "https://b.test/2"},
        {"type": REVOCATION_LIST, "id": "https://b.test/revoked.json"},
    ]
    inputs = [plain, plain | {"statusListIndex": "8"}, {"issuer": "did:key:b", "credentialStatus": entries}]
    assert _looked_at({"inputs": inputs}) == "3 status lists were looked at: 1 of did:web:a, 2 of did:key:b"
    assert _looked_at({"inputs": inputs[:1]}) == "1 status list was looked at: 1 of did:web:a"
    without = {"issuer": "did:key:c", "hasNoStatus": True}
    assert _looked_at({"inputs": [without]}) == "no status list was looked at: no component has a status"
