"""Everything a verification may look at beside the document, gathered before it begins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from credential_core.verify.inputs import KnownStatus, Policy, Resolution, Trust, TrustedIssuers, needs
from credential_core.verify.read_lists import ReadLists
from credential_core.verify.status import StatusSources


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was fetched, and what the caller knows; the same for a document and all that are inside of it."""

    controllers: Mapping[str, Resolution]
    status_lists: Mapping[str, Resolution]
    now: datetime
    trusted_issuers: TrustedIssuers
    policy: Policy
    status_list_controllers: Mapping[str, Resolution]
    fetched: Mapping[str, datetime]
    known_statuses: Mapping[str, KnownStatus]
    schemas: Mapping[str, Resolution]
    read: ReadLists = field(default_factory=ReadLists)

    def for_lists_of(self, document: Mapping[str, Any], *, nested: bool) -> Evidence:
        """The same, to read the status lists of this document and, if `nested`, of those inside."""
        return replace(self, read=ReadLists(len(needs(document, nested=nested).status_lists)))

    def status_sources(self, known: KnownStatus | None) -> StatusSources:
        """What the status check of one credential may look at."""
        return StatusSources(
            lists=self.status_lists,
            controllers={**self.controllers, **self.status_list_controllers},
            issuer_trusted=lambda issuer: self.trusted_issuers(issuer).trust is Trust.TRUSTED,
            known=known,
            now=self.now,
            fetched=self.fetched,
            read=self.read,
        )
