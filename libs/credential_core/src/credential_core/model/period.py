"""When a credential holds, under the names of either version of the data model."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from credential_core.model.credential_shapes import is_version_1
from credential_core.timestamps import parse_timestamp

_STARTS: Final = ("validFrom", "issuanceDate")  # VCDM 2.0, 1.1
_ENDS: Final = ("validUntil", "expirationDate")
_BEGIN: Final = frozenset({"AchievementCredential", "OpenBadgeCredential", "EndorsementCredential", "ClrCredential"})


def validity_period(document: Mapping[str, Any]) -> tuple[datetime | None, datetime | None]:
    """The latest start and the earliest end that the credential states. DocumentError if one is no date.

    All four names are read in every document: an end that is there must not be overlooked for its name.
    """
    starts = [parse_timestamp(document[name]) for name in _STARTS if name in document]
    ends = [parse_timestamp(document[name]) for name in _ENDS if name in document]
    return max(starts, default=None), min(ends, default=None)


def must_begin(document: Mapping[str, Any]) -> bool:
    """Whether the data model asks for a start: all do but plain VCDM 2.0."""
    types = document.get("type")
    named = {name for name in (types if isinstance(types, list) else [types]) if isinstance(name, str)}
    return is_version_1(document) or not named.isdisjoint(_BEGIN)
