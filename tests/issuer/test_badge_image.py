"""A credential in the image that shows it: to the issuing organization, to the learner, and what is in it verifies."""

from __future__ import annotations

import base64
import json
import struct
import zlib
from typing import Any
from xml.etree import ElementTree

import pytest

from credential_core.bake import unbake
from issuer.core.credentials.badge_image import PNG, SVG, badge_image
from tests.issuer.world import OTHER_ORG, World

NAME = "Reading <Data> & Honesty, from a first look at a messy set to a chart that can be defended anywhere"


def document(image: str | None = None, **changes: Any) -> str:
    achievement: dict[str, Any] = {"name": NAME, "type": ["Achievement"]}
    if image:
        achievement["image"] = {"id": image, "type": "Image"}
    issuer = {"id": "did:web:a.example", "name": "Lakeside\u0007 University"}
    return json.dumps({"issuer": issuer, "credentialSubject": {"achievement": achievement}} | changes)


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


PIXEL = b"\x89PNG\r\n\x1a\n" + b"".join(
    (
        chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)),
        chunk(b"IDAT", zlib.compress(b"\0\0")),
        chunk(b"IEND", b""),
    )
)
PIXEL_URL = f"data:image/png;base64,{base64.b64encode(PIXEL).decode()}"
CIRCLE_URL = "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg'><circle r='9'/></svg>"


def words(svg: bytes) -> str:
    return " ".join(text.strip() for text in ElementTree.fromstring(svg).itertext() if "{" not in text)  # noqa: S314 - ours


@pytest.mark.parametrize("media_type", [SVG, PNG])
def test_without_an_image_a_seal_is_drawn(media_type: str) -> None:
    made = badge_image(document(), media_type)
    assert made.media_type == SVG
    assert unbake(made.content).text == document()
    assert NAME in words(made.content)
    assert "Lakeside University" in words(made.content)


def test_the_achievements_own_image_bears_it() -> None:
    made = badge_image(document(PIXEL_URL), PNG)
    assert (made.media_type, made.content[:8]) == (PNG, PIXEL[:8])
    assert unbake(made.content).text == document(PIXEL_URL)
    made = badge_image(document(CIRCLE_URL), SVG)
    assert b"<circle r='9'/>" in made.content
    assert unbake(made.content).text == document(CIRCLE_URL)
    assert b"<circle r='9'/>" not in badge_image(document(PIXEL_URL), SVG).content


@pytest.mark.parametrize(
    "image",
    [
        "https://elsewhere.example/badge.svg",  # nothing is fetched
        "data:image/svg+xml,<svg",
        "data:image/svg+xml,<!DOCTYPE svg [<!ENTITY a 'b'>]><svg xmlns='http://www.w3.org/2000/svg'/>",
        "data:image/gif;base64,R0lGODlhAQABAAAAACw=",
        "data:image/png;base64,!!",
    ],
)
def test_what_is_no_picture_is_no_reason_to_have_none(image: str) -> None:
    for media_type in (SVG, PNG):
        made = badge_image(document(image), media_type)
        assert (made.media_type, unbake(made.content).text) == (SVG, document(image))


@pytest.mark.parametrize(
    "subject", [[], {}, {"achievement": "urn:a"}, {"achievement": {"name": {"en": "Tea", "de": "Tee"}}}]
)
def test_odd_documents_have_an_image_too(subject: Any) -> None:
    odd = document(credentialSubject=subject, issuer="did:web:a.example")
    assert unbake(badge_image(odd, SVG).content).text == odd


@pytest.mark.db
@pytest.mark.asyncio
async def test_who_issued_it_gets_the_image(world: World) -> None:
    issued = await world.issue(await world.ready())
    answer = await world.send("GET", issued["id"], accept=SVG)
    assert (answer.status_code, answer.headers["content-type"]) == (200, SVG)
    assert json.loads(unbake(answer.content).text) == issued["credential"]
    assert answer.headers["cache-control"] == "private, no-store"
    assert answer.headers["content-disposition"] == "attachment"
    assert "sandbox" in answer.headers["content-security-policy"]
    again = await world.send("GET", issued["id"], accept=SVG, if_none_match=answer.headers["etag"])
    assert again.status_code == 304
    assert (await world.send("GET", issued["id"], accept=SVG, org=OTHER_ORG)).status_code == 404
