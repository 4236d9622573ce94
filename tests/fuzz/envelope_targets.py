"""Targets that read what a credential comes in (JWS, SD-JWT, CBOR, Open Badges 2), and lists of statuses beside it."""

from __future__ import annotations

import contextlib
import json
from typing import Any, Final

import orjson

from credential_core import (
    bitstring,
    cbor,
    jose,
    jwk,
    revocation_list,
    sdjwt,
    token_status_list,
)
from credential_core.errors import CredentialError
from credential_core.json_input import parse as parse_json
from credential_core.multibase import decode_base64url, encode_base64url
from credential_core.openbadges2 import badge_needs, read_badge, verify_badge
from credential_core.report import Verdict
from credential_core.verify import (
    needs,
    parse,
    sd_jwt_needs,
    trust_only,
    verify_sd_jwt,
)
from tests.fuzz import samples
from tests.fuzz.feed import Feed, mutated
from tests.fuzz.target import any_text, as_read, judge, target


@target(
    seeds=[decode_base64url(samples.SELECTIVE["proof"]["proofValue"])[3:], b"\x85\x01\x41a\x81\x61a\xa1\x01\x41b\x80"]
)
def cbor_value(data: bytes) -> None:
    value = cbor.decode(data)
    assert cbor.encode(value) == data or {0xF9, 0xFA} & set(data)  # floats have several sizes
    assert cbor.decode(cbor.encode(value)) == value


@target(
    seeds=[
        samples.STATUS_LIST["credentialSubject"]["encodedList"],
        token_status_list.encode({1: 1}, length=8, bits=2)["lst"],
    ]
)
def status_list(data: bytes) -> None:
    for text in (any_text(data), encode_base64url(data)):
        with contextlib.suppress(CredentialError):
            bits = bitstring.StatusBits.decode(text, max_bytes=100_000)
            assert bitstring.StatusBits.decode(bits.encoded()) == bits
        for body in (text, text[1:]):
            with contextlib.suppress(CredentialError):
                token_status_list.decode({"bits": 1, "lst": body}, max_bytes=100_000)
    feed = Feed(data)
    with contextlib.suppress(CredentialError):
        revoked = mutated(revocation_list.revocation_list(samples.LIST, samples.ISSUER, {"urn:x": "why"}), feed)
        revocation_list.read_revocation(revoked, {"id": samples.LIST, "type": "1EdTechRevocationList"}, "urn:x")
    bitstring.read_entry(mutated(samples.STATUS_LIST, feed), mutated(samples.SIGNED["credentialStatus"], feed))


@target(seeds=[samples.LIST_CWT, samples.LIST_CWT[1:], bytes(20)], runs=2000)
def status_list_cwt(data: bytes) -> None:
    # A signature is no obstacle to a hostile issuer, but one to a fuzzer.
    protected, _, payload, _ = cbor.decode(samples.LIST_CWT[1:])
    feed = Feed(data)
    claims = mutated(cbor.decode(payload), feed, most=2)
    bodies = [data, samples.LIST_CWT]
    with contextlib.suppress(UnicodeEncodeError):  # what has no form in CBOR
        bodies.append(samples.signed_cwt(protected, cbor.encode(claims)))
    for token in (*bodies, samples.signed_cwt(protected, data), samples.signed_cwt(data, payload)):
        with contextlib.suppress(CredentialError):
            token_status_list.said_by(token)
        with contextlib.suppress(CredentialError):
            read = token_status_list.read_token(token, uri=samples.LIST, key=samples.KEY.public, now=samples.NOW)
            assert len(read.statuses) * read.statuses.bits <= 8 * token_status_list.MAX_INFLATED_BYTES


@target(seeds=[*samples.TOKENS, "e30.e30.", "e30.e30.AA", bytes(20)], runs=600)
def jws(data: bytes) -> None:
    feed = Feed(data)
    header, claims = (jose.Jws.parse(samples.TOKENS[0]).header, jose.Jws.parse(samples.TOKENS[0]).claims)
    signed = ""
    with contextlib.suppress(CredentialError):
        signed = jose.sign(mutated(dict(header), feed, most=2), mutated(dict(claims), feed, most=4), samples.KEY)
    for text in (any_text(data), signed):
        with contextlib.suppress(CredentialError):
            document = parse(text)
            needs(document)
            judge(document)


@target(seeds=[bytes(8), b"\0\1" * 12, json.dumps(samples.OB2), "e30.e30.AA"], runs=1000)
def open_badge_2(data: bytes) -> None:
    feed = Feed(data)
    genuine = (samples.OB2, samples.OB2_SIGNED)[feed.number(2)]
    assertion = genuine if feed.number(2) else mutated(genuine, feed, most=3)
    world = {url: mutated(document, feed, most=2) for url, document in samples.OB2_WORLD.items()}
    header, claims = (encode_base64url(orjson.dumps(part))[1:] for part in ({"alg": "RS256"}, parse_json(assertion)))
    for body in (data, assertion, f"{header}.{claims}.{encode_base64url(bytes(256))[1:]}"):
        with contextlib.suppress(CredentialError):
            badge = read_badge(body)
            badge_needs(badge, world)
            report = verify_badge(
                badge, documents=world, now=samples.NOW, trusted_issuers=trust_only([samples.OB2_ISSUER])
            )
            assert report.verdict is not Verdict.VALID or as_read(body) == as_read(world[samples.OB2_ID])


CLAIMS: Final[dict[str, Any]] = {
    "vct": "https://issuer.test/vct",
    "iss": "https://issuer.test",
    "a": {"b": [1, "x"]},
    "c": "d",
    "status": {"status_list": {"idx": 3, "uri": samples.LIST}},
}
SD_JWT: Final = sdjwt.issue(
    CLAIMS, samples.KEY, disclosable=["/a/b", "/a/b/0", "/c"], salts=(bytes([n]) * 16 for n in range(9)), decoys=1
)

SD_JWT_METADATA: Final = {"issuer": CLAIMS["iss"], "jwks": {"keys": [jwk.to_jwk(samples.KEY.public)]}}


@target(seeds=[SD_JWT, "e30.e30.AA~WyJhIiwiYiIsMV0~", bytes(20)], runs=600)
def sd_jwt(data: bytes) -> None:
    feed = Feed(data)
    token, *disclosures = SD_JWT.split("~")
    parsed = jose.Jws.parse(token)
    signed = ""
    with contextlib.suppress(CredentialError):
        payload = mutated(dict(parsed.claims), feed, most=3)
        signed = "~".join([jose.sign(dict(parsed.header), payload, samples.KEY), *disclosures])
    place = feed.number(len(SD_JWT))
    for text in (any_text(data), signed, SD_JWT[:place] + feed.text(6) + SD_JWT[place + feed.number(6) :]):
        with contextlib.suppress(CredentialError):
            sdjwt.verify(text, samples.KEY.public, now=samples.NOW)
        report = verify_sd_jwt(
            text,
            controllers=dict.fromkeys(sd_jwt_needs(text).controllers, SD_JWT_METADATA),
            status_lists={},
            now=samples.NOW,
            trusted_issuers=trust_only([CLAIMS["iss"]]),
        )
        assert report.verdict is not Verdict.VALID or report.claims is not None
