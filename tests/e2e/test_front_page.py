"""What a visitor without any credentials comes to with a browser, from the bare origin on."""

import re
from urllib.parse import urljoin

import httpx
import pytest

from tools.fleet import Fleet

pytestmark = pytest.mark.fleet
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
LINK = re.compile(r'<a href="([^"]+)"')


def test_every_link_of_the_front_page_leads_somewhere(fleet: Fleet) -> None:
    with httpx.Client(headers=BROWSER, timeout=30, follow_redirects=True) as http:
        front = http.get(fleet.base_url + "/")
        assert (front.status_code, front.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert front.headers["vary"] == "Accept"
        links = LINK.findall(front.text)
        assert {"/achievements", "/login", "/docs"} <= set(links)
        for link in links:
            assert http.get(urljoin(str(front.url), link)).status_code == 200, link

        listed = http.get(fleet.base_url + "/achievements", params={"limit": 2})
        shown = re.findall(r'<li><a href="([^"]+)"', listed.text)
        assert shown
        for link in shown:
            assert http.get(link).headers["content-type"] == "text/html; charset=utf-8"


def test_a_program_gets_a_list_of_addresses(fleet: Fleet) -> None:
    with httpx.Client(timeout=30) as http:
        index = http.get(fleet.base_url + "/").json()
        for name in ("achievements", "pathways", "changes", "authorization_server", "problems", "documentation"):
            assert http.get(index[name]).status_code == 200, name
