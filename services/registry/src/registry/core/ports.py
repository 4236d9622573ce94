"""What the core needs of the outside: somewhere to read from, somewhere to project into."""

from collections.abc import Sequence
from typing import Protocol

from registry.core.model import AchievementVersion, Endorsement, Issuance, Issuer, PublicRecord, Standing, StatusList
from service_kit.inputs import Page, PageRequest


class Readings(Protocol):
    """The public record, read. Every answer is what the database says now."""

    async def issuer(self, slug: str) -> Issuer | None:
        """One issuer."""

    async def issuers(self, org_id: str | None, page: PageRequest) -> Page[Issuer]:
        """A page of them by their short names, of one organization or of all."""

    async def endorsements(self, subject: str) -> Sequence[Endorsement]:
        """Those of an issuer that are shown and believed now, oldest first."""

    async def record(self, credential_id: str) -> PublicRecord | None:
        """One credential, once its issuance is known."""

    async def status_list(self, list_id: str) -> StatusList | None:
        """The newest revision of one list."""


class Projections(Protocol):
    """The public record, written. Each call may repeat and come in any order: the result is the same."""

    async def put_issuer(self, issuer: Issuer) -> None:
        """Replace an older revision."""

    async def put_achievement(self, achievement: AchievementVersion) -> None:
        """Replace an older revision."""

    async def put_issuance(self, issuance: Issuance) -> None:
        """Fill in what is fixed at signing, unless a later signing is known."""

    async def put_standing(self, standing: Standing) -> None:
        """Change the state; the credential itself may still be unknown."""

    async def put_endorsement(self, endorsement: Endorsement) -> None:
        """Replace an older revision."""

    async def put_status_list(self, status_list: StatusList) -> None:
        """Replace an older revision."""
