"""What learners keep, as far as they consent to have it counted: read in the snapshot that evaluations look at."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import literal, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from issuer.adapters import rows
from issuer.adapters.backpack.tables import BACKPACK_CREDENTIALS, BACKPACKS, PROGRESS_CONSENTS
from issuer.adapters.progress.consents import DigestSealing
from issuer.adapters.progress.progress import SHOWN, kept_text
from issuer.adapters.stacks.tables import PATHWAY_FEEDS, STACK_KEPT
from issuer.adapters.tables import CREDENTIALS, STATUS_LISTS
from issuer.core.addresses import Addresses
from issuer.core.backpack.model import PersonId
from issuer.core.model import Credential, CredentialId, ListId
from issuer.core.progress.consents_model import ConsentId
from issuer.core.progress.ports import KeptText
from issuer.core.stacks.brought import NOTHING, AwardConsent, BroughtRows
from issuer.core.stacks.snapshots import Snapshot
from issuer.core.stacks.stack import ANY_ACHIEVEMENT, Group, ListSnapshot, Stack
from service_kit.ids import is_id

KEPT = BACKPACK_CREDENTIALS.c
CONSENTS = PROGRESS_CONSENTS.c
MOST = 100  # of one learner's, for one pathway; the newest


@dataclass(frozen=True, slots=True)
class BroughtReading:
    """Reads them. `sealing` opens the consents' digests."""

    sealing: DigestSealing
    addresses: Addresses

    async def __call__(
        self, session: AsyncSession, groups: Mapping[Group, Collection[str]], stacks: Collection[Stack], at: datetime
    ) -> BroughtRows:
        """By the consents that stand at this moment; and what other organizations issued here that stacks name.

        `groups` has with each the issuers that its pathway takes.
        """
        consents = await self._consents(session, groups.keys(), at)
        if not consents and not any(stack.brought for stack in stacks):
            return NOTHING
        kept = {one.id: await _kept(session, one, stacks, groups[one.group]) for one in consents}
        texts = [one for each in kept.values() for one in each]
        named = [*(name for stack in stacks for name in stack.brought), *(one.credential_id for one in texts)]
        issued = await self._issued(session, named)
        lists = await list_snapshots(session, {*(one.slot.list_id for one in issued.values()), *self._own_lists(texts)})
        profiles = await _profiles(session, {one.person for one in consents})
        return BroughtRows(consents, kept, profiles, issued, lists)

    async def _consents(self, session: AsyncSession, groups: Collection[Group], at: datetime) -> list[AwardConsent]:
        which = [(one.org_id, one.pathway_id, one.recipient_key) for one in groups]
        query = select(PROGRESS_CONSENTS).where(
            tuple_(CONSENTS.org_id, CONSENTS.pathway_id, CONSENTS.recipient_key).in_(which),
            or_(CONSENTS.expires_at.is_(None), CONSENTS.expires_at > at),
        )
        return [
            AwardConsent(
                id=ConsentId(row["id"]),
                person=PersonId(row["person"]),
                group=Group(row["org_id"], bytes(row["recipient_key"]), row["pathway_id"]),
                digest=self.sealing.open(ConsentId(row["id"]), bytes(row["sealed"])),
            )
            for row in (await session.execute(query.order_by(CONSENTS.id))).mappings()
        ]

    async def _issued(self, session: AsyncSession, names: Iterable[str]) -> dict[CredentialId, Credential]:
        """Those of these addresses that are of credentials which were issued here, whoever did it."""
        prefix = self.addresses.credential_prefix
        ids = {name.removeprefix(prefix) for name in names if name.startswith(prefix)}
        query = select(*rows.WITHOUT_DOCUMENT).where(CREDENTIALS.c.id.in_({one for one in ids if is_id(one)}))
        found = [rows.credential(row) for row in (await session.execute(query)).mappings()]
        return {one.id: one for one in found}

    def _own_lists(self, kept: Iterable[KeptText]) -> list[ListId]:
        """Lists of ours that looks found named."""
        seen = (Snapshot.read(one.looked) for one in kept if one.looked is not None)
        found = (self.addresses.list_in(one.status.url) for each in seen if each for one in each.listed)
        return [one for one in found if one is not None]


async def _kept(
    session: AsyncSession, consent: AwardConsent, stacks: Collection[Stack], issuers: Collection[str]
) -> list[KeptText]:
    """The newest of these issuers that matter to the pathway, and all that the learner's stacks on it rest on."""
    group = consent.group
    fed = select(PATHWAY_FEEDS.c.achievement_id).where(PATHWAY_FEEDS.c.pathway_id == group.pathway_id)
    matters = or_(KEPT.achievement_id.is_(None), KEPT.achievement_id.in_(fed), literal(ANY_ACHIEVEMENT).in_(fed))
    query = select(*SHOWN).where(KEPT.person == consent.person)
    newest = (
        query.where(matters, KEPT.issuer_id.in_(issuers)).order_by(KEPT.valid_from.desc(), KEPT.id.desc()).limit(MOST)
    )
    counting = select(STACK_KEPT.c.kept_id).where(STACK_KEPT.c.stack_id.in_([s.id for s in stacks if s.group == group]))
    found = [*(await session.execute(newest)).mappings()]
    found += (await session.execute(query.where(KEPT.id.in_(counting)))).mappings()
    return list({row["id"]: kept_text(row) for row in found}.values())


async def list_snapshots(session: AsyncSession, ids: Collection[ListId]) -> dict[ListId, ListSnapshot]:
    """How these lists were last published."""
    table = STATUS_LISTS.c
    query = select(table.id, table.digest, table.published_at, table.changes, table.published_changes)
    return {
        ListId(row.id): ListSnapshot(row.digest, row.published_at, row.changes > row.published_changes)
        for row in await session.execute(query.where(table.id.in_(ids)))
    }


async def _profiles(session: AsyncSession, people: Collection[PersonId]) -> dict[PersonId, str]:
    table = BACKPACKS.c
    found = await session.execute(select(table.person, table.profile).where(table.person.in_(people)))
    return {PersonId(row.person): row.profile for row in found if row.profile is not None}
