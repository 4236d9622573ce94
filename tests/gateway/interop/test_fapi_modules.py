"""The modules of the suite's FAPI 2.0 Security Profile plan (private_key_jwt, DPoP, plain response), played here.

What has to wait (a code of 61 seconds, a `request_uri` that expires) is in tests/gateway with a clock that is moved.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from joserfc.jwk import ECKey

from tests.gateway.interop.conftest import Running
from tests.gateway.interop.relying_party import CHALLENGE, PKCE, VERIFIER, Back, Client, Person, of_fapi
from tests.proofs import OTHER

pytestmark = [pytest.mark.db, pytest.mark.node]
USERINFO = "/oauth/userinfo"


@pytest.fixture(scope="module")
def http(running: Running) -> Iterator[httpx.Client]:
    context = ssl.create_default_context(cafile=running.authority)
    with httpx.Client(verify=context, base_url=running.issuer) as client:
        yield client


@pytest.fixture(scope="module")
def client(running: Running, http: httpx.Client) -> Client:
    return of_fapi(running, http)


@pytest.fixture(scope="module")
def second(running: Running, http: httpx.Client) -> Client:
    return of_fapi(running, http)


@pytest.fixture(scope="module")
def person(running: Running) -> Iterator[Person]:
    with Person(running) as someone:
        yield someone


def push(client: Client, **changes: Any) -> httpx.Response:
    of_assertion = changes.pop("assertion", {})
    return client.post("/oauth/par", client.parameters(**PKCE | changes) | of_assertion)


def back(client: Client, person: Person, **changes: Any) -> Back:
    """The whole way by a pushed request."""
    pushed = push(client, **changes)
    assert pushed.status_code == 201, pushed.text
    return follow(client, person, pushed.json()["request_uri"])


def follow(client: Client, person: Person, request_uri: str, **more: str) -> Back:
    return person.visit("/oauth/authorize", {"client_id": client.id, "request_uri": request_uri} | more)


def code(client: Client, person: Person, **changes: Any) -> str:
    return back(client, person, **changes).said["code"]


def use(client: Client, token: str, scheme: str = "DPoP", key: ECKey | None = None) -> int:
    """What the resource says to the token, with a proof of the client's key or another."""
    proves = {} if key is None else {"key": key}
    shown = client.proved("GET", USERINFO, token, **proves)
    return client.userinfo(token, headers={"Authorization": f"{scheme} {token}"} | shown).status_code


class TestHappyFlow:
    def test_happy_flow(self, running: Running, client: Client, second: Client, person: Person) -> None:
        """Two clients; the resource refuses the other's key, and none at all."""
        came = back(client, person)
        assert (came.said["iss"], came.said["state"]) == (running.issuer, "s")
        given = client.exchange(came.said["code"], code_verifier=VERIFIER).json()
        assert given["token_type"] == "DPoP"
        held = client.claims(given["id_token"])
        assert (held["aud"], held["nonce"]) == (client.id, "n")
        token = given["access_token"]
        assert use(client, token) == 200
        assert isinstance(second.holder, ECKey)
        assert use(client, token, key=second.holder) == 401
        assert client.userinfo(token).status_code == 401
        assert client.userinfo(token, headers={"Authorization": f"DPoP {token}"}).status_code == 401
        other = second.exchange(code(second, person), code_verifier=VERIFIER).json()
        assert use(second, other["access_token"]) == 200

    @pytest.mark.parametrize("scheme", ["dpop", "DPOP", "dPoP"])
    def test_access_token_type_header_case_sensitivity(self, client: Client, person: Person, scheme: str) -> None:
        given = client.exchange(code(client, person), code_verifier=VERIFIER).json()
        assert use(client, given["access_token"], scheme) == 200

    @pytest.mark.parametrize(
        "changes",
        [
            {"state": None},
            {"nonce": None},
            {"nonce": "n" * 64},
            {"nonce": "n" * 384},
            {"state": "s" * 384},
            {"scope": "email openid"},
        ],
        ids=lambda changes: f"{next(iter(changes))} {len(str(changes))}",
    )
    def test_requests_of_other_shapes_succeed(self, client: Client, person: Person, changes: dict[str, Any]) -> None:
        """`without-state`, `without-nonce`, `64-char-nonce`, `long-nonce`, `long-state`, `other-scope-order`."""
        expected = {"state": "s", "nonce": "n"} | changes
        came = back(client, person, **changes)
        given = client.exchange(came.said["code"], code_verifier=VERIFIER).json()
        assert came.said.get("state") == expected["state"]
        assert client.claims(given["id_token"]).get("nonce") == expected["nonce"]

    def test_user_rejects_authentication(self, running: Running, client: Client) -> None:
        with Person(running, "no") as someone:
            assert back(client, someone).error == "access_denied"

    def test_discovery(self, http: httpx.Client) -> None:
        found = http.get("/.well-known/oauth-authorization-server").json()
        assert "S256" in found["code_challenge_methods_supported"]
        assert "private_key_jwt" in found["token_endpoint_auth_methods_supported"]
        assert found["authorization_response_iss_parameter_supported"] is True
        assert found["pushed_authorization_request_endpoint"].endswith("/oauth/par")
        for name in ("dpop", "id_token", "userinfo", "token_endpoint_auth"):
            values = next(found[one] for one in found if one.startswith(f"{name}_signing_alg"))
            assert "ES256" in values


