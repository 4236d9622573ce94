"""POST /oauth/token: every way of being refused (RFC 6749 §5.2, RFC 8707 §2)."""

import base64
from typing import Any

import pytest
import pytest_asyncio

from tests.gateway.harness import BASE, TLS, Gateway, Member

pytestmark = [pytest.mark.db, pytest.mark.asyncio]


@pytest_asyncio.fixture(scope="module")
async def member(standing_gateway: Gateway) -> Member:
    return await standing_gateway.member("lakeside")


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example",
        "http://localhost:8080.evil.example/",
        "http://localhost:80801",
        "http://user@localhost:8080/",
        "http://localhost:8080@evil.example",
        "HTTP://LOCALHOST:8080",
        "http://localhost:8080\\@evil.example",
        "http://localhost:8080/#fragment",
        "http://localhost:8080/ space",
        "http://localhost:8080/ä",
        "https://localhost:8080",
        "localhost:8080",
        "urn:x",
        f"{BASE}/" + "a" * 600,
    ],
)
@pytest.mark.parametrize("field", ["audience", "resource"])
async def test_another_audience_is_an_invalid_target(
    standing_gateway: Gateway, member: Member, field: str, target: str
) -> None:
    answer = await standing_gateway.ask({field: target}, auth=member.auth)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_target")


async def test_one_foreign_resource_among_good_ones_is_refused(standing_gateway: Gateway, member: Member) -> None:
    answer = await standing_gateway.ask({"resource": [BASE, "https://evil.example"]}, auth=member.auth)
    assert answer.json()["error"] == "invalid_target"
    many = await standing_gateway.ask({"resource": [f"{BASE}/{n}" for n in range(6)]}, auth=member.auth)
    assert many.json()["error"] == "invalid_target"


@pytest.mark.parametrize(
    "scope",
    ["unknown", "monitors:manage", "catalog:write monitors:manage", " catalog:write", "a  b", "a" * 9000, "ü"],
)
async def test_a_scope_that_the_client_does_not_hold_is_invalid(
    standing_gateway: Gateway, member: Member, scope: str
) -> None:
    answer = await standing_gateway.ask({"scope": scope}, auth=member.auth)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_scope")


def basic(text: str | bytes) -> dict[str, str]:
    raw = text.encode() if isinstance(text, str) else text
    return {"Authorization": "Basic " + base64.b64encode(raw).decode()}


NOT_A_CLIENT: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "nothing at all": ({}, {}),
    "only a client_id": ({"client_id": "client-lakeside"}, {}),
    "an empty secret": ({"client_id": "client-lakeside", "client_secret": ""}, {}),
    "a wrong secret": ({"client_id": "client-lakeside", "client_secret": "wrong"}, {}),
    "a secret without client_id": ({"client_secret": "wrong"}, {}),
    "an unknown client": ({"client_id": "nobody", "client_secret": "wrong"}, {}),
    "a very long client_id": ({"client_id": "x" * 20000, "client_secret": "wrong"}, {}),
    "a very long secret": ({"client_id": "client-lakeside", "client_secret": "x" * 20000}, {}),
    "a client_id in no alphabet": ({"client_id": "clïent\n\t", "client_secret": "wrong"}, {}),
    "SQL": ({"client_id": "' OR 1=1 --", "client_secret": "' OR 1=1 --"}, {}),
    "an empty header": ({}, {"Authorization": ""}),
    "only a scheme": ({}, {"Authorization": "Basic"}),
    "Basic that is no base64": ({}, {"Authorization": "Basic ###"}),
    "Basic that is no UTF-8": ({}, basic(b"\xff\xfe:\xff")),
    "Basic without a colon": ({}, basic("client-lakeside")),
    "Basic with nothing": ({}, basic(":")),
    "Basic with percent signs": ({}, basic("%:%zz")),
    "a bearer token": ({}, {"Authorization": "Bearer abc"}),
    "digest": ({}, {"Authorization": 'Digest username="client-lakeside"'}),
    "an assertion of nothing": ({"client_assertion": "x"}, {}),
}


@pytest.mark.parametrize("case", NOT_A_CLIENT)
async def test_who_does_not_prove_to_be_a_client_gets_401(standing_gateway: Gateway, member: Member, case: str) -> None:
    form, headers = NOT_A_CLIENT[case]
    answer = await standing_gateway.ask(form, headers=headers)
    assert answer.status_code == 401, answer.text
    assert answer.json()["error"] == "invalid_client"
    assert answer.headers["www-authenticate"].startswith('Basic realm="laurel"')
    assert answer.headers["cache-control"] == "no-store"


