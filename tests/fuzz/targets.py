"""What is fuzzed: every parser that a stranger's bytes reach. A target may raise CredentialError and nothing else.

Beside that each asserts what must hold of whatever it accepts: codecs write back what they read, and no mutated
credential is valid unless it reads the same.
"""

from __future__ import annotations

import contextlib
import json
import re

import orjson

from credential_core import (
    bake,
    checkpoint,
    did,
    jcs,
    jsonld,
    jwk,
    keys,
    merkle,
    note,
    proof,
    rdfc,
    tiles,
    timestamps,
)
from credential_core.errors import CredentialError
from credential_core.json_input import parse as parse_json
from credential_core.jsonld import general
from credential_core.multibase import decode_base58, decode_base64url, encode_base58, encode_base64url
from credential_core.report import Verdict
from credential_core.verify import (
    needs,
    parse,
    trust_only,
    verify_presentation,
)
from credential_core.verify.regular_expressions import is_affordable
from tests.fuzz import envelope_targets, samples
from tests.fuzz.feed import Feed, mutated
from tests.fuzz.target import TARGETS, any_text, as_read, judge, target

__all__ = ["TARGETS", "envelope_targets"]  # those register themselves, too


@target(seeds=[json.dumps(samples.SIGNED), b'{"a": [1, -0.0, 1e5, "\\u0041", null]}', b'{"a": 1, "a": 2}'])
def json_text(data: bytes) -> None:
    document = parse_json(data)
    assert parse_json(jcs.canonicalize(document)) == document
    parse(data)


@target(seeds=[bytes(40), b"\1\2" * 30], runs=1000)
def json_ld(data: bytes) -> None:
    feed = Feed(data)
    document = mutated((*samples.CREDENTIALS, samples.STATUS_LIST)[feed.number(5)], feed)
    once = rdfc.canonicalize(jsonld.to_quads(document))
    reordered = dict(reversed(document.items()))
    assert rdfc.canonicalize(jsonld.to_quads(reordered)).nquads == once.nquads


@target(seeds=["z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2", "uAAAA", "z", "u", "z11"])
def multibase(data: bytes) -> None:
    text = any_text(data)
    assert decode_base58(encode_base58(data[:500])) == data[:500]
    with contextlib.suppress(CredentialError):
        assert encode_base64url(decode_base64url(text)) == text
    assert encode_base58(decode_base58(text)) == text


@target(
    seeds=[
        samples.KEY.public.multibase,
        samples.P256.public.multibase,
        samples.KEY.secret_multibase,
        json.dumps(jwk.to_jwk(samples.P256.public)),
        json.dumps(jwk.to_jwk(samples.KEY.public)),
    ]
)
def multikey(data: bytes) -> None:
    for read in (keys.PublicKey.from_multibase, keys.SigningKey.from_multibase):
        with contextlib.suppress(CredentialError):
            read(any_text(data))
    with contextlib.suppress(CredentialError):
        assert keys.PublicKey.from_multikey(data).multikey == data
    with contextlib.suppress(orjson.JSONDecodeError):
        public = jwk.from_jwk(orjson.loads(data))
        assert jwk.from_jwk(jwk.to_jwk(public)) == public


@target(
    seeds=[samples.ISSUER, "did:web:u.test%3A80:a", did.did_jwk(samples.P256.public), "https://u.test/k#1", b"\0\1"]
)
def did_text(data: bytes) -> None:
    text = any_text(data)
    for read in (did.did_web_url, did.controller_of, did.resolve_self_contained):
        with contextlib.suppress(CredentialError):
            read(text)
    with contextlib.suppress(CredentialError):
        did.did_web(text, text)
    document = mutated(samples.CONTROLLER, Feed(data))
    for method in ("did:web:issuer.test#k", text):
        with contextlib.suppress(CredentialError):
            did.assertion_method(document, method)


@target(seeds=["2026-01-31T12:00:00.123456Z", "2026-01-31T12:00:00-05:30", "0001-01-01T00:00:00+00:01"])
def timestamp(data: bytes) -> None:
    moment = timestamps.parse_timestamp(any_text(data))
    assert timestamps.parse_timestamp(timestamps.format_timestamp(moment)) == moment


@target(seeds=[bytes(8), b"\3\1" * 12, *(bytes([number]) * 9 for number in range(4))], runs=1000)
def credential(data: bytes) -> None:
    feed = Feed(data)
    genuine = samples.CREDENTIALS[feed.number(3)]
    document, status_list = mutated(genuine, feed), samples.STATUS_LIST
    if feed.number(4) == 0:
        status_list = mutated(status_list, feed)
    needs(document)
    report = judge(document, status_list=status_list)
    assert report.verdict is not Verdict.VALID or as_read(document) == as_read(genuine)


@target(seeds=[bytes(8), b"\3\1" * 12], runs=600)
def presentation(data: bytes) -> None:
    document = mutated(samples.PRESENTATION, Feed(data))
    needs(document, nested=True)
    report = verify_presentation(
        document,
        controllers={},
        status_lists={samples.LIST: samples.STATUS_LIST},
        now=samples.NOW,
        trusted_issuers=trust_only([samples.ISSUER]),
        challenge="c",
        domain="d",
    )
    assert report.verdict is not Verdict.VALID or as_read(document) == as_read(samples.PRESENTATION)


