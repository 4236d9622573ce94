"""The modules of the OpenID conformance suite's Basic, Form Post, Dynamic and RP-Initiated Logout plans, played here.

Each is named as the suite names it; docs/oidc-conformance.md lists them. None uses PKCE but the one that is about it.
"""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.gateway.interop.conftest import PERSON, Running
from tests.gateway.interop.relying_party import AFTER, PKCE, REDIRECT, VERIFIER, Client, Person, registered

pytestmark = [pytest.mark.db, pytest.mark.node]


@pytest.fixture(scope="module")
def http(running: Running) -> Iterator[httpx.Client]:
    context = ssl.create_default_context(cafile=running.authority)
    with httpx.Client(verify=context, base_url=running.issuer) as client:
        yield client


@pytest.fixture(scope="module")
def client(running: Running, http: httpx.Client) -> Client:
    return registered(running, http, grant_types=["authorization_code", "refresh_token"])


@pytest.fixture
def person(running: Running) -> Iterator[Person]:
    with Person(running) as someone:
        yield someone


class TestServer:
    def test_oidcc_server(self, running: Running, client: Client, person: Person) -> None:
        back = client.authorize(person)
        assert (back.said["iss"], back.said["state"]) == (running.issuer, "s")
        given = client.exchange(back.said["code"]).json()
        held = client.claims(given["id_token"])
        assert (held["iss"], held["aud"], held["nonce"]) == (running.issuer, client.id, "n")
        assert held["sub"].isascii()
        assert len(held["sub"]) <= 255
        assert held["iat"] <= held["exp"]
        assert client.userinfo(given["access_token"]).json()["sub"] == held["sub"]

    @pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
    def test_oidcc_idtoken_signature(
        self, running: Running, http: httpx.Client, person: Person, algorithm: str
    ) -> None:
        signed = registered(running, http, id_token_signed_response_alg=algorithm)
        assert signed.claims(signed.tokens(person)["id_token"])["aud"] == signed.id

    def test_oidcc_server_client_secret_post(self, running: Running, http: httpx.Client, person: Person) -> None:
        by_post = registered(running, http, token_endpoint_auth_method="client_secret_post")
        form = {"grant_type": "authorization_code", "code": by_post.authorize(person).said["code"]}
        secret = {"client_id": by_post.id, "client_secret": by_post.metadata["client_secret"]}
        answer = http.post("/oauth/token", data=form | secret | {"redirect_uri": REDIRECT})
        assert "id_token" in answer.json()

    def test_oidcc_discovery_endpoint_verification(self, running: Running, http: httpx.Client) -> None:
        answer = http.get("/.well-known/openid-configuration")
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
        found = answer.json()
        assert found["issuer"] == running.issuer
        assert "RS256" in found["id_token_signing_alg_values_supported"]
        assert "RS256" in found["userinfo_signing_alg_values_supported"]
        assert {"code"} <= set(found["response_types_supported"])
        assert found["claims_parameter_supported"] is True
        addresses = [value for name, value in found.items() if name.endswith(("_endpoint", "_uri"))]
        assert all(address.startswith("https://") for address in addresses)
        keys = http.get("/oauth/jwks").json()["keys"]
        assert len({key["kid"] for key in keys}) == len(keys)
        assert all(key.keys().isdisjoint({"d", "p", "q", "k"}) for key in keys)


