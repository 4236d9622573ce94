"""What is baked into an image, whatever the kind of image."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain
from typing import Final

from credential_core.errors import CredentialError, ImageError, LimitError
from credential_core.json_input import MAX_BYTES, parse

MAX_IMAGE_BYTES: Final = 8 * 1024 * 1024
_JWS: Final = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+", re.ASCII)


class Standard(StrEnum):
    """Whose credential it is, by the keyword that a PNG has for it."""

    OB3 = "openbadgecredential"
    OB2 = "openbadges"


@dataclass(frozen=True, slots=True)
class Baked:
    """What an image held: JSON text or a compact JWS; from Open Badges 1 and 2 also the URL of a hosted assertion."""

    standard: Standard
    text: str

    @property
    def is_json(self) -> bool:
        """Whether the text looks like a JSON object; it has not been parsed."""
        return self.text.lstrip().startswith("{")

    @property
    def is_jws(self) -> bool:
        """Whether the text looks like a compact JWS; nothing of it has been verified."""
        return bool(_JWS.fullmatch(self.text))


def badge_text(credential: str) -> Baked:
    """Check a text before it is baked: one JSON object within the budgets of `json_input`, or a compact JWS."""
    baked = Baked(Standard.OB3, credential.strip())
    if len(credential) > MAX_BYTES:
        raise LimitError("badge_too_large", f"a baked credential may have {MAX_BYTES} bytes")
    if baked.is_jws:
        return baked
    try:
        parse(credential)
    except CredentialError as error:
        raise ImageError("badge_text_malformed", f"a JSON object or a compact JWS is baked: {error.detail}") from None
    return baked


def without(image: bytes, spans: Sequence[tuple[int, int]]) -> bytes:
    """The image without these spans, which are in order and do not overlap."""
    edges = [0, *chain.from_iterable(spans), len(image)]
    return b"".join(image[begin:end] for begin, end in zip(edges[::2], edges[1::2], strict=True))
