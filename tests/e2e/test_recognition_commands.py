"""Recognition on the command line, as docs/recognition.md walks through it, and a learner's own record.

In process, and on the fleet.
"""

from __future__ import annotations

import json
import os
import ssl
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from credential_core.did import did_key, did_key_verification_method
from credential_core.jose import sign
from credential_core.keys import SigningKey
from laurel.cli import FAILED, app
from laurel.errors import LaurelError
from tests.e2e.test_recognition import PATIENCE_S, World
from tools.actor import Actor, last, until

pytestmark = [pytest.mark.db, pytest.mark.kafka, pytest.mark.fleet]
OURS = "university"


@pytest.fixture(scope="module", params=["in_process", "running_fleet"])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    if request.param == "in_process":
        place = request.getfixturevalue("in_process")
        made = World(place, place.base_url, ssl.create_default_context())
    else:
        place = request.getfixturevalue("fleet")
        made = World(place, place.tls_base_url, ssl.create_default_context(cafile=str(place.authority)))
    yield made
    made.laurel.close()
    made.http.close()


class Shell:
    """Runs `laurel` in this process, with a home of its own, logged in as the two institutions."""

    def __init__(self, home: Path, world: World) -> None:
        self.home, self.base_url = home, str(world.http.base_url).rstrip("/")
        self.env = {name: None for name in os.environ if name.startswith("LAUREL_")} | {
            "XDG_CONFIG_HOME": str(home),
            "NO_COLOR": "1",
        }
        self.log_in("university", world.university)
        self.log_in("partner", world.mooc)
        self.log_in("appeals", world.second())

    def log_in(self, name: str, actor: Actor) -> None:
        client_id, secret = actor.login
        self("login", self.base_url, "--client-id", client_id, "--client-secret", secret, "--as", name)

    def __call__(self, *arguments: str, code: int = 0, token: str = "") -> str:
        """What it printed; where it failed, why."""
        env = self.env | ({"LAUREL_TOKEN": token} if token else {})
        ended = CliRunner().invoke(app, arguments, env=env)
        if isinstance(ended.exception, LaurelError):
            assert code == FAILED, f"{arguments}: {ended.exception}"
            return str(ended.exception)
        assert ended.exit_code == code, f"{arguments}: {ended.output}\n{ended.exception!r}"
        return ended.output if code else _without_logs(ended.stdout)

    def recognition(self, *arguments: str, by: str = "university", **how: Any) -> str:
        return self("recognition", *arguments, "--as", by, **how)

    def file(self, name: str, content: object) -> str:
        """A file with JSON."""
        (self.home / name).write_text(json.dumps(content))
        return str(self.home / name)


def _without_logs(text: str) -> str:
    """What the command said: in process, the rooms write to the same place, in colours."""
    return "\n".join(line for line in text.splitlines() if "\x1b[" not in line).strip()


def test_agreed_asked_decided_and_appealed_by_commands(world: World, tmp_path: Path) -> None:
    shell = Shell(tmp_path, world)
    theirs = world.achievement(world.mooc, "Certificate in Python", creditsAvailable=6)
    uncounted = world.achievement(world.mooc, "Attendance")
    ours = world.achievement(world.university, "Programming 1", creditsAvailable=6)
    members = {
        "name": "Certificates count",
        "recognisingIssuer": world.did,
        "sourceIssuer": world.mooc_did,
        "programme": ours,
        "rules": [{"achievement": theirs, "target": ours, "credits": 6}],
        "appealDays": 14,
    }
    address = shell.recognition("agreements", "propose", shell.file("agreement.json", members), by="partner")
    assert address in shell.recognition("agreements", "list", "--status", "proposed")
    shown = shell.recognition("agreements", "show", address)
    assert f"{world.did} recognises {world.mooc_did}" in shown
    assert f"6 credits of {ours} for {theirs}" in shown
    digest = json.loads(shell.recognition("agreements", "show", address, "--json"))["digest"]
    assert "read the proposal again" in shell.recognition("agreements", "sign", address, "--digest", "u", code=4)
    assert shell.recognition("agreements", "sign", address, "--digest", digest) == "signed"

    ada = f"{uuid.uuid4().hex}@learners.example"
    python = str(tmp_path / "python.json")
    shell("issue", theirs, "--email", ada, "-o", python, "--as", "partner")
    granted = shell.recognition("request", ours, python, "--email", ada)
    assert granted.startswith("granted  ")
    again = shell.recognition("request", ours, python, "--email", ada, code=4)
    assert "recognised in the programme before" in again
    assert "awarded " in shell.recognition("show", granted.split()[1])
    _declined_and_withdrawn(shell, members)
    _a_partner_elsewhere_by_itself(shell, members)
    assert shell.recognition("agreements", "end", address, "--reason", "it was a pilot") == "ended"
    told = until(lambda: _told_of(world, address), lambda changes: len(changes) == 2, PATIENCE_S)
    assert told == ["published", "retired"]

    _a_case_and_an_appeal(world, shell, uncounted, ours)


def _told_of(world: World, address: str) -> list[str]:
    """What harvesters read of an agreement."""
    page = world.http.get("/changes", params={"kind": "recognition-agreement", "limit": "200"}).json()
    return [one["change"] for one in page["items"] if one["href"] == address]


def _declined_and_withdrawn(shell: Shell, members: dict[str, Any]) -> None:
    for act, by, state in (("decline", "university", "declined"), ("withdraw", "partner", "withdrawn")):
        another = shell.file("another.json", members | {"name": f"To {act}"})
        proposed = shell.recognition("agreements", "propose", another, by="partner")
        assert shell.recognition("agreements", act, proposed, "--reason", "not now", by=by) == state
    assert "no JSON object" in shell.recognition("agreements", "propose", shell.file("broken.json", [1]), code=4)


