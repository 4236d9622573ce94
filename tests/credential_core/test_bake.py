"""Baking and unbaking: what goes in comes out, the picture stays, and a hostile image is refused."""

from __future__ import annotations

import base64
import json
import re
import zlib
from collections.abc import Callable
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credential_core.bake import (
    MAX_IMAGE_BYTES,
    Baked,
    Standard,
    bake,
    bake_png,
    image_of,
    is_image,
    unbake,
    unbake_png,
    unbake_svg,
)
from credential_core.errors import CredentialError, ImageError
from credential_core.report import Report, Verdict

JWS = "eyJhbGciOiJFZERTQSJ9.e30.c2ln"
OB3_NAMESPACE = "https://purl.imsglobal.org/ob/v3p0"
JSON = '{"id": "https://badge.example/1", "name": "]]> & < \\u0001 \\" “Statistik” ]]>"}'
OB2, OB3 = Standard.OB2, Standard.OB3


def chunk(kind: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4) + kind + data + zlib.crc32(kind + data).to_bytes(4)


HEADER = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", (1).to_bytes(4) * 2 + b"\x08\0\0\0\0")
REST = chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")
PNG = HEADER + REST
SVG = b"""\xef\xbb\xbf<?xml version="1.0" encoding="UTF-8" standalone='no'?>
<!-- a > comment --><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">
<svg:svg xmlns:svg="http://www.w3.org/2000/svg"  viewBox = '0 0 1 1' title='&#8805; > xmlns:openbadges="x"'
  ><svg:rect width="1" height="1"/><svg:text>\xc3\xbcber &amp; &lt;</svg:text></svg:svg>
<!-- end -->"""
SMALL = b'<svg xmlns="http://www.w3.org/2000/svg"/>'
IMAGES = [PNG, SVG, SMALL]
ids = ["png", "svg", "small"]


@pytest.mark.parametrize("standard", [OB3, OB2])
@pytest.mark.parametrize("text", [JSON, JWS, f"\n{JWS} "])
@pytest.mark.parametrize("image", IMAGES, ids=ids)
def test_what_was_baked_comes_out(image: bytes, text: str, standard: Standard) -> None:
    baked = unbake(bake(image, text, standard=standard))
    assert baked == Baked(standard, text.strip())
    assert (baked.is_json, baked.is_jws) == (text is JSON, text is not JSON)


def test_a_signed_credential_survives_its_image(signed: dict[str, Any], check: Callable[..., Report]) -> None:
    for image in IMAGES:
        assert check(json.loads(unbake(bake(image, json.dumps(signed))).text)).verdict is Verdict.VALID


@pytest.mark.parametrize("image", IMAGES, ids=ids)
def test_an_image_travels_in_json_as_a_data_url(image: bytes) -> None:
    baked = bake(image, JSON)
    kind = "png" if image is PNG else "svg+xml"
    urls = [
        f"data:image/{kind};base64,{base64.b64encode(baked).decode()}",
        f"DATA:image/{kind.upper()};charset=utf-8;BASE64,{base64.b64encode(baked).decode()}",
        f"data:image/{kind},{quote(baked)}",
    ]
    for url in urls:
        assert is_image(url)
        assert unbake(image_of(url)) == Baked(OB3, JSON)


@pytest.mark.parametrize(
    "url",
    [
        "data:image/gif;base64,R0lGODlhAQABAAAAACw=",
        "data:image/png;base64,é",
        "data:image/png;base64,iVBORw0KGgo",
        "data:image/png;base64, iVBO",
        "data:image/png",
        "data:image/png" + ";a=b" * 9 + ",x",
        "data:image/",
        "",
    ],
)
def test_what_is_no_data_url_of_an_image(url: str) -> None:
    with pytest.raises(ImageError, match="image_unsupported"):
        image_of(url)
    assert not is_image("data:text/plain,x")


def test_all_else_stays_byte_for_byte() -> None:
    png = bake(PNG, JWS)
    assert png.startswith(HEADER)
    assert png.endswith(REST)
    added = png.removeprefix(HEADER).removesuffix(REST)
    assert added[4:8] + added[8:-4] == b"iTXtopenbadgecredential\0\0\0\0\0" + JWS.encode()
    svg = bake(SVG, JWS)
    namespace = f' xmlns:openbadges="{OB3_NAMESPACE}"'.encode()
    element = f'<openbadges:credential verify="{JWS}"></openbadges:credential>'.encode()
    assert svg.count(namespace) == svg.count(element) == 1
    assert svg.replace(namespace, b"").replace(element, b"") == SVG


