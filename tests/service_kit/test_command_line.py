"""The command line of every room: help without settings, and settings that are missing or wrong told in plain words."""

from __future__ import annotations

import importlib
import os

import pytest

from gateway.edge.routes import Room
from service_kit.runtime import STANDARD, WRONG_SETTINGS, Service, main
from service_kit.settings import StoreSettings

ROOMS = [str(room) for room in Room]
GOOD = {
    "LAUREL_PUBLIC_BASE_URL": "https://laurel.example",
    "LAUREL_DATABASE__URL": "postgresql+asyncpg://app:hidden@db/things",
    "LAUREL_AUTH__ISSUER": "https://laurel.example",
    "LAUREL_AUTH__JWKS_URL": "http://gateway/oauth/jwks",
    "LAUREL_AUTH__AUDIENCES": '["https://laurel.example"]',
}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in [name for name in os.environ if name.startswith("LAUREL_")]:
        monkeypatch.delenv(name)
    return monkeypatch


def service(room: str) -> Service[StoreSettings]:
    found: Service[StoreSettings] = importlib.import_module(f"{room}.main").SERVICE
    return found


@pytest.mark.parametrize("room", ROOMS)
def test_help_needs_no_settings(room: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = service(room)
    with pytest.raises(SystemExit) as left:
        main(found, ["--help"])
    assert left.value.code == 0
    lines = [line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines()]
    told = {words[0] for words in lines if len(words) == 2}  # each with a word of what it does
    assert told >= STANDARD.keys() | found.commands.keys()
    for command in found.commands:  # and does nothing: `republish --help` sent every event again
        with pytest.raises(SystemExit) as left:
            main(found, [command, "--help"])
        assert left.value.code == 0
        assert "usage:" in capsys.readouterr().out


@pytest.mark.parametrize("room", ROOMS)
def test_what_is_missing_is_told_by_the_names_of_variables(room: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(service(room), ["serve"]) == WRONG_SETTINGS
    said = capsys.readouterr()
    assert said.out == ""
    assert f"{room}: LAUREL_PUBLIC_BASE_URL: is needed" in said.err
    assert f"{room}: LAUREL_DATABASE__URL: is needed" in said.err
    assert "Traceback" not in said.err
    assert "docs/settings.md" in said.err


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("LAUREL_DATABASE__POOL_SIZE", "hidden", "LAUREL_DATABASE__POOL_SIZE: Input should be a valid integer"),
        ("LAUREL_DATABASE__POOL_SIEZ", "hidden", "LAUREL_DATABASE__POOL_SIEZ: there is no such setting"),
        ("LAUREL_PUBLIC_BASE_URL", "http://hidden.example", "registry: public_base_url must be https in production"),
        ("LAUREL_AUTH__AUDIENCES", "hidden", "LAUREL_AUTH: a list or an object is wanted there, in JSON"),
        ("LAUREL_LOG__LEVEL", "hidden", "LAUREL_LOG__LEVEL: Input should be 'debug'"),
    ],
)
def test_what_is_wrong_is_told_without_its_value(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, value: str, told: str
) -> None:
    for variable, good in (GOOD | {name: value}).items():
        environment.setenv(variable, good)
    assert main(service("registry"), ["serve"]) == WRONG_SETTINGS
    said = capsys.readouterr().err
    assert told in said
    assert "hidden" not in said


def test_what_is_no_command_or_no_argument_is_refused(environment: pytest.MonkeyPatch) -> None:
    with pytest.raises(SystemExit) as left:
        main(service("issuer"), ["nonsense"])
    assert left.value.code == 2
    for variable, good in GOOD.items():
        environment.setenv(variable, good)
    with pytest.raises(SystemExit) as left:
        main(service("catalog"), ["republish", "--all"])
    assert left.value.code == 2
