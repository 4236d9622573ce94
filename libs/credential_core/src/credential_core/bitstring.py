"""Bitstring Status List v1.0: entries of credentials, and the lists that say what has become of them.

Written with one bit per entry; read with up to 8, with messages; StatusList2021 is read too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from credential_core.contexts import CREDENTIALS_V2
from credential_core.errors import StatusError
from credential_core.jsonld.lexical import is_absolute_iri
from credential_core.status_bits import MAX_INFLATED_BYTES, MINIMUM_LENGTH, StatusBits
from credential_core.timestamps import format_timestamp, parse_timestamp

_INDEX: Final = re.compile(r"(0|[1-9][0-9]{0,11})\Z")
__all__ = [
    "MINIMUM_LENGTH", "MAX_INFLATED_BYTES", "StatusBits",
    "ENTRY_TYPE", "ENTRY_TYPE_2021", "entry", "check_entry", "list_url",
    "DEFAULT_TTL_MS", "status_list_credential", "usable_until",
    "MAX_STATUS_SIZE", "ListedStatus", "read_status", "read_entry",
]  # fmt: skip

ENTRY_TYPE: Final = "BitstringStatusListEntry"
ENTRY_TYPE_2021: Final = "StatusList2021Entry"
DEFAULT_TTL_MS: Final = 300_000
MAX_STATUS_SIZE: Final = 8  # bits; the document must list a message for each of the 256 values
_MAX_TTL_MS: Final = 100 * 365 * 86_400_000
_CODE: Final = re.compile(r"0x[0-9A-Fa-f]{1,8}\Z")
_TO_URL_ALPHABET: Final = str.maketrans("+/", "-_")


def entry(list_url: str, index: int, purpose: str) -> dict[str, str]:
    """The `credentialStatus` of a credential: its place in a list (§2.1)."""
    return {
        "id": f"{list_url}#{index}",
        "type": ENTRY_TYPE,
        "statusPurpose": purpose,
        "statusListIndex": str(index),
        "statusListCredential": list_url,
    }


def status_list_credential(
    *,
    list_url: str,
    issuer: str,
    purpose: str,
    bits: StatusBits,
    valid_from: datetime,
    ttl_ms: int | None = None,
    valid_until: datetime | None = None,
) -> dict[str, Any]:
    """An unsigned status list credential (§2.2)."""
    document: dict[str, Any] = {
        "@context": [CREDENTIALS_V2],
        "id": list_url,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": issuer,
        "validFrom": format_timestamp(valid_from),
    }
    if valid_until is not None:
        document["validUntil"] = format_timestamp(valid_until)
    document["credentialSubject"] = {
        "id": f"{list_url}#list",
        "type": "BitstringStatusList",
        "statusPurpose": purpose,
        "encodedList": bits.encoded(),
    }
    if ttl_ms is not None:
        document["credentialSubject"]["ttl"] = ttl_ms
    return document


def check_entry(status: Mapping[str, Any]) -> None:
    """Check the form of an entry before it is signed (§2.1). StatusError `status_malformed`."""
    if not is_absolute_iri(list_url(status)):
        raise StatusError("status_malformed", "a statusListCredential is a URL")
    if status.get("id") == status["statusListCredential"]:
        raise StatusError("status_malformed", "the id of a status entry is not that of its list")
    if not isinstance(status.get("statusPurpose"), str):
        raise StatusError("status_malformed", "a status entry has one statusPurpose")
    references = status.get("statusReference", [])
    urls = references if isinstance(references, list) else [references]
    if not all(isinstance(url, str) and is_absolute_iri(url) for url in urls):
        raise StatusError("status_malformed", "a statusReference is a URL, or a list of URLs")
    _index_of(status)
    _messages_of(status, _size_of(status))


def list_url(status: Mapping[str, Any]) -> str:
    """The list that a status entry points to."""
    url = status.get("statusListCredential")
    if not isinstance(url, str) or not url:
        raise StatusError("status_malformed", "a status entry needs a statusListCredential")
    return url


@dataclass(frozen=True, slots=True)
class ListedStatus:
    """What a list says of one entry: a value of `statusSize` bits, 0 is clear, and the message it stands for."""

    value: int
    message: str | None = None

    @property
    def code(self) -> str:
        """The value as `statusMessage` writes it: `0x1f`."""
        return f"{self.value:#x}"


def read_status(list_credential: Mapping[str, Any], status: Mapping[str, Any]) -> bool:
    """Whether the one-bit status of an entry is set in its list (§3.2 steps 6 to 11). Proof and dates are the caller's.

    StatusError if the two do not belong together, are malformed, or the list is too short or the index outside.
    """
    if status.get("statusSize", 1) != 1:
        raise StatusError("status_size_unsupported", "the status has more than one bit: see read_entry")
    return read_entry(list_credential, status).value != 0


def read_entry(
    list_credential: Mapping[str, Any],
    status: Mapping[str, Any],
    decode: Callable[[str], StatusBits] = StatusBits.decode,
) -> ListedStatus:
    """The status of an entry of 1 to 8 bits, with its message; also of a StatusList2021Entry. Errors as read_status.

    `statusReference` is for people and is not looked at. `decode` may remember lists that were decoded before.
    """
    kind = _kind_of(status)
    purpose = status.get("statusPurpose")
    subject = _subject_of(list_credential, kind)
    if list_credential.get("id") != list_url(status):
        raise StatusError("status_list_mismatch", "the list is not the one that the entry names")
    if not isinstance(purpose, str) or purpose not in _as_list(subject.get("statusPurpose")):
        raise StatusError("status_purpose_mismatch", "the list does not serve the purpose of the entry")
    size = _size_of(status) if kind.wide else 1
    messages = _messages_of(status, size) if kind.wide else {}
    bits = decode(_with_prefix(subject.get("encodedList"), kind))
    if len(bits) // size < MINIMUM_LENGTH:
        raise StatusError("status_list_length", f"a list must have {MINIMUM_LENGTH} entries")
    value = bits.value(_index_of(status), size)
    return ListedStatus(value, messages.get(value))


def usable_until(list_credential: Mapping[str, Any], fetched: datetime) -> datetime:
    """Until when a list fetched at `fetched` may be used: its `ttl` (§2.2, default five minutes) or its validUntil.

    The earlier of the two. StatusError if `ttl` is not a positive number of milliseconds.
    """
    subject = list_credential.get("credentialSubject")
    ttl = subject.get("ttl", DEFAULT_TTL_MS) if isinstance(subject, Mapping) else DEFAULT_TTL_MS
    if isinstance(ttl, bool) or not isinstance(ttl, int | float) or not 0 < ttl <= _MAX_TTL_MS:
        raise StatusError("status_list_malformed", "a ttl is a positive number of milliseconds")
    until = fetched + timedelta(milliseconds=ttl)
    if "validUntil" in list_credential:
        until = min(until, parse_timestamp(list_credential["validUntil"]))
    return until


@dataclass(frozen=True, slots=True)
class _Kind:
    """One family of lists: its type names, whether entries may be wide, and whether the list is multibase."""

    list_type: str
    subject_type: str
    wide: bool


_KINDS: Final[Mapping[str, _Kind]] = {
    ENTRY_TYPE: _Kind("BitstringStatusListCredential", "BitstringStatusList", wide=True),
    ENTRY_TYPE_2021: _Kind("StatusList2021Credential", "StatusList2021", wide=False),
}


def _kind_of(status: Mapping[str, Any]) -> _Kind:
    named = [_KINDS[name] for name in _as_list(status.get("type")) if isinstance(name, str) and name in _KINDS]
    if len(named) > 1:
        raise StatusError("status_malformed", "a status entry is of one kind")
    return named[0] if named else _KINDS[ENTRY_TYPE]


def _with_prefix(encoded: Any, kind: _Kind) -> str:
    """StatusList2021 has no multibase prefix, and its base64 has been written padded and unpadded."""
    if not isinstance(encoded, str):
        raise StatusError("status_list_malformed", "an encodedList must be a text")
    return encoded if kind.wide else "u" + encoded.rstrip("=").translate(_TO_URL_ALPHABET)


def _subject_of(list_credential: Mapping[str, Any], kind: _Kind) -> Mapping[str, Any]:
    subject = list_credential.get("credentialSubject")
    if kind.list_type not in _as_list(list_credential.get("type")):
        raise StatusError("status_list_malformed", f"not a {kind.list_type}")
    if not isinstance(subject, Mapping) or kind.subject_type not in _as_list(subject.get("type")):
        raise StatusError("status_list_malformed", f"the list's subject is not one {kind.subject_type}")
    return subject


def _size_of(status: Mapping[str, Any]) -> int:
    size = status.get("statusSize", 1)
    if isinstance(size, bool) or not isinstance(size, int) or size < 1:
        raise StatusError("status_malformed", "a statusSize is a positive integer")
    if size > MAX_STATUS_SIZE:
        raise StatusError("status_size_unsupported", f"statuses of up to {MAX_STATUS_SIZE} bits are read")
    return size


def _messages_of(status: Mapping[str, Any], size: int) -> dict[int, str]:
    """The meaning of each value: all 2^size of them if there are any, and there must be for more than one bit."""
    listed = status.get("statusMessage")
    if listed is None and size == 1:
        return {}
    if not isinstance(listed, list) or len(listed) != 1 << size:
        raise StatusError("status_malformed", "statusMessage has one message for each value that the status can have")
    messages = {}
    for item in listed:
        code, message = (item.get("status"), item.get("message")) if isinstance(item, Mapping) else (None, None)
        if not isinstance(code, str) or not _CODE.match(code) or not isinstance(message, str):
            raise StatusError("status_malformed", 'a statusMessage is {"status": "0x0", "message": "..."}')
        messages[int(code, 16)] = message
    if set(messages) != set(range(1 << size)):
        raise StatusError("status_malformed", "statusMessage names each value once")
    return messages


def _index_of(status: Mapping[str, Any]) -> int:
    text = status.get("statusListIndex")
    if not isinstance(text, str) or not _INDEX.match(text):
        raise StatusError("status_malformed", "a statusListIndex is a number in base 10, written as a string")
    return int(text)


def _as_list(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]
