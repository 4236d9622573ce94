"""private_key_jwt: every hostile assertion we know of is refused, and tells nothing (RFC 7523, RFC 8725)."""

import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

import pytest
import pytest_asyncio
from joserfc.jwk import OctKey

from tests.gateway.harness import BASE, TLS, Gateway
from tests.gateway.signing import EC, RSA, STRANGER, Signer, b64, register_signer, signed, unsigned

pytestmark = [pytest.mark.db, pytest.mark.asyncio]


@pytest_asyncio.fixture(scope="module")
async def signer(standing_gateway: Gateway) -> Signer:
    return await register_signer(standing_gateway)


EC_HEADER: dict[str, Any] = {"alg": "ES256", "kid": "ec"}
Hostile = Callable[[Signer], str]


def claim(**changes: Any) -> Hostile:
    return lambda signer: signed(signer.claims(**changes))


def later(name: str, seconds: float) -> Hostile:
    return lambda signer: signed(signer.claims(**{name: signer.gateway.clock.now.timestamp() + seconds}))


def header(**changes: Any) -> Hostile:
    return lambda signer: signed(signer.claims(), **changes)


def confused(algorithm: str) -> Hostile:
    """The public key, in a form anyone can have, as the secret of an HMAC."""

    def make(signer: Signer) -> str:
        pem = EC.as_pem(private=False)
        start = unsigned(signer.claims(), {"alg": algorithm, "kid": "ec"}).removesuffix(".")
        return f"{start}.{b64(hmac.new(pem, start.encode(), hashlib.sha256).digest())}"

    return make


def raw(payload: bytes) -> Hostile:
    return lambda signer: signed(payload.replace(b"CLIENT", signer.client_id.encode()))


def duplicated(signer: Signer) -> str:
    text = json.dumps(signer.claims())
    return signed(text[:-1] + f', "sub": "{signer.client_id}"}}')


def spoiled(signer: Signer) -> str:
    start, _, signature = signed(signer.claims()).rpartition(".")
    return f"{start}.{b64(bytes(len(signature) * 3 // 4))}"


