"""Wrong input is answered with a problem document that names the member, and stores nothing."""

from typing import Any

import pytest

from service_kit.testing import BASE_URL
from tests.issuer.world import LEARNER, World, fields

pytestmark = [pytest.mark.db, pytest.mark.asyncio]

GRADE, LEVEL = "https://laurel.test/grade", "https://laurel.test/grade/excellent"
DESCRIPTIONS: list[dict[str, Any]] = [
    {"id": GRADE, "name": "Grade", "resultType": "Percent", "valueMin": "0", "valueMax": "100"},
    {"id": "urn:letter", "name": "Letter", "resultType": "LetterGrade", "allowedValue": ["A", "B"]},
    {"id": "urn:done", "name": "Done", "resultType": "Status"},
    {
        "id": "urn:rubric",
        "name": "Rubric",
        "resultType": "RubricCriterionLevel",
        "rubricCriterionLevel": [{"id": LEVEL, "type": ["RubricCriterionLevel"], "name": "Excellent"}],
    },
]
DESCRIPTIONS = [{"type": ["ResultDescription"], **described} for described in DESCRIPTIONS]

WRONG: list[tuple[dict[str, Any], str]] = [
    ({"surprise": 1}, "surprise"),
    ({"achievement": "https://elsewhere.example/achievements/1"}, "achievement"),
    ({"achievement": f"{BASE_URL}/achievements/one"}, "achievement"),
    ({"achievement": f"{BASE_URL}/achievements/00000000-0000-4000-8000-000000000000/versions/0"}, "achievement"),
    ({"achievement": f"{BASE_URL}/achievements/00000000-0000-4000-8000-000000000000/versions/99999999"}, "achievement"),
    ({"achievement": 7}, "achievement"),
    ({"achievement": "x" * 501}, "achievement"),
    ({"recipient": None}, "recipient"),
    ({"recipient": {}}, "recipient"),
    ({"recipient": {"email": LEARNER, "did": "did:example:a"}}, "recipient"),
    ({"recipient": {"email": "nobody"}}, "recipient.email"),
    ({"recipient": {"email": "a b@c.example"}}, "recipient.email"),
    ({"recipient": {"email": "a@" + "x" * 260 + ".example"}}, "recipient.email"),
    ({"recipient": {"did": "example:a"}}, "recipient.did"),
    ({"recipient": {"did": "did:example:a b"}}, "recipient.did"),
    ({"recipient": {"identifier": "S-1"}}, "recipient"),
    ({"recipient": {"identifierType": "sisSourcedId"}}, "recipient"),
    ({"recipient": {"identifier": "S-1", "identifierType": "shoeSize"}}, "recipient.identifierType"),
    ({"recipient": {"identifier": "S-1", "identifierType": "ext:"}}, "recipient.identifierType"),
    ({"recipient": {"email": LEARNER, "plaintext": "yes"}}, "recipient.plaintext"),
    ({"recipient": {"email": LEARNER, "name": ""}}, "recipient.name"),
    ({"recipient": {"email": LEARNER, "shoeSize": 44}}, "recipient.shoeSize"),
    ({"validFrom": "yesterday"}, "validFrom"),
    ({"validFrom": "2026-01-31T12:00:00"}, "validFrom"),
    ({"validFrom": 1_700_000_000}, "validFrom"),
    ({"validFrom": "2026-02-30T12:00:00Z"}, "validFrom"),
    ({"validUntil": "2001-01-01T00:00:00Z"}, "validUntil"),
    ({"validFrom": "2026-01-01T00:00:00Z", "validUntil": "2026-01-01T00:00:00Z"}, "validUntil"),
    ({"activityStartDate": "2026-01-02T00:00:00Z", "activityEndDate": "2026-01-01T00:00:00Z"}, "activityEndDate"),
    ({"results": "A"}, "results"),
    ({"results": [{}]}, "results.0"),
    ({"results": [{"value": 1}]}, "results.0.value"),
    ({"results": [{"status": "Splendid"}]}, "results.0.status"),
    ({"results": [{"value": "1"}] * 51}, "results"),
    ({"results": [{"value": "1", "resultDescription": "urn:other"}]}, "results.0.resultDescription"),
    ({"results": [{"value": "1", "resultDescription": "not an iri"}]}, "results.0.resultDescription"),
    ({"results": [{"value": "101", "resultDescription": GRADE}]}, "results.0.value"),
    ({"results": [{"value": "-1", "resultDescription": GRADE}]}, "results.0.value"),
    ({"results": [{"value": "many", "resultDescription": GRADE}]}, "results.0.value"),
    ({"results": [{"value": "NaN", "resultDescription": GRADE}]}, "results.0.value"),
    ({"results": [{"value": "C", "resultDescription": "urn:letter"}]}, "results.0.value"),
    ({"results": [{"value": "1", "resultDescription": "urn:done"}]}, "results.0.status"),
    ({"results": [{"achievedLevel": "urn:no", "resultDescription": "urn:rubric"}]}, "results.0.achievedLevel"),
    ({"evidence": [{"name": "only a name"}]}, "evidence.0"),
    ({"evidence": [{"id": "over there"}]}, "evidence.0.id"),
    ({"evidence": [{"id": "javascript:alert(1)"}]}, "evidence.0.id"),
    ({"evidence": [{"id": "https://a.example/<x>"}]}, "evidence.0.id"),
    ({"evidence": [{"narrative": "x"}] * 21}, "evidence"),
    ({"narrative": ""}, "narrative"),
    ({"narrative": "x" * 20_001}, "narrative"),
    ({"creditsEarned": "4"}, "creditsEarned"),
    ({"creditsEarned": -1}, "creditsEarned"),
    ({"creditsEarned": True}, "creditsEarned"),
    ({"creditsEarned": 1e300}, "creditsEarned"),
    ({"issuer": "nobody"}, "issuer"),
]


