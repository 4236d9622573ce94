"""The command, as a person uses it, against the running fleet."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from importlib.metadata import version
from pathlib import Path

import httpx
import pytest

from laurel import ClientSecret, Conflict, Laurel
from tools.actor import Actor, until
from tools.fleet import Fleet

pytestmark = pytest.mark.fleet


class Shell:
    """Runs `laurel` in a home of its own."""

    def __init__(self, home: Path) -> None:
        self.home = home
        kept = {name: value for name, value in os.environ.items() if not name.startswith("LAUREL_")}
        self.env = kept | {"XDG_CONFIG_HOME": str(home), "NO_COLOR": "1"}

    def __call__(self, *arguments: str, code: int | None = 0, typed: str = "") -> str:
        ended = subprocess.run(
            [str(Path(sys.executable).with_name("laurel")), *arguments],
            cwd=self.home,
            env=self.env,
            input=typed,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert code in (None, ended.returncode), f"{arguments}: {ended.stdout}\n{ended.stderr}"
        assert "Traceback" not in ended.stderr
        return ended.stdout if code in (None, 0, 1, 3) else ended.stderr


@pytest.fixture
def command(fleet: Fleet, tmp_path: Path) -> Shell:
    shell = Shell(tmp_path)
    demo = tmp_path / "demo.json"
    demo.write_text(json.dumps(fleet.demo))
    shell("login", "--from", str(demo))
    shell("login", "--from", str(demo), "--organization", "employer", "--as", "employer")
    return shell


def opened_issuer(fleet: Fleet) -> str:
    """The slug of another issuer of the university, so that nobody else's is disturbed."""
    university = next(one for one in fleet.demo["organizations"] if one["kind"] == "university")
    slug = f"keys-{uuid.uuid4().hex[:8]}"
    with httpx.Client(base_url=fleet.base_url) as http:
        Actor(http, university).post("/issuers", {"name": "Keys", "slug": slug, "keys": ["Ed25519", "P-384"]})
    return slug


@pytest.fixture
def achievement(fleet: Fleet, command: Shell) -> str:
    university = next(one for one in fleet.demo["organizations"] if one["kind"] == "university")
    login = ClientSecret(university["client_id"], university["client_secret"])
    members = {"name": "Tea", "description": "Making tea.", "criteria": {"narrative": "A cup."}}
    with Laurel(fleet.base_url, login) as client:
        achievement = client.achievements.publish(client.achievements.create(members).id).id
        until(lambda: _is_known(client, achievement), bool, seconds=60)
    return achievement


def _is_known(client: Laurel, achievement: str) -> bool:
    """Whether the issuer has heard of it. A killed consumer's place is free when Kafka gives it up."""
    try:
        client.batches.template(achievement=achievement)
    except Conflict:
        return False
    return True


def test_it_says_which_version_it_is(command: Shell) -> None:
    assert command("--version") == f"laurel {version('laurel-client')}\n"


def test_a_credential_lives_and_ends_on_the_command_line(command: Shell, achievement: str) -> None:
    issued = command("issue", achievement, "--email", "ada@students.example", "-o", "ada.json").strip()
    credential = json.loads((command.home / "ada.json").read_text())
    assert credential["id"] == issued
    assert command("verify", "ada.json", "--as", "employer").startswith("valid  ada.json")
    credential["credentialSubject"]["achievement"]["name"] = "Champagne"
    (command.home / "forged.json").write_text(json.dumps(credential))
    judged = command("verify", "ada.json", "forged.json", "--as", "employer", code=1)
    assert "signature_invalid" in judged
    assert command("verify", "-", "--as", "employer", typed=(command.home / "ada.json").read_text()).startswith("valid")
    command("correct", issued, "--name", "Ada Lovelace", "--reason", "the name was missing", "-o", "new.json")
    both = ("verify", "ada.json", "new.json", "--as", "employer")
    until(lambda: command(*both, code=None), lambda told: "superseded" in told)
    assert command("verify", "new.json", "--as", "employer").startswith("valid")
    assert command("suspend", issued, "--reason", "looking into it").strip() == "suspended"
    assert command("reinstate", issued, "--reason", "all is well").strip() == "issued"
    assert command("revoke", issued, "--reason", "issued in error").strip() == "revoked"
    told = command("show", issued)
    assert "issued in error" in told
    assert "corrected by" in told
    assert issued in command("credentials", "--status", "revoked")


