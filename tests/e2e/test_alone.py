"""A stack proves itself: whoever is shown it decides anew without a login, through the edge, whatever became of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.test_programmes import PATIENCE_S, World, email
from tools.actor import Actor, Json, last, until
from tools.fleet import Fleet

pytestmark = [pytest.mark.db, pytest.mark.kafka, pytest.mark.fleet]
Judge = Callable[..., tuple[int, Json]]


@pytest.fixture
def world(fleet: Fleet) -> Iterator[World]:
    made = World(fleet.base_url, fleet.demo)
    yield made
    made.http.close()


@pytest.fixture
def judge(fleet: Fleet, tmp_path: Path) -> Judge:
    """The command of somebody who has never logged in: its exit code, and what it says."""

    def run(stack: Json, *more: str, components: tuple[Json, ...] = ()) -> tuple[int, Json]:
        (tmp_path / "stack.json").write_text(json.dumps(stack))
        (tmp_path / "parts").mkdir(exist_ok=True)
        for place, one in enumerate(components):
            (tmp_path / "parts" / f"{place}.json").write_text(json.dumps(one))
        given = ("--components", "parts") if components else ()
        kept = {name: value for name, value in os.environ.items() if not name.startswith("LAUREL_")}
        ended = subprocess.run(
            [str(Path(sys.executable).with_name("laurel")), "stack", "verify", "stack.json", "--json", *given, *more],
            cwd=tmp_path,
            env=kept | {"XDG_CONFIG_HOME": str(tmp_path), "LAUREL_CA": str(fleet.authority)},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert ended.stdout, ended.stderr
        return ended.returncode, json.loads(ended.stdout)

    return run


def stack_code(answer: Json) -> str:
    return next(str(check["code"]) for check in answer["checks"] if check["check"] == "stack")


def rotate(by: Actor) -> None:
    """Another key signs from now on, as soon as it may; the old one is retired."""
    [issuer] = by.get("/issuers")["items"]
    path = f"/issuers/{issuer['slug']}/keys"
    old, new = by.get(path)["items"][0], by.post(path, {})
    where = f"{path}/{new['keyId']}/activate"
    until(lambda: by.http.post(where, headers=by.headers), lambda answer: answer.is_success, PATIENCE_S)
    by.post(f"{path}/{old['keyId']}/retire", None)


def test_what_becomes_of_a_stack_is_seen_without_a_login(world: World, judge: Judge) -> None:
    by, learner = world.company(), email()
    names = ("one", "two", "worth")
    known = {name: world.achievement(by, name) for name in names}
    pathway = world.pathway(
        by,
        "Series",
        [
            {"id": "worth", "proxyFor": [known["worth"]], "hasCondition": {"targetComponent": ["one", "two"]}},
            *({"id": name, "proxyFor": [known[name]]} for name in names[:2]),
        ],
    )
    parts = [world.award(by, known[name], learner) for name in names[:2]]
    stack = world.stacked(by, pathway)
    documents = tuple(one["credential"] for one in parts)

    def settled(code: str, *more: str, components: tuple[Json, ...] = ()) -> tuple[int, Json]:
        """As soon as lists and keys are published."""
        return until(
            lambda: judge(stack, "--alone", "--private", *more, components=components),
            lambda found: stack_code(found[1]) == code,
            PATIENCE_S,
        )

    assert settled("stack_holds_as_stated", "--keep", "then")[0] == 0
    assert settled("stack_holds", components=documents)[0] == 0
    rotate(by)
    assert settled("stack_holds", components=documents)[0] == 0

    where = f"/credentials/{last(parts[0]['id'])}"
    by.post(f"{where}/suspend", {"reason": "looked at again"})
    assert settled("stack_does_not_hold")[0] == 1
    by.post(f"{where}/reinstate", {"reason": "all is well"})
    code, answer = until(
        lambda: judge(stack, "--alone", "--private", components=documents), lambda found: found[0] == 0, PATIENCE_S
    )
    assert (code, stack_code(answer)) == (0, "stack_holds")
    by.post(f"{where}/revoke", {"reason": "it was copied"})
    assert settled("stack_does_not_hold")[0] == 1

    then = judge(stack, "--kept", "then")
    assert (then[0], stack_code(then[1])) == (0, "stack_holds_as_stated")  # on that day it held
    assert then[1]["asOf"] < answer["asOf"]

    again = world.award(by, known["one"], learner)
    stacks: list[Any] = until(
        lambda: world.stacks(by, pathway),
        lambda found: [one["status"] for one in found] == ["awarded", "revoked"],
        PATIENCE_S,
    )
    stack = by.get(f"/credentials/{last(stacks[0]['credential'])}")["credential"]
    assert settled("stack_holds", components=(again["credential"], documents[1]))[0] == 0
    history = by.get(f"/stacks/{last(stacks[1]['id'])}")["history"]
    assert [one["status"] for one in history] == ["awarded", "suspended", "awarded", "revoked"]
    caused = [one["causedBy"] for one in history]
    assert all(caused[1:])
    assert len(set(caused)) == len(caused)
