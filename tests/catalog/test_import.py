"""Importing course lists over HTTP: what is stored, what the report says, and that one bad row harms no other."""

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

pytestmark = [pytest.mark.db, pytest.mark.asyncio]

EXCERPT = Path(__file__).parent / "data" / "term.json"
PATH = "/courses/import"
OURS = {"general_education": "generalEducation"}
"""What the registrar's file calls otherwise than the API."""
Json = dict[str, Any]


async def counts(client: httpx.AsyncClient, content: Any, **more: Any) -> tuple[int, ...]:
    sent = {"json": content} if isinstance(content, list) else {"content": content}
    answer = await client.post(PATH, **sent, **more)
    assert answer.status_code == 200, answer.text
    return tuple(answer.json()[name] for name in ("received", "created", "updated", "unchanged", "rejected"))


async def all_courses(client: httpx.AsyncClient) -> list[Json]:
    found: list[Json] = (await client.get("/courses?limit=200")).json()["items"]
    return found


async def test_a_real_terms_list_is_taken_whole(university: httpx.AsyncClient) -> None:
    rows = json.loads(EXCERPT.read_text())

    report = (await university.post(PATH, json=rows)).json()

    assert (report["received"], report["created"], report["rejected"]) == (len(rows), len(rows), 0)
    assert [(warning["code"], warning["field"]) for warning in report["warnings"]] == [("XARTS 298", "credits")]
    stored = {course["code"]: course for course in await all_courses(university)}
    assert set(stored) == {row["code"] for row in rows}
    for row in rows:
        kept = {name: stored[row["code"]][OURS.get(name, name)] for name in row if name != "credits"}
        assert kept == {name: value for name, value in row.items() if name != "credits"}
    assert stored["XARTS 298"]["credits"] is None
    assert stored["XARTS 298"]["extra"] == {"credits": -1.0}


async def test_importing_again_changes_nothing_and_a_changed_row_is_one_update(university: httpx.AsyncClient) -> None:
    rows = json.loads(EXCERPT.read_text())
    await counts(university, rows)
    before = await all_courses(university)

    assert await counts(university, rows) == (len(rows), 0, 0, len(rows), 0)
    assert await all_courses(university) == before

    rows[0]["title"] = "A new title"
    assert await counts(university, rows) == (len(rows), 0, 1, len(rows) - 1, 0)
    after = {course["code"]: course for course in await all_courses(university)}
    assert after[rows[0]["code"]]["title"] == "A new title"
    assert after[rows[0]["code"]]["id"] in {course["id"] for course in before}


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        ('[{"code":"A 1","title":"Art","credits":0.5,"room":7}]', "application/json"),
        ('{"code":"A 1","title":"Art","credits":0.5,"room":7}\n', "application/x-ndjson"),
        ('[{"code":"A 1","title":"Art","credits":0.5,"room":7}]', "text/plain; charset=utf-8"),
    ],
)
async def test_the_formats_store_the_same(university: httpx.AsyncClient, content: str, media_type: str) -> None:
    assert await counts(university, content, headers={"Content-Type": media_type}) == (1, 1, 0, 0, 0)

    (course,) = await all_courses(university)
    assert (course["code"], course["credits"], course["extra"]) == ("A 1", 0.5, {"room": 7})


@pytest.mark.parametrize(
    "file",
    [
        ("courses.csv", b"\xef\xbb\xbfcode;title\r\nA 1;Art\r\n", "application/vnd.ms-excel"),
        ("courses.csv", b"code,title\nA 1,Art\n", "application/octet-stream"),
        ("courses.json", b'[{"code":"A 1","title":"Art"}]', "application/json"),
        ("list", b'{"code":"A 1","title":"Art"}', "application/octet-stream"),
    ],
)
async def test_a_form_upload_is_read_by_type_name_or_beginning(
    university: httpx.AsyncClient, file: tuple[str, bytes, str]
) -> None:
    answer = await university.post(PATH, files={"file": file})

    assert answer.status_code == 200, answer.text
    assert answer.json()["created"] == 1


async def test_wrong_rows_are_reported_with_row_code_and_field(university: httpx.AsyncClient) -> None:
    rows = [{"code": "A", "title": "Art"}, {"code": "B", "title": ""}, {"title": "C", "level": []}, 7]

    report = (await university.post(PATH, json=rows)).json()

    assert (report["created"], report["rejected"], report["errorCount"]) == (1, 3, 4)
    places = [(error["row"], error.get("code"), error["field"]) for error in report["errors"]]
    assert places == [(2, "B", "title"), (3, None, "level"), (3, None, "code"), (4, None, "row")]


async def test_a_code_that_appears_twice_is_harmless_only_if_the_rows_agree(university: httpx.AsyncClient) -> None:
    rows = [{"code": "A", "title": "Art"}, {"code": " A ", "title": "Art"}, {"code": "A", "title": "Arts"}]

    report = (await university.post(PATH, json=rows)).json()

    assert (report["created"], report["unchanged"], report["rejected"]) == (1, 1, 1)
    assert report["warnings"][0]["detail"] == "repeats row 1"
    assert report["errors"][0] == {
        "row": 3,
        "code": "A",
        "field": "code",
        "detail": "stands in row 1 with other content",
    }
    assert [course["title"] for course in await all_courses(university)] == ["Art"]


