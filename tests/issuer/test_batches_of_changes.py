"""Batches that revoke, suspend, reinstate and correct: the same files, the same checks, each row once."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from contracts.problems import PROBLEM_TYPES
from credential_core.jcs import digest
from issuer.core.batches.work_corrections import PIECE as SIGNED_PIECE
from issuer.main import Core
from issuer.settings import IssuerSettings
from service_kit.ids import new_id
from service_kit.testing import BASE_URL
from tests.issuer.test_batches import agrees, batch, counted, learner, open_batch, rows
from tests.issuer.world import ORG, Json, World, problem_code

pytestmark = [pytest.mark.db, pytest.mark.asyncio]
NOBODY = "00000000-0000-4000-8000-000000000000"
ACTIONS = ("revoke", "suspend", "reinstate", "correct")


async def issued(world: World, core: Core, many: int, **achievement: Any) -> list[str]:
    """The ids of credentials of as many learners."""
    await world.issuer()
    answer = await open_batch(world, [learner(n) for n in range(many)], await world.achievement(**achievement))
    while await core.work_batches():
        pass
    found = await world.rows("SELECT credential_id FROM batch_rows ORDER BY number")
    assert (await batch(world, answer))["counts"]["issued"] == many
    return [f"http://laurel.test/credentials/{row[0]}" for row in found]


async def change(
    world: World, action: str, sent: list[Any] | str, *, kind: str = "application/json", **more: Any
) -> httpx.Response:
    content = sent if isinstance(sent, str) else json.dumps(sent)
    headers = world.headers(more.get("org", ORG)) | {"Content-Type": kind} | more.get("headers", {})
    query = {"dryRun": "true"} if more.get("dry_run") else {}
    return await world.client.post(f"/batches/{action}", params=query, content=content.encode(), headers=headers)


async def work(core: Core) -> int:
    total = 0
    while settled := await core.work_changes():
        total += settled
    return total


def because(credentials: list[str], **more: Any) -> list[Json]:
    return [{"credential": one, "reason": f"reason {n}"} | more for n, one in enumerate(credentials)]


async def test_many_are_suspended_reinstated_and_revoked(world: World, core: Core) -> None:
    ids = await issued(world, core, 30)
    for revision, (action, state) in enumerate(
        (("suspend", "suspended"), ("reinstate", "issued"), ("revoke", "revoked")), 2
    ):
        answer = await change(world, action, because(ids))
        assert (answer.json()["action"], answer.json()["achievement"]) == (action, None)
        assert await work(core) == 30
        assert counted(await batch(world, answer)) == {"changed": 30}
        told = await world.events(f"credential.{'reinstated' if action == 'reinstate' else state}.v1")
        assert {event.credential_id for event in told} == set(ids)
        assert {(event.revision, event.state) for event in told} == {(revision, state)}
        sums = await agrees(world, answer)
        assert (sums["credentials"], sums["steps"], sums["events"]) == (30, 30, 30)
        assert (sums["statusEntries"], sums["published"]) == (None, 0)
    history = (await world.send("GET", ids[7])).json()["history"]
    assert [step["status"] for step in history] == ["issued", "suspended", "issued", "revoked"]
    assert [step.get("reason") for step in history[1:]] == ["reason 7"] * 3
    assert await world.rows("SELECT 1 FROM batch_rows WHERE request IS NOT NULL") == []


async def test_their_bits_are_published_and_they_may_be_earned_again(
    world: World, core: Core, settings: IssuerSettings
) -> None:
    achievement = await world.ready()
    first = await open_batch(world, [learner(1), learner(2)], achievement)
    await core.work_batches()
    ids = [row["credential"] for row in await rows(world, first)]
    await change(world, "revoke", because(ids))
    await work(core)
    assert await world.rows("SELECT 1 FROM status_lists WHERE changes > published_changes") != []
    again = await open_batch(world, [learner(1), learner(2)], achievement)
    await core.work_batches()
    assert counted(await batch(world, again)) == {"issued": 2}


async def test_many_are_corrected_and_stay_what_they_are(world: World, core: Core) -> None:
    ids = await issued(world, core, SIGNED_PIECE + 5)
    await change(world, "suspend", because(ids[:1]))
    await work(core)
    answer = await change(world, "correct", because(ids, narrative="Monitoring.", recipient={"name": "Ada"}))
    assert await work(core) == SIGNED_PIECE + 5
    assert counted(await batch(world, answer)) == {"changed": SIGNED_PIECE + 5}
    told = {event.credential_id: event for event in await world.events("credential.corrected.v1")}
    assert set(told) == set(ids)
    assert (told[ids[0]].state, told[ids[0]].revision) == ("suspended", 3)
    for one in (ids[0], ids[-1]):
        detail = (await world.send("GET", one)).json()
        assert detail["digest"] == digest(detail["credential"]) == told[one].digest
        assert detail["credential"]["credentialSubject"]["narrative"] == "Monitoring."
        assert detail["history"][-1]["digest"] == told[one].digest
    sums = await agrees(world, answer)
    assert (sums["steps"], sums["events"]) == (SIGNED_PIECE + 5, SIGNED_PIECE + 5)


@pytest.mark.parametrize(
    ("action", "column", "said"),
    [
        ("revoke", "resaon", "names the column resaon, which there is not; reason?"),
        ("suspend", "email", "names the column email, which there is not: credential, reason"),
        ("correct", "Awarded date", "names the column awardedDate, which there is not: "),
    ],
)
async def test_a_column_that_there_is_not_refuses_the_file(
    world: World, core: Core, action: str, column: str, said: str
) -> None:
    [one] = await issued(world, core, 1)
    for dry_run in (True, False):
        sent = f"credential,{column}\n{one},\n"
        answer = await change(world, action, sent, kind="text/csv", dry_run=dry_run)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "header")
        assert answer.json()["errors"][0]["detail"].startswith(said)


async def test_tables_and_lines_come_as_well(world: World, core: Core) -> None:
    grade = "urn:uuid:6f0c1ad0-0000-4000-8000-0000000000bb"
    described = {"id": grade, "type": ["ResultDescription"], "name": "Grade", "resultType": "LetterGrade"}
    first, second = await issued(world, core, 2, resultDescription=[described | {"allowedValue": ["A", "B"]}])
    table = (
        f"Credential;Reason;Name;result:{grade};Valid until\r\n"
        f"{first};typed wrong;Ada Lovelace;A;2031-01-01T00:00:00Z\r\n"
        f"{second.rsplit('/', 1)[-1]};typed wrong;;Z;\r\n"
    )
    answer = await change(world, "correct", table, kind="text/csv")
    await work(core)
    done, refused = await rows(world, answer)
    assert (done["status"], refused["status"]) == ("changed", "refused")
    assert refused["problem"]["errors"] == [{"field": "results.0.value", "detail": "is not one of the allowed values"}]
    document = (await world.send("GET", first)).json()["credential"]
    assert document["credentialSubject"]["result"][0]["value"] == "A"
    assert document["credentialSubject"]["identifier"][1]["identityHash"] == "Ada Lovelace"
    assert document["validUntil"] == "2031-01-01T00:00:00Z"
    lines = "\n".join(map(json.dumps, because([first, second])))
    answer = await change(world, "revoke", lines, kind="application/x-ndjson")
    await work(core)
    assert counted(await batch(world, answer)) == {"changed": 2}


def wrong(row: Json) -> tuple[str, ...]:
    problem = row["problem"]
    return (problem["code"], *(error["field"] for error in problem["errors"]))


def is_whole(problem: Json) -> bool:
    """It has the members of RFC 9457, and its type the page that other answers name."""
    known = PROBLEM_TYPES[problem["code"]]
    said = (problem["type"], problem["title"], problem["status"])
    return said == (f"{BASE_URL}/problems/{known.code}", known.title, known.status) and bool(problem["detail"])


async def test_a_dry_run_says_what_is_wrong_and_changes_nothing(world: World, core: Core) -> None:
    ids = await issued(world, core, 3)
    await world.send("POST", f"{ids[2]}/revoke", {"reason": "a test"})
    nobody = new_id()
    sent = [
        {"credential": ids[0], "reason": "x", "narrative": "y"},
        {"credential": ids[0], "reason": "x", "narrative": "z"},
        {"credential": nobody, "reason": "x", "narrative": "y"},
        {"credential": "mine", "reason": "x", "narrative": "y"},
        {"credential": ids[1], "narrative": "y"},
        {"credential": ids[1], "reason": "x", "awardedDate": "2026-01-01T00:00:00Z"},
        {"credential": ids[2], "reason": "x", "narrative": "y"},
        {"credential": ids[1], "reason": "x", "validUntil": "2001-01-01T00:00:00Z"},
        7,
    ]
    answer = await change(world, "correct", sent, dry_run=True)
    body = answer.json()
    assert (answer.status_code, body["rows"], body["ready"]) == (200, 9, 1)
    found = {
        row["row"]: (row["problem"]["code"], *(e["field"] for e in row["problem"]["errors"])) for row in body["errors"]
    }
    assert found == {
        2: ("invalid-request", "credential"),
        3: ("not-found", "credential"),
        4: ("invalid-row", "credential"),
        5: ("invalid-row", "reason"),
        6: ("invalid-row", "awardedDate"),
        7: ("status-transition-not-allowed",),
        8: ("invalid-request", "validUntil"),
        9: ("invalid-row",),
    }
    assert all(is_whole(row["problem"]) for row in body["errors"])
    assert await world.count("batches") == 1
    assert await world.events("credential.corrected.v1") == []


async def test_what_is_so_already_is_unchanged_and_untold(world: World, core: Core) -> None:
    ids = await issued(world, core, 3)
    await world.send("POST", f"{ids[0]}/revoke", {"reason": "a test"})
    answer = await change(world, "revoke", because(ids))
    await work(core)
    assert counted(await batch(world, answer)) == {"changed": 2, "unchanged": 1}
    assert len(await world.events("credential.revoked.v1")) == 3
    await agrees(world, answer)


async def test_what_changed_after_the_check_fails_and_may_be_tried_again(world: World, core: Core) -> None:
    ids = await issued(world, core, 2)
    await change(world, "suspend", because(ids))
    await work(core)
    answer = await change(world, "reinstate", because(ids))
    await world.send("POST", f"{ids[0]}/revoke", {"reason": "a test"})
    await work(core)
    failed, changed = await rows(world, answer)
    assert (failed["status"], failed["problem"]["code"]) == ("failed", "status-transition-not-allowed")
    assert is_whole(failed["problem"])
    assert (failed["credential"], changed["status"]) == (ids[0], "changed")
    retried = (await world.send("POST", f"{answer.headers['location']}/retry")).json()
    assert counted(retried) == {"waiting": 1, "changed": 1}
    await work(core)
    assert counted(await batch(world, answer)) == {"failed": 1, "changed": 1}
    await agrees(world, answer)


async def test_learners_named_anew_by_a_batch_have_it_once(world: World, core: Core) -> None:
    ids = await issued(world, core, 3)
    sent = [{"credential": one, "reason": "typed wrong", "recipient": {"email": "eve@s.example"}} for one in ids]
    answer = await change(world, "correct", sent)
    await work(core)
    assert counted(await batch(world, answer)) == {"changed": 1, "failed": 2}
    assert {row["problem"]["code"] for row in await rows(world, answer, "failed")} == {"already-awarded"}
    await agrees(world, answer)


async def test_a_repeated_key_makes_one_batch(world: World, core: Core) -> None:
    ids = await issued(world, core, 1)
    key = {"Idempotency-Key": "once"}
    first, again = [await change(world, "revoke", because(ids), headers=key) for _ in range(2)]
    assert first.headers["location"] == again.headers["location"]
    other = await change(world, "revoke", [{"credential": ids[0], "reason": "another"}], headers=key)
    assert problem_code(other) == "idempotency-key-reused"


async def test_a_reconciliation_tells_what_is_missing(world: World, core: Core) -> None:
    answer = await change(world, "revoke", because(await issued(world, core, 2)))
    await work(core)
    await world.rows("UPDATE outbox SET key = 'x' WHERE topic = 'credential-revoked' RETURNING 1")
    found = (await world.send("GET", f"{answer.headers['location']}/reconciliation")).json()
    assert (found["agrees"], found["faults"]) == (False, ["0 events, 2 expected"])
