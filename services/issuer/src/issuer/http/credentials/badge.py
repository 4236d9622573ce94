"""A credential handed out in the image that shows it."""

from fastapi import Request, Response

from issuer.core.credentials.badge_image import badge_image
from service_kit.offload import offload
from service_kit.representation import reply

# An SVG of an organization's own may hold a script: it is for keeping, and nothing in it runs at our origin.
HARMLESS = {"Content-Disposition": "attachment", "Content-Security-Policy": "sandbox; default-src 'none'"}


async def baked(request: Request, document: str, media_type: str) -> Response:
    """As it was signed, in a PNG or an SVG."""
    made = await offload(badge_image, document, media_type)
    return reply(request, made.content, media_type=made.media_type, cache_control="private, no-store", headers=HARMLESS)
