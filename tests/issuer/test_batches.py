"""Batches: rows in, credentials out, each once; what is wrong is said row by row."""

from __future__ import annotations

import asyncio
import contextlib
import csv
import io
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from sqlalchemy.exc import DBAPIError

from issuer.adapters.batches import record_part
from issuer.core.batches.work import PIECE
from issuer.main import Core
from service_kit.ids import new_id
from service_kit.testing import BASE_URL
from tests.issuer.world import OTHER_ORG, World, problem_code

pytestmark = [pytest.mark.db, pytest.mark.asyncio]

Json = dict[str, Any]


def learner(number: int) -> Json:
    return {"recipient": {"email": f"learner-{number}@students.example"}}


async def open_batch(
    world: World, rows: list[Json] | str, achievement: str, *, kind: str = "application/json", **more: Any
) -> httpx.Response:
    query = {"achievement": achievement} | {name: value for name, value in more.items() if name != "headers"}
    content = rows if isinstance(rows, str) else json.dumps(rows)
    headers = world.headers() | {"Content-Type": kind} | more.get("headers", {})
    return await world.client.post("/batches", params=query, content=content.encode(), headers=headers)


async def work(core: Core) -> int:
    total = 0
    while settled := await core.work_batches():
        total += settled
    return total


async def batch(world: World, answer: httpx.Response) -> Json:
    assert answer.status_code == 202, answer.text
    return dict((await world.send("GET", answer.headers["location"])).json())


async def rows(world: World, answer: httpx.Response, status: str = "") -> list[Json]:
    query = f"?status={status}" if status else ""
    found = await world.send("GET", f"{answer.headers['location']}/rows{query}")
    return list(found.json()["items"])


def counted(found: Json) -> Json:
    """The counts that are not zero."""
    return {state: count for state, count in found["counts"].items() if count}


