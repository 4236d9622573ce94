"""The pages that a browser gets at the same addresses."""

from __future__ import annotations

from html.parser import HTMLParser

import httpx
import pytest

from tests.registry import events
from tests.registry.conftest import Deliver

pytestmark = [pytest.mark.db, pytest.mark.asyncio]

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
RECORD = f"/records/{events.credential_id().rsplit('/', 1)[1]}"
HOSTILE = "<script>alert(1)</script>\"'&"


class Page(HTMLParser):
    """The elements, attributes and text of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def attributes(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


async def test_a_record_is_a_page_for_a_browser(client: httpx.AsyncClient, deliver: Deliver) -> None:
    await deliver(events.issuer(), events.achievement(), events.issued())

    answer = await client.get(RECORD, headers=BROWSER)
    page = Page(answer.text)

    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    for expected in ("Tide tables", "North University", "Issued, and in good standing", events.credential_id()):
        assert expected in page.text
    assert page.attributes("html") == [{"lang": "en"}]
    assert len(page.attributes("h1")) == 1
    assert [found["name"] for found in page.attributes("meta") if "name" in found] == ["viewport", "robots"]


async def test_a_page_says_where_the_credential_stands(client: httpx.AsyncClient, deliver: Deliver) -> None:
    await deliver(events.issued(1, valid_until=events.at(11)), events.issued(2), events.suspended(2), events.issued(3))
    await deliver(events.revoked(3))

    texts = [(await client.get(f"/records/{events.credential_id(n)}", headers=BROWSER)).text for n in (1, 2, 3)]

    for text, word in zip(texts, ("Expired", "Suspended", "Revoked"), strict=True):
        assert word in text
        assert "good standing" not in text


async def test_an_issuer_is_a_page_for_a_browser(client: httpx.AsyncClient, deliver: Deliver) -> None:
    await deliver(events.issuer())

    page = Page((await client.get("/issuers/north", headers=BROWSER)).text)

    assert "North University" in page.text
    assert f"{events.DID}#key-1" in page.text
    assert "https://north.example/" in [found["href"] for found in page.attributes("a")]


async def test_a_page_holds_no_script_and_no_inline_style(client: httpx.AsyncClient, deliver: Deliver) -> None:
    await deliver(events.issuer(), events.achievement(), events.issued())

    for path in (RECORD, "/issuers/north", "/records/nothing"):
        answer = await client.get(path, headers=BROWSER)
        page = Page(answer.text)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert not page.attributes("script")
        assert not page.attributes("style")
        assert not [1 for _, attributes in page.elements if {"style", "onclick", "onload"} & set(attributes)]


async def test_what_others_wrote_is_shown_as_text(client: httpx.AsyncClient, deliver: Deliver) -> None:
    profile = {"type": ["Profile"], "url": "javascript:alert(1)"}
    await deliver(
        events.issuer(name=HOSTILE, profile=profile),
        events.achievement(name=HOSTILE, achievement_type=HOSTILE, achievement_id="javascript:alert(2)"),
        events.issued(achievement_id="javascript:alert(2)", status_list="data:text/html,x"),
    )

    for path in (RECORD, "/issuers/north"):
        page = Page((await client.get(path, headers=BROWSER)).text)
        assert HOSTILE in page.text
        assert not page.attributes("script")
        places = {str(found["href"]) for found in page.attributes("a")}
        assert all(place == "/" or place.startswith("http://laurel.test/") for place in places)


async def test_an_unknown_record_is_a_page_too(client: httpx.AsyncClient) -> None:
    answer = await client.get("/records/nothing", headers=BROWSER)

    assert (answer.status_code, answer.headers["cache-control"]) == (404, "no-store")
    assert "Not found" in answer.text


async def test_json_and_page_have_different_entity_tags(client: httpx.AsyncClient, deliver: Deliver) -> None:
    await deliver(events.issued())

    as_json, as_page = await client.get(RECORD), await client.get(RECORD, headers=BROWSER)
    tag = as_page.headers["etag"]

    assert as_json.headers["etag"] != tag
    assert as_page.headers["vary"] == "Accept"
    assert (await client.get(RECORD, headers=BROWSER | {"If-None-Match": tag})).status_code == 304
    assert (await client.get(RECORD, headers={"If-None-Match": tag})).status_code == 200


async def test_the_stylesheet_of_a_page_is_there(client: httpx.AsyncClient, deliver: Deliver) -> None:
    await deliver(events.issued())
    page = Page((await client.get(RECORD, headers=BROWSER)).text)

    sheet = await client.get(str(page.attributes("link")[0]["href"]))

    assert (sheet.status_code, sheet.headers["content-type"]) == (200, "text/css; charset=utf-8")
    assert "immutable" in sheet.headers["cache-control"]