class TestPushing:
    @pytest.mark.parametrize(
        "changes",
        [
            {"code_challenge": None, "code_challenge_method": None},
            {"code_challenge_method": "plain"},
            {"code_challenge_method": None},
            {"request_uri": "urn:ietf:params:oauth:request_uri:x"},
            {"redirect_uri": None},
            {"redirect_uri": "https://app.example/elsewhere"},
        ],
        ids=str,
    )
    def test_bad_requests(self, client: Client, changes: dict[str, Any]) -> None:
        """`par-ensure-pkce-required`, `-plain-pkce-rejected`, `-reject-request_uri-in-par`, `ensure-redirect-uri`."""
        answer = push(client, **changes)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")

    @pytest.mark.parametrize("response_type", ["token", "code id_token"])
    def test_other_response_types_fail(self, client: Client, response_type: str) -> None:
        assert push(client, response_type=response_type).json()["error"] == "unsupported_response_type"

    @pytest.mark.parametrize("method", ["GET", "PUT"])
    def test_invalid_http_verb(self, http: httpx.Client, method: str) -> None:
        assert http.request(method, "/oauth/par").status_code == 405

    def test_attempt_reuse_request_uri(self, client: Client, person: Person) -> None:
        request_uri = push(client).json()["request_uri"]
        assert "code" in follow(client, person, request_uri).said
        again = follow(client, person, request_uri)
        assert (again.status, again.said) == (400, {})

    def test_reused_request_uri_prior_to_auth_completion_succeeds(
        self, client: Client, person: Person, running: Running
    ) -> None:
        request_uri = push(client).json()["request_uri"]
        with Person(running) as other:
            seen = other.http.get("/oauth/authorize", params={"client_id": client.id, "request_uri": request_uri})
        assert seen.status_code == 303
        assert "code" in follow(client, person, request_uri).said

    def test_request_uri_is_bound_to_its_client(self, client: Client, second: Client, person: Person) -> None:
        assert follow(second, person, push(client).json()["request_uri"]).status == 400

    def test_what_the_browser_brings_besides_does_not_count(self, client: Client, person: Person) -> None:
        """`par-without-duplicate-parameters`, and with others."""
        came = follow(client, person, push(client).json()["request_uri"], state="other", nonce="other")
        assert came.said["state"] == "s"

    def test_unsigned_request_without_par_fails(self, client: Client, person: Person) -> None:
        assert client.authorize(person, **PKCE).error == "invalid_request"

    def test_mismatched_dpop_jkt_fails(self, client: Client) -> None:
        assert push(client, dpop_jkt=OTHER.thumbprint()).json()["error"] == "invalid_dpop_proof"


ASSERTIONS = (
    ("aud", "https://evil.example"),
    ("aud", ["https://evil.example"]),
    ("aud", None),
    ("sub", None),
    ("sub", "somebody"),
    ("iss", None),
    ("iss", "somebody"),
    ("exp", None),
    ("jti", None),
)


class TestAssertions:
    """`ensure-invalid-client-assertions-fail` and the modules that it took in."""

    @pytest.mark.parametrize(("name", "value"), ASSERTIONS, ids=str)
    def test_a_claim_is_wrong(self, client: Client, name: str, value: Any) -> None:
        answer = push(client, client_id=None, assertion=client.assertion(**{name: value}))
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")

    @pytest.mark.parametrize("path", ["/oauth/token", "/oauth/par"])
    def test_the_address_of_an_endpoint_is_no_audience(self, running: Running, client: Client, path: str) -> None:
        assert push(client, assertion=client.assertion(aud=f"{running.issuer}{path}")).status_code == 401

    @pytest.mark.parametrize(("begins", "ends", "good"), [(8, 68, True), (-360, -300, False), (300, 360, False)])
    def test_when(self, client: Client, begins: int, ends: int, good: bool) -> None:
        """`iat` and `nbf` 8 seconds ahead are accepted; 5 minutes ago and ahead are not."""
        now = int(time.time())
        times = {"iat": now + begins, "nbf": now + begins, "exp": now + ends}
        assert push(client, assertion=client.assertion(**times)).status_code == (201 if good else 401)

    def test_another_signature_and_a_second_use(self, client: Client, second: Client) -> None:
        once = client.assertion()
        assert push(client, assertion=once).status_code == 201
        assert push(client, assertion=once).status_code == 401
        theirs = second.assertion(iss=client.id, sub=client.id)
        assert push(client, assertion=theirs).status_code == 401
        head, _, _ = client.assertion()["client_assertion"].rpartition(".")
        assert push(client, assertion={"client_assertion": f"{head}.{'A' * 86}"}).status_code == 401

    def test_none_at_the_token_endpoint(self, client: Client, person: Person) -> None:
        """`ensure-client-assertion-in-token-endpoint`, `ensure-client-id-in-token-endpoint`."""
        came = code(client, person)
        nothing = {"client_assertion": None, "client_assertion_type": None, "client_id": client.id}
        answer = client.exchange(came, code_verifier=VERIFIER, **nothing)
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")

    def test_the_seconds_id_with_the_firsts_key(self, client: Client, second: Client, person: Person) -> None:
        answer = client.exchange(code(client, person), code_verifier=VERIFIER, client_id=second.id)
        assert answer.status_code in {400, 401}


