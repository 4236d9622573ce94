"""Where it is published whether a credential stands: as its document says it, and as records of evaluations name it.

Source: Bitstring Status List v1.0 §2.1, StatusList2021, and Verifiable Credential Revocation List 1.0 of 1EdTech. What
a list says of a credential is for its caller to see.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

BITSTRING = "BitstringStatusListEntry"
BITSTRING_2021 = "StatusList2021Entry"
REVOCATION_LIST = "1EdTechRevocationList"
TYPES = frozenset({BITSTRING, BITSTRING_2021, REVOCATION_LIST})
REVOCATION = "revocation"
DECIDING = frozenset({REVOCATION, "suspension"})
INFORMING = frozenset({"message", "refresh"})
MOST, WIDEST = 8, 8
INDEX = re.compile(r"0|[1-9][0-9]{0,11}")
Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Status:
    """A place where a credential is revoked or suspended, if it is.

    `size` is how many bits a value has; any but 0 counts against it. A 1EdTechRevocationList is at `url` and names
    credentials by their ids: it has neither index nor size.
    """

    url: str
    index: int = 0
    purpose: str = REVOCATION
    type: str = BITSTRING
    size: int = 1

    @property
    def is_plain(self) -> bool:
        """Whether it is one bit for revocation in a Bitstring Status List."""
        return (self.type, self.purpose, self.size) == (BITSTRING, REVOCATION, 1)

    @property
    def entry(self) -> dict[str, Any]:
        """As a `credentialStatus` says it, without what decides nothing."""
        if self.type == REVOCATION_LIST:
            return {"type": self.type, "id": self.url}
        wide = {"statusSize": self.size} if self.size > 1 else {}
        return {
            "type": self.type,
            "statusPurpose": self.purpose,
            "statusListCredential": self.url,
            "statusListIndex": str(self.index),
            **wide,
        }

    @property
    def judged_entry(self) -> dict[str, Any]:
        """As a status check takes it: a value of several bits must have its messages, whatever they say."""
        if self.size == 1:
            return self.entry
        return self.entry | {"statusMessage": [{"status": hex(one), "message": ""} for one in range(1 << self.size)]}


@dataclass(frozen=True, slots=True)
class Listed:
    """A place, and the digest of the list that was looked at there."""

    status: Status
    digest: str


def statuses_of(document: Document) -> tuple[Status, ...] | None:
    """All the places that a credential names. None if one of them is of a kind that is not known.

    Entries that inform and decide nothing, of purpose `message` or `refresh`, are left out.
    """
    named = document.get("credentialStatus")
    entries = named if isinstance(named, list) else [] if named is None else [named]
    if len(entries) > MOST:
        return None
    found: dict[Status, None] = {}
    for entry in entries:
        if _informs(entry):
            continue
        status = _status(entry)
        if status is None:
            return None
        found[status] = None
    return tuple(found)


def _types(entry: object) -> set[str]:
    named = entry.get("type") if isinstance(entry, Mapping) else None
    return {one for one in (named if isinstance(named, list) else [named]) if isinstance(one, str)} & TYPES


def _informs(entry: Any) -> bool:
    is_listed = len(kinds := _types(entry)) == 1 and REVOCATION_LIST not in kinds
    return is_listed and isinstance(purpose := entry.get("statusPurpose"), str) and purpose in INFORMING


def _status(entry: Any) -> Status | None:
    kinds = _types(entry)
    if len(kinds) != 1:
        return None
    kind = kinds.pop()
    url = entry.get("id" if kind == REVOCATION_LIST else "statusListCredential")
    if not isinstance(url, str) or not url:
        return None
    return Status(url, type=kind) if kind == REVOCATION_LIST else _in_list(entry, kind, url)


def _in_list(entry: Document, kind: str, url: str) -> Status | None:
    purpose, index = entry.get("statusPurpose"), entry.get("statusListIndex")
    size = entry.get("statusSize", 1) if kind == BITSTRING else 1
    decides = isinstance(purpose, str) and purpose in DECIDING
    is_placed = isinstance(index, str) and INDEX.fullmatch(index)
    is_wide = isinstance(size, int) and not isinstance(size, bool) and 0 < size <= WIDEST
    return Status(url, int(index), purpose, kind, size) if decides and is_placed and is_wide else None  # type: ignore[arg-type]  # is_placed


def said(listed: tuple[Listed, ...]) -> dict[str, Any]:
    """As members of a record's input. One plain place is said as it has always been."""
    if len(listed) == 1 and listed[0].status.is_plain:
        [one] = listed
        return {
            "statusListCredential": one.status.url,
            "statusListIndex": str(one.status.index),
            "statusListDigest": one.digest,
        }
    return {"credentialStatus": [one.status.entry | {"statusListDigest": one.digest} for one in listed]}


def read_said(members: Document) -> tuple[Listed, ...]:
    """What `said` wrote; also places of a kind that is not known. Raises KeyError, TypeError or ValueError."""
    if "credentialStatus" in members:
        return tuple(_read(one) for one in members["credentialStatus"])
    if "statusListCredential" in members:
        plain = members["statusListCredential"], int(members["statusListIndex"])
        return (Listed(Status(*plain), members["statusListDigest"]),)
    return ()


def _read(members: Document) -> Listed:
    """Of what is not known the kind is kept, which nobody here can judge."""
    status = _status(members) or Status("", type=f"unknown:{members['type']}")
    return Listed(status, members["statusListDigest"])
