"""Values with a form of their own: dates, and text in languages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from credential_core.errors import DocumentError
from credential_core.timestamps import parse_timestamp

_LANGUAGE: Final = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8}){0,15}\Z")
_LANGUAGE_OBJECT: Final = frozenset({"@value", "@language", "@direction"})


def is_moment(value: Any) -> bool:
    """A date and time with an offset."""
    try:
        parse_timestamp(value)
    except DocumentError:
        return False
    return True


def is_localized(value: Any) -> bool:
    """A string, or language objects (VCDM 2.0 §11.1): one, or some in a list."""
    if isinstance(value, list):
        return bool(value) and all(_is_text(item) for item in value)
    return _is_text(value)


def _is_text(value: Any) -> bool:
    if not isinstance(value, Mapping):
        return isinstance(value, str)
    if not isinstance(value.get("@value"), str) or not value.keys() <= _LANGUAGE_OBJECT:
        return False
    language = value.get("@language", "en")
    if not isinstance(language, str) or not _LANGUAGE.match(language):
        return False
    return value.get("@direction", "ltr") in ("ltr", "rtl")