@pytest.mark.parametrize("text", [JSON, JWS])
@pytest.mark.parametrize("image", [SVG, SMALL], ids=ids[1:])
def test_the_element_is_the_first_child_of_the_root(image: bytes, text: str) -> None:
    root = ElementTree.fromstring(bake(image, text))  # noqa: S314  # made here a moment ago
    assert root[0].tag == f"{{{OB3_NAMESPACE}}}credential"
    assert root[0].get("verify") == (text if text is JWS else None)
    assert (root[0].text or "") == ("" if text is JWS else text)


@pytest.mark.parametrize("image", IMAGES, ids=ids)
def test_never_two_of_one_standard(image: bytes) -> None:
    once = bake(image, JSON)
    with pytest.raises(ImageError, match="image_already_baked"):
        bake(once, JWS)
    assert bake(once, JWS, overwrite=True) == bake(image, JWS)
    both = bake(bake(once, JWS, standard=OB2), JWS, overwrite=True)
    assert unbake(both) == Baked(OB3, JWS)
    assert unbake(bake(image, JSON, standard=OB2)).standard is OB2
    assert len(re.findall(rb"iTXtopenbadge|<openbadges:", both)) == 2


def test_overwriting_clears_all_that_were_there() -> None:
    old = chunk(b"iTXt", b"openbadges\0\0\0\0\0a") + chunk(b"tEXt", b"openbadges\0b") + chunk(b"tEXt", b"Title\0c")
    again = bake_png(HEADER + old + REST, JWS, standard=OB2, overwrite=True)
    assert again == bake_png(HEADER + chunk(b"tEXt", b"Title\0c") + REST, JWS, standard=OB2)
    one = b'<a:credential xmlns:a="' + OB3_NAMESPACE.encode() + b'">x<a:credential/></a:credential >'
    nested = SMALL.replace(b"/>", b"><g>" + one + b"</g>" + one + b"</svg>")
    assert unbake_svg(nested).text == "x"
    assert bake(nested, JWS, overwrite=True).count(b"credential") == 2


def test_a_hosted_assertion_names_its_place() -> None:
    root = ElementTree.fromstring(bake(SMALL, '{"id": "https://b.example/?a=1&b=\\"<"}', standard=OB2))  # noqa: S314
    assert root[0].tag == "{http://openbadges.org}assertion"
    assert root[0].get("verify") == 'https://b.example/?a=1&b="<'


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (chunk(b"tEXt", b"openbadges\0https://b.example/1"), Baked(OB2, "https://b.example/1")),
        (chunk(b"zTXt", b"openbadges\0\0" + zlib.compress(b"{}")), Baked(OB2, "{}")),
        (chunk(b"iTXt", b"openbadges\0\1\0de\0Abzeichen\0" + zlib.compress(b"{}")), Baked(OB2, "{}")),
        (chunk(b"iTXt", b"openbadgecredential\0\0\0en\0x\0\xc3\xbc"), Baked(OB3, "ü")),
        (chunk(b"tEXt", b"openbadges\0old") + chunk(b"iTXt", b"openbadges\0\0\0\0\0new"), Baked(OB2, "new")),
        (chunk(b"iTXt", b"openbadges\0\0\0\0\0a") + chunk(b"iTXt", b"openbadges\0\0\0\0\0b"), Baked(OB2, "a")),
    ],
)
def test_what_others_bake_is_read(data: bytes, expected: Baked) -> None:
    assert unbake(HEADER + data + REST) == expected
    assert unbake(HEADER + data + REST + b"trailing") == expected


ITXT = b"openbadgecredential\0\0\0\0\0x"
BOMB = zlib.compress(bytes(64 * 1024 * 1024))


