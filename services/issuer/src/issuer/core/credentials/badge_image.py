"""A credential in the image that shows it: the achievement's own, where the document has it within, or a plain seal."""

import json
import re
import textwrap
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

from credential_core.bake import bake, image_of, is_image
from credential_core.bake.png import PNG_SIGNATURE
from credential_core.errors import CredentialError

SVG, PNG = "image/svg+xml", "image/png"
# What XML 1.0 has no way to write.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LINE, _MOST_LINES = 22, 4


@dataclass(frozen=True, slots=True)
class BadgeImage:
    """The image with the credential in it."""

    content: bytes
    media_type: str


def badge_image(document: str, media_type: str) -> BadgeImage:
    """As PNG only if that is asked for and the achievement's image is one; a PNG is not drawn here."""
    credential = json.loads(document)
    own = _own_image(credential)
    if own is not None and media_type == (PNG if own.startswith(PNG_SIGNATURE) else SVG):
        with suppress(CredentialError):  # no picture, or one that cannot hold it
            return BadgeImage(bake(own, document, overwrite=True), media_type)
    return BadgeImage(bake(_seal(credential), document), SVG)


def _own_image(credential: dict[str, Any]) -> bytes | None:
    """The credential's or the achievement's image, where it stands in the document. Nothing is fetched."""
    for bearer in (credential, _achievement(credential)):
        image = bearer.get("image")
        found = image.get("id") if isinstance(image, dict) else image
        if isinstance(found, str) and is_image(found):
            try:
                return image_of(found)
            except CredentialError:
                continue
    return None


def _seal(credential: dict[str, Any]) -> bytes:
    title = _text(_achievement(credential).get("name") or credential.get("name"))
    issuer = credential.get("issuer")
    by = _text(issuer.get("name")) if isinstance(issuer, dict) else ""
    lines = textwrap.wrap(title, _LINE, max_lines=_MOST_LINES, placeholder=" …")
    below = textwrap.wrap(by, _LINE + 6, max_lines=2, placeholder=" …")
    begin = 238 - 17 * len(lines)
    shown = "".join(f'<text x="240" y="{begin + 34 * row}">{escape(line)}</text>' for row, line in enumerate(lines))
    signed = "".join(f'<text x="240" y="{332 + 24 * row}">{escape(line)}</text>' for row, line in enumerate(below))
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 480 480" width="480" height="480" role="img">'
        f"<title>{escape(f'{title}, {by}' if by else title)}</title>"
        '<circle cx="240" cy="240" r="236" fill="#0b57a4"/><circle cx="240" cy="240" r="218" fill="#fff"/>'
        '<circle cx="240" cy="240" r="206" fill="none" stroke="#0b57a4" stroke-width="3"/>'
        '<g font-family="system-ui, sans-serif" text-anchor="middle" fill="#1b2430">'
        f'<g font-size="26" font-weight="600">{shown}</g><g font-size="19" fill="#5a6675">{signed}</g></g></svg>'
    ).encode()


def _achievement(credential: dict[str, Any]) -> dict[str, Any]:
    subject = credential.get("credentialSubject")
    found = subject.get("achievement") if isinstance(subject, dict) else None
    return found if isinstance(found, dict) else {}


def _text(value: object) -> str:
    """A text in one language; a language map gives its first."""
    if isinstance(value, dict):
        value = next(iter(value.values()), "")
    return _NOT_XML.sub("", value) if isinstance(value, str) else ""
