"""Each rule of both profiles of credentials in a JWS, broken once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from credential_core import jose
from credential_core.report import Report
from tests.credential_core.test_jose import (
    P256,
    VALID,
    WEB,
    Json,
    changed,
    failed,
    judging,
)


@pytest.fixture
def credential(unsigned: Json) -> Json:
    subject = {"id": "did:example:ada", **unsigned["credentialSubject"]}
    return {**unsigned, "issuer": {**unsigned["issuer"], "id": WEB}, "credentialSubject": subject}


@pytest.fixture
def judge(check: Callable[..., Report]) -> Callable[..., tuple[str, str, str]]:
    return judging(check)


OPEN_BADGES_RULES: dict[str, tuple[Json, Json, str]] = {
    "another iss": ({}, {"iss": "did:web:other.test"}, "jwt_claim_mismatch"),
    "another jti": ({}, {"jti": "urn:1"}, "jwt_claim_mismatch"),
    "another sub": ({}, {"sub": "did:example:eve"}, "jwt_claim_mismatch"),
    "another nbf": ({}, {"nbf": 1767225601}, "jwt_claim_mismatch"),
    "another exp": ({}, {"exp": 1893456001}, "jwt_claim_mismatch"),
    "no iss": ({}, {"iss": None}, "jwt_claim_missing"),
    "no jti": ({}, {"jti": None}, "jwt_claim_missing"),
    "no sub": ({}, {"sub": None}, "jwt_claim_missing"),
    "no nbf": ({}, {"nbf": None}, "jwt_claim_missing"),
    "no exp": ({}, {"exp": None}, "jwt_claim_missing"),
    "nbf as text": ({}, {"nbf": "1767225600"}, "jwt_claim_malformed"),
    "iat ahead": ({}, {"iat": 1893456000}, "jwt_issued_in_future"),
    "an audience": ({}, {"aud": "https://verifier.test"}, "jwt_claim_unexpected"),
    "a vp beside": ({}, {"vp": {}}, "jwt_claim_unexpected"),
    "a content type": ({"cty": "vc"}, {}, "jwt_header_unexpected"),
    "a chain": ({"x5c": ["MII"]}, {}, "jwt_header_unexpected"),
    "no key": ({"kid": None}, {}, "jwt_key_unnamed"),
}


@pytest.mark.parametrize("name", OPEN_BADGES_RULES)
def test_open_badges_rules(judge: Any, credential: Json, name: str) -> None:
    header, claims, code = OPEN_BADGES_RULES[name]
    made = jose.read(jose.issue_open_badge(credential, P256, kid=f"{WEB}#key-1")).envelope.jws
    plain = {k: v for k, v in made.header.items() if k != "alg"}
    assert judge(jose.sign(changed(plain, header), changed(made.claims, claims), P256), P256) == failed(code)


W3C_RULES: dict[str, tuple[Json, Json, tuple[str, str, str]]] = {
    "another iss": ({}, {"iss": "did:web:other.test"}, failed("jwt_claim_mismatch")),
    "another iss above": ({"iss": "did:web:other.test"}, {}, failed("jwt_claim_mismatch")),
    "another jti": ({}, {"jti": "urn:1"}, failed("jwt_claim_mismatch")),
    "another sub": ({}, {"sub": "did:example:eve"}, failed("jwt_claim_mismatch")),
    "a vc inside": ({}, {"vc": {}}, failed("jwt_claim_unexpected")),
    "a vp inside": ({}, {"vp": {}}, failed("jwt_claim_unexpected")),
    "past": ({}, {"exp": 1772000000}, failed("jwt_expired")),
    "future": ({}, {"nbf": 1773000000}, failed("jwt_not_yet_valid")),
    "iat ahead": ({}, {"iat": 1773000000}, failed("jwt_issued_in_future")),
    "an audience": ({}, {"aud": ["https://verifier.test"]}, failed("invalid_domain")),
    "another content": ({"cty": "vp"}, {}, failed("jwt_header_unexpected")),
    "a key in the header": ({"jwk": {}}, {}, ("indeterminate", "unknown", "jwt_header_unsupported")),
    "a chain": ({"x5c": ["MII"]}, {}, ("indeterminate", "unknown", "jwt_header_unsupported")),
    "as open badge": ({"typ": "JWT", "cty": None}, {}, failed("jwt_claim_missing")),
    "as presentation": ({"typ": "vp+jwt", "cty": "vp"}, {}, failed("proof_purpose_mismatch")),
    "all said twice": ({}, {"iss": WEB, "sub": "did:example:ada", "jti": "https://issuer.test/credentials/1"}, VALID),
}


@pytest.mark.parametrize("name", W3C_RULES)
def test_w3c_rules(judge: Any, credential: Json, name: str) -> None:
    header, claims, expected = W3C_RULES[name]
    plain = {"typ": "vc+jwt", "cty": "vc", "kid": f"{WEB}#key-1"}
    assert judge(jose.sign(changed(plain, header), changed(credential, claims), P256), P256) == expected
