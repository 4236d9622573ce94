"""Metadata profiles in PostgreSQL: in the transaction, and for answers."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, delete, exists, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.adapters.tables import ACHIEVEMENTS, METADATA_PROFILES
from catalog.core.achievements.elements import Profile
from catalog.core.model import OrgId
from service_kit.database import Database

LOCK = 0x6D65_7461  # beside the hash of the organization
KEY = ("org_id", "name")


class SqlProfiles:
    """See core.profile_ports.Profiles."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def hold(self, org: OrgId) -> None:
        """See core.profile_ports.Profiles."""
        await self._session.execute(select(func.pg_advisory_xact_lock(LOCK, func.hashtext(org))))

    async def find(self, org: OrgId, name: str) -> Profile | None:
        """See core.profile_ports.Profiles."""
        return await self._one(_of(org).where(METADATA_PROFILES.c.name == name))

    async def default(self, org: OrgId) -> Profile | None:
        """See core.profile_ports.Profiles."""
        return await self._one(_of(org).where(METADATA_PROFILES.c.is_default))

    async def all(self, org: OrgId) -> Sequence[Profile]:
        """See core.profile_ports.Profiles."""
        return await _all(self._session, org)

    async def put(self, profile: Profile) -> None:
        """See core.profile_ports.Profiles."""
        values = {column.name: getattr(profile, column.name) for column in METADATA_PROFILES.c}
        values |= {"required": list(profile.required), "recommended": list(profile.recommended)}
        if profile.is_default:
            of_others = (METADATA_PROFILES.c.org_id == profile.org_id, METADATA_PROFILES.c.name != profile.name)
            await self._session.execute(update(METADATA_PROFILES).where(*of_others).values(is_default=False))
        changed = {name: value for name, value in values.items() if name not in KEY}
        statement = insert(METADATA_PROFILES).values(values).on_conflict_do_update(index_elements=KEY, set_=changed)
        await self._session.execute(statement)

    async def remove(self, org: OrgId, name: str) -> None:
        """See core.profile_ports.Profiles."""
        mine = (METADATA_PROFILES.c.org_id == org, METADATA_PROFILES.c.name == name)
        await self._session.execute(delete(METADATA_PROFILES).where(*mine))

    async def is_named(self, org: OrgId, name: str) -> bool:
        """See core.profile_ports.Profiles."""
        naming = select(ACHIEVEMENTS.c.id).where(ACHIEVEMENTS.c.org_id == org, ACHIEVEMENTS.c.profile == name)
        return bool(await self._session.scalar(select(exists(naming))))

    async def _one(self, statement: Select[Any]) -> Profile | None:
        row = (await self._session.execute(statement)).mappings().one_or_none()
        return Profile(**row) if row else None


class SqlProfileReadings:
    """See core.profile_ports.ProfileReadings."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def own(self, org: OrgId) -> Sequence[Profile]:
        """See core.profile_ports.ProfileReadings."""
        async with self._database.snapshot() as session:
            return await _all(session, org)


def _of(org: OrgId) -> Select[Any]:
    return select(*METADATA_PROFILES.c).where(METADATA_PROFILES.c.org_id == org)


async def _all(session: AsyncSession, org: OrgId) -> list[Profile]:
    found = await session.execute(_of(org).order_by(METADATA_PROFILES.c.name))
    return [Profile(**row) for row in found.mappings()]
