"""Searching and paging: full text in any language, and pages that stay right while rows are added."""

import re
from html import unescape
from typing import Any

import httpx
import pytest

from service_kit.pagination import encode_cursor
from tests.catalog.samples import OTHER, UNIVERSITY, Json, course, drafted, path, published

pytestmark = [pytest.mark.db, pytest.mark.asyncio]
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


async def names(client: httpx.AsyncClient, **parameters: Any) -> list[str]:
    answer = await client.get("/achievements", params=parameters)
    assert answer.status_code == 200, answer.text
    return [item["name"] for item in answer.json()["items"]]


async def stocked(client: httpx.AsyncClient) -> None:
    for members in (
        {"name": "Programming in Python", "description": "Loops and functions.", "tag": ["software"]},
        {"name": "Data Literacy", "description": "Reading tables. Some programming.", "fieldOfStudy": "Statistics"},
        {"name": "IT Support", "description": "Help people.", "humanCode": "ITS 101"},
        {"name": "Sámi histories", "description": "L'éducation en Sápmi.", "achievementType": "Course"},
    ):
        await published(client, **members)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("programming", ["Programming in Python", "Data Literacy"]),
        ("programs", ["Programming in Python", "Data Literacy"]),
        ("programming -python", ["Data Literacy"]),
        ("python or support", ["Programming in Python", "IT Support"]),
        ('"reading tables"', ["Data Literacy"]),
        ('"tables reading"', []),
        ("IT", ["IT Support"]),
        ("its 101", ["IT Support"]),
        ("statistics", ["Data Literacy"]),
        ("software", ["Programming in Python"]),
        ("Sápmi", ["Sámi histories"]),
        ("l'éducation", ["Sámi histories"]),
        ("nothing like it", []),
        ("!!! &&& |||", []),
        ("'; DROP TABLE courses; --", []),
    ],
)
async def test_words_find_achievements_best_first(
    university: httpx.AsyncClient, client: httpx.AsyncClient, words: str, found: list[str]
) -> None:
    await stocked(university)

    result = await names(client, q=words)

    assert sorted(result) == sorted(found)
    if words.startswith("program"):
        assert result == found


async def test_filters_narrow_the_list(university: httpx.AsyncClient, client: httpx.AsyncClient) -> None:
    await stocked(university)
    made = await course(university, department="ART")
    draft = (await university.post("/achievements", json={"course": made["id"]})).json()
    await university.post(f"{path(draft['id'])}/publish")

    assert await names(client, type="Course", sort="name") == ["Art", "Sámi histories"]
    assert await names(client, department="ART") == ["Art"]
    assert await names(client, course=made["id"]) == ["Art"]
    assert len(await names(client, organization=UNIVERSITY)) == 5
    assert await names(client, organization=OTHER) == []
    assert (await names(client))[0] == "Art"


async def test_a_search_never_looks_into_drafts(university: httpx.AsyncClient, client: httpx.AsyncClient) -> None:
    version = await published(university, name="Open")
    await university.patch(path(version["id"]), json={"name": "Secret", "achievementType": "Badge"})
    await drafted(university, name="Secret")

    assert await names(client, q="secret") == []
    assert await names(client, type="Badge") == []
    assert await names(university, q="secret") == []
    assert await names(university, q="secret", mine=True) == ["Secret", "Secret"]
    assert await names(university, q="open", mine=True) == []


async def test_mine_shows_drafts_and_their_status(university: httpx.AsyncClient, other: httpx.AsyncClient) -> None:
    await drafted(university, name="Draft")
    await published(university, name="Published")
    retired = await published(university, name="Retired")
    await university.post(f"{path(retired['id'])}/retire")
    await drafted(other, name="Foreign")

    assert await names(university, mine=True) == ["Retired", "Published", "Draft"]
    for status in ("draft", "published", "retired"):
        assert await names(university, mine=True, status=status) == [status.capitalize()]


@pytest.mark.parametrize("sort", ["newest", "name", "code", "relevance"])
async def test_pages_show_every_item_once_while_others_are_added(
    university: httpx.AsyncClient, client: httpx.AsyncClient, sort: str
) -> None:
    words = {"q": "badge"} if sort == "relevance" else {"q": ""}
    numbers = (5, 1, 4, 2, 3)
    first = [await published(university, name=f"Badge {number}", humanCode=f"H{number}") for number in numbers]

    seen: list[str] = []
    where = f"/achievements?{httpx.QueryParams({'limit': '2', 'sort': sort} | words)}"
    while where:
        answer = await client.get(where)
        page = answer.json()
        seen += [item["id"] for item in page["items"]]
        for name in ("Badge 0", "Badge 9"):  # one sorts before every cursor, one after
            await published(university, name=name, humanCode=name.replace("Badge ", "H"))
        where = answer.links["next"]["url"] if "next" in answer.links else ""
        assert bool(where) == (page["next"] is not None)
        if len(seen) > 30:
            break

    assert len(seen) == len(set(seen))
    assert {item["id"] for item in first} <= set(seen)