@pytest.mark.parametrize(
    ("png", "code"),
    [
        (PNG, "image_not_baked"),
        (HEADER + chunk(b"tEXt", b"openbadgecredential\0x") + REST, "image_not_baked"),
        (PNG[:8], "png_malformed"),
        (PNG[:-1], "png_malformed"),
        (HEADER, "png_malformed"),
        (HEADER + HEADER[8:] + REST, "png_malformed"),
        (PNG[:8] + chunk(b"IHDR", b"") + REST, "png_malformed"),
        (PNG[:8] + REST, "png_malformed"),
        (HEADER + chunk(b"iTXt", ITXT)[:-1] + b"\0" + REST, "png_malformed"),
        (HEADER + chunk(b"i\0Xt", ITXT) + REST, "png_malformed"),
        (HEADER + b"\xff\xff\xff\xffiTXt" + REST, "png_malformed"),
        (HEADER + chunk(b"iTXt", b"openbadgecredential") + REST, "png_malformed"),
        (HEADER + chunk(b"iTXt", b"openbadgecredential\0\0\0\0x") + REST, "png_malformed"),
        (HEADER + chunk(b"iTXt", b"openbadgecredential\0\2\0\0\0x") + REST, "png_malformed"),
        (HEADER + chunk(b"iTXt", b"openbadgecredential\0\0\1\0\0x") + REST, "png_malformed"),
        (HEADER + chunk(b"iTXt", b"openbadgecredential\0\0\0\0\0\xff") + REST, "png_malformed"),
        (HEADER + chunk(b"iTXt", b"openbadgecredential\0\1\0\0\0x") + REST, "png_malformed"),
        (HEADER + chunk(b"zTXt", b"openbadges\0\1" + zlib.compress(b"x")) + REST, "png_malformed"),
        (HEADER + chunk(b"zTXt", b"openbadges\0\0" + zlib.compress(b"x")[:-1]) + REST, "png_malformed"),
        (HEADER + chunk(b"iTXt", b"openbadgecredential\0\1\0\0\0" + BOMB) + REST, "badge_too_large"),
        (HEADER + chunk(b"zTXt", b"openbadges\0\0" + BOMB) + REST, "badge_too_large"),
        (HEADER + chunk(b"iTXt", b"openbadgecredential\0\0\0\0\0" + b"x" * 300_000) + REST, "badge_too_large"),
        (HEADER + chunk(b"tEXt", b"") * 17_000 + REST, "image_too_large"),
        (HEADER + bytes(MAX_IMAGE_BYTES), "image_too_large"),
    ],
)
def test_a_hostile_png_is_refused(png: bytes, code: str) -> None:
    with pytest.raises(CredentialError) as refused:
        unbake(png)
    assert refused.value.code == code


def svg(body: bytes, *, before: bytes = b"", attributes: bytes = b"") -> bytes:
    names = b'xmlns="http://www.w3.org/2000/svg" xmlns:o="https://purl.imsglobal.org/ob/v3p0"'
    return before + b"<svg " + names + attributes + b">" + body + b"</svg>"


EXTERNAL = b'<!DOCTYPE svg SYSTEM "http://evil.example/x.dtd">'


