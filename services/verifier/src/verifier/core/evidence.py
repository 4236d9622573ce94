"""Gathering what a verdict needs, before anything is judged and outside any transaction.

The fleet's own documents come from what the fleet published, and are waited for a moment when they are not here yet.
All others come from the web, so many at a time, under one deadline for the whole verification.
"""

import asyncio
from collections.abc import Callable, Collection, Coroutine, Iterable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any, TypeVar
from weakref import WeakValueDictionary

from credential_core.did import did_web_url, holds_method
from credential_core.errors import CredentialError, DidError
from credential_core.openbadges2 import badge_issuer, badge_needs
from credential_core.verify import Failure, Resolution, needs
from credential_core.verify.inputs import issuer_id
from service_kit.clock import Clock
from service_kit.task_group import task_group
from verifier.core.earlier_badges import MOST_ROUNDS, EarlierBadge
from verifier.core.fleet import Fleet
from verifier.core.model import Evidence, Identity, Json, KnownState, PathwayVersion, Wanted
from verifier.core.ports import NewUnitOfWork, Web

MOST = 32  # of each kind: controllers, lists, schemas. What is beyond is not fetched, which leaves the verdict open
AT_ONCE = 8
AT_ONCE_OF_ORG = 24  # of all verifications of an organization: hosts that hang take their own callers' turns
DEADLINE_S = 8.0
PATIENCE_S = 1.0
PAUSE_S = 0.05
OWN_ADDRESS = (
    "a credential of this fleet is verified by its document or image, which its learner has, and not by its address; "
    "whether it stands is public at /records/{id}"
)

N = TypeVar("N")


class Gather:
    """Collects the evidence for one credential and those inside of it."""

    def __init__(
        self,
        *,
        unit_of_work: NewUnitOfWork,
        web: Web,
        fleet: Fleet,
        clock: Clock,
        patience_s: float = PATIENCE_S,
        deadline_s: float = DEADLINE_S,
    ) -> None:
        self._unit_of_work = unit_of_work
        self._web = web
        self._fleet = fleet
        self._clock = clock
        self._patience_s = patience_s
        self._deadline_s = deadline_s
        self._turns: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    async def __call__(self, org_id: str, wanted: Wanted) -> Evidence:
        """Whatever can be had in time. What cannot is in the evidence as a Failure."""
        evidence = Evidence()
        of_org = self._turns.get(org_id) or self._turns.setdefault(org_id, asyncio.Semaphore(AT_ONCE_OF_ORG))
        search = _Search(self._web, self._fleet, self._clock(), self._deadline_s, of_org)
        if wanted.badge is not None:
            await self._badge(evidence, search, wanted.badge, org_id)
            return evidence
        asked = wanted.needs
        lists = asked.status_lists[:MOST]
        search.methods = set(asked.methods)
        search.as_tokens = wanted.as_tokens
        await self._from_fleet(evidence, {*asked.controllers[:MOST], *wanted.issuers}, set(lists), search.methods)
        await self._pathways(evidence, wanted.pathways[:MOST])
        await search.all_that_is_asked(
            evidence,
            lists=lists,
            schemas=asked.schemas[:MOST],
            controllers=asked.controllers[:MOST],
            pathways=wanted.pathways[:MOST],
        )
        held = () if wanted.as_tokens else evidence.status_lists.values()
        found = [credential for credential in held if not isinstance(credential, Failure)]
        of_lists = [needs(each) for each in found]
        signers = list(dict.fromkeys(name for each in of_lists for name in each.controllers))[:MOST]
        list_issuers = {identifier for each in found if (identifier := issuer_id(each))}
        search.methods |= {method for each in of_lists for method in each.methods}
        known = {name for name, each in evidence.issuers.items() if _holds(each.did_document, name, search.methods)}
        await self._from_fleet(evidence, {*signers, *list_issuers} - known, set(), search.methods)
        await search.controllers(evidence, signers)
        identities = (*wanted.identities, *wanted.components)
        await self._last_word(evidence, org_id, identities, wanted.issuers | list_issuers)
        return evidence

    async def _badge(self, evidence: Evidence, search: "_Search", badge: EarlierBadge, org_id: str) -> None:
        """The documents of one of Open Badges 2.0: each names the next."""
        documents = evidence.badge_documents
        for _ in range(MOST_ROUNDS):
            names = _next_of(badge, documents)
            if not names:
                break
            await search.badge_documents(evidence, names)
        with suppress(CredentialError):  # the verdict will say so
            issuer = badge_issuer(badge.read(documents), documents)
            await self._last_word(evidence, org_id, (), {issuer} if issuer else set())

    async def _from_fleet(self, evidence: Evidence, issuers: set[str], lists: set[str], methods: set[str]) -> None:
        """What the fleet published. Our own documents, and new keys in them, may still be on their way here."""
        clock = asyncio.get_running_loop().time
        patience = clock() + self._patience_s
        while issuers or lists:
            async with self._unit_of_work() as work:
                known = await work.issuers.by_ids(issuers)
                found = await work.status_lists.by_urls(lists)
            evidence.issuers.update(known)
            evidence.controllers.update({name: issuer.did_document for name, issuer in known.items()})
            evidence.status_lists.update({url: status_list.credential for url, status_list in found.items()})
            old = {name for name, issuer in known.items() if not _holds(issuer.did_document, name, methods)}
            issuers = set(filter(self._fleet.owns, issuers - known.keys() | old))
            lists = set(filter(self._fleet.owns, lists - found.keys()))
            if clock() >= patience:
                return
            if issuers or lists:
                await asyncio.sleep(PAUSE_S)

    async def _pathways(self, evidence: Evidence, versions: Collection[PathwayVersion]) -> None:
        """Those of the fleet. A credential that was awarded by one comes after it, on another topic."""
        clock = asyncio.get_running_loop().time
        patience = clock() + self._patience_s
        missing = {version for version in versions if self._fleet.owns(version[0])}
        while missing:
            async with self._unit_of_work() as work:
                evidence.pathways.update(await work.pathways.by_versions(missing))
            missing -= evidence.pathways.keys()
            if clock() >= patience:
                return
            if missing:
                await asyncio.sleep(PAUSE_S)

    async def _last_word(
        self, evidence: Evidence, org_id: str, identities: Iterable[Identity], issuers: set[str]
    ) -> None:
        """What may change at any time is read last: the credentials' states, and whom the caller accepts."""
        async with self._unit_of_work() as work:
            evidence.accepted = await work.trusted_issuers.among(org_id, issuers)
            known = await work.states.by_ids({identity.id for identity in identities if identity.id})
        evidence.states = _of_their_issuers(known, identities)


