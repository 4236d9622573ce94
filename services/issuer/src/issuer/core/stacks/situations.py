"""From what was gathered to each learner's situation. Pure; parsing many documents takes a while, so off the loop."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import orjson

from issuer.core.addresses import Addresses
from issuer.core.backpack.model import KeptId
from issuer.core.model import Credential, CredentialId, ListId
from issuer.core.recognition.recognised_issuers import PartnerIssuer, RecognisedIssuers
from issuer.core.stacks.brought import Bring, listed_here
from issuer.core.stacks.pieces import Piece
from issuer.core.stacks.ports import Gathered
from issuer.core.stacks.stack import (
    ANY_ACHIEVEMENT,
    LIVE,
    Group,
    ListSnapshot,
    OpenPathway,
    Own,
    Situation,
    Stack,
    feeds_of,
)
from stacking import Held
from stacking.award import Completion
from stacking.badges import NotEvidence, held_from
from stacking.compiled import CompiledPathways
from stacking.evidence import Agreed
from stacking.statuses import Status

LIST_SETTLES = timedelta(seconds=5)  # lists under change all the time are published twice a second


@dataclass(frozen=True, slots=True)
class _Sorted:
    """What was gathered, by learner and by id."""

    credentials: Mapping[bytes, Sequence[Credential]]
    by_id: Mapping[CredentialId, Credential]
    stacks: Mapping[bytes, Sequence[Stack]]
    lists: Mapping[ListId, ListSnapshot]


class Situations:
    """What each learner's evaluation looks at."""

    def __init__(self, addresses: Addresses, recipient_key: Callable[[str, str], bytes]) -> None:
        self._addresses = addresses
        self._compiled = CompiledPathways()
        self._bring = Bring(addresses, recipient_key)

    def __call__(self, gathered: Gathered, groups: Sequence[Group]) -> list[Situation]:
        """One for each group, in their order."""
        versions: defaultdict[tuple[str, str], dict[int, OpenPathway]] = defaultdict(dict)
        for version in gathered.pathways:
            rules = self._compiled(
                version.document, identifier=version.id, version=version.version, digest=version.digest
            )
            versions[version.org_id, version.id][version.version] = OpenPathway(version, rules)
        found = _sorted(gathered)
        return [self._situation(group, gathered, found, versions[group.org_id, group.pathway_id]) for group in groups]

    def _situation(
        self, group: Group, gathered: Gathered, found: _Sorted, versions: Mapping[int, OpenPathway]
    ) -> Situation:
        theirs = found.stacks.get(group.recipient_key, ())
        stacks = [stack for stack in theirs if stack.group == group]
        counted = _counted_in(theirs, group.pathway_id)
        own = [self._own(one, counted, found) for one in _that_matter(group, found, versions, stacks)]
        brought = self._bring(gathered.brought, group, counted)
        return Situation(
            group=group,
            versions=versions,
            own={one.credential.id: one for one in own},
            stacks=stacks,
            elsewhere=[stack for stack in theirs if stack.group != group],
            recognised=self._recognised(group, gathered),
            brought=brought,
            issued={self._addresses.credential(name): one for name, one in gathered.brought.issued.items()},
        )

    def _recognised(self, group: Group, gathered: Gathered) -> RecognisedIssuers:
        partners = [
            PartnerIssuer(
                Agreed(one.source_issuer, self._addresses.agreement(one.id), one.version, one.digest),
                one.signed_at,
                one.in_force,
            )
            for one in gathered.agreements
            if one.org_id == group.org_id
        ]
        return RecognisedIssuers(gathered.issuers.get(group.org_id, frozenset()), partners)

    def _own(self, credential: Credential, counted: Mapping[str, frozenset[str]], found: _Sorted) -> Own:
        address = self._addresses.credential(credential.id)
        held = _evidence(credential, counted.get(address, frozenset()))
        place = Status(self._addresses.status_list(credential.slot.list_id), credential.slot.index)
        return Own(credential, held, listed_here(place, found.lists.get(credential.slot.list_id)))


def _sorted(gathered: Gathered) -> _Sorted:
    credentials: defaultdict[bytes, list[Credential]] = defaultdict(list)
    for credential in gathered.credentials:
        credentials[credential.recipient_key].append(credential)
    stacks: defaultdict[bytes, list[Stack]] = defaultdict(list)
    for stack in gathered.stacks:
        stacks[stack.group.recipient_key].append(stack)
    return _Sorted(credentials, {one.id: one for one in gathered.credentials}, stacks, gathered.lists)


def _that_matter(
    group: Group, found: _Sorted, versions: Mapping[int, OpenPathway], stacks: Iterable[Stack]
) -> Iterable[Credential]:
    """The learner's that matter to the pathway in any of its versions, and the credentials of its stacks.

    No others: what becomes of those must not be in the way of what follows from these.
    """
    matters = frozenset[str]().union(*(feeds_of(one.rules) for one in versions.values()))
    for credential in found.credentials.get(group.recipient_key, ()):
        if credential.org_id == group.org_id and (credential.achievement_id in matters or ANY_ACHIEVEMENT in matters):
            yield credential
    for stack in stacks:
        if stack.credential_id is not None and stack.credential_id in found.by_id:
            yield found.by_id[stack.credential_id]


def _counted_in(stacks: Iterable[Stack], but_for: str) -> dict[str, frozenset[str]]:
    """The other pathways that each credential counts in, of those that are awarded or may be."""
    counted: defaultdict[str, set[str]] = defaultdict(set)
    for stack in stacks:
        if stack.state in LIVE and stack.group.pathway_id != but_for:
            for one in stack.record["inputs"]:
                counted[one["id"]].add(stack.group.pathway_id)
    return {name: frozenset(pathways) for name, pathways in counted.items()}


def _evidence(credential: Credential, counted_in: frozenset[str]) -> Held | None:
    try:
        return held_from(orjson.loads(credential.document), counted_in)
    except NotEvidence:
        return None


def is_unsettled(situation: Situation, found: Completion, gathered: Gathered) -> bool:
    """Whether a status list that is to be named does not show yet what its credential is now."""
    counting = {held.id for held in found.counting}
    lists = {**gathered.brought.lists, **gathered.lists}
    for name, piece in situation.pieces.items():
        credential = piece.credential
        if name not in counting or credential is None:
            continue
        snapshot = lists.get(credential.slot.list_id)
        if snapshot is None or snapshot.digest is None:
            return True
        recent = credential.changed_at > snapshot.published_at - LIST_SETTLES
        if credential.revision > 1 and snapshot.has_changed and recent:
            return True
    return False


def to_look_at(pieces: Iterable[Piece], now: datetime) -> list[KeptId]:
    """What counts, was brought, and was verified too long ago to be counted now."""
    return [piece.brought.kept_id for piece in pieces if piece.brought is not None and piece.is_stale(now)]
