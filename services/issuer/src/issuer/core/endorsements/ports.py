"""What endorsements need from outside."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from issuer.core.endorsements.model import Endorsement, EndorsementId, EndorsementStatus, Subject
from service_kit.inputs import Page, PageRequest


class Endorsements(Protocol):
    """Endorsements, in a unit of work."""

    async def add(self, endorsement: Endorsement) -> bool:
        """Store a new one. False when its subject has one with the same issuer and id."""

    async def lock(self, endorsement_id: EndorsementId) -> Endorsement | None:
        """One of them, locked until the end of the transaction."""

    async def waiting(self, org_id: str, by: str | None = None) -> int:
        """How many wait for this organization to accept or decline; of those that this one offers, if it is given."""

    async def accepted(self, subject: str) -> int:
        """How many stand on this subject. Whoever accepts another one for it waits for the end of the transaction."""

    async def claim(self, limit: int, *, now: datetime, until: datetime) -> Sequence[tuple[Endorsement, int]]:
        """Accepted ones that are due, kept from others until then, each with the present count for `seen`."""

    async def save(self, endorsement: Endorsement) -> None:
        """Store whatever of it changes."""


@dataclass(frozen=True, slots=True)
class WantedEndorsements:
    """Which to list: those that the organization received, or those that it gave."""

    received: bool
    status: EndorsementStatus | None = None


class EndorsementReading(Protocol):
    """Reads outside any transaction."""

    async def subject(self, named: str) -> Subject | None:
        """What an address or a DID names here. Of a thing with versions the one named, or else the newest open one."""

    async def endorser(self, issuer_id: str) -> str | None:
        """The organization of an issuer of ours."""

    async def changes(self, issuer_id: str, own_list: str | None) -> int:
        """Grows with every change of our own issuer's keys, and of this list of ours."""

    async def own_list(self, url: str) -> str | None:
        """The id of our list at this address."""

    async def by_id(self, org_id: str, endorsement_id: EndorsementId) -> Endorsement | None:
        """One that the organization received, gave or presented."""

    async def by_name(self, subject: str, issuer_id: str, credential_id: str) -> Endorsement | None:
        """The one that its credential names."""

    async def page(self, org_id: str, wanted: WantedEndorsements, page: PageRequest) -> Page[Endorsement]:
        """Newest first, without their documents."""