@pytest.mark.parametrize(
    ("image", "code"),
    [
        (svg(b""), "image_not_baked"),
        (svg(b"<o:credential/>"), "image_not_baked"),
        (svg(b"<o:credential verify=' '> </o:credential>"), "image_not_baked"),
        (svg(b"<o:credential verify='a'>{}</o:credential>"), "svg_malformed"),
        (svg(b"<credential>{}</credential>"), "image_not_baked"),
        (svg(b"<x:credential>{}</x:credential>"), "svg_malformed"),
        (b"<html/>", "svg_malformed"),
        (b"<svg/>", "svg_malformed"),
        (b"<", "svg_malformed"),
        (b"GIF89a", "image_unsupported"),
        (b"", "image_unsupported"),
        (svg(b"<g>"), "svg_malformed"),
        (svg(b"\xff"), "svg_malformed"),
        (svg(b"\0"), "svg_malformed"),
        (svg(b"&x;"), "svg_malformed"),
        (svg(b"&x;", before=EXTERNAL), "svg_entities_refused"),
        (svg(b"<o:credential>&x;{}</o:credential>", before=EXTERNAL), "svg_entities_refused"),
        (svg(b"<o:credential verify='a&x;b'/>", before=EXTERNAL), "svg_entities_refused"),
        (svg(b"&x;", before=b'<!DOCTYPE svg [<!ENTITY x "y">]>'), "svg_entities_refused"),
        (svg(b"&x;", before=b'<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>'), "svg_entities_refused"),
        (svg(b"", before=b'<!DOCTYPE svg [<!ENTITY % x SYSTEM "http://evil.example/">%x;]>'), "svg_entities_refused"),
        (svg(b"", before=b'<!DOCTYPE svg [<!ATTLIST svg onload CDATA "x">]>'), "svg_entities_refused"),
        (svg(b"", before=b'<?xml version="1.0" encoding="utf-7"?>'), "svg_encoding_unsupported"),
        (svg(b"", before=b'<?xml version="1.0" encoding="ISO-8859-1"?>'), "svg_encoding_unsupported"),
        (svg(b"<o:credential/>").decode().encode("utf-16"), "image_unsupported"),
        (svg(b"<g>" * 1000 + b"</g>" * 1000), "image_too_large"),
        (svg(b"", attributes=b"".join(b" a%d=''" % n for n in range(100_001))), "image_too_large"),
        (svg(b"<g/>" * 25_000), "image_too_large"),
        (svg(b"", attributes=b"".join(b" xmlns:x%d='urn:x'" % n for n in range(300))), "image_too_large"),
        (svg(b"<o:credential>" + b"x" * 300_000 + b"</o:credential>"), "badge_too_large"),
        (svg(b" " * MAX_IMAGE_BYTES), "image_too_large"),
    ],
)
def test_a_hostile_svg_is_refused(image: bytes, code: str) -> None:
    with pytest.raises(CredentialError) as refused:
        unbake(image)
    assert refused.value.code == code


def test_places_are_found_in_a_large_svg() -> None:
    large = svg("ü".encode() * 1_500_000)
    assert bake(bake(large, JSON), JWS, overwrite=True) == bake(large, JWS)


def test_a_foreign_prefix_and_plain_text_are_read() -> None:
    assert unbake(svg(b"<g><o:credential verify='&#97;.b.c'/></g>")) == Baked(OB3, "a.b.c")
    assert unbake(svg(b"<o:credential>{&quot;a&quot;: <![CDATA[1]]>}</o:credential>")) == Baked(OB3, '{"a": 1}')
    taken = svg(b"", attributes=b" xmlns:openbadges='urn:other'")
    assert unbake(bake(taken, JWS)) == Baked(OB3, JWS)


@pytest.mark.parametrize(
    "text", ["", "x", "[]", "{", '{"a": 1, "a": 2}', "a.b", "https://b.example/1", '{"a": "\ud800"}']
)
@pytest.mark.parametrize("image", IMAGES, ids=ids)
def test_only_credentials_are_baked(image: bytes, text: str) -> None:
    with pytest.raises(ImageError, match="badge_text_malformed"):
        bake(image, text)


def test_a_credential_beyond_the_budget_is_not_baked() -> None:
    with pytest.raises(CredentialError, match="badge_too_large"):
        bake(PNG, "x" * 300_000)


def test_characters_that_xml_lacks_are_escaped() -> None:
    text = json.dumps({"name": "\ufffe\uffff\x7f\x85\u2028"}, ensure_ascii=False)
    assert json.loads(unbake(bake(SMALL, text)).text) == json.loads(text)
    assert unbake(bake(PNG, text)).text == text


@given(
    st.dictionaries(
        st.text(st.characters(codec="utf-8", exclude_characters="\0")),
        st.text(st.characters(codec="utf-8", exclude_characters="\0")),
        max_size=5,
    ),
    st.booleans(),
)
def test_any_json_survives(document: dict[str, str], ascii_only: bool) -> None:
    text = json.dumps(document, ensure_ascii=ascii_only)
    for image in IMAGES:
        for standard in Standard:
            assert json.loads(unbake(bake(image, text, standard=standard)).text) == document


@given(st.binary(max_size=200), st.sampled_from([b"", HEADER, b"<svg xmlns='http://www.w3.org/2000/svg'>"]))
def test_any_bytes_are_an_image_or_an_error(data: bytes, start: bytes) -> None:
    for read in (unbake, unbake_png, unbake_svg):
        with pytest.raises(CredentialError):
            read(start + data)