class TestRequests:
    def test_oidcc_response_type_missing(self, client: Client, person: Person) -> None:
        assert client.authorize(person, response_type=None).error == "invalid_request"

    def test_oidcc_ensure_request_without_nonce_succeeds_for_code_flow(self, client: Client, person: Person) -> None:
        assert "nonce" not in client.claims(client.tokens(person, nonce=None)["id_token"])

    def test_oidcc_ensure_post_request_succeeds(self, client: Client, person: Person) -> None:
        assert "code" in person.visit("/oauth/authorize", client.parameters(), post=True).said

    def test_oidcc_ensure_registered_redirect_uri(self, client: Client, person: Person) -> None:
        back = client.authorize(person, redirect_uri="https://app.example/elsewhere")
        assert (back.status, back.said) == (400, {})

    def test_oidcc_ensure_redirect_uri_in_authorization_request(self, client: Client, person: Person) -> None:
        assert client.authorize(person, redirect_uri=None).status == 400

    @pytest.mark.parametrize("changes", [{"request": "e30.e30."}, {"request_uri": "https://app.example/r"}], ids=str)
    def test_oidcc_unsigned_request_object_rejected_as_unsupported(
        self, client: Client, person: Person, changes: dict[str, str]
    ) -> None:
        (name,) = changes
        assert client.authorize(person, **changes).error == f"{name}_not_supported"

    @pytest.mark.parametrize(
        "wish",
        [
            {"display": "page"},
            {"display": "popup"},
            {"ui_locales": "se"},
            {"claims_locales": "se"},
            {"acr_values": "1 2"},
            {"extra": "foobar"},
            {"login_hint": PERSON["email"]},
        ],
        ids=str,
    )
    def test_oidcc_wishes_succeed(self, client: Client, person: Person, wish: dict[str, str]) -> None:
        """`display-page`, `-popup`, `ui-locales`, `claims-locales`, `ensure-request-with-acr-values-succeeds`,
        `ensure-request-with-unknown-parameter-succeeds`, `login-hint`.
        """
        held = client.claims(client.tokens(person, **wish)["id_token"])
        assert held["acr"]

    def test_oidcc_ensure_request_with_valid_pkce_succeeds(self, client: Client, person: Person) -> None:
        assert "id_token" in client.tokens(person, **PKCE)

    @pytest.mark.parametrize("verifier", [None, "w" * 43])
    def test_and_only_with_its_verifier(self, client: Client, person: Person, verifier: str | None) -> None:
        code = client.authorize(person, **PKCE).said["code"]
        assert client.exchange(code, code_verifier=verifier).status_code == 400
        assert client.exchange(code, code_verifier=VERIFIER).status_code == 200


class TestClaims:
    @pytest.mark.parametrize(
        ("scope", "shown"),
        [
            ("openid profile", {"name"}),
            ("openid email", {"email", "email_verified"}),
            ("openid address", set()),
            ("openid phone", set()),
            ("openid profile email address phone", {"name", "email", "email_verified"}),
            ("email openid profile", {"name", "email", "email_verified"}),
        ],
    )
    def test_oidcc_scopes(self, client: Client, person: Person, scope: str, shown: set[str]) -> None:
        """`scope-profile`, `-email`, `-address`, `-phone`, `-all`, `ensure-other-scope-order-succeeds`."""
        token = client.tokens(person, scope=scope)["access_token"]
        assert client.userinfo(token).json().keys() == {"sub", *shown}

    def test_oidcc_claims_essential(self, client: Client, person: Person) -> None:
        asked = json.dumps({"userinfo": {"name": {"essential": True}}})
        token = client.tokens(person, claims=asked)["access_token"]
        assert client.userinfo(token).json()["name"] == PERSON["name"]

    def test_oidcc_userinfo(self, client: Client, person: Person) -> None:
        """`userinfo-get`, `-post-header`, `-post-body`."""
        token = client.tokens(person)["access_token"]
        answers = [
            client.userinfo(token),
            client.userinfo(token, "POST"),
            client.userinfo(token, "POST", headers={}, data={"access_token": token}),
        ]
        assert [answer.status_code for answer in answers] == [200] * 3
        assert len({answer.json()["sub"] for answer in answers}) == 1

    def test_oidcc_userinfo_rs256(self, running: Running, http: httpx.Client, person: Person) -> None:
        signed = registered(running, http, userinfo_signed_response_alg="RS256")
        answer = signed.userinfo(signed.tokens(person)["access_token"])
        told = signed.claims(answer.text)
        assert (told["iss"], told["aud"]) == (running.issuer, signed.id)


