"""A learner's progress on pathways, by everything they hold: what was issued here, and what they brought along."""

import asyncio
from collections.abc import Callable, Collection, Coroutine, Sequence
from datetime import datetime
from typing import Any

import orjson

from issuer.core.addresses import Addresses
from issuer.core.backpack.model import Doubt
from issuer.core.progress.model import Evidence, Learner, Origin, Progress, measure
from issuer.core.progress.ports import Earned, PathwayName, ProgressReading
from issuer.core.stacks.kept_evidence import Brought, KeptEvidence
from issuer.core.stacks.ports import StackReading
from issuer.core.stacks.situations import Situations
from issuer.core.stacks.stack import Group, Situation, feeds_of
from service_kit.clock import Clock
from service_kit.errors import NotFound
from service_kit.ids import is_id
from service_kit.inputs import Page, PageRequest
from stacking.badges import NotEvidence, held_from

MOST_EARNED = 500
MOST_PATHWAYS = 50  # a page
TIME_S = 8.0  # for what has to be verified again
NO_PATHWAY = "there is no such pathway that can still be completed"
Offload = Callable[..., Coroutine[Any, Any, Any]]


class MeasureProgress:
    """How far a learner is on some pathways."""

    def __init__(
        self,
        *,
        reading: ProgressReading,
        stacks: StackReading,
        situations: Situations,
        kept: KeptEvidence,
        recipient_key: Callable[[str, str], bytes],
        offload: Offload,
        clock: Clock,
    ) -> None:
        self._reading = reading
        self._stacks = stacks
        self._situations = situations
        self._kept = kept
        self._recipient_key = recipient_key
        self._offload = offload
        self._clock = clock

    async def __call__(
        self, learner: Learner, pathways: Sequence[PathwayName], deadline: float | None = None
    ) -> list[Progress]:
        """One for each pathway that can still be completed, in their order."""
        until = asyncio.get_running_loop().time() + TIME_S if deadline is None else deadline
        groups = [Group(one.org_id, self._recipient_key(one.org_id, learner.digest), one.id) for one in pathways]
        gathered = await self._stacks.gather(groups)
        situations: list[Situation] = await self._offload(self._situations, gathered, groups)
        feeds = frozenset[str]().union(*(feeds_of(one.open.rules) for one in situations if one.open))
        earned = await self._reading.earned(await self.keys(learner), feeds, MOST_EARNED)
        brought = await self._kept(learner, feeds, until)
        found: list[Progress] = await self._offload(self._measured, situations, earned, brought, self._clock())
        return found

    async def keys(self, learner: Learner) -> Collection[bytes]:
        """What each organization knows the learner by."""
        return [self._recipient_key(org_id, learner.digest) for org_id in await self._reading.organizations()]

    def _measured(
        self, situations: Sequence[Situation], earned: Sequence[Earned], brought: Brought, now: datetime
    ) -> list[Progress]:
        evidence = [*(found for one in earned if (found := _earned(one, now))), *brought.evidence]
        return [
            measure(situation, situation.open, evidence, unseen=brought.unseen, at=now)
            for situation in situations
            if situation.open is not None
        ]


class OwnProgress:
    """What a learner sees of it."""

    def __init__(
        self, *, reading: ProgressReading, measure_progress: MeasureProgress, kept: KeptEvidence, addresses: Addresses
    ) -> None:
        self._reading = reading
        self._measure = measure_progress
        self._kept = kept
        self._addresses = addresses

    async def one(self, learner: Learner, pathway_id: str) -> Progress:
        """Begun or not. Raises NotFound."""
        pathway = await named(self._reading, self._addresses, pathway_id)
        found = await self._measure(learner, [pathway])
        if not found:
            raise NotFound(NO_PATHWAY)
        return found[0]

    async def page(self, learner: Learner, page: PageRequest) -> Page[Progress]:
        """Those that were begun, by id. A page may hold fewer than there is room for."""
        deadline = asyncio.get_running_loop().time() + TIME_S
        await self._kept(learner, (), deadline)  # so that it is known what everything is for
        asked = PageRequest(min(page.limit, MOST_PATHWAYS), page.after)
        pathways = await self._reading.begun(await self._measure.keys(learner), learner.person, asked)
        if not pathways.items:
            return Page([], None)
        found = await self._measure(learner, pathways.items, deadline)
        return Page([one for one in found if one.is_begun], pathways.next)


async def named(reading: ProgressReading, addresses: Addresses, pathway_id: str) -> PathwayName:
    """The pathway of this UUID. Raises NotFound."""
    found = await reading.pathway(addresses.pathway(pathway_id)) if is_id(pathway_id) else None
    if found is None:
        raise NotFound(NO_PATHWAY)
    return found


def pathway_uuid(addresses: Addresses, name: str) -> str | None:
    """Of a pathway by its URL or its UUID; None for what is neither."""
    uuid = name.removeprefix(addresses.pathway(""))
    return uuid if is_id(uuid) else None


def _earned(one: Earned, now: datetime) -> Evidence | None:
    credential = one.credential
    try:
        held = held_from(orjson.loads(credential.document))
    except NotEvidence:
        return None
    status = credential.status(now)
    doubt = None if status == "issued" else Doubt(status, f"it is {status}")
    if doubt is None and credential.valid_from > now:
        doubt = Doubt("not-begun", "it is not valid yet")
    return Evidence(held, Origin.HERE, now, doubt, one.is_owners)
