"""Hostile tokens: none is accepted, and nothing but CredentialError escapes."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credential_core import jose, sdjwt
from credential_core.errors import CredentialError
from credential_core.jwk import to_jwk
from credential_core.report import Report, Verdict
from credential_core.verify import needs, parse, rejected, trust_only, verify
from credential_core.verify.proofs import Occasion, check_proofs
from tests.credential_core.hostile_tokens import (
    CLAIMS,
    ES,
    GOOD,
    KEYS,
    MALLORY,
    NOW,
    TOKENS,
    WEB,
    H,
    Json,
    b64,
    controller,
    ob,
    raw,
    w3c,
)


def judged(token: Any) -> Report:
    """The report on a token, by a verifier that trusts the issuer and has its keys."""
    try:
        document = parse(token)
    except CredentialError as error:
        return rejected(error)
    needs(document)
    return verify(
        document, controllers={WEB: controller()}, status_lists={}, now=NOW, trusted_issuers=trust_only([WEB])
    )


def test_the_unspoiled_tokens_are_valid() -> None:
    """Otherwise the table would show nothing."""
    for token in (
        GOOD,
        ob(algorithm="EdDSA"),
        ob(algorithm="RS256"),
        ob(typ=None),
        w3c(),
        ob(claims={"iat": 1772366400}),
    ):
        assert judged(token).verdict is Verdict.VALID
    assert judged(ob({"kid": None, "jwk": to_jwk(ES.public)})).verdict is Verdict.VALID


def test_the_table_is_long_enough() -> None:
    assert len(set(TOKENS.values())) == len(TOKENS) >= 60


@pytest.mark.parametrize("name", TOKENS)
def test_no_hostile_token_is_accepted(name: str) -> None:
    token = TOKENS[name]
    report = judged(token)
    assert report.verdict is not Verdict.VALID
    assert {check.check for check in report.checks if str(check.outcome) in ("failed", "unknown")} & {"parse", "proof"}
    assert judged(token.encode()).verdict is report.verdict


def test_an_envelope_in_an_envelope_is_not_opened() -> None:
    inner = {"type": ["EnvelopedVerifiableCredential"], "id": "data:application/vc+jwt," + w3c()}
    assert judged(w3c(claims=inner)).verdict is Verdict.INVALID


@pytest.mark.parametrize("name", TOKENS)
def test_no_hostile_token_is_a_presentation_or_an_sd_jwt(name: str) -> None:
    occasion = Occasion("authentication", WEB, "https://verifier.test", "n-1")
    with suppress(CredentialError):
        assert str(check_proofs(parse(TOKENS[name]), {WEB: controller()}, NOW, occasion).outcome) != "passed"
    for text in (TOKENS[name], TOKENS[name] + "~", f"{GOOD}~{TOKENS[name]}", f"{GOOD}~{TOKENS[name]}~"):
        for key in KEYS.values():
            with pytest.raises(CredentialError):
                sdjwt.verify(text, key.public, now=NOW, binding=sdjwt.ExpectedBinding("https://verifier.test", "n-1"))


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from([WEB, "JWT", "ES256"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
NAMES = st.sampled_from(
    ["alg", "kid", "jwk", "typ", "cty", "crit", "iss", "sub", "nbf", "exp", "jti", "vc", "issuer", "aud"]
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(NAMES, JSON, max_size=4), st.dictionaries(NAMES | st.text(max_size=8), JSON, max_size=4))
def test_any_header_and_claims_are_judged(header: Json, claims: Json) -> None:
    """Signed by mallory, whatever it says: never valid, and always a report."""
    token = raw({**H, **header}, {**CLAIMS, **claims}, MALLORY.sign)
    assert judged(token).verdict is not Verdict.VALID
    with pytest.raises(CredentialError):
        sdjwt.verify(token + "~", ES.public, now=NOW)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, len(GOOD) - 1), st.text(max_size=3))
def test_any_change_of_the_text_is_noticed(place: int, text: str) -> None:
    changed = GOOD[:place] + text + GOOD[place + 1 :]
    assert changed.strip() == GOOD or judged(changed).verdict is not Verdict.VALID


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=60) | st.from_regex(r"[A-Za-z0-9_.~-]{0,80}", fullmatch=True))
def test_any_text_is_judged(text: str) -> None:
    assert judged(text).verdict is not Verdict.VALID
    for read in (jose.read, sdjwt.SdJwt.parse):
        try:
            read(text)
        except CredentialError:
            continue


@settings(max_examples=100, deadline=None)
@given(st.lists(JSON, max_size=4), JSON)
def test_any_disclosure_is_judged(parts: list[Any], claim: Any) -> None:
    disclosure = b64(json.dumps(parts))
    digest = b64(hashlib.sha256(disclosure.encode()).digest())
    token = raw({"alg": "ES256", "typ": "dc+sd-jwt"}, {"vct": "t", "_sd": [digest], "a": claim}, ES.sign)
    try:
        sdjwt.verify(f"{token}~{disclosure}~", ES.public, now=NOW)
    except CredentialError:
        return
    assert len(parts) == 3
