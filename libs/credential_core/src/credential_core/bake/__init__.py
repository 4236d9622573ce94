"""Baking: a credential inside the image that shows it (Open Badges 3.0 §5.3, Open Badges 2.0 Baking).

`bake` puts a credential into a PNG or SVG, `unbake` takes one out; neither looks at the picture. Whatever is taken out
is a stranger's text until `verify` has seen it.
"""

from __future__ import annotations

from credential_core.bake.badge import MAX_IMAGE_BYTES, Baked, Standard
from credential_core.bake.data_url import image_of, is_image
from credential_core.bake.png import PNG_SIGNATURE, bake_png, unbake_png
from credential_core.bake.svg import bake_svg, unbake_svg
from credential_core.errors import ImageError, LimitError

__all__ = [
    "Baked",
    "MAX_IMAGE_BYTES",
    "Standard",
    "bake",
    "bake_png",
    "bake_svg",
    "image_of",
    "is_image",
    "unbake",
    "unbake_png",
    "unbake_svg",
]


def bake(image: bytes, credential: str, *, standard: Standard = Standard.OB3, overwrite: bool = False) -> bytes:
    """The PNG or SVG with `credential` in it, a JSON object or a compact JWS; all else stays as it was, byte for byte.

    An image that already holds a credential of that standard is an ImageError `image_already_baked`, or the old one
    is replaced if `overwrite`. Other ImageError codes: `image_unsupported`, `png_malformed`, `svg_malformed`,
    `svg_entities_refused`, `svg_encoding_unsupported`, `badge_text_malformed`. LimitError `image_too_large`.
    """
    write = bake_png if _is_png(image) else bake_svg
    return write(image, credential, standard=standard, overwrite=overwrite)


def unbake(image: bytes) -> Baked:
    """The credential in a PNG or SVG: the first of Open Badges 3.0, else the first of Open Badges 2.0 or 1.

    ImageError `image_not_baked` if there is none, and the codes of `bake`. LimitError `image_too_large`,
    `badge_too_large`.
    """
    return unbake_png(image) if _is_png(image) else unbake_svg(image)


def _is_png(image: bytes) -> bool:
    if len(image) > MAX_IMAGE_BYTES:
        raise LimitError("image_too_large", f"an image may have {MAX_IMAGE_BYTES} bytes")
    if image.startswith(PNG_SIGNATURE):
        return True
    if not image.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        raise ImageError("image_unsupported", "only PNG and SVG images are baked")
    return False
