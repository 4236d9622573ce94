"""Access tokens: what is let in, and the long list of what is not (RFC 9068, RFC 8725)."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import httpx
import pytest
import pytest_asyncio
from cryptography.hazmat.primitives import serialization
from fastapi import Depends
from joserfc import jws
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from service_kit.app import create_app, router
from service_kit.auth import Caller, Scope, TokenVerifier
from service_kit.errors import Unauthorized, Unavailable
from service_kit.settings import AuthSettings, Settings
from service_kit.testing import BASE_URL, TokenMint, asgi_client
from service_kit.token_keys import KEYS_TTL_S, REFRESH_AT_MOST_EVERY_S, TokenKeys

pytestmark = pytest.mark.asyncio

STRANGER = ECKey.generate_key("P-256", {"kid": "test-key"})
Json = dict[str, Any]


def b64(value: bytes | Json) -> str:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def claims(**changes: Any) -> Json:
    now = int(time.time())
    good: Json = {
        "iss": BASE_URL,
        "aud": [BASE_URL],
        "sub": "client",
        "client_id": "client",
        "org": "org",
        "scope": "things:read",
        "iat": now,
        "exp": now + 600,
        "jti": "1",
    }
    return {name: value for name, value in (good | changes).items() if value is not ...}


HEADER: Json = {"alg": "ES256", "kid": "test-key", "typ": "at+jwt"}
ALGORITHMS = ["ES256", "ES384", "HS256", "RS256", "Ed25519"]


def signed(key: Any, header: Json = HEADER, payload: bytes | Json | None = None) -> str:
    """A token over raw bytes, so that the payload may be anything."""
    body = json.dumps(claims()).encode() if payload is None else payload
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return jws.serialize_compact(header, data, key, algorithms=ALGORITHMS)


def raw(header: Json, payload: bytes | Json, signature: bytes) -> str:
    return f"{b64(header)}.{b64(payload)}.{b64(signature)}"


def confused(mint: TokenMint, secret: bytes) -> str:
    """Signed by HMAC with what everybody knows."""
    start = f"{b64(HEADER | {'alg': 'HS256'})}.{b64(claims())}"
    return f"{start}.{b64(hmac.new(secret, start.encode(), hashlib.sha256).digest())}"


BEYOND = "a number that json.dumps cannot write"


def hostile(mint: TokenMint) -> dict[str, str]:
    """Name to token. None of them may be let in."""
    key, good, now = mint.key, signed(mint.key), int(time.time())
    start, payload, signature = good.split(".")
    public = mint.key.as_dict(private=False)
    pem = mint.key.public_key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    tokens = {
        "empty signature": f"{start}.{payload}.",
        "no signature part": f"{start}.{payload}",
        "four parts": f"{good}.{signature}",
        "five parts, as a JWE": f"{good}.{signature}.{signature}",
        "only dots": "...",
        "not base64": "!!!.???.***",
        "padding": f"{start}=.{payload}.{signature}",
        "a space inside": f"{start}. {payload}.{signature}",
        "header that is not JSON": f"{b64(b'{')}.{payload}.{signature}",
        "header that is a list": f"{b64(b'[]')}.{payload}.{signature}",
        "header that is a number": f"{b64(b'1')}.{payload}.{signature}",
        "header without alg": raw({"kid": "test-key", "typ": "at+jwt"}, claims(), b"x" * 64),
        "header nested deeply": f"{b64(b'[' * 5000)}.{payload}.{signature}",
        "header alg of another type": raw(HEADER | {"alg": ["ES256"]}, claims(), b"x" * 64),
        "header alg null": raw(HEADER | {"alg": None}, claims(), b"x" * 64),
        "kid of another type": raw(HEADER | {"kid": {"a": 1}}, claims(), b"x" * 64),
        "typ of another type": raw(HEADER | {"typ": 1}, claims(), b"x" * 64),
        "changed payload": f"{start}.{b64(claims(scope='everything'))}.{signature}",
        "changed signature": f"{start}.{payload}.{b64(bytes(64))}",
        "signature of zeros (psychic)": raw(HEADER, claims(), bytes(64)),
        "signature in DER": raw(HEADER, claims(), bytes.fromhex("3006020100020100")),
        "signature too long": raw(HEADER, claims(), bytes(128)),
        "alg none": raw(HEADER | {"alg": "none"}, claims(), b""),
        "alg None with a signature": raw(HEADER | {"alg": "None"}, claims(), b"x"),
        "alg nOnE": raw(HEADER | {"alg": "nOnE"}, claims(), b"x"),
        "HMAC with the public key as PEM": confused(mint, pem),
        "HMAC with the public key as JSON": confused(mint, json.dumps(public).encode()),
        "HMAC with nothing": confused(mint, b""),
        "another key under our kid": signed(STRANGER),
        "key in the header": signed(STRANGER, HEADER | {"jwk": STRANGER.as_dict(private=False)}),
        "key by address": signed(STRANGER, HEADER | {"jku": "https://attacker.example/jwks"}),
        "certificate by address": signed(STRANGER, HEADER | {"x5u": "https://attacker.example/x5u"}),
        "RSA under our kid": signed(RSAKey.generate_key(2048), HEADER | {"alg": "RS256"}),
        "Ed25519 under our kid": signed(OKPKey.generate_key("Ed25519"), HEADER | {"alg": "Ed25519"}),
        "P-384 under our kid": signed(ECKey.generate_key("P-384"), HEADER | {"alg": "ES384"}),
        "symmetric key under our kid": signed(OctKey.generate_key(256), HEADER | {"alg": "HS256"}),
        "kid as a path": signed(key, HEADER | {"kid": "../../etc/passwd"}),
        "kid as SQL": signed(key, HEADER | {"kid": "' OR 1=1 --"}),
        "kid as an address": signed(key, HEADER | {"kid": "https://attacker.example/key"}),
        "kid with NUL": raw(HEADER | {"kid": "test-key\x00"}, claims(), b"x" * 64),
        "no kid": signed(key, {"alg": "ES256", "typ": "at+jwt"}),
        "critical extension": raw(HEADER | {"crit": ["exp"], "exp": now}, claims(), b"x" * 64),
        "b64 false": raw(HEADER | {"crit": ["b64"], "b64": False}, claims(), b"x" * 64),
        "zip": raw(HEADER | {"zip": "DEF"}, claims(), b"x" * 64),
        "typ JWT": signed(key, HEADER | {"typ": "JWT"}),
        "typ of an id token": signed(key, HEADER | {"typ": "id+jwt"}),
        "typ of a DPoP proof": signed(key, HEADER | {"typ": "dpop+jwt"}),
        "typ of a credential": signed(key, HEADER | {"typ": "vc+jwt"}),
        "no typ": signed(key, {"alg": "ES256", "kid": "test-key"}),
        "longer than any token": signed(key, HEADER, claims(padding="x" * 1_000_000)),
        "claims that are not JSON": signed(key, HEADER, b"not json"),
        "claims that are a list": signed(key, HEADER, b"[]"),
        "claims nested deeply": signed(key, HEADER, b"[" * 3000),
        "claims with a member twice": signed(key, HEADER, b'{"iss":"a","iss":"b"}'),
        "claims with NaN": signed(key, HEADER, json.dumps(claims(exp=float("nan"))).encode()),
        "claims with Infinity": signed(key, HEADER, json.dumps(claims(exp=float("inf"))).encode()),
        "exp beyond every float": signed(
            key, HEADER, json.dumps(claims(exp=BEYOND)).replace(json.dumps(BEYOND), "1e999").encode()
        ),
        "claims in UTF-16": signed(key, HEADER, json.dumps(claims()).encode("utf-16")),
        "lone surrogate in a claim": signed(key, HEADER, claims(sub="\ud800")),
        "exp passed": signed(key, HEADER, claims(exp=now - 31)),
        "exp missing": signed(key, HEADER, claims(exp=...)),
        "exp as text": signed(key, HEADER, claims(exp=str(now + 600))),
        "exp as true": signed(key, HEADER, claims(exp=True)),
        "iat in the future": signed(key, HEADER, claims(iat=now + 3600)),
        "iat missing": signed(key, HEADER, claims(iat=...)),
        "nbf in the future": signed(key, HEADER, claims(nbf=now + 3600)),
        "nbf as text": signed(key, HEADER, claims(nbf="0")),
        "iss of another": signed(key, HEADER, claims(iss="https://attacker.example")),
        "iss with a trailing slash": signed(key, HEADER, claims(iss=f"{BASE_URL}/")),
        "iss with a look-alike letter": signed(key, HEADER, claims(iss=BASE_URL.replace("a", "а"))),  # noqa: RUF001
        "iss as a list": signed(key, HEADER, claims(iss=[BASE_URL])),
        "iss missing": signed(key, HEADER, claims(iss=...)),
        "aud of another": signed(key, HEADER, claims(aud=["https://attacker.example"])),
        "aud as a prefix": signed(key, HEADER, claims(aud=BASE_URL[:-1])),
        "aud empty": signed(key, HEADER, claims(aud=[])),
        "aud missing": signed(key, HEADER, claims(aud=...)),
        "aud of objects": signed(key, HEADER, claims(aud=[{"a": BASE_URL}, 1, None])),
        "org missing": signed(key, HEADER, claims(org=...)),
        "org empty": signed(key, HEADER, claims(org="")),
        "org as a list": signed(key, HEADER, claims(org=["org"])),
        "sub missing": signed(key, HEADER, claims(sub=...)),
        "client_id missing": signed(key, HEADER, claims(client_id=...)),
        "jti missing": signed(key, HEADER, claims(jti=...)),
        "scope as a list": signed(key, HEADER, claims(scope=["things:read"])),
    }
    assert len(tokens) >= 60
    return tokens


@pytest_asyncio.fixture
async def client(mint: TokenMint) -> AsyncIterator[httpx.AsyncClient]:
    things = router()

    @things.get("/things")
    async def read(caller: Annotated[Caller, Depends(Scope("things:read"))]) -> dict[str, str]:
        return {"org": caller.org}

    settings = Settings(environment="development", public_base_url=BASE_URL)
    app = create_app("things", settings, routers=[things], tokens=mint.verifier())
    async with asgi_client(app) as client:
        yield client


async def get(client: httpx.AsyncClient, authorization: str) -> httpx.Response:
    return await client.get("/things", headers={"Authorization": authorization})


async def test_a_good_token_is_let_in(client: httpx.AsyncClient, mint: TokenMint) -> None:
    response = await get(client, f"Bearer {signed(mint.key)}")
    assert (response.status_code, response.json()) == (200, {"org": "org"})


async def test_no_hostile_token_is_let_in(client: httpx.AsyncClient, mint: TokenMint) -> None:
    answers = {name: (await get(client, f"Bearer {token}")).status_code for name, token in hostile(mint).items()}
    assert {name: status for name, status in answers.items() if status != 401} == {}


@pytest.mark.parametrize(
    "authorization", ["", "Bearer", "Bearer ", "Basic YTpi", "DPoP x", "Bearer\x00x", "é", "a b c"]
)
async def test_what_is_no_bearer_token_at_all(client: httpx.AsyncClient, authorization: str) -> None:
    response = await client.get("/things", headers=[(b"authorization", authorization.encode())])
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"].startswith('Bearer realm="laurel"')


async def test_a_missing_token_is_asked_for_without_an_error_code(client: httpx.AsyncClient) -> None:
    response = await client.get("/things")
    assert response.status_code == 401
    where = f'resource_metadata="{BASE_URL}/.well-known/oauth-protected-resource"'  # RFC 9728 §5.1
    assert response.headers["WWW-Authenticate"] == f'Bearer realm="laurel", {where}'
    assert response.headers["content-type"] == "application/problem+json"


async def test_the_scheme_is_read_in_any_case(client: httpx.AsyncClient, mint: TokenMint) -> None:
    assert (await get(client, f"bEARER {signed(mint.key)}")).status_code == 200


@pytest.mark.parametrize("scope", ["", "things", "things:readonly", "THINGS:READ", "things:read,more"])
async def test_a_scope_that_is_not_quite_the_scope(client: httpx.AsyncClient, mint: TokenMint, scope: str) -> None:
    response = await get(client, f"Bearer {signed(mint.key, HEADER, claims(scope=scope))}")
    assert response.status_code == 403
    challenge = response.headers["WWW-Authenticate"]
    assert 'error="insufficient_scope"' in challenge
    assert 'scope="things:read"' in challenge


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Server:
    """An authorization server's key set, which may be away."""

    def __init__(self, *keys: ECKey) -> None:
        self.keys = list(keys)
        self.away = False
        self.asked = 0
        self.gate: asyncio.Event | None = None

    async def __call__(self) -> Json:
        self.asked += 1
        if self.gate:
            await self.gate.wait()
        if self.away:
            raise TimeoutError
        return {"keys": [key.as_dict(private=False) for key in self.keys]}


