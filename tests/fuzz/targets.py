"""What is fuzzed: every parser that a stranger's bytes reach. A target may raise CredentialError and nothing else.

Beside that each asserts what must hold of whatever it accepts: codecs write back what they read, and no mutated
credential is valid unless it reads the same.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from credential_core import (
    bake,
    bitstring,
    cbor,
    checkpoint,
    did,
    jcs,
    jose,
    jsonld,
    jwk,
    keys,
    merkle,
    note,
    proof,
    rdfc,
    revocation_list,
    sdjwt,
    tiles,
    timestamps,
    token_status_list,
)
from credential_core.errors import CredentialError
from credential_core.json_input import parse as parse_json
from credential_core.jsonld import general
from credential_core.multibase import decode_base58, decode_base64url, encode_base58, encode_base64url
from credential_core.openbadges2 import badge_needs, read_badge, verify_badge
from credential_core.report import Report, Verdict
from credential_core.verify import (
    needs,
    parse,
    sd_jwt_needs,
    trust_only,
    verify,
    verify_presentation,
    verify_sd_jwt,
)
from credential_core.verify.regular_expressions import is_affordable
from tests.fuzz import samples
from tests.fuzz.feed import Feed, mutated


@dataclass(frozen=True, slots=True)
class Target:
    """`run` takes one input. `runs` are those of the short run in `make test`."""

    run: Callable[[bytes], None]
    seeds: tuple[bytes, ...]
    runs: int


TARGETS: Final[dict[str, Target]] = {}


def target(*, seeds: Iterable[bytes | str] = (), runs: int = 3000) -> Callable[[Callable[[bytes], None]], None]:
    encoded = tuple(seed.encode() if isinstance(seed, str) else seed for seed in seeds)

    def register(parser: Callable[[bytes], None]) -> None:
        def run(data: bytes) -> None:
            with contextlib.suppress(CredentialError):
                parser(data)

        TARGETS[parser.__name__] = Target(run, encoded, runs)

    return register


def _text(data: bytes) -> str:
    """Any text, also with lone surrogates, of any bytes."""
    try:
        return data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return data.decode("utf-8", "replace")


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
    text = _text(data)
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
            read(_text(data))
    with contextlib.suppress(CredentialError):
        assert keys.PublicKey.from_multikey(data).multikey == data
    with contextlib.suppress(orjson.JSONDecodeError):
        public = jwk.from_jwk(orjson.loads(data))
        assert jwk.from_jwk(jwk.to_jwk(public)) == public


@target(
    seeds=[samples.ISSUER, "did:web:u.test%3A80:a", did.did_jwk(samples.P256.public), "https://u.test/k#1", b"\0\1"]
)
def did_text(data: bytes) -> None:
    text = _text(data)
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
    moment = timestamps.parse_timestamp(_text(data))
    assert timestamps.parse_timestamp(timestamps.format_timestamp(moment)) == moment


def judge(document: Mapping[str, Any], *, status_list: Any = samples.STATUS_LIST, schemas: Any = None) -> Report:
    """Verify with issuers that are trusted and a list on which nothing is revoked, unless said otherwise."""
    return verify(
        document,
        controllers={},
        status_lists={samples.LIST: status_list},
        schemas=schemas,
        now=samples.NOW,
        trusted_issuers=trust_only([samples.ISSUER, samples.P256_ISSUER]),
    )


@target(seeds=[bytes(8), b"\3\1" * 12, *(bytes([number]) * 9 for number in range(4))], runs=1000)
def credential(data: bytes) -> None:
    feed = Feed(data)
    genuine = samples.CREDENTIALS[feed.number(3)]
    document, status_list = mutated(genuine, feed), samples.STATUS_LIST
    if feed.number(4) == 0:
        status_list = mutated(status_list, feed)
    needs(document)
    report = judge(document, status_list=status_list)
    assert report.verdict is not Verdict.VALID or _plain(document) == _plain(genuine)


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
    assert report.verdict is not Verdict.VALID or _plain(document) == _plain(samples.PRESENTATION)


@target(seeds=[bytes(8), b"\3\1" * 12, "^(a|b)+$", "(a*)*b", r"[\w.]{1,5}\d"], runs=400)
def json_schema(data: bytes) -> None:
    if is_affordable(_text(data), 100):
        with contextlib.suppress(re.error, OverflowError):  # not a pattern, which the evaluator says in its own way
            re.search(_text(data), "a" * 100)
    judge(samples.WITH_SCHEMA, schemas={samples.SCHEMA_URL: mutated(samples.SCHEMA, Feed(data))})


@target(seeds=[bytes(8), b"\3\1" * 12], runs=300)
def inline_context(data: bytes) -> None:
    quads = general.to_quads(mutated(samples.INLINE, Feed(data), most=4))
    assert all(len(quad) == 4 for quad in quads)


def _plain(value: Any) -> Any:
    """What JSON-LD reads: null and empty arrays are left out, one value may stand alone, arrays have no order.

    Contexts only say what the names mean; one that defines none of those used may come and go.
    """
    if isinstance(value, dict):
        members = {name: _plain(item) for name, item in value.items() if name != "@context"}
        return {name: item for name, item in members.items() if item not in (None, [])}
    if not isinstance(value, list):
        return value
    items = {json.dumps(item, sort_keys=True): item for item in map(_plain, value) if item is not None}
    plain = [items[key] for key in sorted(items)]
    return plain[0] if len(plain) == 1 else plain


@target(seeds=[bytes(8), b"/credentialSubject/name", b"\1\2\3"], runs=500)
def selective_disclosure(data: bytes) -> None:
    feed = Feed(data)
    pointers = [feed.text(30) for _ in range(feed.number(3))]
    pointers += ["/credentialSubject/achievement", "/evidence/0", "/name"][: feed.number(4)]
    proof.derive(mutated(samples.SELECTIVE_BASE, feed, most=3), pointers)


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
    for text in (_text(data), encode_base64url(data)):
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
    for text in (_text(data), signed):
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
            assert report.verdict is not Verdict.VALID or _plain(body) == _plain(world[samples.OB2_ID])


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
    for text in (_text(data), signed, SD_JWT[:place] + feed.text(6) + SD_JWT[place + feed.number(6) :]):
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
        assert tiles.Tile.from_path(_text(data)).path == _text(data)
    bundle = tiles.Tile(None, 0, width)
    assert tiles.encode_entries(tiles.decode_entries(bundle, rest)) == rest


@target(seeds=[str(samples.LOG_PROOF), str(samples.CHECKPOINT), samples.LOG_KEY.text, samples.WITNESS.text])
def signed_note(data: bytes) -> None:
    text = _text(data)
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
