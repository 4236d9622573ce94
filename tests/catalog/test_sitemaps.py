"""Search engines find every page that is published, and nothing else."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import httpx
import pytest

from catalog.core.sitemaps import PARTS
from service_kit.testing import BASE_URL
from tests.catalog.samples import drafted, path, planned, published

pytestmark = [pytest.mark.db, pytest.mark.asyncio]
NAMES = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9"}


def locations(answer: httpx.Response) -> list[str]:
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/xml"), answer.text
    tree = ElementTree.fromstring(answer.content)  # noqa: S314 - our own
    return [str(found.text) for found in tree.iterfind(".//s:loc", NAMES)]


async def test_what_is_published_is_found_from_robots_txt_on(
    university: httpx.AsyncClient, client: httpx.AsyncClient
) -> None:
    shown = {(await published(university, name=f"Course {number}"))["id"] for number in range(5)}
    plan = await planned(university)
    await university.post(f"{path(plan['id'])}/publish")
    await drafted(university, name="Secret")
    closed = (await published(university, name="Closed"))["id"]
    await university.post(f"{path(closed)}/retire")

    robots = await client.get("/robots.txt")
    assert robots.headers["content-type"] == "text/plain; charset=utf-8"
    (index,) = re.findall("^Sitemap: (.*)$", robots.text, re.MULTILINE)
    parts = locations(await client.get(path(index)))

    found = [one for part in parts for one in locations(await client.get(path(part)))]
    assert set(found) == shown | {plan["id"]}
    assert len(found) == len(shown) + 1
    begins = {one.rpartition("/")[2][:2] for one in found}
    assert parts == [f"{BASE_URL}/sitemaps/{part}.xml" for part in PARTS if part in begins]


async def test_a_part_is_kept_and_asked_for_again_cheaply(client: httpx.AsyncClient) -> None:
    first = await client.get("/sitemaps/a0.xml")
    assert first.headers["cache-control"] == "public, max-age=3600"
    again = await client.get("/sitemaps/a0.xml", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304
    assert locations(first) == []
    for odd in ("g0", "1", "A0"):
        assert (await client.get(f"/sitemaps/{odd}.xml")).status_code in {404, 422}
    assert locations(await client.get("/sitemap.xml")) == []
