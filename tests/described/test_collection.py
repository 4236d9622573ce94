"""The collection that integrators are given, played by newman against the running fleet: each answer is a promised one.

It is played by a university that it is alone with, so that nothing it makes or removes is anybody's.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.core.scopes import OWN, USUAL, Kind
from service_kit.ids import new_id
from tests.node import Node
from tools.actor import Actor, until
from tools.api.__main__ import COLLECTION, OPENAPI
from tools.fleet import Fleet

pytestmark = [pytest.mark.db, pytest.mark.kafka, pytest.mark.node, pytest.mark.fleet]

Json = dict[str, Any]
DOCUMENT: Json = json.loads(OPENAPI.read_text())
STORY = "First story"
SUCCEED = {f"GET /{name}" for name in ("courses", "achievements", "credentials", "issuers", "clients")}
SUCCEED |= {f"POST /{name}" for name in ("courses", "achievements", "verifications")}
"""Requests that need nothing filled in: as they are, they do what they say."""


def items(folder: Json) -> Iterator[Json]:
    for item in folder["item"]:
        yield from items(item) if "item" in item else (item,)


def operation_of(request: Json) -> tuple[str, str]:
    """The path and the method of a request, as the description has them."""
    parts = [f"{{{part[1:]}}}" if part.startswith(":") else part for part in request["url"]["path"]]
    return "/" + "/".join(parts), request["method"].lower()


def filled(collection: Json, variables: Mapping[str, str], names: Mapping[str, str]) -> Json:
    """With variables set, every request named by its operation, and something real or plausible in each path."""
    played = deepcopy(collection)
    for variable in played["variable"]:
        variable["value"] = variables.get(variable["key"], variable["value"])
    for folder in played["item"]:
        for number, item in enumerate(items(folder)):
            if folder["name"] == STORY:
                item["id"] = f"{STORY} {number}"
                continue
            path, method = operation_of(item["request"])
            item["id"] = f"{method.upper()} {path}"
            for variable in item["request"]["url"].get("variable", ()):
                usual = "did%3Aexample%3Aone" if "trusted-issuers" in path else new_id()
                variable["value"] = names.get(variable["key"], usual)
    return played


@pytest.fixture(scope="module")
def played(fleet: Fleet) -> Iterator[tuple[Json, Json]]:
    """The collection as it was played, and what came of it."""
    by_slug = {organization["slug"]: organization for organization in fleet.demo["organizations"]}
    with httpx.Client(base_url=fleet.base_url, timeout=30) as http:
        operator, slug = Actor(http, by_slug["operations"]), f"collection-{new_id()[:8]}"
        university = operator.post("/organizations", {"name": "Collection", "slug": slug, "kind": "university"})
        scopes = sorted(OWN.union(USUAL[Kind.UNIVERSITY]))
        program, spare = (
            operator.post("/clients", {"name": name, "scopes": scopes, "organization": university["id"]})
            for name in ("Collection", "Spare")
        )
        credentials = {"client_id": program["clientId"], "client_secret": program["clientSecret"]}
        Actor(http, {**credentials, "name": "Collection"}).post("/issuers", {"name": "Collection", "slug": slug})
        until(lambda: http.get(f"/issuers/{slug}"), lambda answer: answer.status_code == 200)
    variables = {
        "baseUrl": fleet.base_url,
        "clientId": program["clientId"],
        "clientSecret": program["clientSecret"],
        "employerClientId": by_slug["meridian"]["client_id"],
        "employerClientSecret": by_slug["meridian"]["client_secret"],
    }
    names = {
        "organization": university["id"],
        "client": spare["clientId"],
        "slug": slug,
        "achievement_id": "{{achievementId}}",
        "credential_id": "{{credentialId}}",
        "credential": "{{credentialId}}",
        "version": "1",
        "form": "eddsa-rdfc-2022",
        "code": "not-found",
        "name": "nothing",
    }
    collection = filled(json.loads(COLLECTION.read_text()), variables, names)
    yield collection, Node(Path(__file__).parent / "postman").run("run.mjs", collection, timeout_s=240)


def test_the_first_story_runs_and_every_request_is_answered(played: tuple[Json, Json]) -> None:
    collection, came = played
    assert came["failures"] == []
    assert [answer["id"] for answer in came["answers"]] == [item["id"] for item in items(collection)]


def test_every_answer_is_one_that_its_operation_promises(played: tuple[Json, Json]) -> None:
    for answer in came_of_operations(played):
        method, _, path = answer["id"].partition(" ")
        promised = DOCUMENT["paths"][path][method.lower()]["responses"]
        found = promised.get(str(answer["status"]))
        assert found is not None, answer
        media_type = answer["headers"].get("content-type", "").partition(";")[0]
        assert not media_type or media_type in found["content"], answer
        told = {name for name in found["headers"] if name == "ETag" or name.startswith("RateLimit")}
        assert {name.lower() for name in told} <= answer["headers"].keys(), answer


def test_what_needs_nothing_filled_in_succeeds(played: tuple[Json, Json]) -> None:
    statuses = {answer["id"]: answer for answer in came_of_operations(played)}
    assert [statuses[name] for name in SUCCEED if not 200 <= statuses[name]["status"] < 300] == []


def came_of_operations(played: tuple[Json, Json]) -> list[Json]:
    return [answer for answer in played[1]["answers"] if not answer["id"].startswith(STORY)]