@contextlib.contextmanager
def lost(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The connection ends when everything of a part is written, and before it is committed."""
    ends = record_part.STORE.replace("all_settled(", "pg_terminate_backend(pg_backend_pid()) AND all_settled(")
    with monkeypatch.context() as patched:
        patched.setattr(record_part, "STORE", ends)
        yield


async def agrees(world: World, answer: httpx.Response) -> Json:
    found: Json = (await world.send("GET", f"{answer.headers['location']}/reconciliation")).json()
    assert found["agrees"], found
    return found


async def test_a_batch_becomes_credentials_with_their_events(world: World, core: Core) -> None:
    achievement = await world.ready()
    answer = await open_batch(world, [learner(number) for number in range(250)], achievement)
    body = answer.json()
    assert (body["status"], body["rows"], body["counts"]["waiting"]) == ("running", 250, 250)
    assert await work(core) == 250
    done = await batch(world, answer)
    assert (done["status"], done["counts"]["issued"], done["secondsLeft"]) == ("done", 250, None)
    found = await agrees(world, answer)
    assert (found["credentials"], found["statusEntries"], found["events"], found["published"]) == (250, 250, 250, 0)
    [first, *_] = await rows(world, answer)
    credential = (await world.send("GET", first["credential"])).json()["credential"]
    assert credential["id"] == first["credential"]
    assert await world.rows("SELECT 1 FROM batch_rows WHERE request IS NOT NULL") == []
    assert len(await world.events("credential.issued.v1")) == 250


@pytest.mark.parametrize("kind", ["text/csv", "application/x-ndjson"])
async def test_tables_and_lines_come_as_well(world: World, core: Core, kind: str) -> None:
    achievement = await world.ready()
    if kind == "text/csv":
        sent = (
            "E-mail;name;Awarded date;creditsEarned;evidence;evidenceNarrative\r\n"
            "ada@students.example;Ada;2026-06-12T09:30:00Z;7,5;https://a.example/1;A study\r\n"
            "bob@students.example;;;;;\r\n"
        )
    else:
        more = {"awardedDate": "2026-06-12T09:30:00Z", "creditsEarned": 7.5}
        evidence = [{"id": "https://a.example/1", "narrative": "A study"}]
        first = {"recipient": {"email": "ada@students.example", "name": "Ada"}, "evidence": evidence} | more
        sent = "\n".join(map(json.dumps, [first, learner(2)]))
    answer = await open_batch(world, sent, achievement, kind=kind)
    await work(core)
    first_row, _ = await rows(world, answer, "issued")
    credential = (await world.send("GET", first_row["credential"])).json()["credential"]
    subject = credential["credentialSubject"]
    assert (credential["awardedDate"], subject["creditsEarned"]) == ("2026-06-12T09:30:00Z", 7.5)
    assert credential["evidence"] == [{"type": ["Evidence"], "id": "https://a.example/1", "narrative": "A study"}]
    assert subject["identifier"][1]["identityHash"] == "Ada"


async def test_a_problem_of_before_that_has_no_page_any_more_is_shown(world: World) -> None:
    sent: list[Any] = [7, learner(1)]
    answer = await open_batch(world, sent, await world.ready())
    await world.rows(
        "UPDATE batch_rows SET problem = jsonb_set(problem, '{code}', '\"forgotten\"') WHERE number = 1 RETURNING 1"
    )
    [row] = await rows(world, answer, "refused")
    said = {"type": "about:blank", "status": 422, "code": "forgotten"}
    assert {name: row["problem"][name] for name in said} == said


async def test_results_have_a_column_each(world: World, core: Core) -> None:
    await world.issuer()
    grade = "urn:uuid:6f0c1ad0-0000-4000-8000-0000000000bb"
    described = {"id": grade, "type": ["ResultDescription"], "name": "Grade", "resultType": "LetterGrade"}
    achievement = await world.achievement(resultDescription=[described | {"allowedValue": ["A", "B"]}])
    sent = f"email,result:{grade}\r\na@s.example,A\r\nb@s.example,Z\r\n"
    answer = await open_batch(world, sent, achievement, kind="text/csv")
    await work(core)
    issued, refused = await rows(world, answer)
    assert (issued["status"], refused["status"]) == ("issued", "refused")
    assert refused["problem"]["errors"] == [{"field": "results.0.value", "detail": "is not one of the allowed values"}]


async def test_a_wrong_row_harms_no_other(world: World, core: Core) -> None:
    achievement = await world.ready()
    sent: list[Any] = [learner(1), {"recipient": {"email": "nobody"}}, 7, learner(2), {"recipient": {}, "x": 1}]
    answer = await open_batch(world, sent, achievement)
    assert counted(answer.json()) == {"waiting": 2, "refused": 3}
    await work(core)
    refused = await rows(world, answer, "refused")
    assert [row["row"] for row in refused] == [2, 3, 5]
    kind = f"{BASE_URL}/problems/invalid-row"
    title = "A row of the batch is wrong in itself"
    told = {tuple(row["problem"][name] for name in ("type", "title", "status", "code")) for row in refused}
    assert told == {(kind, title, 422, "invalid-row")}
    assert refused[0]["problem"]["errors"][0]["field"] == "recipient.email"
    assert "must be an e-mail address" in refused[0]["problem"]["detail"]
    assert "Value error" not in refused[0]["problem"]["detail"]
    assert [row["row"] for row in await rows(world, answer, "issued")] == [1, 4]
    await agrees(world, answer)


async def test_a_dry_run_checks_and_keeps_nothing(world: World) -> None:
    achievement = await world.ready()
    answer = await open_batch(world, [learner(1), {"recipient": {"email": "nobody"}}], achievement, dryRun="true")
    body = answer.json()
    assert (answer.status_code, body["rows"], body["ready"], body["refused"]) == (200, 2, 1, 1)
    assert [error["row"] for error in body["errors"]] == [2]
    assert await world.count("batches") == await world.count("batch_rows") == 0


async def test_nobody_gets_an_achievement_twice_unless_asked(world: World, core: Core) -> None:
    achievement = await world.ready()
    await world.issue(achievement, recipient={"email": "learner-1@students.example"})
    answer = await open_batch(world, [learner(1), learner(2), learner(2), learner(3)], achievement)
    await work(core)
    assert [row["status"] for row in await rows(world, answer)] == ["failed", "issued", "failed", "issued"]
    assert {row["problem"]["code"] for row in await rows(world, answer, "failed")} == {"already-awarded"}
    again = await open_batch(world, [learner(2)], achievement, allowDuplicates="true")
    await work(core)
    assert (await batch(world, again))["counts"]["issued"] == 1


async def test_a_row_that_cannot_be_composed_takes_nothing_from_the_next(world: World, core: Core) -> None:
    """Whose first rows are no credential gets it by the next, and only once."""
    achievement = await world.ready()
    unfit = learner(1) | {"results": [{"achievedLevel": "urn:uuid:6f0c1ad0-0000-4000-8000-0000000000cc"}]}
    answer = await open_batch(world, [unfit, unfit, learner(1), learner(2), learner(1)], achievement)
    await work(core)
    found = await rows(world, answer)
    assert [(row["problem"] or {}).get("code") for row in found] == [
        "invalid-credential",
        "invalid-credential",
        None,
        None,
        "already-awarded",
    ]
    await world.send("POST", f"{answer.headers['location']}/retry")
    await work(core)
    assert counted(await batch(world, answer)) == {"issued": 2, "failed": 3}
    await agrees(world, answer)


async def test_single_requests_mean_it_unless_they_say_otherwise(world: World, core: Core) -> None:
    achievement = await world.ready()
    body = {"achievement": achievement, **learner(1)}
    for _ in range(2):
        assert (await world.send("POST", "/credentials", body)).status_code == 201
    refused = await world.send("POST", "/credentials", body | {"allowDuplicates": False}, Idempotency_Key="once")
    assert (refused.status_code, problem_code(refused)) == (409, "already-awarded")
    other = {"achievement": achievement, **learner(2), "allowDuplicates": False}
    first = await world.send("POST", "/credentials", other, Idempotency_Key="other")
    again = await world.send("POST", "/credentials", other, Idempotency_Key="other")
    assert (first.status_code, again.content) == (201, first.content)
    assert problem_code(await world.send("POST", "/credentials", other)) == "already-awarded"
    await world.send("POST", f"{first.json()['id']}/revoke", {"reason": "a test"})
    assert (await world.send("POST", "/credentials", other)).status_code == 201


async def test_after_a_revocation_it_can_be_earned_again(world: World, core: Core) -> None:
    achievement = await world.ready()
    first = await open_batch(world, [learner(1)], achievement)
    await work(core)
    [row] = await rows(world, first)
    await world.send("POST", f"{row['credential']}/revoke", {"reason": "a test"})
    second = await open_batch(world, [learner(1)], achievement)
    await work(core)
    assert (await batch(world, second))["counts"]["issued"] == 1


async def test_paused_resumed_cancelled(world: World, core: Core) -> None:
    achievement = await world.ready()
    answer = await open_batch(world, [learner(number) for number in range(PIECE + 50)], achievement)
    where = answer.headers["location"]
    assert await core.work_batches() == PIECE
    for _ in range(2):
        assert (await world.send("POST", f"{where}/pause")).json()["status"] == "paused"
    assert await core.work_batches() == 0
    assert (await world.send("POST", f"{where}/resume")).json()["status"] == "running"
    cancelled = (await world.send("POST", f"{where}/cancel")).json()
    assert (cancelled["status"], cancelled["counts"]["cancelled"], cancelled["counts"]["issued"]) == (
        "cancelled",
        50,
        PIECE,
    )
    assert await core.work_batches() == 0
    resumed = await world.send("POST", f"{where}/resume")
    assert (resumed.status_code, problem_code(resumed)) == (409, "batch-transition-not-allowed")
    await agrees(world, answer)


async def test_failed_rows_are_tried_again_and_no_others(world: World, core: Core) -> None:
    issuer = await world.issuer()
    achievement = await world.achievement()
    answer = await open_batch(world, [learner(1), learner(2), {"recipient": {}}], achievement)
    await world.send("PATCH", f"/issuers/{issuer['slug']}", {"active": False})
    await work(core)
    assert [row["status"] for row in await rows(world, answer)] == ["failed", "failed", "refused"]
    assert {row["problem"]["code"] for row in await rows(world, answer, "failed")} == {"issuer-inactive"}
    await world.send("PATCH", f"/issuers/{issuer['slug']}", {"active": True})
    retried = (await world.send("POST", f"{answer.headers['location']}/retry")).json()
    assert (retried["status"], retried["counts"]["waiting"]) == ("running", 2)
    await work(core)
    assert counted(await batch(world, answer)) == {"issued": 2, "refused": 1}
    assert (await world.send("POST", f"{answer.headers['location']}/retry")).json()["status"] == "done"


async def test_a_piece_that_is_lost_is_done_again_once(
    world: World, core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    achievement = await world.ready()
    answer = await open_batch(world, [learner(number) for number in range(20)], achievement)
    with lost(monkeypatch), pytest.raises(DBAPIError, match="terminating connection"):
        await core.work_batches()
    assert await world.count("credentials") == 0
    assert await work(core) == 20
    await agrees(world, answer)


async def test_a_reconciliation_tells_what_is_missing(world: World, core: Core) -> None:
    achievement = await world.ready()
    answer = await open_batch(world, [learner(1), learner(2)], achievement)
    await work(core)
    await agrees(world, answer)
    await world.rows("UPDATE outbox SET key = 'x' WHERE topic = 'credential-issued' RETURNING 1")
    found = (await world.send("GET", f"{answer.headers['location']}/reconciliation")).json()
    assert (found["agrees"], found["faults"]) == (False, ["0 events, 2 expected"])


async def test_what_became_of_a_credential_later_leaves_the_reconciliation_alone(world: World, core: Core) -> None:
    achievement = await world.ready()
    answer = await open_batch(world, [learner(1), learner(2)], achievement)
    await work(core)
    first, second = [row["credential"] for row in await rows(world, answer)]
    for where, action in ((first, "correct"), (second, "suspend"), (second, "revoke")):
        more = {"narrative": "Held."} if action == "correct" else {}
        changed = await world.send("POST", f"{where}/{action}", {"reason": "a test"} | more)
        assert changed.status_code == 200, changed.text
    assert (await agrees(world, answer))["events"] == 2


async def test_a_repeated_key_makes_one_batch(world: World) -> None:
    achievement = await world.ready()
    key = {"Idempotency-Key": "once"}
    first, again = [await open_batch(world, [learner(1)], achievement, headers=key) for _ in range(2)]
    assert first.headers["location"] == again.headers["location"]
    other = await open_batch(world, [learner(2)], achievement, headers=key)
    assert (other.status_code, problem_code(other)) == (409, "idempotency-key-reused")
    assert await world.count("batches") == 1


async def test_the_results_are_a_table(world: World, core: Core) -> None:
    achievement = await world.ready()
    answer = await open_batch(world, [learner(1), {"recipient": {"email": "=cmd()"}}], achievement)
    await work(core)
    text = (await world.send("GET", f"{answer.headers['location']}/results.csv")).text
    table = list(csv.reader(io.StringIO(text)))
    assert table[0] == ["row", "status", "credential", "problem"]
    assert [line[1] for line in table[1:]] == ["issued", "refused"]
    assert table[1][2] == (await rows(world, answer))[0]["credential"]


async def test_progress_is_streamed_to_the_end(world: World, core: Core) -> None:
    achievement = await world.ready()
    answer = await open_batch(world, [learner(number) for number in range(150)], achievement)
    following = asyncio.create_task(world.send("GET", f"{answer.headers['location']}/events"))
    await asyncio.sleep(0)
    await work(core)
    text = (await following).text
    events = [json.loads(part.split("data: ")[1]) for part in text.split("\n\n") if "event: progress" in part]
    assert events[-1]["status"] == "done"
    assert text.endswith("event: end\ndata: {}\n\n")


@pytest.mark.parametrize(
    ("sent", "kind", "code"),
    [
        ("", "application/json", 422),
        ("{", "application/json", 400),
        ("<html>", "text/html", 415),
        ("email\n", "text/csv", 202),
        ("\xff", "text/csv", 422),
    ],
)
async def test_what_is_no_file_of_rows(world: World, sent: str, kind: str, code: int) -> None:
    achievement = await world.ready()
    assert (await open_batch(world, sent, achievement, kind=kind)).status_code == code


@pytest.mark.parametrize("dry_run", ["true", "false"])
@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("email,vaildUntil", "names the column vaildUntil, which there is not; validUntil?"),
        ("email,credential", "names the column credential, which there is not: "),
        ("email,Anmerkung des Prüfungsamts", "names the column Anmerkung des Prüfungsamts, which there is not: "),
    ],
)
async def test_a_column_that_there_is_not_refuses_the_file(world: World, header: str, said: str, dry_run: str) -> None:
    """Also where its cells are empty: the next file has something there."""
    achievement = await world.ready()
    sent = f"{header}\nada@students.example,2031-01-01T00:00:00Z\nbob@students.example,\n"
    answer = await open_batch(world, sent, achievement, kind="text/csv", dryRun=dry_run)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "header")
    assert answer.json()["errors"][0]["detail"].startswith(said)
    assert await world.count("batches") == 0


async def test_what_stands_under_no_name_refuses_its_row(world: World, core: Core) -> None:
    achievement = await world.ready()
    sent = "email,,name\nada@students.example,7,Ada\nbob@students.example,,Bob\n"
    answer = await open_batch(world, sent, achievement, kind="text/csv")
    await work(core)
    refused, issued = await rows(world, answer)
    assert (refused["status"], issued["status"]) == ("refused", "issued")
    assert refused["problem"]["detail"] == "has a cell under a column without a name"


async def test_more_rows_than_a_batch_may_have(world: World) -> None:
    achievement = await world.ready()
    answer = await open_batch(world, "\n".join(["{}"] * 100_001), achievement, kind="application/x-ndjson")
    assert (answer.status_code, await world.count("batches")) == (422, 0)


async def test_an_achievement_that_is_none(world: World) -> None:
    await world.issuer()
    answer = await open_batch(world, [learner(1)], new_id())
    assert (answer.status_code, problem_code(answer)) == (409, "achievement-not-known")
    assert answer.headers["Retry-After"] == "1"  # it may have been published a moment ago


async def test_another_university_finds_no_batch(world: World, core: Core) -> None:
    achievement = await world.ready()
    answer = await open_batch(world, [learner(1)], achievement)
    where = answer.headers["location"]
    for path in ("", "/rows", "/reconciliation", "/results.csv", "/events"):
        assert (await world.send("GET", where + path, org=OTHER_ORG)).status_code == 404
    for action in ("pause", "resume", "cancel", "retry"):
        assert (await world.send("POST", f"{where}/{action}", org=OTHER_ORG)).status_code == 404
    assert (await world.send("GET", "/batches", org=OTHER_ORG)).json()["items"] == []
    assert (await batch(world, answer))["status"] == "running"
    await work(core)


async def test_batches_are_listed_page_after_page(world: World) -> None:
    achievement = await world.ready()
    made = [(await open_batch(world, [learner(n)], achievement)).json()["id"] for n in range(3)]
    first = (await world.send("GET", "/batches?limit=2")).json()
    second = (await world.send("GET", f"/batches?limit=2&cursor={first['next']}")).json()
    assert [item["id"] for item in first["items"] + second["items"]] == made[::-1]
    assert second["next"] is None
