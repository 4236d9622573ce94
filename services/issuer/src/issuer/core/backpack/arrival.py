"""A credential arrives in a backpack: read, its evidence gathered from the web, judged. Outside any transaction.

Whoever issued it is welcome, known here or not. What cannot be verified is refused, and so is what was revoked; one
that has expired is still a true record and is kept.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from credential_core.did import did_web_url, resolve_self_contained
from credential_core.errors import CredentialError, DidError
from credential_core.jose import Enveloped
from credential_core.model.period import validity_period
from credential_core.report import Check, Outcome, Report
from credential_core.verify import Failure, Policy, Resolution, issuer_id, needs, parse, trust_only, verify
from credential_core.verify.inputs import status_entries
from credential_core.verify.proofs import resolve
from credential_core.verify.read_lists import ReadLists
from credential_core.verify.status import StatusSources, check_status, status_notices
from issuer.core.backpack.model import Arrived, Notation
from issuer.core.backpack.ports import OwnDocuments, Web
from issuer.core.model import Json
from issuer.core.stacks.snapshots import Snapshot, snapshot_of
from service_kit.clock import Clock
from service_kit.errors import Invalid
from service_kit.task_group import task_group
from stacking.badges import NotEvidence, held_from

MOST = 16  # of each kind; what is beyond is not fetched, which refuses the credential
AT_ONCE = 4
DEADLINE_S = 8.0
ACHIEVEMENTS = frozenset({"AchievementCredential", "OpenBadgeCredential"})
CONTROLLER_TYPES = "application/did+json, application/did+ld+json, application/ld+json, application/json"
LIST_TYPES = "application/vc, application/vc+ld+json, application/ld+json, application/json"
SCHEMA_TYPES = "application/schema+json, application/json"
TELLING = {
    "schema_invalid",
    "status_malformed",
    "status_purpose_unsupported",
    "status_size_unsupported",
    "status_type_unsupported",
}
NOTICES = {"refresh_available": 0, "refresh_not_needed": 1}
POLICY = Policy(accept_unknown_issuer=True)

Offload = Callable[..., Coroutine[Any, Any, Any]]


class Evidence:
    """What was found for one credential, by the keys that `needs` gave."""

    def __init__(self) -> None:
        self.controllers: dict[str, Resolution] = {}
        self.status_lists: dict[str, Resolution] = {}
        self.schemas: dict[str, Resolution] = {}


@dataclass(frozen=True, slots=True)
class Examined:
    """A credential that holds, with the controller documents that it was judged by."""

    arrived: Arrived
    document: Json
    report: Report
    controllers: Mapping[str, Resolution]


class Examine:
    """Verifies what arrives."""

    def __init__(self, *, web: Web, own: OwnDocuments, offload: Offload, clock: Clock) -> None:
        self._web = web
        self._own = own
        self._offload = offload
        self._clock = clock

    def asking_once(self) -> "Examine":
        """The same for several credentials at one moment: each document that they need is asked for once."""
        return Examine(
            web=_AskedOnce(self._web),
            own=self._own,
            offload=self._offload,
            clock=self._clock,
        )

    async def __call__(self, text: str, notation: Notation) -> Arrived:
        """The credential in the text, if it holds. Raises Invalid with the codes of what speaks against it."""
        return (await self.read(text, notation)).arrived

    async def read(self, text: str, notation: Notation, excused: Collection[str] = ()) -> Examined:
        """The same, with what it was judged by. Checks that are excused do not speak against it."""
        document = await self.unverified(text, notation)
        evidence = await _Search(self._web, self._own)(document)
        report: Report = await self._offload(_judge, document, evidence, self._clock())
        if against := [check for check in report.checks if speaks_against(check) and check.check not in excused]:
            raise _refused("; ".join(map(said_of, against)))
        return Examined(_arrived(document, text, notation), document, report, evidence.controllers)

    async def report(self, text: str, notation: Notation) -> tuple[Json, Report]:
        """The credential in the text, and how it stands now. Raises Invalid for a text that holds none."""
        document = await self.unverified(text, notation)
        return document, await self.judged(document)

    async def look(self, text: str, notation: Notation) -> tuple[Json, Report, Snapshot]:
        """The same, with where its status is published and what that was. Raises Invalid for a text that holds none."""
        document = await self.unverified(text, notation)
        evidence = await _Search(self._web, self._own)(document)
        report: Report = await self._offload(_judge, document, evidence, self._clock())
        snapshot: Snapshot = await self._offload(snapshot_of, document, evidence.status_lists)
        return document, report, snapshot

    async def published(
        self, claims: Sequence[Json], informing: Sequence[Json], signers: Collection[str]
    ) -> tuple[list[Check], list[Check | None], Evidence]:
        """How those stand whose documents are not at hand: of each there is its id, issuer and status entries.

        And what other entries of theirs tell, beside what decides; with the lists that were read, and the controller
        documents of these signers.
        """
        entries = [entry for claim in (*claims, *informing) for entry in status_entries(claim)]
        search = _Search(self._web, self._own)
        evidence = await search({"credentialStatus": entries})
        evidence.controllers.update(await self._own.controllers(list(signers)))
        await search.controllers(evidence.controllers, signers)
        checks, notices = await self._offload(_statuses, claims, informing, evidence, self._clock())
        return checks, notices, evidence

    async def controller(self, did: str) -> Mapping[str, Any]:
        """The controller document of somebody elsewhere. Raises DidError."""
        search, found = _Search(self._web, self._own), dict[str, Resolution]()
        await search.controllers(found, [did] if resolve_self_contained(did) is None else [])
        return resolve(did, found)

    async def unverified(self, text: str, notation: Notation, kinds: Collection[str] = ACHIEVEMENTS) -> Json:
        """The credential in the text, of one of these types, nothing of it verified. Raises Invalid."""
        document: Json = await self._offload(read_credential, text, notation, kinds)
        return document

    async def judged(self, document: Json) -> Report:
        """How it stands now."""
        evidence = await _Search(self._web, self._own)(document)
        report: Report = await self._offload(_judge, document, evidence, self._clock())
        return report


class _AskedOnce:
    """The web at one moment. Whoever asks for what is under way waits for it; what was given up is asked for again."""

    def __init__(self, web: Web) -> None:
        self._web = web
        self._turns: defaultdict[tuple[str, str], asyncio.Lock] = defaultdict(asyncio.Lock)
        self._found: dict[tuple[str, str], Resolution] = {}

    async def document(self, url: str, accept: str) -> Resolution:
        """What is there now, or why it cannot be had."""
        name = url, accept
        async with self._turns[name]:
            if name not in self._found:
                self._found[name] = await self._web.document(url, accept)
        return self._found[name]


class _Search:
    """What one arrival asks of the web, so much at a time, within one deadline."""

    def __init__(self, web: Web, own: OwnDocuments) -> None:
        self._web = web
        self._own = own
        self._deadline = asyncio.get_running_loop().time() + DEADLINE_S
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def __call__(self, document: Json) -> Evidence:
        found, wanted = Evidence(), needs(document)
        await self._all(found.status_lists, wanted.status_lists, self._status_list)
        await self._all(found.schemas, wanted.schemas, partial(self._web.document, accept=SCHEMA_TYPES))
        lists = [each for each in found.status_lists.values() if not isinstance(each, Failure)]
        signers = [*wanted.controllers, *(name for each in lists for name in needs(each).controllers)]
        found.controllers.update(await self._own.controllers(signers))
        await self.controllers(found.controllers, signers)
        return found

    async def controllers(self, found: dict[str, Resolution], names: Iterable[str]) -> None:
        """Those that are missing."""
        await self._all(found, names, self._controller)

    async def _all(
        self, found: dict[str, Resolution], names: Iterable[str], look_up: Callable[[str], Awaitable[Resolution]]
    ) -> None:
        missing = [name for name in dict.fromkeys(names) if name not in found][:MOST]
        async with task_group() as group:
            for name in missing:
                group.create_task(self._one(found, name, look_up))

    async def _one(
        self, found: dict[str, Resolution], name: str, look_up: Callable[[str], Awaitable[Resolution]]
    ) -> None:
        try:
            async with asyncio.timeout_at(self._deadline), self._turns:
                found[name] = await look_up(name)
        except TimeoutError:
            found[name] = Failure("deadline", "it did not come within the time that an arrival has")

    async def _controller(self, name: str) -> Resolution:
        try:
            url = did_web_url(name) if name.startswith("did:") else name
        except DidError as error:
            return Failure(error.code, error.detail)
        return await self._web.document(url, CONTROLLER_TYPES)

    async def _status_list(self, url: str) -> Resolution:
        return await self._own.status_list(url) or await self._web.document(url, LIST_TYPES)


def read_credential(text: str, notation: Notation, kinds: Collection[str] = ACHIEVEMENTS) -> Json:
    """The credential in the text, of one of these types. Raises Invalid."""
    try:
        document = parse(text)
    except CredentialError as error:
        raise _refused(f"parse: {error.code}: {error.detail}") from error
    if isinstance(document, Enveloped) != (notation is Notation.COMPACT_JWS):
        raise _refused("a credential in a JWS is sent as the compact JWS itself, as text/plain; any other as JSON")
    types = document.get("type")
    names = {name for name in (types if isinstance(types, list) else [types]) if isinstance(name, str)}
    if names.isdisjoint(kinds):
        raise _refused(f"type: must hold {' or '.join(sorted(kinds))}")
    if not isinstance(document.get("id"), str):
        raise _refused("id: a credential of this type has one")
    return document


def _judge(document: Json, evidence: Evidence, now: datetime) -> Report:
    return verify(
        document,
        controllers=evidence.controllers,
        status_lists=evidence.status_lists,
        status_lists_fetched=dict.fromkeys(evidence.status_lists, now),
        schemas=evidence.schemas,
        now=now,
        trusted_issuers=trust_only(()),
        policy=POLICY,
    )


def _statuses(
    claims: Sequence[Json], informing: Sequence[Json], evidence: Evidence, now: datetime
) -> tuple[list[Check], list[Check | None]]:
    """Each list is read once, whoever is on it. Of what informs, the first that has something to tell."""
    sources = StatusSources(
        lists=evidence.status_lists,
        controllers=evidence.controllers,
        issuer_trusted=lambda _: False,
        known=None,
        now=now,
        fetched=dict.fromkeys(evidence.status_lists, now),
        read=ReadLists(len(evidence.status_lists)),
    )
    told = [sorted(status_notices(one, sources), key=lambda check: NOTICES.get(check.code, 2)) for one in informing]
    return [check_status(claim, sources) for claim in claims], [next(iter(one), None) for one in told]


def speaks_against(check: Check) -> bool:
    """Whether it keeps a credential out: what failed, and what is not known. What has expired is a true record."""
    return check.outcome in {Outcome.FAILED, Outcome.UNKNOWN} and check.code != "expired"


def said_of(check: Check) -> str:
    """Why, for people. Of most codes no more need be said."""
    return f"{check.check}: {check.code}{f' ({check.detail})' if check.code in TELLING else ''}"


def _arrived(document: Mapping[str, Any], text: str, notation: Notation) -> Arrived:
    starts, _ = validity_period(document)
    issuer = issuer_id(document)
    assert issuer is not None and starts is not None  # noqa: S101 - the report would have failed
    return Arrived(notation, text, issuer, document["id"], starts, achievement_of(document))


def achievement_of(document: Mapping[str, Any]) -> str:
    """What it is for, in all versions; empty for what no pathway can count."""
    try:
        return held_from(document).achievement
    except NotEvidence:
        return ""


def _refused(why: str) -> Invalid:
    return Invalid(f"the credential was refused: {why}")
