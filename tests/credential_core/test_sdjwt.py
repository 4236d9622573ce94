"""SD-JWT VC: issued, presented, verified; published examples; and every rule of processing broken once."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from credential_core import did, jose, sdjwt
from credential_core.errors import CredentialError
from credential_core.jose.jws import encode
from credential_core.jwk import from_jwk, to_jwk
from credential_core.keys import SigningKey
from credential_core.sdjwt.processing import ALWAYS_DISCLOSED, process

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ISSUER = SigningKey.from_seed(bytes(range(32)), "P-256")
HOLDER = SigningKey.from_seed(bytes(range(1, 33)), "P-256")
AUDIENCE = "https://verifier.test"
ASKED = sdjwt.ExpectedBinding(AUDIENCE, "n-1")
Json = dict[str, Any]

CLAIMS: Json = {
    "iss": "https://issuer.test",
    "vct": "https://issuer.test/types/degree",
    "iat": 1770000000,
    "exp": 1893456000,
    "given_name": "Ada",
    "address": {"street": "St 1", "city": "Bergen", "geo": {"lat": 60.4}},
    "nationalities": ["NO", "GB", ["x", {"y": 1}]],
    "a/b~c": "odd",
    "level": 7,
}
DISCLOSABLE = ["/given_name", "/address", "/address/street", "/nationalities/0", "/nationalities/2/1", "/a~1b~0c"]


def salts(start: int = 0) -> Iterator[bytes]:
    return (hashlib.sha256(number.to_bytes(4)).digest()[:16] for number in itertools.count(start))


def issued(claims: Json = CLAIMS, disclosable: Any = DISCLOSABLE, **more: Any) -> str:
    given = {"holder": HOLDER.public, "salts": salts(), **more}
    return sdjwt.issue(claims, ISSUER, disclosable=disclosable, **given)


def bound(**changes: Any) -> sdjwt.Binding:
    return sdjwt.Binding(**{"key": HOLDER, "audience": AUDIENCE, "nonce": "n-1", "issued": NOW, **changes})


def verified(text: str, **changes: Any) -> Json:
    claims = sdjwt.verify(text, ISSUER.public, **{"now": NOW, **changes}).claims
    claims.pop("cnf", None)
    return claims


def test_everything_disclosed_is_what_was_issued() -> None:
    assert verified(issued()) == CLAIMS
    assert verified(issued(decoys=5)) == CLAIMS
    assert issued() == issued()
    assert sdjwt.SdJwt.parse(issued()).jws.header == {"alg": "ES256", "typ": "dc+sd-jwt"}


def test_nothing_disclosed_shows_only_what_is_open() -> None:
    shown = verified(sdjwt.present(issued(decoys=2), []))
    assert shown == {
        "iss": CLAIMS["iss"],
        "vct": CLAIMS["vct"],
        "iat": CLAIMS["iat"],
        "exp": CLAIMS["exp"],
        "nationalities": ["GB", ["x"]],
        "level": 7,
    }


@pytest.mark.parametrize(
    ("pointers", "shown"),
    [
        (["/given_name"], {"given_name": "Ada"}),
        (["/a~1b~0c"], {"a/b~c": "odd"}),
        (["/address/city"], {"address": {"city": "Bergen", "geo": {"lat": 60.4}}}),
        (["/address/street"], {"address": CLAIMS["address"]}),
        (["/address"], {"address": CLAIMS["address"]}),
        (["/nationalities/0"], {"nationalities": ["NO", "GB", ["x"]]}),
        (["/nationalities"], {"nationalities": CLAIMS["nationalities"]}),
        (["/nationalities/2/1/y"], {"nationalities": ["GB", ["x", {"y": 1}]]}),
    ],
)
def test_a_pointer_discloses_what_is_on_the_way_and_below(pointers: list[str], shown: Json) -> None:
    found = verified(sdjwt.present(issued(), pointers))
    assert {name: found[name] for name in shown} == shown
    assert not {"given_name", "address", "a/b~c"} - shown.keys() & found.keys()


def test_a_presentation_bound_to_its_verifier() -> None:
    shown = sdjwt.verify(sdjwt.present(issued(), ["/given_name"], bound()), ISSUER.public, now=NOW, binding=ASKED)
    assert shown.holder == HOLDER.public
    assert shown.claims["given_name"] == "Ada"
    assert (shown.issuer, shown.vct) == (CLAIMS["iss"], CLAIMS["vct"])


def code(call: Callable[[], object]) -> str:
    with pytest.raises(CredentialError) as refused:
        call()
    return refused.value.code


BINDINGS: dict[str, tuple[Json, Json, str]] = {
    "another audience": ({"audience": "https://other.test"}, {}, "key_binding_mismatch"),
    "another nonce": ({"nonce": "n-2"}, {}, "key_binding_mismatch"),
    "long ago": ({"issued": NOW - timedelta(minutes=6)}, {}, "key_binding_stale"),
    "ahead": ({"issued": NOW + timedelta(minutes=6)}, {}, "jwt_issued_in_future"),
    "not asked for": ({}, {"binding": None}, "key_binding_unexpected"),
    "another type": ({}, {"vct": "https://issuer.test/types/other"}, "sd_jwt_type_unexpected"),
    "expired": ({}, {"now": datetime(2031, 1, 1, tzinfo=UTC)}, "jwt_expired"),
}


@pytest.mark.parametrize("name", BINDINGS)
def test_a_presentation_for_another_occasion(name: str) -> None:
    made, asked, expected = BINDINGS[name]
    text = sdjwt.present(issued(), ["/given_name"], bound(**made))
    assert code(lambda: verified(text, **{"binding": ASKED, **asked})) == expected


def test_a_binding_covers_what_is_shown() -> None:
    text = sdjwt.present(issued(), ["/given_name"], bound())
    signed, disclosure, key_binding = text.split("~")
    assert code(lambda: verified(f"{signed}~{key_binding}", binding=ASKED)) == "key_binding_mismatch"
    other = issued().split("~")[1]
    assert code(lambda: verified(f"{signed}~{disclosure}~{other}~{key_binding}", binding=ASKED)) != ""
    assert code(lambda: verified(f"{signed}~{disclosure}~", binding=ASKED)) == "key_binding_missing"


def test_a_binding_by_another_key_or_of_another_kind() -> None:
    text = sdjwt.present(issued(), [])
    claims = {"iat": 1772366400, "aud": AUDIENCE, "nonce": "n-1", "sd_hash": sdjwt.SdJwt.parse(text).digest(text)}

    def with_binding(header: Json, made: Json, key: SigningKey = HOLDER) -> str:
        return text + jose.sign(header, made, key)

    typ = {"typ": "kb+jwt"}
    assert verified(with_binding(typ, claims), binding=ASKED)
    for spoiled, expected in (
        (with_binding(typ, claims, ISSUER), "signature_invalid"),
        (with_binding({"typ": "JWT"}, claims), "jwt_type_unsupported"),
        (with_binding({}, claims), "jwt_type_unsupported"),
        (with_binding(typ, {**claims, "sd_hash": "x"}), "key_binding_mismatch"),
        (with_binding(typ, {**claims, "aud": [AUDIENCE]}), "key_binding_mismatch"),
        (with_binding(typ, {k: v for k, v in claims.items() if k != "iat"}), "key_binding_stale"),
        (with_binding(typ, {k: v for k, v in claims.items() if k != "sd_hash"}), "key_binding_mismatch"),
        (text + text.rstrip("~"), "jwt_type_unsupported"),
        (text + "x.y.z", "jws_malformed"),
    ):
        assert code(lambda spoiled=spoiled: verified(spoiled, binding=ASKED)) == expected  # type: ignore[misc]
    unbound = sdjwt.present(issued(holder=None), []) + jose.sign(typ, claims, HOLDER)
    assert code(lambda: verified(unbound, binding=ASKED)) == "key_binding_unsupported"


def disclosure(*parts: Any) -> str:
    return encode(json.dumps(parts).encode())


def digest(text: str) -> str:
    return encode(hashlib.sha256(text.encode()).digest())


def made(claims: Json, *disclosures: str, header: Json | None = None) -> str:
    signed = jose.sign(header or {"typ": "dc+sd-jwt"}, {"vct": "t", **claims}, ISSUER)
    return "~".join([signed, *disclosures, ""])


NAME = disclosure("s", "name", "Ada")
OTHER = disclosure("t", "name", "Eve")
ITEM = disclosure("s", "NO")
DEEP = disclosure("s", "deep", {"_sd": [digest(NAME)]})
PROCESSING: dict[str, tuple[str, str]] = {
    "a disclosure of nothing": (made({}, NAME), "sd_jwt_disclosure_unused"),
    "one twice": (made({"_sd": [digest(NAME)]}, NAME, NAME), "sd_jwt_digest_repeated"),
    "a digest twice": (made({"_sd": [digest(NAME)] * 2}, NAME), "sd_jwt_digest_repeated"),
    "a decoy twice": (made({"_sd": ["x", "x"]}), "sd_jwt_digest_repeated"),
    "a digest in two places": (made({"_sd": [digest(NAME)], "a": {"_sd": [digest(NAME)]}}), "sd_jwt_digest_repeated"),
    "a digest here and in a disclosure": (made({"_sd": [digest(NAME), digest(DEEP)]}, DEEP), "sd_jwt_digest_repeated"),
    "a name already there": (made({"name": "x", "_sd": [digest(NAME)]}, NAME), "sd_jwt_claim_repeated"),
    "a name disclosed twice": (made({"_sd": [digest(NAME), digest(OTHER)]}, NAME, OTHER), "sd_jwt_claim_repeated"),
    "an element in an object": (made({"_sd": [digest(ITEM)]}, ITEM), "sd_jwt_disclosure_misplaced"),
    "a member in an array": (made({"a": [{"...": digest(NAME)}]}, NAME), "sd_jwt_disclosure_misplaced"),
    "an element with company": (made({"a": [{"...": digest(ITEM), "b": 1}]}, ITEM), "sd_jwt_malformed"),
    "an element that is no text": (made({"a": [{"...": 5}]}), "sd_jwt_malformed"),
    "dots outside an array": (made({"a": {"...": "x"}}), "sd_jwt_malformed"),
    "digests that are no list": (made({"_sd": "x"}), "sd_jwt_malformed"),
    "digests that are no text": (made({"_sd": [5]}), "sd_jwt_malformed"),
    "another hash": (made({"_sd": [digest(NAME)], "_sd_alg": "md5"}, NAME), "sd_jwt_hash_unsupported"),
    "a hash that is no text": (made({"_sd": [digest(NAME)], "_sd_alg": []}, NAME), "sd_jwt_hash_unsupported"),
    "the hash itself": (
        made({"_sd": [digest(disclosure("s", "_sd_alg", 1))]}, disclosure("s", "_sd_alg", 1)),
        "sd_jwt_claim_repeated",
    ),
    "a reserved name": (made({}, disclosure("s", "_sd", [])), "sd_jwt_disclosure_malformed"),
    "dots as a name": (made({}, disclosure("s", "...", "x")), "sd_jwt_disclosure_malformed"),
    "too short": (made({}, disclosure("s")), "sd_jwt_disclosure_malformed"),
    "too long": (made({}, disclosure("s", "a", "b", "c")), "sd_jwt_disclosure_malformed"),
    "a salt that is no text": (made({}, disclosure(1, "a", "b")), "sd_jwt_disclosure_malformed"),
    "a name that is no text": (made({}, disclosure("s", 1, "b")), "sd_jwt_disclosure_malformed"),
    "an object": (made({}, encode(b"{}")), "sd_jwt_disclosure_malformed"),
    "more than a value": (made({}, encode(b'["s","a",1],"b":2')), "sd_jwt_disclosure_malformed"),
    "a repeated member": (made({}, encode(b'["s","a",{"b":1,"b":2}]')), "sd_jwt_disclosure_malformed"),
    "no base64url": (made({}, "*"), "sd_jwt_disclosure_malformed"),
    "empty": (made({}, ""), "sd_jwt_disclosure_malformed"),
    "no type of credential": (made({"vct": 5}), "sd_jwt_claim_missing"),
    "an issuer that is no text": (made({"iss": 5}), "jwt_claim_malformed"),
    "an access token": (made({}, header={"typ": "at+jwt"}), "jwt_type_unsupported"),
    "a plain JWT": (made({}, header={"typ": "JWT"}), "jwt_type_unsupported"),
    "no typ": (made({}, header={"kid": "x"}), "jwt_type_unsupported"),
    "no tilde": (made({}).rstrip("~"), "sd_jwt_malformed"),
    "not valid yet": (made({"nbf": 1893456000}), "jwt_not_yet_valid"),
    "no text": (5, "sd_jwt_malformed"),  # type: ignore[dict-item]
    "very long": ("x" * 300_000, "document_too_large"),
    "very many": ("x.y.z" + "~x" * 300 + "~", "sd_jwt_too_many_disclosures"),
}


@pytest.mark.parametrize("name", PROCESSING)
def test_processing_refuses(name: str) -> None:
    text, expected = PROCESSING[name]
    assert code(lambda: verified(text)) == expected


@pytest.mark.parametrize("name", sorted(ALWAYS_DISCLOSED))
def test_what_a_verifier_relies_on_is_never_disclosable(name: str) -> None:
    hidden = disclosure("s", name, {"x": 1})
    inner = {name: {"_sd": [digest(NAME)]}}
    assert code(lambda: process(sdjwt.SdJwt.parse(made({"_sd": [digest(hidden)]}, hidden)))) in (
        "sd_jwt_claim_not_disclosable",
        "sd_jwt_claim_repeated",
    )
    assert code(lambda: process(sdjwt.SdJwt.parse(made(inner, NAME)))) == "sd_jwt_claim_not_disclosable"
    assert code(lambda: issued({"vct": "t", name: "x"}, [f"/{name}"], holder=None)) == "sd_jwt_claim_not_disclosable"


def test_disclosures_in_disclosures_end() -> None:
    """A chain of 200, each in the one before: refused for its depth, without recursion beyond that."""
    chain = [disclosure("s", "d", 1)]
    for _ in range(200):
        chain.append(disclosure("s", "d", {"_sd": [digest(chain[-1])]}))
    assert code(lambda: verified(made({"_sd": [digest(chain[-1])]}, *chain))) == "document_too_deep"


def test_any_tampering_is_noticed() -> None:
    text = issued()
    for place in range(0, len(text) - 1, 37):
        spoiled = text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1 :]
        try:
            assert verified(spoiled) == CLAIMS, place
        except CredentialError:
            continue


class TestIssuing:
    @pytest.mark.parametrize(
        ("pointers", "expected"),
        [
            (["/none"], "pointer_unmatched"),
            (["/nationalities/9"], "pointer_unmatched"),
            (["/nationalities/" + "9" * 5000], "pointer_unmatched"),
            (["/nationalities/-"], "pointer_unmatched"),
            (["/level/0"], "pointer_unmatched"),
            ([""], "pointer_malformed"),
            (["level"], "pointer_malformed"),
            (["/~2"], "pointer_malformed"),
        ],
    )
    def test_pointers_to_nothing(self, pointers: list[str], expected: str) -> None:
        assert code(lambda: issued(CLAIMS, pointers)) == expected
        if pointers != ["/nationalities/9"]:
            assert code(lambda: sdjwt.present(issued(), pointers)) == expected

    def test_salts_too_short_repeated_or_too_few(self) -> None:
        for bad in ([b"short"], [bytes(16)] * 9, [], ["text" * 9]):
            assert code(lambda bad=bad: issued(salts=iter(bad))) == "sd_jwt_salt_unusable"  # type: ignore[misc]

    def test_claims_that_are_none(self) -> None:
        assert code(lambda: issued({"a": 1}, [])) == "sd_jwt_claim_missing"
        assert code(lambda: issued({"vct": "t", "a": [{"_sd": []}]}, [])) == "sd_jwt_claim_reserved"
        assert code(lambda: issued({"vct": "t", "cnf": {}}, [])) == "sd_jwt_claim_repeated"
        assert code(lambda: issued(decoys=-1)) == "sd_jwt_too_many_disclosures"

    def test_a_holder_with_another_key_cannot_present(self) -> None:
        assert code(lambda: sdjwt.present(issued(), [], bound(key=ISSUER))) == "key_mismatch"
        assert code(lambda: sdjwt.present(sdjwt.present(issued(), [], bound()), [])) == "sd_jwt_malformed"


class TestIssuersKey:
    METADATA = "https://issuer.test/.well-known/jwt-vc-issuer"

    def test_from_the_metadata_of_an_https_issuer(self) -> None:
        parsed = sdjwt.SdJwt.parse(issued(kid="k1"))
        assert sdjwt.key_location(parsed) == self.METADATA
        jwks = {"keys": [{**to_jwk(HOLDER.public), "kid": "k0"}, {**to_jwk(ISSUER.public), "kid": "k1"}]}
        assert sdjwt.issuer_key(parsed, {"issuer": "https://issuer.test", "jwks": jwks}, now=NOW) == ISSUER.public
        for document, expected in (
            ({"issuer": "https://other.test", "jwks": jwks}, "issuer_mismatch"),
            ({"issuer": "https://issuer.test", "jwks": {"keys": []}}, "jwt_key_unnamed"),
            ({"issuer": "https://issuer.test", "jwks": 5}, "jwt_key_unnamed"),
            (None, "controller_unavailable"),
        ):
            assert code(lambda document=document: sdjwt.issuer_key(parsed, document, now=NOW)) == expected  # type: ignore[misc]

    def test_from_a_did(self) -> None:
        own = did.did_key(ISSUER.public)
        parsed = sdjwt.SdJwt.parse(issued({**CLAIMS, "iss": own}, kid=did.did_key_verification_method(ISSUER.public)))
        assert sdjwt.key_location(parsed) is None
        assert sdjwt.issuer_key(parsed, now=NOW) == ISSUER.public
        web = "did:web:issuer.test"
        parsed = sdjwt.SdJwt.parse(issued({**CLAIMS, "iss": web}, kid=f"{web}#1"))
        assert sdjwt.key_location(parsed) == web
        method = did.VerificationMethod(f"{web}#1", web, ISSUER.public)
        assert sdjwt.issuer_key(parsed, did.did_document(web, [method]), now=NOW) == ISSUER.public
        for ended, expected in (("revoked", "method_revoked"), ("expires", "method_expired")):
            document = did.did_document(web, [method])
            document["verificationMethod"][0][ended] = "2026-03-01T12:00:00Z"
            assert code(lambda document=document: sdjwt.issuer_key(parsed, document, now=NOW)) == expected  # type: ignore[misc]

    def test_of_an_issuer_with_a_path_and_of_none(self) -> None:
        def location(issuer: Any) -> str | None:
            return sdjwt.key_location(sdjwt.SdJwt.parse(made({"iss": issuer})))

        assert location("https://issuer.test/a/") == f"{self.METADATA}/a"
        for issuer, expected in (
            ("http://issuer.test", "did_method_unsupported"),
            ("https://issuer.test?x", "did_malformed"),
            (5, "jwt_claim_missing"),
        ):
            assert code(lambda issuer=issuer: location(issuer)) == expected  # type: ignore[misc]


class TestPublishedExample:
    """OpenID4VP 1.0, examples/sd_jwt_vcld/01, made by the reference implementation."""

    # The issuer's key of the examples of RFC 9901.
    KEY = from_jwk(
        {
            "kty": "EC",
            "crv": "P-256",
            "x": "b28d4MwZMjw8-00CG4xfnn9SLMVMM19SlqZpVb_uNtQ",
            "y": "Xv5zWwuoaTgdS6hV43yI6gBwTnjukmFQQnJ_kCxzqk8",
        }
    )

    @pytest.fixture
    def read(self, vectors: Path) -> Callable[[str], str]:
        folder = vectors / "openid4vp-1.0/1.0/examples/sd_jwt_vcld/01"
        return lambda name: "".join((folder / name).read_text().split("\n"))

    def test_as_issued(self, read: Callable[[str], str]) -> None:
        claims = sdjwt.verify(read("sd_jwt_issuance.txt"), self.KEY, now=NOW).claims
        wanted = json.loads(read("user_claims.json"))
        assert {name: claims[name] for name in wanted} == wanted

    def test_as_presented(self, read: Callable[[str], str]) -> None:
        text = read("sd_jwt_presentation.txt")
        made_at = datetime.fromtimestamp(1744743394, UTC)
        asked = sdjwt.ExpectedBinding("https://verifier.example.org", "1234567890")
        shown = sdjwt.verify(text, self.KEY, now=made_at, binding=asked)
        assert shown.claims == json.loads(read("verified_contents.json"))
        issued_text = read("sd_jwt_issuance.txt")
        assert sdjwt.present(issued_text, ["/ld/credentialSubject/givenName"]) == text[: text.rindex("~") + 1]
