"""The command where there is no server to ask: wrong usage and wrong files are told before anything is done."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from laurel.cli.files import Unreadable, Unwritable, write
from laurel.cli.logins import Login, NoLogin, chosen, keep
from laurel.cli.verify import _LARGEST, _credential, read_file
from laurel.errors import Invalid, NotFound
from tools.ports import free_ports

ACHIEVEMENT = "https://laurel.example/achievements/00000000-0000-0000-0000-000000000000"


def told(home: Path, *arguments: str, code: int) -> str:
    """What the command says on stderr, in a home of its own and with a login where nobody answers."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LAUREL_")}
    (port,) = free_ports(1)
    login = {"LAUREL_URL": f"http://127.0.0.1:{port}", "LAUREL_CLIENT_ID": "me", "LAUREL_CLIENT_SECRET": "hush"}
    ended = subprocess.run(
        [str(Path(sys.executable).with_name("laurel")), *arguments],
        cwd=home,
        env=kept | login | {"XDG_CONFIG_HOME": str(home), "NO_COLOR": "1", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == code, ended.stderr
    assert "Traceback" not in ended.stderr
    return ended.stderr


@pytest.mark.parametrize("place", ["nowhere/ada.json", "."])
def test_nothing_is_issued_that_could_not_be_written(tmp_path: Path, place: str) -> None:
    said = told(tmp_path, "issue", ACHIEVEMENT, "--email", "ada@s.example", "-o", place, code=2)
    assert "cannot be written" in said or "is a directory" in said


def test_issuing_says_which_option_is_missing(tmp_path: Path) -> None:
    assert "one of --email, --did and --identifier" in told(tmp_path, "issue", ACHIEVEMENT, code=2)
    both = ("--email", "ada@s.example", "--did", "did:key:z6Mk")
    assert "one of --email, --did and --identifier" in told(tmp_path, "issue", ACHIEVEMENT, *both, code=2)


def test_a_file_of_rows_says_by_its_ending_how_to_read_it(tmp_path: Path) -> None:
    (tmp_path / "class.xlsx").write_bytes(b"PK")
    said = told(tmp_path, "batch", ACHIEVEMENT, "class.xlsx", code=4)
    assert ".csv, .tsv, .ndjson, .jsonl, .json are understood" in said
    assert "is no file" in told(tmp_path, "batch", ACHIEVEMENT, "missing.csv", code=4)


@pytest.mark.parametrize("action", ["correct", "revoke", "suspend", "reinstate"])
@pytest.mark.parametrize("option", ["--dry-run", "--detach"])
def test_what_goes_with_a_file_is_not_passed_over_for_one(tmp_path: Path, action: str, option: str) -> None:
    said = told(tmp_path, action, ACHIEVEMENT, "--reason", "a try", option, code=2)
    assert f"{option} goes with --file" in said


def test_nobody_answers(tmp_path: Path) -> None:
    said = told(tmp_path, "whoami", code=4)
    assert "http://127.0.0.1:" in said
    assert "does not answer" in said


def test_half_a_login_in_the_environment_is_not_filled_up_with_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    for variable in ("LAUREL_URL", "LAUREL_CLIENT_ID", "LAUREL_CLIENT_SECRET"):
        monkeypatch.delenv(variable, raising=False)
    keep("default", Login("https://test.example", "me", "hush"))
    monkeypatch.setenv("LAUREL_CLIENT_ID", "me")
    monkeypatch.setenv("LAUREL_CLIENT_SECRET", "hush")
    assert chosen("default").base_url == "https://test.example"  # they say the same
    monkeypatch.setenv("LAUREL_CLIENT_SECRET", "production's")
    with pytest.raises(NoLogin, match="LAUREL_CLIENT_ID, LAUREL_CLIENT_SECRET without LAUREL_URL"):
        chosen("default")
    monkeypatch.setenv("LAUREL_URL", "https://laurel.example")
    assert chosen("default") == Login("https://laurel.example", "me", "production's")


@pytest.mark.parametrize("text", ['{"default": {}}', '{"default": 7}', "[]"])
def test_a_file_of_logins_that_is_none_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    for variable in ("LAUREL_URL", "LAUREL_CLIENT_ID", "LAUREL_CLIENT_SECRET"):
        monkeypatch.delenv(variable, raising=False)
    (tmp_path / "laurel").mkdir()
    (tmp_path / "laurel/logins.json").write_text(text)
    with pytest.raises(NoLogin, match="is no file of logins"):
        chosen("default")


def test_a_badge_is_an_svg_or_a_png(tmp_path: Path) -> None:
    assert "must end in .svg or .png" in told(tmp_path, "badge", ACHIEVEMENT, "-o", "ada.gif", code=2)


def test_what_is_no_hosted_badge_is_no_file_either(tmp_path: Path) -> None:
    assert "at https addresses" in told(tmp_path, "verify", "http://laurel.example/credentials/1", code=4)


def test_a_login_needs_a_whole_address_and_a_file_that_has_it(tmp_path: Path) -> None:
    assert "must begin with https://" in told(tmp_path, "login", "localhost:8080", code=2)
    (tmp_path / "demo.json").write_text(json.dumps({"organizations": [{"slug": "lakeside", "kind": "university"}]}))
    said = told(tmp_path, "login", "--from", "demo.json", "--organization", "universty", code=4)
    assert "no organization 'universty', but lakeside" in said
    assert "No such file" in told(tmp_path, "login", "--from", "missing.json", code=4)
    (tmp_path / "readme.md").write_text("# Laurel")
    assert "is no file of logins" in told(tmp_path, "login", "--from", "readme.md", code=4)


def test_an_answer_of_the_api_is_judged_by_the_credential_in_it() -> None:
    document = {"@context": [], "credential": {"id": "inside"}}
    assert _credential(json.dumps(document), "a.json") == json.dumps(document)
    assert json.loads(_credential('{"id": "x", "credential": {"@context": []}}', "a.json")) == {"@context": []}
    assert _credential('{"id": "x", "credential": "ey.ey.x"}', "a.json") == "ey.ey.x"
    assert _credential("ey.ey.x", "a.jwt") == "ey.ey.x"
    assert _credential('{"credential": 7}', "a.json") == '{"credential": 7}'


def test_what_cannot_be_written_is_an_error_of_ours(tmp_path: Path) -> None:
    with pytest.raises(Unwritable, match="cannot be written"):
        write(tmp_path / "nowhere" / "ada.json", "{}")


def test_a_refusal_is_told_once() -> None:
    fields = [{"field": "recipient.email", "detail": "must be an e-mail address"}]
    body = {"title": "A member is wrong", "detail": "recipient.email: must be an e-mail address", "errors": fields}
    assert str(Invalid(422, body)) == "A member is wrong\n  recipient.email: must be an e-mail address"
    missing = {"title": "There is no such thing", "detail": "there is no such credential"}
    assert str(NotFound(404, missing)) == "there is no such credential"


@pytest.mark.parametrize(
    ("data", "begin"),
    [
        (b"\x89PNG\r\n\x1a\n\0\xff", "data:image/png;base64,"),
        (b"\xef\xbb\xbf\n<svg/>", "data:image/svg+xml;base64,"),
    ],
)
def test_an_image_is_sent_as_it_is(tmp_path: Path, data: bytes, begin: str) -> None:
    badge = tmp_path / "badge"
    badge.write_bytes(data)
    text = read_file(badge)
    assert text.startswith(begin)
    assert base64.b64decode(text.removeprefix(begin)) == data
    badge.write_bytes(data.ljust(_LARGEST + 1))
    with pytest.raises(Unreadable, match="larger than"):
        read_file(badge)
