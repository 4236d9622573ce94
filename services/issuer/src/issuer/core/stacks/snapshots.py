"""Where a credential's status is published, as a look at it found it. Pure."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from credential_core.jcs import digest
from credential_core.jose import Enveloped
from credential_core.verify import Failure, Resolution
from issuer.core.model import Json
from stacking.statuses import Listed, Status, statuses_of


class Kind(StrEnum):
    """What kind of status it has. `other` is one that cannot be judged, or whose list could not be had."""

    NONE = "none"
    LISTED = "listed"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All places that say whether it is revoked or suspended, with the digests of the lists that were looked at."""

    kind: Kind
    listed: tuple[Listed, ...] = ()

    @property
    def json(self) -> Json:
        """As it is stored: also as the release before reads it, which knows of one plain place alone."""
        plain = self.listed[0] if len(self.listed) == 1 and self.listed[0].status.is_plain else None
        known = self.kind if plain is not None or not self.listed else Kind.OTHER
        return {
            "kind": known.value,
            "url": "" if plain is None else plain.status.url,
            "index": 0 if plain is None else plain.status.index,
            "digest": "" if plain is None else plain.digest,
            "listed": [asdict(one.status) | {"digest": one.digest} for one in self.listed],
        }

    @staticmethod
    def read(members: Mapping[str, Any]) -> "Snapshot | None":
        """What `json` wrote, or the release before. None for what that had no words for."""
        kind = Kind(members["kind"])
        if "listed" in members:
            listed = tuple(_read(one) for one in members["listed"])
            return Snapshot(Kind.LISTED if listed else kind, listed)
        if kind is Kind.OTHER:
            return None
        return Snapshot(kind, (_read(members),) if kind is Kind.LISTED else ())


def _read(members: Mapping[str, Any]) -> Listed:
    place = {name: members[name] for name in ("url", "index", "purpose", "type", "size") if name in members}
    return Listed(Status(**place), members["digest"])


def snapshot_of(document: Mapping[str, Any], lists: Mapping[str, Resolution]) -> Snapshot:
    """Of a document that was verified by these lists."""
    statuses = statuses_of(document)
    if statuses is None or (isinstance(document, Enveloped) and "status" in document.envelope.jws.claims):
        return Snapshot(Kind.OTHER)
    listed = []
    for status in statuses:
        found = lists.get(status.url)
        if found is None or isinstance(found, Failure):
            return Snapshot(Kind.OTHER)
        listed.append(Listed(status, digest(dict(found))))
    return Snapshot(Kind.LISTED if listed else Kind.NONE, tuple(listed))
