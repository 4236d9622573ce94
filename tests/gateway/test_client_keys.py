"""Keys that a client may not register."""

from typing import Any

import pytest
from joserfc.jwk import ECKey, OctKey

from tests.gateway.harness import Gateway
from tests.gateway.signing import EC, ED, RSA, b64

pytestmark = [pytest.mark.db, pytest.mark.asyncio]


BIG_EC = ECKey.generate_key("P-384", {"kid": "big"})
REFUSED_KEYS: dict[str, Any] = {
    "none": [],
    "no list": {},
    "eleven": [ECKey.generate_key("P-256", {"kid": str(n)}).as_dict(private=False) for n in range(11)],
    "a private one": [EC.as_dict(private=True)],
    "a symmetric one": [OctKey.generate_key(256).as_dict()],
    "P-384": [BIG_EC.as_dict(private=False)],
    "RSA of 1024 bits": [
        {"kty": "RSA", "e": "AQAB", "n": b64(b"\xc3" + bytes(range(1, 128)))}  # too short to be taken
    ],
    "for encryption": [EC.as_dict(private=False) | {"use": "enc"}],
    "for another algorithm": [EC.as_dict(private=False) | {"alg": "HS256"}],
    "not on the curve": [{"kty": "EC", "crv": "P-256", "x": b64(bytes(32)), "y": b64(bytes(31) + b"\x01")}],
    "of no kind": [{"kty": "XX"}],
    "kind missing": [{"x": "abc"}],
    "members of wrong types": [{"kty": "EC", "crv": 5, "x": [], "y": {}}],
    "text": ["key"],
    "twice the same kid": [EC.as_dict(private=False), ED.as_dict(private=False) | {"kid": "ec"}],
    "two without kid": [
        {name: value for name, value in key.as_dict(private=False).items() if name != "kid"} for key in (EC, ED)
    ],
    "a very long kid": [EC.as_dict(private=False) | {"kid": "k" * 1000}],
    "not base64": [EC.as_dict(private=False) | {"x": "###"}],
}


@pytest.mark.parametrize("case", REFUSED_KEYS)
async def test_unfit_keys_are_refused_with_their_path(standing_gateway: Gateway, case: str) -> None:
    member = await standing_gateway.member("lakeside")
    answer = await standing_gateway.http.post(
        "/clients",
        headers=await standing_gateway.headers(member),
        json={
            "name": "signs",
            "scopes": ["credentials:issue"],
            "tokenEndpointAuthMethod": "private_key_jwt",
            "jwks": {"keys": REFUSED_KEYS[case]},
        },
    )
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["field"].startswith("jwks.keys")


async def test_keys_for_something_else_are_passed_over(standing_gateway: Gateway) -> None:
    others = [
        RSA.as_dict(private=False) | {"kid": "enc", "use": "enc", "alg": "RSA-OAEP-256"},
        BIG_EC.as_dict(private=False) | {"alg": "ES384"},
        {"kty": "AKP", "alg": "ML-DSA-44", "pub": "AAAA"},
    ]
    member = await standing_gateway.member("lakeside")
    answer = await standing_gateway.http.post(
        "/clients",
        headers=await standing_gateway.headers(member),
        json={
            "name": "signs",
            "scopes": ["credentials:issue"],
            "tokenEndpointAuthMethod": "private_key_jwt",
            "jwks": {"keys": [*others, EC.as_dict(private=False)]},
        },
    )
    assert [key["kid"] for key in answer.json()["jwks"]["keys"]] == ["ec"]
