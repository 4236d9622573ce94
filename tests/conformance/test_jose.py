"""JWS and SD-JWT both ways between this library and `jose` and `@sd-jwt/core`: each reads what the other makes."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc import jws
from joserfc.jwk import ECKey

from credential_core import did, jose, model, sdjwt
from credential_core.errors import CredentialError
from credential_core.jose.jws import encode
from credential_core.jwk import to_jwk
from credential_core.keys import PublicKey, SigningKey
from credential_core.report import Verdict
from credential_core.verify import parse, trust_only, verify

pytestmark = pytest.mark.node

Node = Callable[[str, dict[str, Any]], Any]
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ISSUER = "did:web:issuer.test"
RSA = rsa.generate_private_key(65537, 2048)
KEYS: dict[str, jose.Signer] = {
    "EdDSA": SigningKey.from_seed(bytes(range(32))),
    "ES256": SigningKey.from_seed(bytes(range(32)), "P-256"),
    "ES384": SigningKey.from_seed(bytes(range(48)), "P-384"),
    "ES512": SigningKey.from_seed(bytes(range(66)), "P-521"),
    "RS256": jose.RsaSigningKey(RSA),
}
HOLDER = SigningKey.from_seed(bytes(range(1, 33)), "P-256")


def secret_jwk(key: jose.Signer) -> dict[str, Any]:
    if isinstance(key, SigningKey):
        return {**to_jwk(key.public), "d": encode(key.seed)}
    numbers = RSA.private_numbers()
    secret = {
        "d": numbers.d,
        "p": numbers.p,
        "q": numbers.q,
        "dp": numbers.dmp1,
        "dq": numbers.dmq1,
        "qi": numbers.iqmp,
    }
    return {**to_jwk(key.public), **{n: encode(v.to_bytes((v.bit_length() + 7) // 8)) for n, v in secret.items()}}


def credential() -> dict[str, Any]:
    return model.achievement_credential(
        credential_id="https://issuer.test/credentials/1",
        issuer={"id": ISSUER, "name": "University of Test"},
        achievement={
            "id": "https://issuer.test/achievements/1",
            "name": "Statistik für Anfänger 😀 \u2028",
            "description": "Reads and makes statistics.",
            "criteria": {"narrative": "Passed."},
            "creditsAvailable": 7.5,
        },
        subject_id="did:example:ada",
        valid_from=datetime(2026, 1, 1, tzinfo=UTC),
        valid_until=datetime(2030, 1, 1, tzinfo=UTC),
    )


def verdict(token: str, key: jose.Signer) -> Verdict:
    method = {"id": f"{ISSUER}#1", "type": "JsonWebKey", "controller": ISSUER, "publicKeyJwk": to_jwk(key.public)}
    controller = {"id": ISSUER, "verificationMethod": [method], "assertionMethod": [method["id"]]}
    trusted = trust_only([ISSUER])
    return verify(
        parse(token), controllers={ISSUER: controller}, status_lists={}, now=NOW, trusted_issuers=trusted
    ).verdict


@pytest.mark.parametrize("algorithm", KEYS)
def test_each_verifies_the_others_jws(node: Node, algorithm: str) -> None:
    key = KEYS[algorithm]
    kid = f"{ISSUER}#1"
    ours = [jose.issue_open_badge(credential(), key, kid=kid), jose.issue_credential(credential(), key, kid=kid)]
    read = [jose.read(token).envelope.jws for token in ours]
    spoiled = ours[0][:-8] + ("A" if ours[0][-8] != "A" else "B") + ours[0][-7:]
    asked = [
        {"token": token, "jwk": to_jwk(key.public), "alg": algorithm, "typ": typ, "now": NOW.isoformat()}
        for token, typ in zip([*ours, spoiled], ["JWT", "vc+jwt", "JWT"], strict=True)
    ]
    wanted = [{"header": dict(jws.header), "claims": dict(jws.claims), "jwk": secret_jwk(key)} for jws in read]
    answer = node("jose.mjs", {"sign": wanted, "verify": asked})

    assert answer["verified"][:2] == [{"header": dict(jws.header), "claims": dict(jws.claims)} for jws in read]
    assert answer["verified"][2] == {"error": "ERR_JWS_SIGNATURE_VERIFICATION_FAILED"}
    assert [verdict(token, key) for token in answer["signed"]] == [Verdict.VALID] * 2
    if not algorithm.startswith("ES"):  # which are made with a random nonce there
        assert [token.split(".")[2] for token in answer["signed"]] == [
            jose.sign(dict(jws.header), dict(jws.claims), key).split(".")[2] for jws in map(jws_of, answer["signed"])
        ]


@pytest.mark.parametrize(("algorithm", "curve", "size"), [("ES256K", "secp256k1", 32), ("ES512", "P-521", 66)])
@pytest.mark.parametrize(
    ("identified", "named"),
    [
        (did.did_key, did.did_key_verification_method),
        (did.did_jwk, did.did_jwk_verification_method),
    ],
    ids=["did:key", "did:jwk"],
)
def test_joserfc_signs_by_curves_that_we_only_read(
    algorithm: str, curve: str, size: int, identified: Callable[[PublicKey], str], named: Callable[[PublicKey], str]
) -> None:
    """A wallet's or an issuer's key by its DID alone; the npm library has given secp256k1 up."""
    key = SigningKey.from_seed(bytes(range(size)), curve)
    identifier = identified(key.public)
    document = {**credential(), "issuer": {**credential()["issuer"], "id": identifier}}
    header = {"alg": algorithm, "typ": "vc+jwt", "kid": named(key.public)}
    token = jws.serialize_compact(header, orjson.dumps(document), ECKey.import_key(secret_jwk(key)), [algorithm])
    found = verify(parse(token), controllers={}, status_lists={}, now=NOW, trusted_issuers=trust_only([identifier]))
    assert found.verdict is Verdict.VALID
    spoiled = token[:-8] + ("A" if token[-8] != "A" else "B") + token[-7:]
    found = verify(parse(spoiled), controllers={}, status_lists={}, now=NOW, trusted_issuers=trust_only([identifier]))
    assert found.verdict is Verdict.INVALID


def jws_of(token: str) -> jose.Jws:
    return jose.Jws.parse(token)


CLAIMS: dict[str, Any] = {
    "iss": "https://issuer.test",
    "vct": "https://issuer.test/types/degree",
    "given_name": "Ada",
    "address": {"street": "Gate 1", "city": "Bergen"},
    "nationalities": ["NO", "GB"],
}
BINDING = {"iat": int(NOW.timestamp()), "aud": "https://verifier.test", "nonce": "n-1"}
ASKED = sdjwt.ExpectedBinding("https://verifier.test", "n-1")


def ours(**more: Any) -> str:
    salts = (hashlib.sha256(bytes([n])).digest() for n in itertools.count())
    disclosable = ["/given_name", "/address", "/address/street", "/nationalities/0"]
    issuer = KEYS["ES256"]
    return sdjwt.issue(CLAIMS, issuer, disclosable=disclosable, salts=salts, holder=HOLDER.public, **more)


def test_our_sd_jwt_is_presented_and_verified_there(node: Node) -> None:
    public = {"jwk": to_jwk(KEYS["ES256"].public), "holder": to_jwk(HOLDER.public), "nonce": "n-1"}
    frame = {"address": {"street": True}, "nationalities": {"0": True}}
    given = {"text": ours(decoys=3), "frame": frame, "holder": secret_jwk(HOLDER), "binding": BINDING}
    theirs = node("sdjwt.mjs", {"present": given})["presented"]
    shown = sdjwt.verify(theirs, KEYS["ES256"].public, now=NOW, binding=ASKED).claims
    assert {name: shown[name] for name in CLAIMS if name in shown} == {
        name: value for name, value in CLAIMS.items() if name != "given_name"
    }

    presented = sdjwt.present(
        ours(decoys=3), ["/address/street"], sdjwt.Binding(HOLDER, "https://verifier.test", "n-1", NOW)
    )
    read = node("sdjwt.mjs", {"verify": {"text": presented, **public}})["verified"]
    assert read["payload"]["address"] == CLAIMS["address"]
    assert (read["kb"]["nonce"], read["payload"]["nationalities"], "given_name" in read["payload"]) == (
        "n-1",
        ["GB"],
        False,
    )
    dropped = "~".join(presented.split("~")[:1] + presented.split("~")[2:])
    assert "error" in node("sdjwt.mjs", {"verify": {"text": dropped, **public}})["verified"]
    with pytest.raises(CredentialError):
        sdjwt.verify(dropped, KEYS["ES256"].public, now=NOW, binding=ASKED)


def test_their_sd_jwt_is_presented_and_verified_here(node: Node) -> None:
    frame = {
        "_sd": ["given_name", "address"],
        "address": {"_sd": ["street"], "_sd_decoy": 2},
        "nationalities": {"_sd": [0], "_sd_decoy": 1},
    }
    claims = {**CLAIMS, "cnf": {"jwk": to_jwk(HOLDER.public)}}
    issued = node("sdjwt.mjs", {"issue": {"claims": claims, "frame": frame, "jwk": secret_jwk(KEYS["ES256"])}})[
        "issued"
    ]
    assert sdjwt.verify(issued, KEYS["ES256"].public, now=NOW).claims.items() >= CLAIMS.items()
    presented = sdjwt.present(
        issued, ["/address/city", "/nationalities/0"], sdjwt.Binding(HOLDER, "https://verifier.test", "n-1", NOW)
    )
    shown = sdjwt.verify(presented, KEYS["ES256"].public, now=NOW, binding=ASKED).claims
    assert (shown["address"], shown["nationalities"]) == ({"city": "Bergen"}, ["NO", "GB"])
    public = {"jwk": to_jwk(KEYS["ES256"].public), "holder": to_jwk(HOLDER.public), "nonce": "n-1"}
    read = node("sdjwt.mjs", {"verify": {"text": presented, **public}})["verified"]
    assert read["payload"]["address"] == {"city": "Bergen"}


def test_a_did_jwk_made_here_is_read_there(node: Node) -> None:
    key = KEYS["ES256"]
    assert isinstance(key, SigningKey)
    issuer = did.did_jwk(key.public)
    token = jose.issue_credential({**credential(), "issuer": issuer}, key, kid=f"{issuer}#0")
    jwk = did.resolve_did_jwk(issuer)["verificationMethod"][0]["publicKeyJwk"]
    asked = {"token": token, "jwk": jwk, "alg": "ES256", "typ": "vc+jwt", "now": NOW.isoformat()}
    assert node("jose.mjs", {"verify": [asked]})["verified"][0]["claims"]["issuer"] == issuer
