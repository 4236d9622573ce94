"""Access tokens that must open nothing: each but for one thing as good as the owner's own."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import asyncpg
import httpx
from joserfc import jwt
from joserfc.jwk import ECKey

from gateway.adapters.vault import LocalVault
from tests.e2e.badge_platform import Platform
from tests.proofs import proof
from tools.actor import Json

ES256 = "ES256"
KEY_QUERY = "SELECT id, sealed FROM signing_keys WHERE state = 'active' AND algorithm = 'ES256'"


def by_client(http: httpx.Client, client: Json, form: Json | None = None, **headers: str) -> httpx.Response:
    """The token endpoint's answer to a client that asks for itself, unless the form says otherwise."""
    sent = form or {"grant_type": "client_credentials"}
    return http.post("/oauth/token", data=sent, headers=basic(client) | headers)


def bound(http: httpx.Client, client: Json, form: Json | None = None) -> str:
    """An access token that is bound to a key."""
    address = f"{str(http.base_url).rstrip('/')}/oauth/token"
    asked = by_client(http, client, form, DPoP=proof("POST", address, time.time()))
    assert asked.json()["error"] == "use_dpop_nonce", asked.text
    made = proof("POST", address, time.time(), nonce=asked.headers["dpop-nonce"])
    answer = by_client(http, client, form, DPoP=made)
    assert answer.json()["token_type"] == "DPoP", answer.text
    return str(answer.json()["access_token"])


def without(program: Platform, scopes: tuple[str, ...], missing: str) -> str:
    """A token of this program's person with all of these scopes but one."""
    left = " ".join(scope for scope in scopes if scope not in missing.split())
    form = {"grant_type": "refresh_token", "refresh_token": program.refresh_token, "scope": left}
    answer = program.http.post(program.token_endpoint, data=form, headers=basic(login(program)))
    assert answer.status_code == 200, answer.text
    program.refresh_token = answer.json()["refresh_token"]
    return str(answer.json()["access_token"])


def claims_of(token: str) -> Json:
    """What a token says."""
    part = token.split(".")[1]
    found: Json = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found


def basic(client: Json) -> dict[str, str]:
    """A client's own secret, as a header."""
    pair = f"{client['client_id']}:{client['client_secret']}"
    return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}


def login(program: Platform) -> Json:
    """A program as a client."""
    return {"client_id": program.client_id, "client_secret": program.client_secret}


def revoke(http: httpx.Client, client: Json, token: str) -> None:
    """RFC 7009: a refresh token takes its grant along."""
    answer = http.post("/oauth/revoke", data={"token": token}, headers=basic(client))
    assert answer.status_code == 200, answer.text


class Authority:
    """The authorization server's own key, which signs what the server itself never would."""

    def __init__(self, key_id: str, key: ECKey) -> None:
        self._key_id, self._key = key_id, key

    @classmethod
    async def open(cls, database_url: str, encryption_key: str) -> Authority:
        connection: Any = await asyncpg.connect(database_url.replace("+asyncpg", ""))
        try:
            row = await connection.fetchrow(KEY_QUERY)
        finally:
            await connection.close()
        vault = LocalVault(base64.b64decode(encryption_key))
        return cls(row["id"], ECKey.import_key(json.loads(vault.open(row["sealed"], f"signing-key:{row['id']}"))))

    def sign(self, claims: Json, **header: Any) -> str:
        """A token with these claims."""
        shown = {"alg": ES256, "typ": "at+jwt", "kid": self._key_id} | header
        return jwt.encode(shown, claims, self._key, algorithms=[ES256])

    def again(self, token: str, typ: str = "at+jwt", **changes: Any) -> str:
        """The same token, but for these claims."""
        return self.sign(claims_of(token) | changes, typ=typ)