HOSTILE: dict[str, Hostile] = {
    "alg none": lambda s: unsigned(s.claims(), {"alg": "none", "kid": "ec"}),
    "alg None": lambda s: unsigned(s.claims(), {"alg": "None", "kid": "ec"}, b"x"),
    "alg none, with a signature": lambda s: unsigned(s.claims(), {"alg": "none"}, b"signature"),
    "no alg": lambda s: unsigned(s.claims(), {"kid": "ec"}, b"x"),
    "alg is a number": lambda s: unsigned(s.claims(), {"alg": 5, "kid": "ec"}, b"x"),
    "alg is a list": lambda s: unsigned(s.claims(), {"alg": ["ES256"], "kid": "ec"}, b"x"),
    "a header that is a list": lambda s: unsigned(s.claims(), ["alg"], b"x"),
    "a header that is text": lambda s: unsigned(s.claims(), "alg", b"x"),
    "HS256 with the public key": confused("HS256"),
    "ES256 that is an HMAC": confused("ES256"),
    "RS384, which is not on the list": lambda s: signed(s.claims(), RSA, alg="RS384"),
    "RS256 with the name of the EC key": lambda s: signed(s.claims(), RSA, alg="RS256", kid="ec"),
    "HS256 with a key of its own": lambda s: signed(s.claims(), OctKey.generate_key(256), alg="HS256", kid="ec"),
    "signed by a stranger": lambda s: signed(s.claims(), STRANGER),
    "an all-zero signature": spoiled,
    "a key in the header": lambda s: signed(s.claims(), STRANGER, jwk=STRANGER.as_dict(private=False)),
    "a key's address in the header": lambda s: signed(s.claims(), STRANGER, jku="https://evil.example/jwks"),
    "an unknown key": header(kid="nope"),
    "no key named, of three": header(kid=None),
    "a path as key": header(kid="../../../../dev/null"),
    "SQL as key": header(kid="' OR '1'='1"),
    "an unknown critical extension": lambda s: unsigned(s.claims(), EC_HEADER | {"crit": ["x"], "x": 1}, b"x"),
    "an unencoded payload": lambda s: unsigned(s.claims(), EC_HEADER | {"b64": False, "crit": ["b64"]}, b"x"),
    "an access token": header(typ="at+jwt"),
    "an identity token's type": header(typ="vc+jwt"),
    "another client's assertion": lambda s: signed(s.claims(iss=s.other_id, sub=s.other_id), EC),
    "in another client's name": lambda s: signed(s.claims(sub=s.other_id)),
    "by another issuer": lambda s: signed(s.claims(iss=s.other_id)),
    "an unknown client": claim(iss="nobody", sub="nobody"),
    "a client that has a secret": claim(iss="client-lakeside", sub="client-lakeside"),
    "no sub": claim(sub=None),
    "no iss": claim(iss=None),
    "no aud": claim(aud=None),
    "no exp": claim(exp=None),
    "no jti": claim(jti=None),
    "an empty jti": claim(jti=""),
    "a jti that is a number": claim(jti=7),
    "a very long jti": claim(jti="x" * 1000),
    "a sub that is a number": claim(sub=7),
    "a sub that is a list": claim(sub=["client"]),
    "wrong aud": claim(aud="https://evil.example"),
    "aud with a slash too many": claim(aud=f"{BASE}/"),
    "aud of the token endpoint": claim(aud=f"{BASE}/oauth/token"),
    "aud of our other origin": claim(aud=TLS),
    "our other origin beside the issuer": claim(aud=[BASE, TLS]),
    "the issuer twice": claim(aud=[BASE, BASE]),
    "aud of another endpoint": claim(aud=f"{BASE}/oauth/revoke"),
    "no aud in a list": claim(aud=[]),
    "a foreign aud beside ours": claim(aud=[BASE, "https://evil.example"]),
    "an aud that is an object": claim(aud={"a": 1}),
    "expired": later("exp", -31),
    "good for too long": later("exp", 3631),
    "from the future": later("iat", 60),
    "not valid yet": later("nbf", 60),
    "exp is text": claim(exp="soon"),
    "exp is true": claim(exp=True),
    "exp is huge": claim(exp=10**400),
    "exp is infinite": raw(b'{"iss":"CLIENT","sub":"CLIENT","aud":"http://localhost:8080","jti":"x","exp":1e999}'),
    "exp is NaN": raw(b'{"iss":"CLIENT","sub":"CLIENT","aud":"http://localhost:8080","jti":"x","exp":NaN}'),
    "a claim twice": duplicated,
    "claims that are a list": raw(b"[]"),
    "claims that are text": raw(b'"CLIENT"'),
    "claims that are no JSON": raw(b"{"),
    "claims nested deeply": raw(b'{"sub":"CLIENT","x":' + b"[" * 500 + b"]" * 500 + b"}"),
    "half a surrogate pair": raw(b'{"sub":"\\ud800"}'),
    "NUL in the name": raw(b'{"sub":"a\\u0000b"}'),
    "two parts": lambda s: "a.b",
    "four parts": lambda s: signed(s.claims()) + ".x",
    "with white space": lambda s: " " + signed(s.claims()),
    "outside the alphabet": lambda s: signed(s.claims()).replace(".", ".+", 1),
    "in no alphabet": lambda s: "ä.ö.ü",
    "dots": lambda s: "..",
    "a megabyte less": lambda s: signed(s.claims(x="x" * 12_000)),
}


@pytest.mark.parametrize("case", HOSTILE)
async def test_a_hostile_assertion_is_refused(signer: Signer, case: str) -> None:
    answer = await signer.send(HOSTILE[case](signer))
    assert answer.status_code == 401, answer.text
    assert answer.json()["error"] == "invalid_client"
    assert "access_token" not in answer.text