def key(kid: str) -> ECKey:
    return ECKey.generate_key("P-256", {"kid": kid})


async def test_an_unknown_key_is_looked_for_once_in_a_while_only() -> None:
    server, clock = Server(key("one")), Clock()
    keys = TokenKeys(server, clock)
    await keys.get("one")
    for _ in range(50):
        clock.now += REFRESH_AT_MOST_EVERY_S / 100
        with pytest.raises(Unauthorized):
            await keys.get("unheard of")
    assert server.asked == 1
    server.keys.append(key("two"))
    clock.now += REFRESH_AT_MOST_EVERY_S
    assert (await keys.get("two")).kid == "two"


async def test_keys_are_read_again_when_they_are_old_and_a_withdrawn_key_is_gone() -> None:
    server, clock = Server(key("one")), Clock()
    keys = TokenKeys(server, clock)
    await keys.get("one")
    server.keys = [key("two")]
    clock.now += KEYS_TTL_S + 1
    with pytest.raises(Unauthorized):
        await keys.get("one")


async def test_a_token_that_was_good_is_not_when_its_key_is_withdrawn_or_its_time_is_over(mint: TokenMint) -> None:
    server, clock = Server(mint.key), Clock()
    now = [datetime.now(UTC)]
    settings = AuthSettings(issuer=BASE_URL, jwks_url=f"{BASE_URL}/oauth/jwks", audiences=(BASE_URL,))
    tokens = TokenVerifier(settings, TokenKeys(server, clock), clock=lambda: now[0])
    token = mint.token("org", "things:read")
    assert await tokens.verify(token) == await tokens.verify(token)
    now[0] += timedelta(hours=1)
    with pytest.raises(Unauthorized, match="expired"):
        await tokens.verify(token)
    now[0] -= timedelta(hours=1)
    server.keys = [key("two")]
    clock.now += KEYS_TTL_S + 1
    with pytest.raises(Unauthorized, match="key is unknown"):
        await tokens.verify(token)
    server.keys = [ECKey.generate_key("P-256", {"kid": "test-key"})]
    clock.now += KEYS_TTL_S + 1
    with pytest.raises(Unauthorized, match="cannot be verified"):
        await tokens.verify(token)


