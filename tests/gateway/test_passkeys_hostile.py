"""Answers that no authenticator gives are refused, whatever they are."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.adapters.webauthn import WebAuthnCeremonies
from gateway.core.passkey import PasskeyRefused
from tests.gateway.authenticator import Authenticator, b64, unb64

CEREMONIES = WebAuthnCeremonies(rp_id="localhost", origins=["http://localhost:8080"])
CHALLENGE = {"challenge": b64(bytes(32))}
LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.binary(max_size=40).map(b64)
JSON = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner))


@given(member=st.sampled_from(["id", "rawId", "type", "response"]), value=JSON)
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_member_of_any_kind_is_refused(member: str, value: object) -> None:
    for answer in (Authenticator().create(CHALLENGE), Authenticator().get(CHALLENGE)):
        refused(json.dumps(json.loads(answer) | {member: value}))


@given(name=st.sampled_from(["clientDataJSON", "attestationObject", "authenticatorData"]), data=st.data())
@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
def test_bytes_of_any_kind_are_refused(name: str, data: st.DataObject) -> None:
    made = Authenticator()
    for answer in (json.loads(made.create(CHALLENGE)), json.loads(made.get(CHALLENGE))):
        if name in answer["response"]:
            good = unb64(answer["response"][name])
            at = data.draw(st.integers(0, len(good) - 1))
            other = data.draw(st.binary(max_size=8))
            changed = answer["response"] | {name: b64(good[:at] + other + good[at + 8 :])}
            attempt(json.dumps(answer | {"response": changed}))


@pytest.mark.parametrize("answer", ["", "[]", "null", "1", "{", "[" * 5000, '{"response": 1}', "x" * 20_000, "\ud800"])
def test_what_is_no_answer_at_all_is_refused(answer: str) -> None:
    refused(answer)


def attempt(answer: str) -> None:
    """It is read, or refused in our own way."""
    try:
        claim = CEREMONIES.read(answer)
        CEREMONIES.created(claim)
    except PasskeyRefused:
        pass
    try:
        CEREMONIES.asserted(CEREMONIES.read(answer), b"\xa5")
    except PasskeyRefused:
        return
    raise AssertionError("a broken key verified a signature")


def refused(answer: str) -> None:
    with pytest.raises(PasskeyRefused):
        CEREMONIES.created(CEREMONIES.read(answer))
