"""The verifier's own terms: what it knows from the fleet, what is asked of it, what it answers and remembers."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from credential_core.report import Outcome, Report, Verdict
from credential_core.verify import KnownState as State
from credential_core.verify import Needs, Resolution
from verifier.core.earlier_badges import EarlierBadge

Json = dict[str, Any]
PathwayVersion = tuple[str, int]
"""A pathway's URL, and the number of a version."""


@dataclass(frozen=True, slots=True)
class KnownIssuer:
    """An issuer of this fleet, as it last published itself."""

    slug: str
    issuer_id: str
    org_id: str
    name: str
    active: bool
    did_document: Json
    revision: int


@dataclass(frozen=True, slots=True)
class KnownList:
    """A status list of this fleet, as last published."""

    url: str
    issuer_id: str
    credential: Json
    revision: int


@dataclass(frozen=True, slots=True)
class Correction:
    """What the last correction of a credential signed."""

    digest: str
    valid_from: datetime
    revision: int


@dataclass(frozen=True, slots=True)
class KnownState:
    """A credential's state from the issuer's events."""

    credential_id: str
    issuer_id: str
    state: State
    revision: int
    correction: Correction | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """What a credential says of itself: its id, and who issued it."""

    id: str | None
    issuer: str | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to gather for a document, the documents inside of it included. The document's own identity comes first.

    `as_tokens`: its status lists are JWTs or CWTs (IETF Token Status List), not credentials. `pathways` and
    `components` are what stacked credentials were decided by. `badge` is one of Open Badges 2.0, and all that is asked.
    """

    needs: Needs
    identities: tuple[Identity, ...]
    as_tokens: bool = False
    pathways: tuple[PathwayVersion, ...] = ()
    components: tuple[Identity, ...] = ()
    badge: EarlierBadge | None = None

    @property
    def issuers(self) -> set[str]:
        """All issuers that are named."""
        return {identity.issuer for identity in self.identities if identity.issuer}


@dataclass(frozen=True, slots=True)
class ReadList:
    """A status list of others, and when it arrived."""

    found: Resolution
    at: datetime


@dataclass(slots=True)
class Evidence:
    """Everything a verdict is computed from, gathered beforehand: computing it reaches out to nothing.

    What could not be had is there as a Failure that says why. `kept_since` tells of lists that were at hand already
    since when they are; all others are fresh. `states` goes by credential id. A status list that is a token is there as
    a document that holds it: a JWT as text, a CWT as bytes.
    """

    controllers: dict[str, Resolution] = field(default_factory=dict)
    status_lists: dict[str, Resolution] = field(default_factory=dict)
    kept_since: dict[str, datetime] = field(default_factory=dict)
    schemas: dict[str, Resolution] = field(default_factory=dict)
    issuers: dict[str, KnownIssuer] = field(default_factory=dict)
    accepted: Collection[str] = ()
    states: dict[str, KnownState] = field(default_factory=dict)
    pathways: dict[PathwayVersion, Resolution] = field(default_factory=dict)
    badge_documents: dict[str, Resolution] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Finding:
    """One check as the history keeps it: without its sentence, which may quote the credential."""

    check: str
    outcome: Outcome
    code: str
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Verification:
    """A verification as the history keeps it: no credential, and nothing about a learner."""

    id: str
    org_id: str
    input_digest: str
    credential_id: str | None
    issuer_id: str | None
    verdict: Verdict
    findings: Sequence[Finding]
    verified_at: datetime


@dataclass(frozen=True, slots=True)
class Answer:
    """A verification as its caller sees it."""

    id: str
    report: Report
    verified_at: datetime


@dataclass(frozen=True, slots=True)
class TrustedIssuer:
    """An issuer that an organization accepts although the fleet does not know it."""

    issuer_id: str
    added_at: datetime