def test_a_class_is_issued_from_a_file(command: Shell, achievement: str) -> None:
    (command.home / "class.csv").write_text("email,name\nada@s.example,Ada\nnobody,\nbob@s.example,\n")
    checked = command("batch", achievement, "class.csv", "--dry-run", code=1)
    assert "3 rows: 2 ready, 1 refused" in checked
    told = command("batch", achievement, "class.csv", "-o", "results.csv", code=1)
    assert "2 issued, 1 refused" in told
    assert "row 2 refused: recipient.email" in told
    assert len((command.home / "results.csv").read_text().splitlines()) == 4
    again = command("batch", achievement, "class.csv", code=1)
    assert "2 failed, 1 refused" in again
    assert "is no file" in command("batch", achievement, "missing.csv", code=4)


def test_a_batch_is_left_alone_and_followed_later(command: Shell, achievement: str) -> None:
    (command.home / "class.csv").write_text("email\nada@s.example\n")
    left = command("batch", achievement, "class.csv", "--detach", "--json")
    address = json.loads(left)["id"]
    for _ in ("while it runs, perhaps", "when it has ended"):
        assert "1 rows: 1 issued" in command("follow", address, "-o", "results.csv")
        assert len((command.home / "results.csv").read_text().splitlines()) == 2
    (command.home / "misspelt.csv").write_text("email,vaildUntil\nada@s.example,\n")
    assert "validUntil?" in command("batch", achievement, "misspelt.csv", "--dry-run", code=4)


def test_a_class_is_corrected_and_revoked_from_files(command: Shell, achievement: str) -> None:
    (command.home / "class.csv").write_text("email\nada@s.example\nbob@s.example\n")
    command("batch", achievement, "class.csv", "-o", "results.csv")
    ids = [line.split(",")[2] for line in (command.home / "results.csv").read_text().splitlines()[1:]]
    assert command("template", "correct").splitlines()[0].startswith("credential,reason,email,name")
    names = "".join(f"{one},the name was missing,{name}\n" for one, name in zip(ids, ("Ada", "Bob"), strict=True))
    (command.home / "names.csv").write_text("credential,reason,name\n" + names + "nothing,x,y\n")
    checked = command("correct", "--file", "names.csv", "--dry-run", code=1)
    assert "3 rows: 2 ready, 1 refused" in checked
    told = command("correct", "--file", "names.csv", code=1)
    assert "2 changed, 1 refused" in told
    assert "row 3 refused: credential" in told
    (command.home / "gone.csv").write_text("credential,reason\n" + "".join(f"{one},in error\n" for one in ids))
    assert "2 changed" in command("revoke", "--file", "gone.csv", "-o", "gone-results.csv")
    assert "2 unchanged" in command("revoke", "--file", "gone.csv")
    assert (command.home / "gone-results.csv").read_text().count(",changed,") == 2
    shown = command("show", ids[0])
    assert "the name was missing" in shown
    assert "in error" in shown
    assert "with --file, each row" in command("revoke", ids[0], "--file", "gone.csv", code=2)
    assert "name a credential" in command("revoke", code=2)


def test_credentials_that_fail_on_purpose_are_listed_and_fetched(command: Shell) -> None:
    assert "status_revoked" in command("sandbox")
    cases = {case["name"]: case for case in json.loads(command("sandbox", "--json"))}
    assert cases["tampered"]["code"] == "signature_invalid"
    command("sandbox", "tampered", "-o", "no.json")
    assert "signature_invalid" in command("verify", "no.json", "--as", "employer", code=1)
    assert json.loads(command("sandbox", "tampered")) == json.loads((command.home / "no.json").read_text())
    cut = command("sandbox", "not-json")
    assert "json_malformed" in command("verify", "-", "--as", "employer", typed=cut, code=1)
    assert "no such case" in command("sandbox", "nothing", code=4)
    assert "takes the name of a case" in command("sandbox", "-o", "no.json", code=2)


