"""What was shown with a request, and who it is about: kept sealed while a decision may come, and no longer. Pure."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from issuer.core.credentials.recipient import Recipient
from issuer.core.model import Json

CREDENTIAL = "credential"
DIGEST = "credentialDigest"


@dataclass(frozen=True, slots=True)
class Papers:
    """The learner, the credential's text as it was presented, and those among the evidence by their digests."""

    recipient: Recipient
    document: str
    evidence: Mapping[str, str] = field(default_factory=dict)


def split(items: Sequence[Json]) -> tuple[tuple[Json, ...], dict[str, str]]:
    """The items without the credentials in them, which are named by the SHA-256 of their text; and those by digest."""
    kept, texts = [], {}
    for item in items:
        text = item.get(CREDENTIAL)
        bare = {name: value for name, value in item.items() if name != CREDENTIAL}
        if text is not None:
            bare[DIGEST] = hashlib.sha256(text.encode()).hexdigest()
            texts[bare[DIGEST]] = text
        kept.append(bare)
    return tuple(kept), texts


def joined(items: Sequence[Json], papers: Papers | None) -> tuple[Json, ...]:
    """The items with the credentials that are still kept."""
    texts = {} if papers is None else papers.evidence
    return tuple(item | {CREDENTIAL: texts[item[DIGEST]]} if item.get(DIGEST) in texts else item for item in items)
