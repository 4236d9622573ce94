"""Where a credential's status is published, as a look at it found it. Pure."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from credential_core.jcs import digest
from credential_core.jose import Enveloped
from credential_core.verify import Failure, Resolution
from credential_core.verify.inputs import status_entries
from issuer.core.model import PURPOSE, Json

ENTRY = "BitstringStatusListEntry"


class Kind(StrEnum):
    """What kind of status it has. `other` is one that the record of an evaluation has no words for."""

    NONE = "none"
    LISTED = "listed"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The one place in a list that says whether it is revoked, and the digest of the list that was looked at."""

    kind: Kind
    url: str = ""
    index: int = 0
    digest: str = ""

    @property
    def json(self) -> Json:
        """As it is stored."""
        return asdict(self)

    @staticmethod
    def read(members: Mapping[str, Any]) -> "Snapshot":
        """What `json` wrote."""
        return Snapshot(Kind(members["kind"]), members["url"], members["index"], members["digest"])


def snapshot_of(document: Mapping[str, Any], lists: Mapping[str, Resolution]) -> Snapshot:
    """Of a document that was verified by these lists."""
    entries = status_entries(document)
    if isinstance(document, Enveloped) and "status" in document.envelope.jws.claims:
        return Snapshot(Kind.OTHER)
    if not entries:
        return Snapshot(Kind.NONE)
    entry = entries[0]
    if len(entries) > 1 or not isinstance(entry, Mapping) or entry.get("type") != ENTRY:
        return Snapshot(Kind.OTHER)
    url, index = entry.get("statusListCredential"), str(entry.get("statusListIndex"))
    found = lists.get(url) if isinstance(url, str) else None
    is_plain = entry.get("statusPurpose") == PURPOSE and entry.get("statusSize", 1) == 1
    if not is_plain or found is None or isinstance(found, Failure) or not (index.isascii() and index.isdigit()):
        return Snapshot(Kind.OTHER)
    return Snapshot(Kind.LISTED, str(url), int(index), digest(dict(found)))
