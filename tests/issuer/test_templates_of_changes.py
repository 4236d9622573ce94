"""The templates of batches of changes: a column for each member, filled in and sent back."""

from __future__ import annotations

import csv
import io
import json

import pytest

from issuer.main import Core
from tests.issuer.test_batches import batch, counted, open_batch, rows
from tests.issuer.test_batches_of_changes import ACTIONS, NOBODY, change, issued, work
from tests.issuer.world import Json, World

pytestmark = [pytest.mark.db, pytest.mark.asyncio]


LEVEL: Json = {"id": "urn:x:level:good", "type": ["RubricCriterionLevel"], "name": "Good"}


async def template(world: World, query: str) -> list[list[str]]:
    answer = await world.send("GET", f"/batches/template.csv?{query}")
    assert answer.status_code == 200, answer.text
    return list(csv.reader(io.StringIO(answer.text)))


@pytest.mark.parametrize("action", ACTIONS)
async def test_a_template_filled_in_is_read(world: World, core: Core, action: str) -> None:
    [one] = await issued(world, core, 1)
    if action == "reinstate":
        await world.send("POST", f"{one}/suspend", {"reason": "a test"})
    header, example = await template(world, f"action={action}")
    cells = [one if name == "credential" else cell for name, cell in zip(header, example, strict=True)]
    text = io.StringIO()
    csv.writer(text).writerows([header, cells])
    answer = await change(world, action, text.getvalue(), kind="text/csv")
    await work(core)
    assert counted(await batch(world, answer)) == {"changed": 1}


async def test_a_template_has_a_column_for_each_result(world: World, core: Core) -> None:
    await world.issuer()
    kinds: Json = {
        "LetterGrade": {"allowedValue": ["1,0", "B"]},
        "RawScore": {"valueMin": "0", "valueMax": "60"},
        "Status": {},
        "RubricCriterionLevel": {"rubricCriterionLevel": [LEVEL]},
    }
    described = [
        {"id": f"urn:x:{name}", "type": ["ResultDescription"], "name": name, "resultType": name} | more
        for name, more in kinds.items()
    ]
    achievement = await world.achievement(resultDescription=described)
    header, example = await template(world, f"achievement={achievement}")
    columns = ["result:urn:x:LetterGrade", "result:urn:x:RawScore", "status:urn:x:Status"]
    assert header[4:8] == [*columns, "level:urn:x:RubricCriterionLevel"]
    assert "result" not in header
    assert example[4:8] == ["1,0", "60", "Completed", LEVEL["id"]]
    answer = await open_batch(world, _csv(header, example), achievement, kind="text/csv")
    await core.work_batches()
    assert counted(await batch(world, answer)) == {"issued": 1}
    [(text,)] = await world.rows("SELECT document FROM credentials")
    assert [
        {name: value for name, value in result.items() if name != "type"}
        for result in json.loads(text)["credentialSubject"]["result"]
    ] == [
        {"resultDescription": "urn:x:LetterGrade", "value": "1,0"},
        {"resultDescription": "urn:x:RawScore", "value": "60"},
        {"resultDescription": "urn:x:Status", "status": "Completed"},
        {"resultDescription": "urn:x:RubricCriterionLevel", "achievedLevel": LEVEL["id"]},
    ]
    assert (await template(world, f"action=correct&achievement={achievement}"))[0][5:9] == header[4:8]


async def test_cells_about_one_result_are_one_result_and_are_checked(world: World, core: Core) -> None:
    await world.issuer()
    described: Json = {"id": "urn:x:essay", "type": ["ResultDescription"], "name": "Essay", "resultType": "Result"}
    achievement = await world.achievement(resultDescription=[described | {"rubricCriterionLevel": [LEVEL]}])
    header = ["email", "Result:urn:x:essay", " Level: urn:x:essay", "status:urn:x:essay"]
    rows_sent = [
        ["a@s.example", "87", LEVEL["id"], "Completed"],
        ["b@s.example", "", "urn:x:level:none", ""],
        ["c@s.example", "", "", "Perhaps"],
        ["d@s.example", "", "", ""],
    ]
    answer = await open_batch(world, _csv(header, *rows_sent), achievement, kind="text/csv")
    await core.work_batches()
    assert counted(await batch(world, answer)) == {"issued": 2, "refused": 2}
    wrong = [row["problem"]["errors"][0]["field"] for row in await rows(world, answer) if row["status"] == "refused"]
    assert wrong == ["results.0.achievedLevel", "results.0.status"]
    documents = [json.loads(text) for (text,) in await world.rows("SELECT document FROM credentials ORDER BY id")]
    results = [one["credentialSubject"].get("result") for one in documents]
    assert None in results
    [(whole,)] = [one for one in results if one]
    assert (whole["value"], whole["achievedLevel"], whole["status"]) == ("87", LEVEL["id"], "Completed")


def _csv(*lines: list[str]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(lines)
    return text.getvalue()


@pytest.mark.parametrize(
    ("query", "status"), [("achievement=x", 422), (f"achievement={NOBODY}", 409), ("action=x", 422)]
)
async def test_a_template_of_nothing(world: World, query: str, status: int) -> None:
    assert (await world.send("GET", f"/batches/template.csv?{query}")).status_code == status
