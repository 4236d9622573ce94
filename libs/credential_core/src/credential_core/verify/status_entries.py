"""Where the status entries of a credential point to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from credential_core import bitstring, revocation_list

_ADDRESS: dict[str, str] = {
    bitstring.ENTRY_TYPE: "statusListCredential",
    bitstring.ENTRY_TYPE_2021: "statusListCredential",
    revocation_list.ENTRY_TYPE: "id",
}


def types_of(entry: Any) -> list[str]:
    """The types of a status entry, or of anything; none if it has none."""
    named = entry.get("type") if isinstance(entry, Mapping) else None
    return [name for name in (named if isinstance(named, list) else [named]) if isinstance(name, str)]


def address_of(entry: Any) -> str | None:
    """The list that an entry points to, if its kind is known and it points anywhere."""
    for name in types_of(entry):
        if name in _ADDRESS:
            url = entry.get(_ADDRESS[name])
            return url if isinstance(url, str) else None
    return None
