"""Single courses, and lists of them."""

from typing import Any

import httpx
import pytest

from tests.catalog.samples import UNIVERSITY, Json, course

pytestmark = [pytest.mark.db, pytest.mark.asyncio]

COMPLETE: Json = {
    "code": "CSCI 121",
    "title": "Computing",
    "department": "CSCI",
    "level": 100,
    "credits": 1.0,
    "type": "Seminar",
    "prerequisites": "None.",
    "description": "What computing is.",
    "generalEducation": ["CTD"],
    "extra": {"room": {"building": "RNS", "number": 310}, "tags": [1.5, None, True]},
}


async def test_a_course_comes_back_as_it_was_sent(university: httpx.AsyncClient, client: httpx.AsyncClient) -> None:
    answer = await university.post("/courses", json=COMPLETE)

    made = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"].endswith(f"/courses/{made['id']}")
    assert made["organization"] == UNIVERSITY
    assert {name: made[name] for name in COMPLETE} == COMPLETE
    read = await client.get(f"/courses/{made['id']}")
    assert read.json() == made
    assert (
        await client.get(f"/courses/{made['id']}", headers={"If-None-Match": read.headers["etag"]})
    ).status_code == 304


@pytest.mark.parametrize(
    ("level", "stored"), [(0, 0), ("0", 0), ("200", 200), ("007", "007"), ("MSc", "MSc"), (-1, "-1")]
)
async def test_a_level_of_digits_is_a_number(university: httpx.AsyncClient, level: Any, stored: Any) -> None:
    made = await course(university, level=level)

    assert made["level"] == stored
    assert len((await university.get("/courses", params={"level": level})).json()["items"]) == 1


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"code": ""}, "code"),
        ({"code": None}, "code"),
        ({"code": ["A"]}, "code"),
        ({"title": " \t "}, "title"),
        ({"title": "x" * 301}, "title"),
        ({"level": 1.5}, "level"),
        ({"level": True}, "level"),
        ({"credits": -1}, "credits"),
        ({"credits": "1"}, "credits"),
        ({"department": "x" * 101}, "department"),
        ({"generalEducation": ["x"] * 51}, "generalEducation"),
        ({"generalEducation": None}, "generalEducation"),
        ({"extra": []}, "extra"),
        ({"extra": {"n": 2**60}}, "extra"),
        ({"extra": {"n": [{"m": 2**60}]}}, "extra"),
        ({"extra": {"t": "x" * 16_400}}, "extra"),
        ({"id": "x"}, "id"),
        ({"room": 1}, "room"),
    ],
)
async def test_a_wrong_member_is_named_and_nothing_is_stored(
    university: httpx.AsyncClient, given: Json, field: str
) -> None:
    answer = await university.post("/courses", json=COMPLETE | given)

    assert answer.status_code == 422, answer.text
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert (await university.get("/courses")).json()["items"] == []


async def test_a_code_is_unique_in_its_organization(university: httpx.AsyncClient, other: httpx.AsyncClient) -> None:
    first, second = await course(university), await course(university, code="B 1")
    await course(other)

    again = await university.post("/courses", json={"code": " A  1 ", "title": "Art"})
    moved = await university.patch(f"/courses/{second['id']}", json={"code": first["code"]})

    for answer in (again, moved):
        assert answer.status_code == 409
        assert answer.json()["errors"][0]["field"] == "code"


async def test_a_change_replaces_only_what_it_names(university: httpx.AsyncClient) -> None:
    made = (await university.post("/courses", json=COMPLETE)).json()

    answer = await university.patch(f"/courses/{made['id']}", json={"title": "New", "credits": None, "extra": {}})

    changed = answer.json()
    assert answer.status_code == 200
    assert changed == made | {"title": "New", "credits": None, "extra": {}, "updatedAt": changed["updatedAt"]}
    assert changed["updatedAt"] > made["updatedAt"]
    assert (await university.patch(f"/courses/{made['id']}", json={"title": "New"})).json() == changed
    assert (await university.patch(f"/courses/{made['id']}", json={"title": None})).status_code == 422


async def test_a_deleted_course_is_gone(university: httpx.AsyncClient) -> None:
    made = await course(university)

    assert (await university.delete(f"/courses/{made['id']}")).status_code == 204
    for answer in (await university.get(f"/courses/{made['id']}"), await university.delete(f"/courses/{made['id']}")):
        assert answer.status_code == 404


async def test_the_same_idempotency_key_makes_one_course(university: httpx.AsyncClient) -> None:
    headers = {"Idempotency-Key": "one"}

    first = await university.post("/courses", json=COMPLETE, headers=headers)
    again = await university.post("/courses", json=COMPLETE, headers=headers)
    different = await university.post("/courses", json=COMPLETE | {"code": "B"}, headers=headers)

    assert (again.status_code, again.json()) == (201, first.json())
    assert different.status_code == 409
    await university.delete(f"/courses/{first.json()['id']}")
    assert (await university.post("/courses", json=COMPLETE, headers=headers)).status_code == 410


@pytest.mark.parametrize(
    ("parameters", "codes"),
    [
        ({"department": "ART"}, ["ART 1", "ART 2"]),
        ({"level": "200"}, ["ART 2", "BIO 2"]),
        ({"department": "ART", "level": 200}, ["ART 2"]),
        ({"code": "AS/RE 1"}, ["AS/RE 1"]),
        ({"organization": UNIVERSITY, "department": " "}, ["ART 1", "ART 2", "AS/RE 1", "BIO 2"]),
        ({"organization": "nobody"}, []),
        ({"mine": "true", "department": "BIO"}, ["BIO 2"]),
        ({"sort": "name"}, ["BIO 2", "ART 1", "AS/RE 1", "ART 2"]),
    ],
)
async def test_lists_are_filtered_and_sorted(university: httpx.AsyncClient, parameters: Json, codes: list[str]) -> None:
    for code, title, level in (("ART 1", "B", 100), ("ART 2", "D", 200), ("BIO 2", "A", 200), ("AS/RE 1", "C", 100)):
        await course(university, code=code, title=title, level=level, department=code.split(" ")[0])

    found = (await university.get("/courses", params=parameters)).json()

    assert [item["code"] for item in found["items"]] == codes