@pytest.mark.parametrize(("members", "field"), WRONG)
async def test_wrong_members_are_named_and_nothing_is_stored(world: World, members: Any, field: str) -> None:
    await world.issuer()
    achievement = await world.achievement(resultDescription=DESCRIPTIONS)
    before = await world.count("outbox")
    body = {"achievement": achievement, "recipient": {"email": LEARNER}} | members
    answer = await world.send("POST", "/credentials", body)
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert field in fields(answer)
    assert await world.count("credentials") == 0
    assert await world.count("outbox") == before


RIGHT: list[dict[str, Any]] = [
    {"results": [{"value": "100", "resultDescription": GRADE}]},
    {"results": [{"value": "A", "resultDescription": "urn:letter"}]},
    {"results": [{"status": "Completed", "resultDescription": "urn:done"}]},
    {"results": [{"achievedLevel": LEVEL, "resultDescription": "urn:rubric"}]},
    {"results": [{"value": "free"}] * 3},
    {"evidence": [{"narrative": "the same"}] * 20},
    {"recipient": {"identifier": "S-1", "identifierType": "ext:shoeSize"}},
    {"validFrom": "0001-01-01T00:00:00Z", "validUntil": "9999-12-31T23:59:59Z"},
    {"narrative": "\u0001\u0007\u007f\u2028\ufffe\U0010ffff"},
]


@pytest.mark.parametrize("members", RIGHT)
async def test_unusual_members_that_are_right_are_issued(world: World, members: Any) -> None:
    await world.issuer()
    await world.issue(await world.achievement(resultDescription=DESCRIPTIONS), **members)


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 422),
        (b"{", 400),
        (b"[]", 422),
        (b'"x"', 422),
        (b"null", 422),
        (b'{"achievement":"a","achievement":"b"}', 400),
        (b'{"achievement":"\\u0000"}', 400),
        (b'{"achievement":"\\ud800"}', 400),
        (b'{"creditsEarned":NaN}', 400),
        (b'{"creditsEarned":' + b"9" * 400 + b"}", 400),
        (b"[" * 100_000, 400),
        (b"\xff\xfe", 400),
        (b'{"a":"' + b"x" * 1_100_000 + b'"}', 413),
    ],
)
async def test_what_is_no_request_is_refused(world: World, content: bytes, status: int) -> None:
    headers = world.headers() | {"content-type": "application/json"}
    answer = await world.client.post("/credentials", content=content, headers=headers)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/credentials/none", 404),
        ("/credentials/00000000-0000-4000-8000-000000000000", 404),
        ("/credentials/00000000-0000-4000-8000-00000000000G", 404),
        ("/credentials/%F0%9F%8E%93", 404),
        ("/credentials?status=lost", 422),
        ("/credentials?achievement=x", 422),
        ("/credentials?recipient=someone", 422),
        ("/credentials?cursor=x", 422),
        ("/credentials?cursor=WyJhIiwiYiJd", 422),
        ("/credentials?limit=0", 422),
        ("/credentials?limit=99999999999999999999", 422),
        ("/issuers/%00/keys", 400),
        ("/issuers/none/keys", 404),
    ],
)
async def test_addresses_of_nothing_are_refused(world: World, path: str, status: int) -> None:
    answer = await world.client.get(path, headers=world.headers())
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


@pytest.mark.parametrize("reason", [None, "", "   ", "x" * 501, 7, ["x"]])
async def test_a_change_needs_a_reason(world: World, reason: Any) -> None:
    issued = await world.issue(await world.ready())
    answer = await world.send("POST", f"{issued['id']}/revoke", {"reason": reason})
    assert (answer.status_code, fields(answer)) == (422, ["reason"])
    assert (await world.send("GET", issued["id"])).json()["status"] == "issued"