class TestSigningIn:
    def test_oidcc_prompt_login(self, client: Client, person: Person) -> None:
        assert client.authorize(person).was_asked_to_sign_in
        assert client.authorize(person, prompt="login").was_asked_to_sign_in

    def test_oidcc_prompt_none_not_logged_in(self, client: Client, person: Person) -> None:
        back = client.authorize(person, prompt="none")
        assert (back.error, back.asked) == ("login_required", ())

    def test_oidcc_prompt_none_logged_in_and_id_token_hint(self, client: Client, person: Person) -> None:
        first = client.tokens(person)
        before = client.claims(first["id_token"])
        for changes in ({}, {"id_token_hint": first["id_token"]}):
            after = client.claims(client.tokens(person, prompt="none", **changes)["id_token"])
            assert (after["sub"], after["auth_time"]) == (before["sub"], before["auth_time"])

    @pytest.mark.parametrize(("max_age", "again"), [("0", True), ("10000", False)])
    def test_oidcc_max_age(self, client: Client, person: Person, max_age: str, again: bool) -> None:
        """`max-age-10000`, and what `max-age-1` asks after a second."""
        client.authorize(person)
        back = client.authorize(person, max_age=max_age)
        assert back.was_asked_to_sign_in is again
        assert "auth_time" in client.claims(client.exchange(back.said["code"]).json()["id_token"])


class TestCodesAndTokens:
    def test_oidcc_codereuse(self, client: Client, person: Person) -> None:
        """And what came from the first use ends."""
        code = client.authorize(person).said["code"]
        given = client.exchange(code).json()
        again = client.exchange(code)
        assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
        assert client.userinfo(given["access_token"]).status_code == 401

    def test_oidcc_refresh_token(self, running: Running, http: httpx.Client, client: Client, person: Person) -> None:
        given = client.tokens(person)
        asked = {"grant_type": "refresh_token", "refresh_token": given["refresh_token"]}
        other = registered(running, http, grant_types=["authorization_code", "refresh_token"])
        assert other.post("/oauth/token", asked).json()["error"] == "invalid_grant"
        fresh = client.post("/oauth/token", asked).json()
        before, after = (client.claims(one["id_token"]) for one in (given, fresh))
        assert (after["sub"], after["auth_time"]) == (before["sub"], before["auth_time"])


class TestFormPost:
    @pytest.mark.parametrize(("changes", "told"), [({}, "code"), ({"prompt": "none"}, "error")])
    def test_an_answer_comes_by_post(self, client: Client, person: Person, changes: dict[str, str], told: str) -> None:
        back = client.authorize(person, response_mode="form_post", **changes)
        assert (back.posted, told in back.said, back.said["state"]) == (True, True, "s")


