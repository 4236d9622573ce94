"""From what a learner keeps to pieces that a pathway may count, as far as the learner consented. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from credential_core.jcs import digest
from credential_core.model import hashed_identity, plain_identity
from credential_core.model.period import validity_period
from issuer.core.addresses import Addresses
from issuer.core.backpack.arrival import read_credential
from issuer.core.backpack.model import Doubt, PersonId
from issuer.core.credentials.recipient import EMAIL, normalized
from issuer.core.model import Credential, CredentialId, Json, ListId, State
from issuer.core.progress.consents_model import ConsentId
from issuer.core.progress.ports import KeptText
from issuer.core.stacks.kept_evidence import address_in, hashed_address_in, identity_in
from issuer.core.stacks.pieces import Brought, Piece
from issuer.core.stacks.snapshots import Kind, Snapshot
from issuer.core.stacks.stack import Group, ListSnapshot
from service_kit.errors import Invalid
from stacking.badges import NotEvidence, held_from
from stacking.statuses import Listed, Status

FELL = {"revoked": State.REVOKED, "suspended": State.SUSPENDED, "does-not-hold": State.SUSPENDED}


@dataclass(frozen=True, slots=True)
class AwardConsent:
    """A consent that stands, by which what a person keeps may count in a pathway. `digest` is of the address."""

    id: ConsentId
    person: PersonId
    group: Group
    digest: str


@dataclass(frozen=True, slots=True)
class BroughtRows:
    """What was read for evaluations: consents, and what those keep who gave them.

    `issued` are credentials that other organizations issued here: those that are kept, and those that stacks name.
    """

    consents: Sequence[AwardConsent] = ()
    kept: Mapping[ConsentId, Sequence[KeptText]] = field(default_factory=dict)
    profiles: Mapping[PersonId, str] = field(default_factory=dict)
    issued: Mapping[CredentialId, Credential] = field(default_factory=dict)
    lists: Mapping[ListId, ListSnapshot] = field(default_factory=dict)


NOTHING = BroughtRows()


def issuers_in(document: Mapping[str, Any], partners: Iterable[str]) -> frozenset[str]:
    """Whose credentials a pathway's document may take besides the owner's: those that places name, and partners'.

    Only those are read, so that nobody can make an evaluation long by what they issued to themselves.
    """
    found: set[str] = set()
    for part in document.get("hasPart", ()):
        for constraint in part.get("hasConstraint", ()):
            found.update(constraint.get("issuers", ()))
            if constraint.get("type") == "RecognisedIssuer":
                found.update(partners)
    return frozenset(found)


class Bring:
    """The pieces of one group."""

    def __init__(self, addresses: Addresses, recipient_key: Callable[[str, str], bytes]) -> None:
        self._addresses = addresses
        self._recipient_key = recipient_key

    def __call__(self, rows: BroughtRows, group: Group, counted: Mapping[str, frozenset[str]]) -> list[Piece]:
        """In an order that what was read does not change."""
        found = [
            piece
            for consent in rows.consents
            if consent.group == group
            for kept in rows.kept.get(consent.id, ())
            if (piece := self._piece(rows, consent, kept, counted)) is not None
        ]
        return sorted(found, key=lambda piece: (piece.held.id, piece.held.issuer, piece.digest))

    def issued_id(self, name: str) -> CredentialId | None:
        """The id of a credential that was issued here, from its address."""
        return self._addresses.credential_in(name)

    def _piece(
        self, rows: BroughtRows, consent: AwardConsent, kept: KeptText, counted: Mapping[str, frozenset[str]]
    ) -> Piece | None:
        try:
            document = read_credential(kept.text, kept.notation)
            held = held_from(document, counted.get(str(document["id"]), frozenset()))
        except (Invalid, NotEvidence):
            return None
        starts, ends = validity_period(document)
        if starts is None:
            return None
        issued = self.issued_id(held.id)
        credential = None if issued is None else rows.issued.get(issued)
        if credential is not None and credential.org_id == consent.group.org_id:
            return None  # it counts as what it is
        address = address_in(rows.profiles.get(consent.person), consent.digest)
        identity = identity_in(document, consent.digest, address)
        if identity is None and credential is not None and self._is_theirs(credential, consent):
            identity = hashed_address_in(document)
        piece = Piece(
            held=held,
            digest=digest(dict(document)),
            state=State.ISSUED,
            since=starts,
            begins=starts,
            ends=ends,
            name=_name_of(document, held.id),
            became="",
            fits=identity is not None,
            achievement=str(document["credentialSubject"]["achievement"]["id"]),
            brought=Brought(
                kept.id, kept.changed_at, kept.checked_at, consent.id, named_by(identity, address), credential
            ),
        )
        if credential is not None:
            return self._issued(piece, credential, rows.lists)
        return self._judged(piece, kept, rows.lists)

    def _is_theirs(self, credential: Credential, consent: AwardConsent) -> bool:
        """Whether it was issued here to the address, whose salted hash alone would not tell."""
        return credential.recipient_key == self._recipient_key(credential.org_id, consent.digest)

    def _issued(self, piece: Piece, credential: Credential, lists: Mapping[ListId, ListSnapshot]) -> Piece:
        """One that was issued here: our own row says how it stands, and what its document is."""
        place = Status(self._addresses.status_list(credential.slot.list_id), credential.slot.index)
        piece = replace(piece, listed=listed_here(place, lists.get(credential.slot.list_id)))
        return as_issued(piece, credential)

    def _judged(self, piece: Piece, kept: KeptText, lists: Mapping[ListId, ListSnapshot]) -> Piece:
        """One from elsewhere, by what the last look found."""
        seen = None if kept.looked is None else Snapshot.read(kept.looked)
        listed = None if seen is None else self._as_published(seen.listed, lists)
        if seen is None or listed is None:
            assert piece.brought is not None  # noqa: S101 - as it was made
            return _doubted(replace(piece, brought=replace(piece.brought, looked_at=None)), kept.doubt)
        piece = replace(piece, has_no_status=seen.kind is Kind.NONE, fits=piece.fits and seen.kind is not Kind.OTHER)
        return _doubted(replace(piece, listed=listed), kept.doubt)

    def _as_published(
        self, listed: Iterable[Listed], lists: Mapping[ListId, ListSnapshot]
    ) -> tuple[Listed, ...] | None:
        """With the digests of our own lists as everybody reads them. None if one has not been published yet."""
        found: list[Listed] = []
        for one in listed:
            ours = self._addresses.list_in(one.status.url)
            here = (one,) if ours is None else listed_here(one.status, lists.get(ours))
            if not here:
                return None
            found += here
        return tuple(found)


def listed_here(place: Status, snapshot: ListSnapshot | None) -> tuple[Listed, ...]:
    """A place in a list of ours, as that was last published; nothing if it never was."""
    return () if snapshot is None or snapshot.digest is None else (Listed(place, snapshot.digest),)


def as_issued(piece: Piece, credential: Credential) -> Piece:
    """The piece, with what our own row says of it."""
    if credential.state is not State.ISSUED:
        return replace(piece, state=credential.state, became=f"was {credential.state.value}")
    if credential.digest != piece.digest:
        return replace(
            piece, state=State.SUSPENDED, fits=False, became="was corrected; the newer document is to be brought"
        )
    return replace(piece, state=State.ISSUED)


def _doubted(piece: Piece, doubt: Doubt | None) -> Piece:
    if doubt is None:
        return piece
    state = FELL.get(doubt.code)
    if state is None:
        return replace(piece, state=None, became="could not be confirmed")
    became = f"was {doubt.code}" if state.value == doubt.code else "does not hold any more"
    return replace(piece, state=state, became=became)


def named_by(identity: Mapping[str, Any] | None, address: str | None) -> Json | None:
    """How a stack's credential may name whom this names: by the address, to be hashed anew, where it is known.

    Else by the hash that there is, and by nothing else that stands beside it.
    """
    if identity is None:
        return None
    known = address if identity.get("hashed") is True else str(identity["identityHash"])
    if known is not None:
        return plain_identity(normalized(EMAIL, known), EMAIL)
    salt = identity.get("salt")
    return hashed_identity("", EMAIL, salt if isinstance(salt, str) else "") | {
        "identityHash": str(identity["identityHash"])
    }


def _name_of(document: Mapping[str, Any], otherwise: str) -> str:
    name = document["credentialSubject"]["achievement"].get("name")
    return name if isinstance(name, str) and name else otherwise
