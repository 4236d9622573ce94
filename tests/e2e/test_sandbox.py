"""Each credential of the sandbox is sent to the verifier as anybody would, and shows the code it names."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx
import pytest

from tools.actor import Actor, Json, until
from tools.fleet import Fleet
from tools.sandbox import make
from tools.sandbox.cases import CASES, Case

pytestmark = pytest.mark.fleet
OUTCOMES = {"invalid": "failed", "indeterminate": "unknown"}


class Reader:
    """An employer with the sandbox's address."""

    def __init__(self, fleet: Fleet, http: httpx.Client) -> None:
        organizations = {one["slug"]: one for one in fleet.demo["organizations"]}
        self.http = http
        self.employer = Actor(http, organizations["meridian"])

    def credential(self, name: str) -> Json | str:
        """As the edge gives it to anybody."""
        answer = self.http.get(f"/sandbox/{name}").raise_for_status()
        return answer.json() if answer.headers["content-type"] == "application/json" else answer.text

    def judged(self, credential: Json | str) -> tuple[str, set[str]]:
        """The verdict, and the codes that decide it."""
        report = self.employer.post("/verifications", {"credential": credential})
        deciding = OUTCOMES.get(report["verdict"])
        return report["verdict"], {check["code"] for check in report["checks"] if check["outcome"] == deciding}


@pytest.fixture(scope="module")
def reader(fleet: Fleet) -> Iterator[Reader]:
    with httpx.Client(base_url=fleet.base_url, timeout=30) as http:
        yield Reader(fleet, http)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_verifier_says_what_the_case_names(reader: Reader, case: Case) -> None:
    credential = reader.credential(case.name)
    expected = {case.code} - {""}
    verdict, codes = until(
        lambda: reader.judged(credential), lambda found: found[0] == case.verdict and expected <= found[1]
    )
    assert (verdict, codes >= expected) == (case.verdict, True)


def test_all_cases_are_listed(reader: Reader) -> None:
    listed = reader.http.get("/sandbox", params={"limit": 200}).raise_for_status().json()["items"]
    assert {(item["name"], item["verdict"], item["code"] or "") for item in listed} == {
        (case.name, case.verdict, case.code) for case in CASES
    }


def test_a_second_seed_leaves_it_as_it_is_and_a_lost_file_is_made_anew(fleet: Fleet) -> None:
    organization = next(one for one in fleet.demo["organizations"] if one["slug"] == make.SLUG)
    before = fleet.sandbox_file.read_bytes()
    make.write(fleet.base_url, organization, fleet.sandbox_file)
    assert fleet.sandbox_file.read_bytes() == before
    another = fleet.sandbox_file.with_name("another.json")
    make.write(fleet.base_url, organization, another)
    assert [item["name"] for item in json.loads(another.read_text())["items"]] == [case.name for case in CASES]