class TestCodes:
    def test_another_client_cannot_redeem(self, client: Client, second: Client, person: Person) -> None:
        answer = second.exchange(code(client, person), code_verifier=VERIFIER)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")

    def test_attempt_reuse_authorization_code(self, client: Client, person: Person) -> None:
        came = code(client, person)
        token = client.exchange(came, code_verifier=VERIFIER).json()["access_token"]
        assert client.exchange(came, code_verifier=VERIFIER).json()["error"] == "invalid_grant"
        assert use(client, token) == 401

    @pytest.mark.parametrize("verifier", [None, "w" * 43, CHALLENGE])
    def test_incorrect_pkce_code_verifier_rejected(self, client: Client, person: Person, verifier: str | None) -> None:
        answer = client.exchange(code(client, person), code_verifier=verifier)
        assert (answer.status_code, answer.json()["error"]) in ((400, "invalid_grant"), (400, "invalid_request"))


class TestProofs:
    def test_ensure_holder_of_key_required(self, client: Client, person: Person) -> None:
        form = {"grant_type": "authorization_code", "code": code(client, person), "code_verifier": VERIFIER}
        whole = form | client.assertion() | {"redirect_uri": client.parameters()["redirect_uri"]}
        answer = client.http.post("/oauth/token", data=whole)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")

    @pytest.mark.parametrize(("ago", "good"), [(-10, True), (10, True), (300, False), (-300, False)])
    def test_iat(self, client: Client, ago: int, good: bool) -> None:
        """`iat-10-seconds-before-succeeds`, `-after-succeeds`."""
        answer = client.post("/oauth/par", {**client.parameters(**PKCE)}, iat=int(time.time()) - ago)
        assert answer.status_code == (201 if good else 400)

    @pytest.mark.parametrize(
        "changes", [{"htm": "GET"}, {"htu": "https://evil.example/"}, {"jti": None}, {"iat": None}], ids=str
    )
    def test_negative(self, client: Client, changes: dict[str, Any]) -> None:
        answer = client.post("/oauth/par", {**client.parameters(**PKCE)}, **changes)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_dpop_proof")

    @pytest.mark.parametrize("claims", [{"exp": 1}, {"nbf": 2**31}], ids=str)
    def test_check_dpop_proof_nbf_exp(self, client: Client, claims: dict[str, int]) -> None:
        """Neither is a claim of RFC 9449: a server may heed them or not."""
        answer = client.post("/oauth/par", {**client.parameters(**PKCE)}, **claims)
        assert answer.status_code in {201, 400}

    def test_the_key_that_pushed_is_the_codes(self, running: Running, http: httpx.Client, person: Person) -> None:
        """`dpop-proof-at-par-endpoint-binding-success`, `token-endpoint-fails-with-mismatched-dpop-proof-jkt`."""
        own = of_fapi(running, http)
        first, came = own.holder, code(own, person)
        own.holder = ECKey.generate_key("P-256")
        assert own.exchange(came, code_verifier=VERIFIER).json()["error"] in {"invalid_grant", "invalid_dpop_proof"}
        own.holder = first
        assert own.exchange(came, code_verifier=VERIFIER).status_code == 200


class TestRefreshing:
    def test_refresh_token(self, client: Client, second: Client, person: Person) -> None:
        given = client.exchange(code(client, person), code_verifier=VERIFIER).json()
        asked: dict[str, str | None] = {"grant_type": "refresh_token", "refresh_token": given["refresh_token"]}
        assert second.post("/oauth/token", asked).json()["error"] == "invalid_grant"
        unproved = client.http.post("/oauth/token", data=asked | client.assertion())
        assert unproved.json()["error"] == "invalid_request"
        nobody = {"client_assertion": None, "client_assertion_type": None, "client_id": client.id}
        assert client.post("/oauth/token", asked | nobody).json()["error"] == "invalid_client"
        fresh = client.post("/oauth/token", asked).json()
        assert use(client, fresh["access_token"]) == 200