def test_keys_are_replaced_and_revoked(fleet: Fleet, command: Shell, achievement: str) -> None:
    slug = opened_issuer(fleet)
    [old, _] = json.loads(command("keys", "list", "--issuer", slug, "--json"))
    assert (old["state"], old["algorithm"]) == ("active", "Ed25519")
    command("issue", achievement, "--email", "a@s.example", "--issuer", slug, "-o", "before.json")
    later = command("keys", "rotate", "--issuer", slug, "--detach")
    assert [line.split()[0] for line in later.splitlines()] == ["state", "active", "published"]
    [_, _, new] = json.loads(command("keys", "list", "--issuer", slug, "--json"))
    rotated = json.loads(command("keys", "rotate", "--issuer", slug, "--retire", "--json"))
    assert [(key["keyId"], key["state"]) for key in rotated] == [(old["keyId"], "retired"), (new["keyId"], "active")]
    command("issue", achievement, "--email", "b@s.example", "--issuer", slug, "-o", "after.json")
    assert command("verify", "before.json", "after.json", "--as", "employer").count("valid  ") == 2
    command("keys", "revoke", old["keyId"], "--issuer", slug, typed="n\n", code=1)
    assert "revoked" in command("keys", "revoke", old["id"], "--issuer", slug, typed="y\n")
    until(
        lambda: command("verify", "before.json", "--as", "employer", code=None), lambda told: "method_revoked" in told
    )
    assert command("verify", "after.json", "--as", "employer").startswith("valid")


def test_keys_are_added_step_by_step_and_refusals_say_why(fleet: Fleet, command: Shell) -> None:
    slug = opened_issuer(fleet)
    chosen = ("--issuer", slug)
    made = json.loads(command("keys", "add", *chosen, "--algorithm", "P-256", "--purpose", "credentials", "--json"))
    assert (made["state"], made["algorithm"], made["purpose"]) == ("published", "P-256", "credentials")
    until(lambda: command("keys", "activate", made["keyId"], *chosen, code=None), lambda told: "active" in told)
    first = json.loads(command("keys", "list", *chosen, "--json"))[0]["keyId"]
    assert "algorithm" in command("keys", "add", *chosen, "--algorithm", "DSA", code=4)
    assert "has no key 'nothing'" in command("keys", "retire", "nothing", *chosen, code=4)
    assert "no such issuer" in command("keys", "list", "--issuer", "nobody", code=4)
    assert "several issuers" in command("keys", "list", code=4)
    rotated = json.loads(command("keys", "rotate", *chosen, "--json"))
    again = json.loads(command("keys", "rotate", *chosen, "--json"))
    assert [rotated[0]["keyId"], again[0]["keyId"]] == [first, rotated[1]["keyId"]]
    assert "no key like that" in command("keys", "rotate", *chosen, "--algorithm", "RS256", code=4)


def test_refusals_are_one_line_and_exit_code_4(command: Shell, achievement: str) -> None:
    assert "credentials:issue" in command("issue", achievement, "--email", "a@b.example", "--as", "employer", code=4)
    assert "recipient.email" in command("issue", achievement, "--email", "nobody", code=4)
    assert "no login 'stranger'" in command("whoami", "--as", "stranger", code=4)
    assert "cannot be read" in command("verify", "missing.json", code=4)


def test_a_login_is_checked_and_kept_private(fleet: Fleet, command: Shell) -> None:
    kept = command.home / "laurel" / "logins.json"
    before = kept.read_bytes()
    assert kept.stat().st_mode & 0o777 == 0o600
    wrong = ("login", fleet.base_url, "--client-id", "demo-lakeside", "--client-secret", "laurel_secret_wrong")
    assert "invalid_client" in command(*wrong, code=4)
    assert kept.read_bytes() == before
    assert "demo-lakeside" in command("whoami")
    command("logout")
    assert "run `laurel login` first" in command("whoami", code=4)