class TestDynamic:
    def test_oidcc_registration_dynamic(self, running: Running, http: httpx.Client) -> None:
        """And `registration-logo-uri`, `-policy-uri`, `-tos-uri`; the suite removes its client at the end."""
        said = {f"{name}_uri": f"https://app.example/{name}" for name in ("logo", "policy", "tos", "client")}
        made = registered(running, http, contacts=["certification@example.org"], **said).metadata
        assert said.items() <= made.items()
        path = made["registration_client_uri"].removeprefix(running.issuer)
        held = {"Authorization": f"Bearer {made['registration_access_token']}"}
        assert http.get(path, headers=held).json()["client_id"] == made["client_id"]
        assert http.delete(path, headers=held).status_code == 204
        assert http.get(path, headers=held).status_code == 401

    @pytest.mark.parametrize(
        ("metadata", "error"),
        [
            ({"redirect_uris": [f"{REDIRECT}#frag"]}, "invalid_redirect_uri"),
            ({"initiate_login_uri": "http://app.example/login"}, "invalid_client_metadata"),
            ({"id_token_signed_response_alg": "none"}, "invalid_client_metadata"),
            (
                {"subject_type": "pairwise", "sector_identifier_uri": "https://app.example/sector.json"},
                "invalid_client_metadata",
            ),
        ],
        ids=str,
    )
    def test_oidcc_registration_is_refused(self, http: httpx.Client, metadata: dict[str, Any], error: str) -> None:
        """`redirect-uri-regfrag`, `3rd-party-init-login-non-https`, `idtoken-unsigned`, `registration-sector-bad`."""
        answer = http.post("/oauth/register", json={"redirect_uris": [REDIRECT]} | metadata)
        assert (answer.status_code, answer.json()["error"]) == (400, error)

    @pytest.mark.parametrize(("query", "good"), [("?foo=bar", True), ("", False), ("?foo=bar&x=y", False)])
    def test_oidcc_redirect_uri_query(
        self, running: Running, http: httpx.Client, person: Person, query: str, good: bool
    ) -> None:
        """`redirect-uri-query-OK`, `-mismatch`, `-added`."""
        own = registered(running, http, redirect_uris=[f"{REDIRECT}?foo=bar"])
        back = own.authorize(person, redirect_uri=f"{REDIRECT}{query}")
        assert (back.said.get("foo") == "bar", "code" in back.said, back.status == 400) == (good, good, not good)


class TestLogout:
    """`oidcc-rp-initiated-logout-certification-test-plan`."""

    @pytest.fixture
    def hint(self, client: Client, person: Person) -> str:
        token: str = client.tokens(person)["id_token"]
        return token

    @staticmethod
    def is_signed_in(client: Client, person: Person) -> bool:
        return client.authorize(person, prompt="none").error != "login_required"

    @pytest.mark.parametrize("state", ["s", None])
    @pytest.mark.parametrize("post", [False, True])
    def test_with_a_hint(self, client: Client, person: Person, hint: str, state: str | None, post: bool) -> None:
        """`rp-initiated-logout`, `-no-state`."""
        wish = {"id_token_hint": hint, "post_logout_redirect_uri": AFTER} | ({"state": state} if state else {})
        back = person.visit("/oauth/logout", wish, post=post)
        assert (back.said, back.status) == ({"state": state} if state else {}, 0)
        assert not self.is_signed_in(client, person)

    def test_no_post_logout_redirect_uri(self, client: Client, person: Person, hint: str) -> None:
        back = person.visit("/oauth/logout", {"id_token_hint": hint})
        assert (back.status, "signed out" in back.text) == (200, True)
        assert not self.is_signed_in(client, person)

    @pytest.mark.parametrize("address", ["https://evil.example/", f"{AFTER}?foo=bar"])
    def test_bad_and_query_added_to_post_logout_redirect_uri(
        self, client: Client, person: Person, hint: str, address: str
    ) -> None:
        back = person.visit("/oauth/logout", {"id_token_hint": hint, "post_logout_redirect_uri": address, "state": "s"})
        assert (back.status, back.said) == (400, {})
        assert self.is_signed_in(client, person)

    @pytest.mark.parametrize("wish", [{}, {"state": "s"}, {"post_logout_redirect_uri": AFTER, "state": "s"}], ids=str)
    def test_no_params_only_state_and_no_hint(
        self, client: Client, person: Person, hint: str, wish: dict[str, str]
    ) -> None:
        """The person is asked, and the browser stays here: nothing says whose address it is."""
        assert hint
        back = person.visit("/oauth/logout", wish)
        assert (back.status, back.said) == (200, {})
        assert not self.is_signed_in(client, person)

    @pytest.mark.parametrize("spoilt", ["e30.e30.e30", None])
    def test_bad_and_modified_hint(self, client: Client, person: Person, hint: str, spoilt: str | None) -> None:
        changed = spoilt or f"{hint[:-6]}{'A' * 6}"
        wish = {"id_token_hint": changed, "post_logout_redirect_uri": AFTER, "state": "s"}
        assert person.visit("/oauth/logout", wish).said == {}
