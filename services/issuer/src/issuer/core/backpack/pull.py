"""A person takes credentials over from another host: page after page, each verified as if the person had sent it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from issuer.core.backpack import client
from issuer.core.backpack.hosts import Connections
from issuer.core.backpack.hosts_ports import Outgoing
from issuer.core.backpack.model import Notation, Outcome, PersonId
from service_kit.clock import Clock
from service_kit.errors import ServiceError

Keep = Callable[[PersonId, str, Notation], Awaitable[Outcome]]
PAGE = 10
MOST = 100
BEGINS_WITHIN = timedelta(seconds=30)
"""After this long no further page is begun: whoever called waits for a minute at most."""


@dataclass(frozen=True, slots=True)
class Pulled:
    """What became of it: how many of each outcome, why others were refused, and where to go on.

    `interrupted` says why it ended before its time; what had come by then is kept.
    """

    outcomes: Mapping[Outcome, int]
    refused: Sequence[str]
    next_offset: int | None
    interrupted: str | None = None


class PullCredentials:
    """Takes what the other host has, from one place on, until all is here or it has taken long enough."""

    def __init__(self, *, connections: Connections, keep: Keep, clock: Clock) -> None:
        self._connections = connections
        self._keep = keep
        self._clock = clock

    async def __call__(self, person: PersonId, host_id: str, since: datetime | None, offset: int) -> Pulled:
        """Raises NotFound, Conflict, Unavailable if nothing came at all."""
        ends = self._clock() + BEGINS_WITHIN
        pulled, most = await self._page(person, host_id, since, offset, ends), MOST + offset
        while pulled.next_offset is not None and pulled.next_offset < most and self._clock() < ends:
            try:
                more = await self._page(person, host_id, since, pulled.next_offset, ends)
            except ServiceError as error:
                return replace(pulled, interrupted=error.detail)
            pulled = _together(pulled, more)
        return pulled

    async def _page(
        self, person: PersonId, host_id: str, since: datetime | None, offset: int, ends: datetime
    ) -> Pulled:
        """The connection is free again while what came is verified."""
        host = await self._connections.take(person, host_id, connected=True)
        try:
            query = f"limit={PAGE}&offset={offset}" + (f"&since={_moment(since)}" if since else "")
            request = Outgoing("GET", f"{host.endpoints.api}/credentials?{query}")
            answer = await self._connections.call(host, request)
        finally:
            await self._connections.give_back(host)
        if answer.status != 200:
            why = f"it answered {answer.status} to the question for credentials"
            raise client.refused(why, has_ended=answer.status == 401)
        page = client.pulled(answer.document, answer.link)
        results = await self._all_kept(person, page.texts, ends)
        outcomes = {outcome: results.count(outcome) for outcome in Outcome}
        reasons = [one for one in results if not isinstance(one, Outcome)]
        has_more = page.has_more or len(results) < len(page.texts)
        return Pulled(outcomes, reasons, offset + len(results) if has_more and results else None)

    async def _all_kept(
        self, person: PersonId, texts: Sequence[tuple[Notation, str]], ends: datetime
    ) -> list[Outcome | str]:
        """A page's worth at a time: a host may send more than it was asked for, and have no other page."""
        results: list[Outcome | str] = []
        while len(results) < min(len(texts), MOST) and (not results or self._clock() < ends):
            part = texts[len(results) : len(results) + PAGE]
            results += await asyncio.gather(*(self._kept(person, notation, text) for notation, text in part))
        return results

    async def _kept(self, person: PersonId, notation: Notation, text: str) -> Outcome | str:
        try:
            return await self._keep(person, text, notation)
        except ServiceError as error:
            return error.detail


def _together(first: Pulled, second: Pulled) -> Pulled:
    outcomes = {outcome: first.outcomes[outcome] + second.outcomes[outcome] for outcome in Outcome}
    return Pulled(outcomes, [*first.refused, *second.refused], second.next_offset)


def _moment(since: datetime) -> str:
    return since.isoformat().replace("+00:00", "Z")