@target(seeds=[bytes(8), b"\3\1" * 12, "^(a|b)+$", "(a*)*b", r"[\w.]{1,5}\d"], runs=400)
def json_schema(data: bytes) -> None:
    if is_affordable(any_text(data), 100):
        with contextlib.suppress(re.error, OverflowError):  # not a pattern, which the evaluator says in its own way
            re.search(any_text(data), "a" * 100)
    judge(samples.WITH_SCHEMA, schemas={samples.SCHEMA_URL: mutated(samples.SCHEMA, Feed(data))})


@target(seeds=[bytes(8), b"\3\1" * 12], runs=300)
def inline_context(data: bytes) -> None:
    quads = general.to_quads(mutated(samples.INLINE, Feed(data), most=4))
    assert all(len(quad) == 4 for quad in quads)


@target(seeds=[bytes(8), b"/credentialSubject/name", b"\1\2\3"], runs=500)
def selective_disclosure(data: bytes) -> None:
    feed = Feed(data)
    pointers = [feed.text(30) for _ in range(feed.number(3))]
    pointers += ["/credentialSubject/achievement", "/evidence/0", "/name"][: feed.number(4)]
    proof.derive(mutated(samples.SELECTIVE_BASE, feed, most=3), pointers)


@target(
    seeds=[b"\0\5\0\x0b" + b"".join(samples.LOG_PROOF.hashes), bytes(70), "tile/0/x001/234.p/5", "tile/entries/000"]
)
def merkle_proof(data: bytes) -> None:
    feed = Feed(data)
    first, second, width = feed.number(300), feed.number(300), 1 + feed.number(256)
    rest = feed.rest()
    hashes = [rest[place : place + 32] for place in range(0, len(rest), 32)]
    with contextlib.suppress(CredentialError):
        merkle.verify_inclusion(hashes[0] if hashes else b"", first, second, hashes[1:], samples.TREE.root())
    with contextlib.suppress(CredentialError):
        merkle.verify_consistency(first, samples.TREE.root(), second, samples.TREE.root(), hashes)
    with contextlib.suppress(CredentialError):
        assert tiles.Tile.from_path(any_text(data)).path == any_text(data)
    bundle = tiles.Tile(None, 0, width)
    assert tiles.encode_entries(tiles.decode_entries(bundle, rest)) == rest


@target(seeds=[str(samples.LOG_PROOF), str(samples.CHECKPOINT), samples.LOG_KEY.text, samples.WITNESS.text])
def signed_note(data: bytes) -> None:
    text = any_text(data)
    with contextlib.suppress(CredentialError):
        read = checkpoint.LogProof.parse(data)
        assert str(read).encode() == data
        assert read.verify(merkle.leaf_hash(b"\5"), samples.LOG_KEY).checkpoint.size == samples.TREE.size
    with contextlib.suppress(CredentialError):
        assert checkpoint.Checkpoint.parse(text).text == text
    with contextlib.suppress(CredentialError):
        assert note.VerifierKey.from_text(text).text == text
    signed = note.Note.parse(data)
    assert str(signed).encode() == data
    checkpoint.open_checkpoint(signed, samples.LOG_KEY, witnesses=[samples.WITNESS])


@target(
    seeds=[
        samples.BAKED_PNG,
        samples.PNG_HEAD + samples.PNG_TAIL,
        b"\0iTXtopenbadgecredential\0\0\0\0\0{}",
        b"\0iTXtopenbadges\0\1\0\0\0x\x9c\x03\0\0\0\0\1",
        b"\0zTXtopenbadges\0\0x\x9c\x03\0\0\0\0\1",
        b"\0tEXtopenbadges\0https://u.test",
    ]
)
def png(data: bytes) -> None:
    # A checksum is no obstacle to a stranger, but one to a fuzzer.
    wrapped = samples.PNG_HEAD + samples.chunk(data[1:5], data[5:]) + samples.PNG_TAIL
    image = wrapped if data[:1] == b"\0" else data
    with contextlib.suppress(CredentialError):
        bake.unbake(image)
    _bakes(image)


@target(
    seeds=[
        samples.BAKED_SVG,
        samples.SVG,
        b'<!DOCTYPE svg SYSTEM "x"><svg xmlns="http://www.w3.org/2000/svg" xmlns:o="http://openbadges.org">'
        b"<o:assertion verify='a&#98;'>&lt;<![CDATA[x]]></o:assertion><o:assertion/></svg>",
        b'<!DOCTYPE s [<!ENTITY a "b"><!ENTITY % c SYSTEM "d">%c;]><s:svg xmlns:s="http://www.w3.org/2000/svg">&a;</s:svg>',
    ]
)
def svg(data: bytes) -> None:
    with contextlib.suppress(CredentialError):
        bake.unbake_svg(data)
    _bakes(data)


def _bakes(image: bytes) -> None:
    for standard in bake.Standard:
        baked = bake.bake(image, "a.b.c", standard=standard, overwrite=True)
        if standard is bake.Standard.OB3:
            assert bake.unbake(baked) == bake.Baked(standard, "a.b.c")
