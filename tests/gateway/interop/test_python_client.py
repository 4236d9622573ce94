"""Authlib's client against the running server, as it is when it is told nothing: RS256, and assertions for an hour."""

from __future__ import annotations

import html
import re
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx
import pytest
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from tests.gateway.interop.conftest import PERSON, Running
from tests.gateway.interop.test_interop import REDIRECT, initial_token

pytestmark = [pytest.mark.db, pytest.mark.node]
FORM = re.compile(r'<form method="post" action="([^"]+)".*?</form>', re.DOTALL)
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')
Connect = Callable[..., OAuth2Session]
AFTER = "https://app.example/signed-out"


@pytest.fixture
def trusted(running: Running) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=running.authority)


@pytest.fixture
def browser(trusted: ssl.SSLContext) -> Iterator[httpx.Client]:
    with httpx.Client(verify=trusted) as client:
        yield client


@pytest.fixture
def connect(running: Running) -> Iterator[Connect]:
    """Makes clients, and closes them."""
    with ExitStack() as stack:

        def make(*args: Any, **options: Any) -> OAuth2Session:
            client = stack.enter_context(OAuth2Session(*args, **options))
            client.verify, client.trust_env = running.authority, False
            return client

        yield make


def allow(browser: httpx.Client, start: str) -> str:
    """Sign in and agree; the address of the client's that the browser ends at."""
    origin = urljoin(start, "/").rstrip("/")
    answer = browser.get(start)
    for _ in range(10):
        here = str(answer.request.url)
        if answer.status_code == 303:
            onward = urljoin(here, answer.headers["location"])
            if not onward.startswith(origin):
                return onward
            answer = browser.get(onward)
            continue
        assert answer.status_code == 200, answer.text
        found = FORM.search(answer.text)
        assert found is not None, answer.text
        said = {"answer": "yes"} if "/consent" in found[1] else {name: PERSON[name] for name in ("email", "password")}
        form = {name: html.unescape(value) for name, value in HIDDEN.findall(found[0])} | said
        answer = browser.post(urljoin(here, found[1]), data=form, headers={"Origin": origin})
    raise AssertionError("the way to the client does not end")


def registered(running: Running, trusted: ssl.SSLContext, token: str = "", **metadata: Any) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    answer = httpx.post(f"{running.issuer}/oauth/register", json=metadata, headers=headers, verify=trusted)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_from_discovery_to_signing_out(
    running: Running, trusted: ssl.SSLContext, connect: Connect, browser: httpx.Client, method: str
) -> None:
    server = httpx.get(f"{running.issuer}/.well-known/openid-configuration", verify=trusted).json()
    asked: dict[str, Any] = {
        "redirect_uris": [REDIRECT],
        "post_logout_redirect_uris": [AFTER],
        "grant_types": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_method": method,
    }
    made = registered(running, trusted, **asked)
    client = connect(
        made["client_id"],
        made["client_secret"],
        token_endpoint_auth_method=method,
        scope="openid email",
        redirect_uri=REDIRECT,
        code_challenge_method="S256",
    )
    verifier = "v" * 43
    start, state = client.create_authorization_url(server["authorization_endpoint"], code_verifier=verifier, nonce="n")
    back = allow(browser, start)
    given = client.fetch_token(
        server["token_endpoint"], authorization_response=back, state=state, code_verifier=verifier
    )
    keys = KeySet.import_key_set(httpx.get(server["jwks_uri"], verify=trusted).json())
    claims = jwt.decode(given["id_token"], keys, algorithms=["RS256"]).claims
    assert (claims["iss"], claims["aud"], claims["nonce"]) == (running.issuer, made["client_id"], "n")
    assert client.get(server["userinfo_endpoint"]).json()["sub"] == claims["sub"]
    fresh = client.refresh_token(server["token_endpoint"], refresh_token=given["refresh_token"])
    active = client.introspect_token(server["introspection_endpoint"], token=fresh["access_token"]).json()["active"]
    silent, _ = client.create_authorization_url(
        server["authorization_endpoint"], code_verifier=verifier, prompt="none", id_token_hint=given["id_token"]
    )
    assert (active, "code" in parse_qs(urlsplit(allow(browser, silent)).query)) == (True, True)
    client.revoke_token(server["revocation_endpoint"], token=fresh["refresh_token"])
    after = client.introspect_token(server["introspection_endpoint"], token=fresh["access_token"]).json()
    assert after == {"active": False}
    leaving = {"id_token_hint": given["id_token"], "post_logout_redirect_uri": AFTER, "state": "s"}
    answer = browser.get(server["end_session_endpoint"], params=leaving)
    assert answer.headers["location"] == f"{AFTER}?state=s"
    assert parse_qs(urlsplit(allow(browser, silent)).query)["error"] == ["login_required"]


def test_a_program_that_signs(running: Running, trusted: ssl.SSLContext, connect: Connect) -> None:
    key = ECKey.generate_key("P-256", {"kid": "k", "use": "sig", "alg": "ES256"})
    asked: dict[str, Any] = {
        "grant_types": ["client_credentials"],
        "scope": "credentials:issue",
        "token_endpoint_auth_method": "private_key_jwt",
        "jwks": {"keys": [key.as_dict(private=False)]},
    }
    made = registered(running, trusted, initial_token(running), **asked)
    client = connect(made["client_id"], key, token_endpoint_auth_method="private_key_jwt")
    client.register_client_auth_method(PrivateKeyJWT(running.issuer, headers={"kid": "k"}, alg="ES256"))
    given = client.fetch_token(f"{running.issuer}/oauth/token", grant_type="client_credentials")
    assert given["scope"] == "credentials:issue"
