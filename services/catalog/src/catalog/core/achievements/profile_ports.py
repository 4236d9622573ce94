"""What metadata profiles need from the outside."""

from collections.abc import Sequence
from typing import Protocol

from catalog.core.achievements.elements import Profile
from catalog.core.model import OrgId


class Profiles(Protocol):
    """Organizations' own profiles in the transaction."""

    async def hold(self, org: OrgId) -> None:
        """Others who want to change this organization's profiles wait until the transaction ends."""

    async def find(self, org: OrgId, name: str) -> Profile | None:
        """One."""

    async def default(self, org: OrgId) -> Profile | None:
        """The one that decides where none is named."""

    async def all(self, org: OrgId) -> Sequence[Profile]:
        """All, by name."""

    async def put(self, profile: Profile) -> None:
        """Insert or replace. If it is the default, no other is any more."""

    async def remove(self, org: OrgId, name: str) -> None:
        """Delete."""

    async def is_named(self, org: OrgId, name: str) -> bool:
        """Whether a draft of the organization names it."""


class ProfileReadings(Protocol):
    """Reading for answers."""

    async def own(self, org: OrgId) -> Sequence[Profile]:
        """An organization's own, by name."""
