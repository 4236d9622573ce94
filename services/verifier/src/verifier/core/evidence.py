"""Gathering what a verdict needs, before anything is judged and outside any transaction.

The fleet's own documents come from what the fleet published, and are waited for a moment when they are not here yet.
All others come from the web, under one deadline for the whole verification.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from typing import Any

from credential_core.did import did_web_url
from credential_core.errors import DidError
from credential_core.verify import Failure, Resolution, needs
from credential_core.verify.inputs import issuer_id
from verifier.core.fleet import Fleet
from verifier.core.model import Evidence, Json
from verifier.core.ports import NewUnitOfWork, Web

MOST = 8  # controllers or lists; a credential with more proofs or statuses is refused anyway
DEADLINE_S = 8.0
PATIENCE_S = 1.0
PAUSE_S = 0.05

Lookup = Callable[[str], Coroutine[Any, Any, Resolution]]


class Gather:
    """Collects the evidence for one credential."""

    def __init__(
        self,
        *,
        unit_of_work: NewUnitOfWork,
        web: Web,
        fleet: Fleet,
        patience_s: float = PATIENCE_S,
        deadline_s: float = DEADLINE_S,
    ) -> None:
        self._unit_of_work = unit_of_work
        self._web = web
        self._fleet = fleet
        self._patience_s = patience_s
        self._deadline_s = deadline_s

    async def __call__(self, org_id: str, document: Json) -> Evidence:
        """Whatever can be had in time. What cannot is in the evidence as a Failure."""
        deadline = asyncio.get_running_loop().time() + self._deadline_s
        evidence = Evidence()
        wanted = needs(document)
        issuer = {identifier for identifier in (issuer_id(document),) if identifier}
        await self._gather(evidence, wanted.controllers[:MOST], wanted.status_lists[:MOST], deadline, awaited=issuer)
        lists = [found for found in evidence.status_lists.values() if not isinstance(found, Failure)]
        signers = [controller for found in lists for controller in needs(found).controllers]
        list_issuers = {identifier for found in lists if (identifier := issuer_id(found))}
        await self._gather(evidence, tuple(dict.fromkeys(signers))[:MOST], (), deadline, awaited=list_issuers)
        await self._last_word(evidence, org_id, document, issuer | list_issuers)
        return evidence

    async def _gather(
        self,
        evidence: Evidence,
        controllers: tuple[str, ...],
        lists: tuple[str, ...],
        deadline: float,
        *,
        awaited: set[str],
    ) -> None:
        await self._from_fleet(evidence, {*controllers, *awaited} - evidence.issuers.keys(), set(lists))
        async with asyncio.TaskGroup() as group:
            for controller in controllers:
                if controller not in evidence.controllers:
                    group.create_task(self._within(deadline, evidence.controllers, controller, self._controller))
            for url in lists:
                if url not in evidence.status_lists:
                    group.create_task(self._within(deadline, evidence.status_lists, url, self._status_list))

    async def _from_fleet(self, evidence: Evidence, issuers: set[str], lists: set[str]) -> None:
        """What the fleet published. Our own documents may still be on their way here."""
        clock = asyncio.get_running_loop().time
        patience = clock() + self._patience_s
        while issuers or lists:
            async with self._unit_of_work() as work:
                known = await work.issuers.by_ids(issuers)
                found = await work.status_lists.by_urls(lists)
            evidence.issuers.update(known)
            evidence.controllers.update({name: issuer.did_document for name, issuer in known.items()})
            evidence.status_lists.update({url: status_list.credential for url, status_list in found.items()})
            issuers = set(filter(self._fleet.owns, issuers - known.keys()))
            lists = set(filter(self._fleet.owns, lists - found.keys()))
            if clock() >= patience:
                return
            if issuers or lists:
                await asyncio.sleep(PAUSE_S)

    async def _within(self, deadline: float, found: dict[str, Resolution], name: str, look_up: Lookup) -> None:
        try:
            async with asyncio.timeout_at(deadline):
                found[name] = await look_up(name)
        except TimeoutError:
            found[name] = Failure("deadline", "it did not come within the time a verification has")

    async def _controller(self, identifier: str) -> Resolution:
        if self._fleet.owns(identifier):
            return Failure("issuer_not_published", "no issuer of this fleet has published it")
        try:
            url = did_web_url(identifier) if identifier.startswith("did:") else identifier
        except DidError as error:
            return Failure(error.code, error.detail)
        return await self._web.controller(url)

    async def _status_list(self, url: str) -> Resolution:
        if self._fleet.owns(url):
            return Failure("list_not_published", "no issuer of this fleet has published it")
        return await self._web.status_list(url)

    async def _last_word(self, evidence: Evidence, org_id: str, document: Json, issuers: Iterable[str]) -> None:
        """What may change at any time is read last: the credential's state, and whom the caller accepts."""
        identifier = document.get("id")
        async with self._unit_of_work() as work:
            evidence.accepted = await work.trusted_issuers.among(org_id, set(issuers))
            state = await work.states.get(identifier) if isinstance(identifier, str) else None
        if state is not None and state.issuer_id == issuer_id(document):
            evidence.state = state
