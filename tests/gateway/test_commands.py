"""`seed`, `create-operator`, `rotate-keys`: what they do, that they may be repeated, and that they tell no secret."""

import json
from pathlib import Path
from typing import Any

import pytest

from gateway import __main__ as command_line
from gateway.commands import COMMANDS
from gateway.core.scopes import Kind
from gateway.core.secret import new_secret
from tests.gateway.harness import Gateway

pytestmark = [pytest.mark.db, pytest.mark.asyncio]

SECRET = new_secret()
ENTRY: dict[str, Any] = {
    "name": "Lakeside University",
    "slug": "lakeside",
    "kind": "university",
    "client_id": "demo-lakeside",
    "client_secret": SECRET,
    "scopes": "catalog:write credentials:issue",
}
EMPLOYER = {"name": "Meridian", "slug": "meridian", "kind": "employer", "client_secret": new_secret(), "scopes": []}


def seed_file(directory: Path, entries: Any) -> list[str]:
    path = directory / "seed.json"
    path.write_text(json.dumps(entries))
    return ["--file", str(path)]


async def test_a_seeded_client_gets_tokens(
    gateway: Gateway, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await COMMANDS["seed"](gateway.settings, seed_file(tmp_path, [ENTRY, EMPLOYER])) == 0
    printed = capsys.readouterr().out
    assert [json.loads(line)["client_id"] for line in printed.splitlines()] == ["demo-lakeside", "meridian"]
    assert SECRET not in printed
    answer = await gateway.ask({}, auth=("demo-lakeside", SECRET))
    assert answer.json()["scope"] == "catalog:write credentials:issue"


async def test_seeding_again_changes_what_changed_and_nothing_else(
    gateway: Gateway, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seed = COMMANDS["seed"]
    await seed(gateway.settings, seed_file(tmp_path, [ENTRY]))
    first = capsys.readouterr().out
    assert await seed(gateway.settings, seed_file(tmp_path, [ENTRY])) == 0
    assert capsys.readouterr().out == first
    assert (await gateway.ask({}, auth=("demo-lakeside", SECRET))).status_code == 200
    fresh = new_secret()
    changed = ENTRY | {"client_secret": fresh, "scopes": ["catalog:write"]}
    assert await seed(gateway.settings, seed_file(tmp_path, [changed])) == 0
    gateway.clock.forward(minutes=5)  # commands have a clock of their own
    assert (await gateway.ask({}, auth=("demo-lakeside", SECRET))).status_code == 401
    assert (await gateway.ask({}, auth=("demo-lakeside", fresh))).json()["scope"] == "catalog:write"


@pytest.mark.parametrize(
    "entry",
    [
        ENTRY | {"client_secret": "short"},
        ENTRY | {"client_secret": "with space " * 5},
        ENTRY | {"kind": "bank"},
        ENTRY | {"scopes": "registry:accredit"},
        ENTRY | {"client_id": "a b"},
        ENTRY | {"slug": "A"},
        ENTRY | {"name": ""},
        {"slug": "x"},
        ENTRY | {"slug": "known"},  # a university, where an employer has that slug
        ENTRY | {"client_id": "client-known"},  # another organization's client
    ],
)
async def test_a_bad_entry_plants_nothing_at_all(
    gateway: Gateway, tmp_path: Path, capsys: pytest.CaptureFixture[str], entry: dict[str, Any]
) -> None:
    await gateway.member("known", Kind.EMPLOYER)
    good = ENTRY | {"slug": "good", "client_id": "good"}
    assert await COMMANDS["seed"](gateway.settings, seed_file(tmp_path, [good, entry])) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("gateway: ")
    assert str(entry.get("client_secret", SECRET)) not in printed.err
    assert (await gateway.ask({}, auth=("good", SECRET))).status_code == 401


async def test_a_missing_file_is_told_in_one_line(gateway: Gateway, capsys: pytest.CaptureFixture[str]) -> None:
    assert await COMMANDS["seed"](gateway.settings, ["--file", "/no/such/file"]) == 1
    assert capsys.readouterr().err == "gateway: /no/such/file: No such file or directory\n"


async def test_the_first_operator_is_made_once(gateway: Gateway, capsys: pytest.CaptureFixture[str]) -> None:
    create = COMMANDS["create-operator"]
    assert await create(gateway.settings, ["--name", "Laurel Operations"]) == 0
    made = json.loads(capsys.readouterr().out)
    answer = await gateway.ask({}, auth=(made["client_id"], made["client_secret"]))
    assert answer.json()["scope"] == "organizations:manage clients:manage audit:read"
    assert await create(gateway.settings, ["--name", "Another"]) == 1
    assert "operator already" in capsys.readouterr().err


async def test_rotating_keys_tells_what_it_did(gateway: Gateway, capsys: pytest.CaptureFixture[str]) -> None:
    rotate = COMMANDS["rotate-keys"]
    assert await rotate(gateway.settings, []) == 0
    first = json.loads(capsys.readouterr().out)
    assert sorted(first["keys"].values()) == ["active", "active", "next", "next"]
    assert first["changed"] == first["keys"]
    assert await rotate(gateway.settings, []) == 0
    again = json.loads(capsys.readouterr().out)
    assert (again["keys"], again["changed"]) == (first["keys"], {})
    assert again["next_usable_from"] is not None
    assert await rotate(gateway.settings, ["--compromised"]) == 0
    changed = json.loads(capsys.readouterr().out)["changed"]
    assert sorted(changed.values()) == sorted(["active", "next", "removed"] * 2)


async def test_the_edge_is_rendered_without_settings(capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line.main(["edge", "--target", "local"]) == 0
    assert "static_resources" in capsys.readouterr().out
