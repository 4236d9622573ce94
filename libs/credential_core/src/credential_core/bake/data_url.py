"""Images as they travel in JSON: `data:image/png;base64,…` or `data:image/svg+xml,…` (RFC 2397)."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Final
from urllib.parse import unquote_to_bytes

from credential_core.errors import ImageError

_START: Final = re.compile(r"data:image/(?:png|svg\+xml)((?:;[^;,\s]{1,64}){0,4}),", re.ASCII | re.IGNORECASE)


def is_image(text: str) -> bool:
    """Whether a text is an image, to judge by its beginning."""
    return text[:11].lower() == "data:image/"


def image_of(url: str) -> bytes:
    """The bytes of a PNG or SVG. ImageError `image_unsupported` for another kind, or if they are not encoded right."""
    start = _START.match(url)
    if start is None:
        raise ImageError("image_unsupported", "an image is a data URL of type image/png or image/svg+xml")
    data = url[start.end() :]
    if not start[1].lower().endswith(";base64"):
        return unquote_to_bytes(data)
    try:
        return base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        raise ImageError("image_unsupported", "the data URL of the image is not base64") from None
