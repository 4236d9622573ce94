"""RFC 8725 against service_kit's TokenVerifier: hostile access tokens, none accepted, only Unauthorized raised."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from joserfc import jws
from joserfc.jwk import ECKey, KeySet, OctKey, OKPKey, RSAKey

from service_kit.auth import TokenVerifier
from service_kit.compact_jws import AllowList
from service_kit.errors import Unauthorized, Unavailable
from service_kit.settings import AuthSettings
from service_kit.token_keys import TokenKeys
from tests.gateway.signing import b64, unsigned

pytestmark = pytest.mark.asyncio

ISSUER = "https://laurel.example"
EC = ECKey.generate_key("P-256", {"kid": "ec"})
ED = OKPKey.generate_key("Ed25519", {"kid": "ed"})
RSA = RSAKey.generate_key(2048, {"kid": "rsa"})
P384 = ECKey.generate_key("P-384", {"kid": "p384"})
STRANGER = ECKey.generate_key("P-256", {"kid": "ec"})
ANY = AllowList(algorithms=["ES256", "ES384", "EdDSA", "Ed25519", "RS256", "HS256"])
HEADER: dict[str, Any] = {"alg": "ES256", "kid": "ec", "typ": "at+jwt"}


async def key_set() -> dict[str, Any]:
    """The published keys, with some that an authorization server had better not publish."""
    keys: dict[str, Any] = KeySet([EC, ED, RSA, P384]).as_dict(private=False)  # type: ignore[assignment]  # plain JSON
    return keys


@pytest.fixture
def verifier() -> TokenVerifier:
    settings = AuthSettings(issuer=ISSUER, jwks_url=f"{ISSUER}/oauth/jwks", audiences=(ISSUER, "https://other.example"))
    return TokenVerifier(settings, TokenKeys(key_set))


def claims(**changes: Any) -> dict[str, Any]:
    now = int(time.time())
    usual = {
        "iss": ISSUER,
        "aud": [ISSUER],
        "sub": "client",
        "client_id": "client",
        "org": "organization",
        "scope": "a:b",
        "iat": now,
        "exp": now + 600,
        "jti": "id",
    }
    return {name: value for name, value in (usual | changes).items() if value is not None}


def signed(body: Any = None, key: Any = EC, **header: Any) -> str:
    protected = {name: value for name, value in (HEADER | header).items() if value is not None}
    text = body if isinstance(body, str | bytes) else json.dumps(claims() if body is None else body)
    return jws.serialize_compact(protected, text, key, registry=ANY)


def hmac_with(secret: bytes, **header: Any) -> str:
    start = unsigned(claims(), HEADER | header).removesuffix(".")
    return f"{start}.{b64(hmac.new(secret, start.encode(), hashlib.sha256).digest())}"


def with_signature(change: Callable[[bytes], bytes]) -> str:
    start, _, signature = signed().rpartition(".")
    raw = base64.urlsafe_b64decode(signature + "==")
    return f"{start}.{b64(change(raw))}"


def with_payload_of(other: dict[str, Any]) -> str:
    header, _, signature = signed().split(".")
    return ".".join([header, b64(json.dumps(other).encode()), signature])


NOW = int(time.time())
PUBLIC_PEM = EC.as_pem(private=False)
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # order of P-256

HOSTILE: dict[str, str] = {
    # algorithms and keys
    "none": unsigned(claims(), HEADER | {"alg": "none"}),
    "none for the RSA key": unsigned(claims(), HEADER | {"alg": "none", "kid": "rsa"}),
    "none for the P-384 key": unsigned(claims(), HEADER | {"alg": "none", "kid": "p384"}),
    "nOnE": unsigned(claims(), HEADER | {"alg": "nOnE"}),
    "none with a signature": unsigned(claims(), HEADER | {"alg": "none"}, b"x"),
    "no alg": unsigned(claims(), {"kid": "ec", "typ": "at+jwt"}, b"x"),
    "alg null": unsigned(claims(), HEADER | {"alg": None}, b"x"),
    "alg is a list": unsigned(claims(), HEADER | {"alg": ["ES256"]}, b"x"),
    "HS256 with the public key": hmac_with(PUBLIC_PEM, alg="HS256"),
    "HS256 with the public JWK": hmac_with(json.dumps(EC.as_dict(private=False)).encode(), alg="HS256"),
    "HS256 with nothing": hmac_with(b"", alg="HS256"),
    "HS256 with a key of its own": signed(key=OctKey.generate_key(256), alg="HS256"),
    "RS256 with the published RSA key": signed(key=RSA, alg="RS256", kid="rsa"),
    "ES384 with the published P-384 key": signed(key=P384, alg="ES384", kid="p384"),
    "EdDSA in the EC key's name": signed(key=ED, alg="EdDSA", kid="ec"),
    "ES256 in the Ed25519 key's name": signed(key=EC, kid="ed"),
    "a stranger's key": signed(key=STRANGER),
    # keys named by the token
    "jwk in the header": signed(key=STRANGER, jwk=STRANGER.as_dict(private=False)),
    "jku in the header": signed(key=STRANGER, jku="https://evil.example/jwks"),
    "x5u in the header": signed(key=STRANGER, x5u="https://evil.example/cert"),
    "x5c in the header": signed(key=STRANGER, x5c=[base64.b64encode(b"cert").decode()]),
    "no kid": signed(kid=None),
    "an unknown kid": signed(kid="other"),
    "a kid that is a path": signed(kid="../../dev/null"),
    "a kid that is SQL": signed(kid="x' UNION SELECT 'ec"),
    "a kid that is an address": signed(kid="https://evil.example/key"),
    "a kid that is a number": unsigned(claims(), HEADER | {"kid": 1}, b"x"),
    "a kid that is a list": unsigned(claims(), HEADER | {"kid": ["ec"]}, b"x"),
    # headers
    "typ missing": signed(typ=None),
    "typ JWT": signed(typ="JWT"),
    "typ of a credential": signed(typ="vc+jwt"),
    "typ of a proof": signed(typ="dpop+jwt"),
    "typ of an assertion": signed(typ="client-authentication+jwt"),
    "typ is a number": unsigned(claims(), HEADER | {"typ": 1}, b"x"),
    "crit unknown": unsigned(claims(), HEADER | {"crit": ["x"], "x": 1}, b"x"),
    "crit empty": unsigned(claims(), HEADER | {"crit": []}, b"x"),
    "b64 false": unsigned(claims(), HEADER | {"b64": False, "crit": ["b64"]}, b"x"),
    "zip": unsigned(claims(), HEADER | {"zip": "DEF"}, b"x"),
    "a header that is a list": unsigned(claims(), ["alg", "kid"], b"x"),
    "a header that is text": unsigned(claims(), "alg", b"x"),
    "a header that is a number": unsigned(claims(), 7, b"x"),
    "a header that is null": unsigned(claims(), None, b"x"),
    "a header that is no JSON": f"{b64(b'{')}.{b64(b'{}')}.{b64(b'x')}",
    "a header nested deeply": f"{b64(b'[' * 3000)}.{b64(b'{}')}.{b64(b'x')}",
    "a large header": unsigned(claims(), HEADER | {"x": "x" * 1000}, b"x"),
    # signatures
    "no signature": signed().rpartition(".")[0] + ".",
    "a signature of zeros": with_signature(lambda raw: bytes(64)),
    "r = 0": with_signature(lambda raw: bytes(32) + raw[32:]),
    "s = 0": with_signature(lambda raw: raw[:32] + bytes(32)),
    "r and s are the order": with_signature(lambda raw: N.to_bytes(32, "big") * 2),
    "a short signature": with_signature(lambda raw: raw[:63]),
    "a long signature": with_signature(lambda raw: raw + b"\x00"),
    "a DER signature": with_signature(lambda raw: b"\x30\x44\x02\x20" + raw[:32] + b"\x02\x20" + raw[32:]),
    "a very long signature": with_signature(lambda raw: raw * 100),
    "other claims under a good signature": with_payload_of(claims(org="another")),
    # shape
    "empty": "",
    "dots": "..",
    "two parts": "a.b",
    "four parts": signed() + ".x",
    "five parts, as in JWE": "a.b.c.d.e",
    "white space": f" {signed()}",
    "a line break": signed() + "\n",
    "padding": signed() + "==",
    "no ASCII": "ä.ö.ü",
    "half a surrogate pair": "\ud800.a.b",
    "NUL": "a\x00.b.c",
    "a megabyte": "a" * 1_000_000,
    "JSON serialization": json.dumps({"payload": "", "signatures": []}),
    # claims
    "claims that are a list": signed([]),
    "claims that are text": signed('"x"'),
    "claims that are no JSON": signed("{"),
    "claims that are no UTF-8": signed(b"\xff\xfe"),
    "claims nested deeply": signed(b'{"x":' + b"[" * 900 + b"]" * 900 + b"}"),
    "a claim twice": signed(json.dumps(claims())[:-1] + ', "org": "another"}'),
    "NaN": signed(json.dumps(claims(exp=float("nan")))),
    "exp infinite": signed(json.dumps(claims(exp=float("inf")))),
    "exp 1e999": signed(json.dumps(claims()).replace(str(claims()["exp"]), "1e999")),
    "exp of 400 digits": signed(claims(exp=10**400)),
    "exp missing": signed(claims(exp=None)),
    "exp is text": signed(claims(exp="9999999999")),
    "exp is true": signed(claims(exp=True)),
    "exp is past": signed(claims(exp=NOW - 120)),
    "exp is negative": signed(claims(exp=-1)),
    "iat missing": signed(claims(iat=None)),
    "iat in the future": signed(claims(iat=NOW + 3600)),
    "nbf in the future": signed(claims(nbf=NOW + 3600)),
    "nbf is text": signed(claims(nbf="0")),
    "iss missing": signed(claims(iss=None)),
    "iss of another": signed(claims(iss="https://evil.example")),
    "iss with a slash too many": signed(claims(iss=f"{ISSUER}/")),
    "iss that looks alike": signed(claims(iss=ISSUER.replace("a", "а", 1))),  # noqa: RUF001 - a Cyrillic letter
    "iss is a list": signed(claims(iss=[ISSUER])),
    "aud missing": signed(claims(aud=None)),
    "aud of another": signed(claims(aud="https://evil.example")),
    "aud empty": signed(claims(aud=[])),
    "aud of wrong things": signed(claims(aud=[1, None, {}])),
    "aud is an object": signed(claims(aud={ISSUER: True})),
    "aud contains ours as a part": signed(claims(aud=[f"{ISSUER}.evil.example"])),
    "sub missing": signed(claims(sub=None)),
    "sub empty": signed(claims(sub="")),
    "client_id missing": signed(claims(client_id=None)),
    "client_id is a number": signed(claims(client_id=1)),
    "org missing": signed(claims(org=None)),
    "org is a list": signed(claims(org=["organization"])),
    "jti missing": signed(claims(jti=None)),
    "scope is a list": signed(claims(scope=["a:b"])),
}


@pytest.mark.parametrize("case", HOSTILE)
async def test_a_hostile_token_is_unauthorized(verifier: TokenVerifier, case: str) -> None:
    token = HOSTILE[case]
    with pytest.raises(Unauthorized) as refused:
        await verifier.verify(token)
    assert refused.value.error == "invalid_token"


@pytest.mark.parametrize(
    "token",
    [
        signed(),
        signed(key=ED, alg="EdDSA", kid="ed"),
        signed(key=ED, alg="Ed25519", kid="ed"),
        signed(typ="application/at+jwt"),
        signed(claims(aud=ISSUER)),
        signed(claims(aud=["https://else.example", "https://other.example"])),
        signed(claims(scope=None)),
        signed(claims(iat=NOW + 10)),
    ],
)
async def test_the_same_tokens_without_the_flaw_are_accepted(verifier: TokenVerifier, token: str) -> None:
    assert (await verifier.verify(token)).org == "organization"


async def test_without_any_keys_the_answer_is_unavailable() -> None:
    async def away() -> dict[str, Any]:
        raise TimeoutError

    settings = AuthSettings(issuer=ISSUER, jwks_url=f"{ISSUER}/oauth/jwks", audiences=(ISSUER,))
    with pytest.raises(Unavailable):
        await TokenVerifier(settings, TokenKeys(away)).verify(signed())