async def test_courses_page_in_the_same_way(university: httpx.AsyncClient, client: httpx.AsyncClient) -> None:
    rows = [{"code": f"C {number:02}", "title": f"Course {number % 3}"} for number in range(7)]
    await university.post("/courses/import", json=rows)

    for parameters in ({}, {"sort": "name"}, {"sort": "newest"}, {"q": "course"}):
        answer = await client.get("/courses", params={"limit": 3, **parameters})
        codes = [item["code"] for item in answer.json()["items"]]
        while "next" in answer.links:
            answer = await client.get(answer.links["next"]["url"])
            codes += [item["code"] for item in answer.json()["items"]]
        assert sorted(codes) == [row["code"] for row in rows]


async def test_history_is_paged_too(university: httpx.AsyncClient, client: httpx.AsyncClient) -> None:
    where = path((await published(university))["id"])
    for number in range(4):
        await university.patch(where, json={"name": f"Name {number}"})
        await university.post(f"{where}/publish")

    first = await client.get(f"{where}/versions?limit=3")
    second = await client.get(first.links["next"]["url"])

    numbers = [item["version"] for item in first.json()["items"] + second.json()["items"]]
    assert numbers == ["5", "4", "3", "2", "1"]


CURSORS: list[tuple[str, ...]] = [
    (),
    ("newest",),
    ("name", "x", "y"),
    ("newest", "x", "y"),
    ("newest", "2026-01-01T00:00:00", "y"),
    ("newest", "0001-01-01T00:00:00+23:59", "y"),
    ("newest", "2026-01-01T00:00:00+00:00", "\ud800"),
    ("newest", "2026-01-01T00:00:00+00:00", "y", "z"),
]


@pytest.mark.parametrize("position", CURSORS)
async def test_a_cursor_of_something_else_is_refused(client: httpx.AsyncClient, position: tuple[str, ...]) -> None:
    answer = await client.get("/achievements", params={"cursor": encode_cursor(position)})

    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["field"] == "cursor"


@pytest.mark.parametrize(
    ("sort", "value"), [("relevance", "nan"), ("relevance", "inf"), ("relevance", "1e999"), ("relevance", "x")]
)
async def test_odd_numbers_in_a_cursor_do_no_harm(client: httpx.AsyncClient, sort: str, value: str) -> None:
    cursor = encode_cursor((sort, value, "y"))

    answer = await client.get("/achievements", params={"q": "x", "sort": sort, "cursor": cursor})

    assert answer.status_code in {200, 422}


@pytest.mark.parametrize("value", ["9" * 30, "x", "1.5"])
async def test_a_version_cursor_is_a_number(university: httpx.AsyncClient, value: str) -> None:
    where = path((await published(university))["id"])

    answer = await university.get(f"{where}/versions", params={"cursor": encode_cursor(("version", value, "y"))})

    assert answer.status_code == 422


WRONG: list[tuple[str, Json, str]] = [
    ("/achievements", {"sort": "relevance"}, "sort"),
    ("/achievements", {"sort": "random"}, "sort"),
    ("/achievements", {"status": "draft"}, "status"),
    ("/achievements", {"status": "gone"}, "status"),
    ("/achievements", {"q": "x" * 301}, "q"),
    ("/achievements", {"q": "bell\x07"}, "q"),
    ("/achievements", {"limit": 0}, "limit"),
    ("/achievements", {"limit": 201}, "limit"),
    ("/achievements", {"mine": "perhaps"}, "mine"),
    ("/courses", {"sort": "relevance", "q": " "}, "sort"),
    ("/courses", {"level": "x" * 301}, "level"),
    ("/courses", {"department": "\x1f"}, "department"),
    ("/courses", {"limit": "9" * 40}, "limit"),
]


@pytest.mark.parametrize(("where", "parameters", "field"), WRONG)
async def test_a_wrong_parameter_is_named(client: httpx.AsyncClient, where: str, parameters: Json, field: str) -> None:
    answer = await client.get(where, params=parameters)

    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["field"] == field


async def test_a_browser_gets_a_page_to_look_through(university: httpx.AsyncClient, client: httpx.AsyncClient) -> None:
    await published(university, name='<b>Bees</b> & "hives"', description="word " * 200, kind="MicroCredential")
    second = await published(university, name="Wax")
    await drafted(university, name="Unfinished")

    first_page = await client.get("/achievements", params={"limit": 1}, headers=BROWSER)

    assert first_page.headers["content-type"] == "text/html; charset=utf-8"
    assert "form-action 'self'" in first_page.headers["content-security-policy"]
    assert "Accept" in first_page.headers["vary"]
    assert f'href="{second["id"]}"' in first_page.text
    following = re.search(r'<a href="([^"]+)" rel="next">', first_page.text)
    assert following
    next_page = await client.get(unescape(following[1]), headers=BROWSER)
    assert "&lt;b&gt;Bees&lt;/b&gt; &amp; &quot;hives&quot;" in next_page.text
    assert "word …" in next_page.text
    assert "Unfinished" not in first_page.text + next_page.text

    searched = await client.get("/achievements", params={"q": '"><script>wax'}, headers=BROWSER)
    assert "<script" not in searched.text
    assert 'value="&quot;&gt;&lt;script&gt;wax"' in searched.text
    assert (await client.get("/achievements", params={"q": ""}, headers=BROWSER)).text.count("<li>") == 2
    mine = await university.get("/achievements", params={"mine": True}, headers=BROWSER)
    assert mine.headers["content-type"] == "application/json"