def _next_of(badge: EarlierBadge, documents: Mapping[str, Resolution]) -> tuple[str, ...]:
    if badge.address is not None and badge.address not in documents:
        return (badge.address,)
    try:
        return badge_needs(badge.read(documents), documents)
    except CredentialError:
        return ()


def _of_their_issuers(known: Mapping[str, KnownState], identities: Iterable[Identity]) -> dict[str, KnownState]:
    """Only a credential's own issuer says what became of it."""
    named = {(identity.id, identity.issuer) for identity in identities}
    return {name: state for name, state in known.items() if (name, state.issuer_id) in named}


def _holds(document: Json, controller: str, methods: Iterable[str]) -> bool:
    """Whether a controller document has all of its methods among these."""
    return all(holds_method(document, method) for method in _of(controller, methods))


def _of(controller: str, methods: Iterable[str]) -> list[str]:
    return [method for method in methods if method.partition("#")[0] == controller]


class _Search:
    """What one verification asks of the web. `methods` are the keys that are looked for; `as_tokens` as in `Wanted`."""

    def __init__(self, web: Web, fleet: Fleet, began: datetime, deadline_s: float, of_org: asyncio.Semaphore) -> None:
        self._web = web
        self._fleet = fleet
        self._began = began
        self._deadline = asyncio.get_running_loop().time() + deadline_s
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._of_org = of_org
        self.methods: set[str] = set()
        self.as_tokens = False

    async def all_that_is_asked(
        self,
        evidence: Evidence,
        *,
        lists: Iterable[str],
        schemas: Iterable[str],
        controllers: Iterable[str],
        pathways: Iterable[PathwayVersion],
    ) -> None:
        """All that the document itself asks for, at once."""
        async with task_group() as group:
            self._start(group, evidence.controllers, controllers, self._controller)
            self._start(group, evidence.schemas, schemas, self._schema)
            self._start(group, evidence.status_lists, lists, lambda url: self._status_list(evidence, url))
            self._start(group, evidence.pathways, pathways, self._pathway)

    async def controllers(self, evidence: Evidence, names: Iterable[str]) -> None:
        """Those that are not there yet."""
        async with task_group() as group:
            self._start(group, evidence.controllers, names, self._controller)

    async def badge_documents(self, evidence: Evidence, addresses: Iterable[str]) -> None:
        """Documents of Open Badges 2.0, by their addresses."""
        async with task_group() as group:
            self._start(group, evidence.badge_documents, addresses, self._badge_document)

    def _start(
        self,
        group: asyncio.TaskGroup,
        found: dict[N, Resolution],
        names: Iterable[N],
        look_up: Callable[[N], Coroutine[Any, Any, Resolution]],
    ) -> None:
        for name in names:
            if name not in found:
                group.create_task(self._within(found, name, look_up))

    async def _within(
        self, found: dict[N, Resolution], name: N, look_up: Callable[[N], Coroutine[Any, Any, Resolution]]
    ) -> None:
        try:
            async with asyncio.timeout_at(self._deadline), self._turns, self._of_org:
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
        return await self._web.controller(url, _of(identifier, self.methods))

    async def _badge_document(self, url: str) -> Resolution:
        if self._fleet.owns(url):
            return Failure("badge_not_published", OWN_ADDRESS)
        return await self._web.controller(url)

    async def _schema(self, url: str) -> Resolution:
        if self._fleet.owns(url):
            return Failure("schema_not_published", "this fleet publishes no schemas")
        return await self._web.schema(url)

    async def _pathway(self, version: PathwayVersion) -> Resolution:
        pathway_id, number = version
        if self._fleet.owns(pathway_id):
            return Failure("pathway_not_published", "this fleet's catalog has not published it")
        return await self._web.pathway(f"{pathway_id}/versions/{number}")

    async def _status_list(self, evidence: Evidence, url: str) -> Resolution:
        if self._fleet.owns(url):
            return Failure("list_not_published", "no issuer of this fleet has published it")
        read = await (self._web.status_token(url) if self.as_tokens else self._web.status_list(url))
        if read.at < self._began:
            evidence.kept_since[url] = read.at
        return read.found