async def test_known_keys_are_used_while_the_authorization_server_is_away() -> None:
    server, clock = Server(key("one")), Clock()
    keys = TokenKeys(server, clock)
    await keys.get("one")
    server.away = True
    clock.now += 10 * KEYS_TTL_S
    assert (await keys.get("one")).kid == "one"


async def test_nobody_waits_for_a_refresh_whose_key_is_known() -> None:
    server, clock = Server(key("one")), Clock()
    keys = TokenKeys(server, clock)
    await keys.get("one")
    server.gate = asyncio.Event()
    clock.now += KEYS_TTL_S + 1
    refreshing = asyncio.create_task(keys.get("one"))
    await asyncio.sleep(0)
    async with asyncio.timeout(5):
        assert (await keys.get("one")).kid == "one"
    server.gate.set()
    await refreshing
    assert server.asked == 2


async def test_a_hanging_server_does_not_hold_up_request_after_request() -> None:
    server, clock = Server(key("one")), Clock()
    keys = TokenKeys(server, clock)
    await keys.get("one")
    clock.now += KEYS_TTL_S + 1
    server.gate, server.away = asyncio.Event(), True
    refreshing = asyncio.create_task(keys.get("one"))
    await asyncio.sleep(0)
    clock.now += 2 * REFRESH_AT_MOST_EVERY_S  # it took this long to fail
    server.gate.set()
    await refreshing
    await keys.get("one")
    assert server.asked == 2


async def test_without_any_keys_nobody_is_let_in_and_nobody_is_told_the_token_is_bad() -> None:
    server = Server(key("one"))
    server.away = True
    keys = TokenKeys(server, Clock())
    with pytest.raises(Unavailable):
        await keys.get("one")
    server.away = False
    assert (await keys.get("one")).kid == "one"


@pytest.mark.parametrize("answer", [{}, {"keys": None}, {"keys": "x"}, {"keys": [{}]}, {"keys": [1]}, [], None, "x"])
async def test_a_key_set_that_is_none_counts_as_away(answer: Any) -> None:
    async def fetch() -> Any:
        return answer

    with pytest.raises(Unavailable):
        await TokenKeys(fetch, Clock()).get("one")


async def test_one_key_of_a_kind_we_do_not_know_does_not_spoil_the_set() -> None:
    good = key("one").as_dict(private=False)

    async def fetch() -> Json:
        return {"keys": [{"kty": "FUTURE", "kid": "new"}, good]}

    assert (await TokenKeys(fetch, Clock()).get("one")).kid == "one"