def _a_partner_elsewhere_by_itself(shell: Shell, members: dict[str, Any]) -> None:
    """It has a key of its DID, and no login."""
    key = SigningKey.from_seed(uuid.uuid4().bytes * 2)
    did, kid = did_key(key.public), did_key_verification_method(key.public)
    rule = members["rules"][0] | {"achievement": f"urn:uuid:{uuid.uuid4()}"}
    proposal = shell.file("elsewhere.json", members | {"sourceIssuer": did, "rules": [rule]})

    def bring(address: str, typ: str, code: int = 0, **words: Any) -> str:
        shown = json.loads(shell.recognition("agreements", "show", address, "--json"))
        said = {"agreement": shown["id"], "digest": shown["digest"], "iat": int(time.time())} | words
        (shell.home / "statement.jws").write_text(sign({"typ": typ, "kid": kid}, said, key))
        return shell("recognition", "agreements", "bring", address, str(shell.home / "statement.jws"), code=code)

    statement = "recognition-agreement-statement+jws"
    declined = shell.recognition("agreements", "propose", proposal)
    assert bring(declined, statement, act="decline", reason="not like this") == "declined"
    agreed = shell.recognition("agreements", "propose", proposal)
    assert bring(agreed, "recognition-agreement+jws") == "signed"
    assert "sign it anew" in bring(agreed, statement, 4, act="end", reason="it was a pilot", iat=1)
    assert bring(agreed, statement, act="end", reason="it was a pilot") == "ended"
    step = json.loads(shell.recognition("agreements", "show", agreed, "--json"))["history"][-1]
    assert (step["status"], step["party"], step["reason"]) == ("ended", did, "it was a pilot")


def _a_case_and_an_appeal(world: World, shell: Shell, theirs: str, ours: str) -> None:
    """By a learner with a token of their own; nobody else appeals."""
    mine = world.learner()
    email = world.person["email"]
    attendance = str(shell.home / "attendance.json")
    shell("issue", theirs, "--email", email, "-o", attendance, "--as", "partner")
    asked = shell.recognition("request", ours, attendance, "--email", email, token=mine.token)
    assert asked.startswith("open  ")
    case = asked.split()[1]
    assert case in shell.recognition("list", token=mine.token)
    assert case in shell.recognition("list", "--status", "open", "--programme", ours)
    refused = shell.recognition("decide", case, "--refuse", "--reason", "there was no examination")
    assert "decided-by-institution: there was no examination" in refused
    assert "the learner may appeal until " in refused
    _signed_for_both(shell, case, mine.token)
    assert "--token" in shell.recognition("appeal", case, "--reason", "there was one", code=2)
    appealed = shell.recognition("appeal", case, "--reason", "there was one", token=mine.token)
    assert appealed.startswith("appealed  ")
    assert "somebody else" in shell.recognition("decide", case, "--grant", "--reason", "x", code=4)
    done = shell.recognition("decide", case, "--grant", "--reason", "it shows", "--credits", "5", by="appeals")
    assert done.startswith("granted  ")
    assert "no refusal" in shell.recognition("decision", case, code=4)
    wrong = shell.recognition("decide", last(case), "--refuse", "--reason", "x", "--credits", "5", code=2)
    assert "belong to --grant" in wrong
    assert shell.recognition("show", case, token=mine.token).startswith("granted  ")
    mine.close()


def _signed_for_both(shell: Shell, case: str, token: str) -> None:
    """The refusal as a credential: the same for either side, and a verifier reads it."""
    theirs, path = shell.home / "theirs.json", shell.home / "refusal.json"
    shell.recognition("decision", case, "-o", str(theirs))
    signed = json.loads(theirs.read_text())
    assert signed["type"] == ["VerifiableCredential", "RecognitionDecision"]
    assert signed["credentialSubject"]["id"] == case
    assert signed["id"] in shell.recognition("decision", case, "-o", str(path), token=token)
    assert json.loads(path.read_text()) == signed
    assert f"valid  {path}" in shell("verify", str(path), "--as", OURS)


def test_a_learner_gets_the_record_of_a_stack_by_a_command(world: World, tmp_path: Path) -> None:
    shell = Shell(tmp_path, world)
    part, worth = (world.achievement(world.university, name) for name in ("Statistics", "Bachelor"))
    pathway = world.programme(worth, {"statistics": part})
    mine = world.learner()
    shell("issue", part, "--email", world.person["email"], "-o", str(tmp_path / "part.json"), "--as", OURS)
    component = json.loads((tmp_path / "part.json").read_text())["id"]
    [stack] = until(
        lambda: world.university.get(f"/stacks?pathway={pathway}")["items"],
        lambda found: [one["status"] for one in found] == ["awarded"],
        PATIENCE_S,
    )
    path = tmp_path / "record.json"
    named = shell("stack", "record", stack["credential"], "-o", str(path), "--as", OURS, token=mine.token)
    record = json.loads(path.read_text())
    assert record["type"] == ["VerifiableCredential", "ClrCredential"]
    assert record["id"] in named
    held = {one["id"] for one in record["credentialSubject"]["verifiableCredential"]}
    assert held == {component, stack["credential"]}
    assert f"valid  {path}" in shell("verify", str(path), "--as", OURS)
    not_stacked = shell("stack", "record", component, "--as", OURS, code=4, token=mine.token)
    assert "not awarded for a pathway" in not_stacked
    mine.close()

    [whole] = [one for one in record["credentialSubject"]["verifiableCredential"] if one["id"] != component]
    judged = shell("stack", "verify", shell.file("stack.json", whole), "--as", OURS)
    assert f"1 status list was looked at: 1 of {world.did}" in judged