async def test_an_unknown_client_is_answered_like_a_wrong_secret(standing_gateway: Gateway, member: Member) -> None:
    wrong = await standing_gateway.ask({"client_id": member.client_id, "client_secret": "wrong"})
    unknown = await standing_gateway.ask({"client_id": "nobody", "client_secret": "wrong"})
    assert wrong.content == unknown.content
    assert wrong.headers["www-authenticate"] == unknown.headers["www-authenticate"]


async def test_another_members_secret_is_a_wrong_secret(standing_gateway: Gateway, member: Member) -> None:
    other = await standing_gateway.member("harbour")
    answer = await standing_gateway.ask({}, auth=(member.client_id, other.secret))
    assert answer.status_code == 401


FORM = {"content-type": "application/x-www-form-urlencoded"}
INVALID_REQUESTS: dict[str, dict[str, Any]] = {
    "no grant type": {"data": {"grant_type": ""}},
    "a body that is no form": {"content": b"\xff\xfe=%", "headers": FORM},
    "broken percent encoding": {
        "content": b"grant_type=client_credentials&scope=%ff",
        "headers": FORM,
    },
    "NUL": {"data": {"grant_type": "client_credentials", "scope": "a\x00"}},
    "JSON": {"json": {"grant_type": "client_credentials"}},
    "multipart": {"files": {"grant_type": (None, "client_credentials")}},
    "no content type": {"content": b"grant_type=client_credentials"},
    "text": {"content": b"grant_type=client_credentials", "headers": {"content-type": "text/plain"}},
    "a parameter twice": {"data": {"grant_type": ["client_credentials", "client_credentials"]}},
    "scope twice": {"data": {"grant_type": "client_credentials", "scope": ["a", "b"]}},
    "audience twice": {"data": {"grant_type": "client_credentials", "audience": [BASE, TLS]}},
    "secret twice, once empty": {"data": {"grant_type": "client_credentials", "client_secret": ["", "x"]}},
    "too many parameters": {"data": {"grant_type": "client_credentials"} | {f"p{n}": "x" for n in range(60)}},
    "parameters in the address": {"params": {"scope": "x"}, "data": {"grant_type": "client_credentials"}},
    "two methods": {"data": {"grant_type": "client_credentials", "client_secret": "x", "client_id": "client-lakeside"}},
    "another client_id than Basic's": {"data": {"grant_type": "client_credentials", "client_id": "client-harbour"}},
}


@pytest.mark.parametrize("case", INVALID_REQUESTS)
async def test_a_malformed_request_is_invalid_even_with_good_credentials(
    standing_gateway: Gateway, member: Member, case: str
) -> None:
    answer = await standing_gateway.http.post("/oauth/token", auth=member.auth, **INVALID_REQUESTS[case])
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"] == "invalid_request"
    assert answer.headers["cache-control"] == "no-store"


async def test_secrets_in_the_address_are_refused(standing_gateway: Gateway, member: Member) -> None:
    query = {"grant_type": "client_credentials", "client_id": member.client_id, "client_secret": member.secret}
    answer = await standing_gateway.http.post("/oauth/token", params=query)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    assert member.secret not in answer.text


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
async def test_only_post_is_allowed(standing_gateway: Gateway, member: Member, method: str) -> None:
    answer = await standing_gateway.http.request(method, "/oauth/token")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST, OPTIONS"


async def test_two_authorization_headers_are_refused(standing_gateway: Gateway, member: Member) -> None:
    header = basic(f"{member.client_id}:{member.secret}")["Authorization"]
    answer = await standing_gateway.ask({}, headers=[("Authorization", header), ("Authorization", header)])
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


@pytest.mark.parametrize("grant", ["password", "implicit", "CLIENT_CREDENTIALS", "ü\n"])
async def test_another_grant_type_is_unsupported(standing_gateway: Gateway, member: Member, grant: str) -> None:
    answer = await standing_gateway.http.post("/oauth/token", data={"grant_type": grant}, auth=member.auth)
    assert (answer.status_code, answer.json()["error"]) == (400, "unsupported_grant_type")


async def test_a_body_beyond_the_limit_is_413(standing_gateway: Gateway, member: Member) -> None:
    answer = await standing_gateway.ask({"scope": "x" * 40_000})
    assert answer.status_code == 413
