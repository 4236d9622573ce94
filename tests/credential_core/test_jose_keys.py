"""Whose key signed a JWS: the issuer's, for this purpose, and by the name that the header gives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from credential_core import did, jose
from credential_core.jwk import to_jwk
from credential_core.report import Report
from credential_core.verify import Failure, parse
from tests.credential_core.test_jose import (
    BINDING,
    ED25519,
    HTTPS,
    OTHER_P256,
    P256,
    VALID,
    WEB,
    Json,
    controller,
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


class TestWhoseKeyItIs:
    """Open Badges: a key from a header or a URL is nobody's until the issuer's own document lists it."""

    def test_a_key_in_the_header_that_the_issuer_lists(self, judge: Any, credential: Json) -> None:
        token = jose.issue_open_badge(credential, P256)
        assert judge(token, ED25519, P256) == VALID

    def test_a_key_in_the_header_that_the_issuer_does_not_list(self, judge: Any, credential: Json) -> None:
        token = jose.issue_open_badge(credential, P256)
        assert judge(token, ED25519) == failed("method_not_authorized")

    @pytest.mark.parametrize(
        "found",
        [
            Failure("timeout", "no answer"),
            Failure("status", "404", transient=False),
            {"id": WEB, "type": "Profile"},
            {},
        ],
    )
    def test_a_key_in_the_header_and_no_document_to_ask(self, judge: Any, credential: Json, found: Any) -> None:
        token = jose.issue_open_badge(credential, P256)
        assert judge(token, controllers={WEB: found}) == BINDING

    def test_a_key_in_the_header_of_an_issuer_that_is_the_key(self, judge: Any, credential: Json) -> None:
        mine = {
            **credential,
            "issuer": {**credential["issuer"], "id": did.did_key(P256.public)},
            "credentialStatus": None,
        }
        token = jose.issue_open_badge({k: v for k, v in mine.items() if v is not None}, P256)
        assert judge(token, P256, controllers={}) == VALID
        forged = jose.issue_open_badge({k: v for k, v in mine.items() if v is not None}, ED25519)
        assert judge(forged, P256, controllers={}) == failed("method_not_authorized")

    def test_a_key_under_a_url(self, judge: Any, credential: Json) -> None:
        url = "https://keys.test/1.json"
        token = jose.issue_open_badge(credential, P256, kid=url)
        jwk = to_jwk(P256.public)
        assert judge(token, controllers={url: jwk, WEB: controller(WEB, P256)}) == VALID
        assert judge(token, controllers={url: jwk, WEB: controller(WEB, ED25519)}) == failed("method_not_authorized")
        assert judge(token, controllers={url: jwk}) == BINDING
        assert judge(token, controllers={WEB: controller(WEB, P256)})[2] == "controller_unavailable"
        assert judge(token, controllers={url: {"keys": [jwk]}})[2] == "method_type_unsupported"

    def test_a_key_under_the_url_that_is_the_issuer(self, judge: Any, credential: Json) -> None:
        token = jose.issue_open_badge({**credential, "issuer": {**credential["issuer"], "id": HTTPS}}, P256, kid=HTTPS)
        assert judge(token, controllers={HTTPS: to_jwk(P256.public)}, status_lists={})[1:] == VALID[1:]

    def test_a_method_of_another_controller(self, judge: Any, credential: Json) -> None:
        other = "did:web:mallory.test"
        for issue in (jose.issue_open_badge, jose.issue_credential):
            token = issue(credential, P256, kid=f"{other}#key-1")
            assert judge(token, controllers={other: controller(other, P256)}) == failed("issuer_mismatch")

    def test_a_key_that_has_ended(self, judge: Any, credential: Json) -> None:
        for member, code in (("revoked", "method_revoked"), ("expires", "method_expired")):
            document = controller(WEB, P256, **{member: "2026-02-01T00:00:00Z"})
            for token in (
                jose.issue_open_badge(credential, P256),
                jose.issue_open_badge(credential, P256, kid=f"{WEB}#key-1"),
                jose.issue_credential(credential, P256, kid=f"{WEB}#key-1"),
            ):
                assert judge(token, controllers={WEB: document}) == failed(code)

    def test_a_kid_and_another_key_beside_it(self, judge: Any, credential: Json) -> None:
        claims = jose.read(jose.issue_open_badge(credential, P256)).envelope.jws.claims
        header = {"typ": "JWT", "kid": f"{WEB}#key-1"}
        assert judge(jose.sign({**header, "jwk": to_jwk(P256.public)}, claims, P256), P256) == VALID
        mixed = jose.sign({**header, "jwk": to_jwk(ED25519.public)}, claims, P256)
        assert judge(mixed, P256)[2] == "jwt_key_mismatch"

    def test_a_document_in_a_jws_is_no_controller_document(self, judge: Any, credential: Json) -> None:
        document = parse(jose.sign({"typ": "JWT"}, controller(WEB, P256), ED25519))
        token = jose.issue_open_badge(credential, P256, kid=f"{WEB}#key-1")
        assert judge(token, controllers={WEB: document}) == failed("controller_malformed")

    def test_w3c_finds_a_key_of_the_issuer_or_one_by_a_short_name(self, judge: Any, credential: Json) -> None:
        header = {"typ": "vc+jwt", "cty": "vc", "iss": WEB}
        for named in (header, {**header, "kid": WEB}):
            token = jose.sign(named, credential, P256)
            assert judge(token, P256) == VALID
            assert judge(token, ED25519, P256) == VALID
            assert judge(token, OTHER_P256, P256) == VALID
            assert judge(token, OTHER_P256) == failed("signature_invalid")
            assert judge(token, ED25519) == failed("jwt_key_unnamed")
            assert judge(token) == failed("jwt_key_unnamed")
        assert judge(jose.sign({**header, "kid": "#key-2"}, credential, P256), ED25519, P256) == VALID
        assert judge(jose.sign({**header, "kid": "key-2"}, credential, P256), ED25519, P256) == VALID
        assert judge(jose.sign({**header, "kid": "key-3"}, credential, P256), P256) == failed("method_not_authorized")

    def test_a_short_name_may_be_that_of_the_jwk(self, judge: Any, credential: Json) -> None:
        def document(*names: str) -> Json:
            methods = [
                {
                    "id": f"{WEB}#{number}",
                    "type": "JsonWebKey",
                    "controller": WEB,
                    "publicKeyJwk": {**to_jwk(key.public), "kid": name},
                }
                for number, (name, key) in enumerate(zip(names, (ED25519, P256), strict=True))
            ]
            return {"id": WEB, "verificationMethod": methods, "assertionMethod": [each["id"] for each in methods]}

        token = jose.sign({"typ": "vc+jwt", "kid": "winter"}, credential, P256)
        assert judge(token, controllers={WEB: document("summer", "winter")}) == VALID
        assert judge(token, controllers={WEB: document("winter", "winter")}) == failed("method_not_authorized")
        assert judge(token, controllers={WEB: document("winter", "summer")}) == failed("jws_algorithm_mismatch")