async def test_a_long_report_is_cut_and_counts_everything(university: httpx.AsyncClient) -> None:
    report = (await university.post(PATH, json=[{"code": str(number)} for number in range(1200)])).json()

    assert (report["rejected"], report["errorCount"], len(report["errors"])) == (1200, 1200, 1000)


async def test_a_dry_run_counts_the_same_and_keeps_nothing(university: httpx.AsyncClient) -> None:
    rows = [{"code": "A", "title": "Art"}, {"code": "B"}]

    report = (await university.post(f"{PATH}?dryRun=true", json=rows)).json()

    assert (report["dryRun"], report["created"], report["rejected"]) == (True, 1, 1)
    assert await all_courses(university) == []


async def test_an_idempotency_key_gives_the_first_report_again(university: httpx.AsyncClient) -> None:
    headers = {"Idempotency-Key": "fall"}
    upload = {"file": ("courses.csv", b"code,title\nA,Art\n", "text/csv")}

    first = await university.post(PATH, files=upload, headers=headers)
    again = await university.post(PATH, files=upload, headers=headers)
    different = await university.post(PATH, json=[{"code": "B", "title": "Bees"}], headers=headers)

    assert first.json()["created"] == 1
    assert again.json() == first.json()
    assert different.status_code == 409
    assert len(await all_courses(university)) == 1


async def test_a_dry_run_does_not_use_up_the_key(university: httpx.AsyncClient) -> None:
    headers = {"Idempotency-Key": "fall"}
    rows = [{"code": "A", "title": "Art"}]
    await university.post(f"{PATH}?dryRun=true", json=rows, headers=headers)

    assert await counts(university, rows, headers=headers) == (1, 1, 0, 0, 0)


@pytest.mark.parametrize(
    ("media_type", "status"),
    [
        ("application/xml", 415),
        ("application/x-www-form-urlencoded", 415),
        ("image/png", 415),
        ("multipart/form-data", 400),
        ("multipart/form-data; boundary=x", 400),
        ("application/json; charset=klingon", 422),
        ('application/json; charset="', 422),
        ("application/json; charset=UTF-8", 200),
    ],
)
async def test_media_types_that_are_no_course_list(university: httpx.AsyncClient, media_type: str, status: int) -> None:
    answer = await university.post(PATH, content=b"[]", headers={"Content-Type": media_type})

    assert answer.status_code == status, answer.text
    if status != 200:
        assert answer.headers["content-type"] == "application/problem+json"


async def test_a_form_holds_one_file(university: httpx.AsyncClient) -> None:
    file = ("courses.csv", b"code,title\nA,Art\n", "text/csv")

    nothing = await university.post(PATH, data={"file": "code,title"}, files={})
    two = await university.post(PATH, files=[("file", file), ("file", file)])

    assert nothing.status_code == 415
    assert two.status_code == 400
    assert await all_courses(university) == []


async def test_the_body_may_be_larger_than_elsewhere_but_not_without_end(university: httpx.AsyncClient) -> None:
    padding = " " * (2 * 1024 * 1024)

    assert await counts(university, f'[{{"code":"A","title":"Art"}}{padding}]'.encode()) == (1, 1, 0, 0, 0)
    too_large = await university.post(PATH, content=b" " * (17 * 1024 * 1024))
    assert too_large.status_code == 413


async def test_two_imports_at_once_both_finish(university: httpx.AsyncClient) -> None:
    rows = [{"code": f"C {number}", "title": "Course"} for number in range(300)]

    forwards, backwards = await asyncio.gather(counts(university, rows), counts(university, list(reversed(rows))))

    assert sorted([forwards[1], backwards[1]]) == [0, 300]


async def test_the_same_code_in_two_organizations_is_two_courses(
    university: httpx.AsyncClient, other: httpx.AsyncClient
) -> None:
    rows = [{"code": "A", "title": "Art"}]
    await counts(university, rows)

    assert await counts(other, rows) == (1, 1, 0, 0, 0)
    assert len(await all_courses(other)) == 2


async def test_the_template_is_public_and_can_be_imported(
    client: httpx.AsyncClient, university: httpx.AsyncClient
) -> None:
    template = await client.get("/courses/import/template.csv")

    assert template.headers["content-type"] == "text/csv; charset=utf-8"
    known = {"If-None-Match": template.headers["etag"]}
    assert (await client.get("/courses/import/template.csv", headers=known)).status_code == 304
    assert await counts(university, template.content, headers={"Content-Type": "text/csv"}) == (1, 1, 0, 0, 0)


async def test_markup_is_stored_as_text(university: httpx.AsyncClient) -> None:
    title = "<script>alert(1)</script> &amp; <b>Art</b>"
    await counts(university, [{"code": "A", "title": title}])

    (course,) = await all_courses(university)
    assert course["title"] == title
