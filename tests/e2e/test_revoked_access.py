"""A revoked token and a removed client's token are refused on every guarded route of every service."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tools.actor import Json, until
from tools.seed import access_token

pytestmark = [pytest.mark.db, pytest.mark.kafka, pytest.mark.fleet]

ROOMS = ("gateway", "catalog", "issuer", "verifier")
Operation = tuple[str, str]


@pytest.fixture(scope="module", params=["in_process", "running_fleet"])
def place(request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue("in_process" if request.param == "in_process" else "fleet")


@pytest.fixture(scope="module")
def http(place: Any) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=place.base_url, timeout=30) as client:
        yield client


def organization(place: Any, slug: str) -> Json:
    return next(one for one in place.demo["organizations"] if one["slug"] == slug)


def guarded(http: httpx.Client) -> list[Operation]:
    """Every operation that asks for an access token, with its parameters filled in."""
    found = []
    for room in ROOMS:
        for path, methods in http.get(f"/openapi/{room}.json").json()["paths"].items():
            for method, operation in methods.items():
                if any("accessToken" in needed for needed in operation.get("security", [])):
                    segments = [part if "{" not in part else "x" for part in path.split("/")]
                    found.append((method.upper(), "/".join(segments)))
    return found


def refused(http: httpx.Client, token: str, operation: Operation) -> bool:
    method, path = operation
    answer = http.request(method, path, headers={"Authorization": f"Bearer {token}"})
    return answer.status_code == 401 and "invalid_token" in answer.headers["www-authenticate"]


def assert_refused_everywhere(http: httpx.Client, token: str) -> None:
    operations = guarded(http)
    assert len(operations) > 40
    for operation in operations:
        until(lambda operation=operation: refused(http, token, operation), bool)  # type: ignore[misc]  # bound now


def works(http: httpx.Client, token: str) -> bool:
    return http.get("/credentials", headers={"Authorization": f"Bearer {token}"}).status_code == 200


def test_a_revoked_token_is_refused_on_every_route_and_another_of_its_client_is_not(
    place: Any, http: httpx.Client
) -> None:
    lakeside = organization(place, "lakeside")
    token, other = access_token(http, lakeside), access_token(http, lakeside)
    assert works(http, token)
    client = (lakeside["client_id"], lakeside["client_secret"])
    assert http.post("/oauth/revoke", data={"token": token}, auth=client).status_code == 200

    assert_refused_everywhere(http, token)
    assert works(http, other)


def test_the_tokens_of_a_removed_client_are_refused_on_every_route(place: Any, http: httpx.Client) -> None:
    manager = {"Authorization": f"Bearer {access_token(http, organization(place, 'lakeside'))}"}
    created = http.post("/clients", json={"name": "Retired", "scopes": ["credentials:read"]}, headers=manager)
    assert created.status_code == 201, created.text
    made = created.json()
    retired = {"client_id": made["clientId"], "client_secret": made["clientSecret"]}
    token = access_token(http, retired)
    assert works(http, token)
    assert http.delete(f"/clients/{made['clientId']}", headers=manager).status_code == 204

    assert_refused_everywhere(http, token)
