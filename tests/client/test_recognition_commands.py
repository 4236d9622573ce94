"""What an institution does about awards for credentials from elsewhere, and a partner elsewhere without a login."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from laurel import Laurel, Nobody
from laurel.cli import app
from tests.client.test_own_records import CASE, Service

AGREEMENT = "https://laurel.test/recognition-agreements/0199"
NO_LOGIN = dict.fromkeys(("LAUREL_TOKEN", "LAUREL_URL", "LAUREL_CA"))


def recognition(review: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "id": CASE,
        "status": "granted",
        "programme": "https://laurel.test/pathways/1",
        "credential": "https://laurel.test/credentials/1",
        "reasons": [],
        "sourceStatus": {"review": review},
    }


GONE = {"code": "source-key-gone", "detail": "it lists the key no more", "kept": False}


@pytest.mark.parametrize(
    ("kept", "said"), [(False, "to review: source-key-gone: it lists the key no more"), (True, "kept: source-key-gone")]
)
def test_what_is_to_be_reviewed_is_said(monkeypatch: pytest.MonkeyPatch, kept: bool, said: str) -> None:
    service = Service(200, recognition(GONE | {"kept": kept}))
    monkeypatch.setattr("laurel.cli.recognition.client", service.laurel)
    ended = CliRunner().invoke(app, ["recognition", "keep", CASE, "--reason", "we asked"], env=NO_LOGIN)
    assert (ended.exit_code, said in ended.stdout) == (0, True), ended.output
    assert service.asked == [("POST", "/recognitions/0199/keep", "Bearer institution")]


def test_what_nobody_follows_is_listed_and_shown_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: list[tuple[str, str, bytes]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append((request.method, str(request.url.raw_path, "ascii"), request.content))
        is_list = request.method == "GET"
        return httpx.Response(200, json={"items": [recognition()], "next": None} if is_list else recognition())

    def entrance(_name: str) -> Laurel:
        return Laurel("https://laurel.test", Nobody(), transport=httpx.MockTransport(answer))

    monkeypatch.setattr("laurel.cli.recognition.client", entrance)
    listed = CliRunner().invoke(app, ["recognition", "list", "--source", "status-not-kept", "--json"], env=NO_LOGIN)
    assert [one["id"] for one in json.loads(listed.stdout)] == [CASE]
    (tmp_path / "credential.jws").write_text("eyJ.e30.x\n")
    shown = CliRunner().invoke(app, ["recognition", "show-again", CASE, str(tmp_path / "credential.jws")], env=NO_LOGIN)
    assert (shown.exit_code, shown.stdout.startswith("granted  ")) == (0, True), shown.output
    assert [one[:2] for one in asked] == [
        ("GET", "/recognitions?source=status-not-kept"),
        ("POST", "/recognitions/0199/source"),
    ]
    assert json.loads(asked[1][2]) == {"credential": "eyJ.e30.x"}


def test_a_learner_has_no_such_list() -> None:
    ended = CliRunner().invoke(app, ["recognition", "list", "--source", "review", "--token", "ada"], env=NO_LOGIN)
    assert ended.exit_code == 2


def test_a_partner_elsewhere_shows_no_token(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200, json={"id": AGREEMENT, "status": "ended", "version": 1, "digest": "u"})

    def entrance(_address: str) -> Laurel:
        return Laurel("https://laurel.test", Nobody(), transport=httpx.MockTransport(answer))

    monkeypatch.setattr("laurel.cli.agreements.anybody", entrance)
    (tmp_path / "statement.jws").write_text("eyJ.e30.x\n")
    ended = CliRunner().invoke(
        app, ["recognition", "agreements", "bring", AGREEMENT, str(tmp_path / "statement.jws")], env=NO_LOGIN
    )
    assert (ended.exit_code, ended.stdout.strip()) == (0, "ended"), ended.output
    assert (sent[0].url.path, "authorization" in sent[0].headers) == ("/recognition-agreements/0199/statements", False)
    assert json.loads(sent[0].content) == {"statement": "eyJ.e30.x"}


def test_it_must_say_where(tmp_path: Path) -> None:
    (tmp_path / "statement.jws").write_text("eyJ.e30.x")
    ended = CliRunner().invoke(
        app, ["recognition", "agreements", "bring", "0199", str(tmp_path / "statement.jws")], env=NO_LOGIN
    )
    assert (ended.exit_code, "needs the whole address" in ended.output) == (2, True)
