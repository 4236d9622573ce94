"""The record that a learner asks for, of a stack of their own: also with what they brought along.

Its issuer signs it, as it signed the stack: by digest it holds what that was decided by, and nothing else. It is given
to the learner and not kept: the organization does not get to see what was brought.
"""

from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import orjson

from credential_core.errors import CredentialError
from credential_core.jcs import digest
from credential_core.jose import enveloped
from issuer.core.addresses import Addresses
from issuer.core.backpack.arrival import read_credential
from issuer.core.backpack.model import Notation, PersonId
from issuer.core.credentials.securing import Manner, choose_key
from issuer.core.issuers.held_keys import hold, signed_anew
from issuer.core.model import Credential, CredentialId, Json, State
from issuer.core.ports import Audit, KeyStore, Reading, UnitsOfWork
from issuer.core.stacks.learner_record import Part, achievement_in, learner_record
from service_kit.clock import Clock
from service_kit.errors import Conflict, Invalid, NotFound
from service_kit.ids import NewId, is_id
from stacking.record import NotARecord, Record, find_record

NOT_AWARDED = "stack-not-awarded"
Offload = Callable[..., Coroutine[Any, Any, Any]]


class OwnDocuments(Protocol):
    """Reads of what one person holds."""

    async def organizations(self) -> Collection[str]:
        """Those that have issuers."""

    async def received_whole(
        self, recipient_keys: Collection[bytes], ids: Collection[CredentialId]
    ) -> Sequence[Credential]:
        """Those of these that were issued to the recipient here, with their documents."""

    async def kept_as(self, person: PersonId, names: Collection[str]) -> Sequence[tuple[Notation, str]]:
        """What the person keeps by these ids."""


@dataclass(frozen=True, slots=True)
class OwnRecord:
    """The signed text, and the ids of components that are not in it: not kept, another by now, or fallen."""

    text: str
    left_out: Sequence[str]


class RecordOwnStack:
    """Signs a ClrCredential of a credential that was awarded for a pathway, for whom it was awarded to."""

    def __init__(
        self,
        *,
        documents: OwnDocuments,
        reading: Reading,
        unit_of_work: UnitsOfWork,
        recipient_key: Callable[[str, str], bytes],
        keys: KeyStore,
        audit: Audit,
        addresses: Addresses,
        offload: Offload,
        clock: Clock,
        new_id: NewId,
    ) -> None:
        self._documents = documents
        self._reading = reading
        self._unit_of_work = unit_of_work
        self._recipient_key = recipient_key
        self._keys = keys
        self._audit = audit
        self._addresses = addresses
        self._offload = offload
        self._clock = clock
        self._new_id = new_id

    async def __call__(self, person: PersonId, address: str, credential_id: str) -> OwnRecord:
        """`address` is the digest of the confirmed one. Raises NotFound, also for another person's; Conflict."""
        keys = [self._recipient_key(one, address) for one in await self._documents.organizations()]
        found = (
            await self._documents.received_whole(keys, [CredentialId(credential_id)]) if is_id(credential_id) else ()
        )
        if not found:
            raise NotFound("there is no such credential")
        [awarded] = found
        record = _record_in(awarded)
        names = [one.held.id for one in record.inputs]
        issued = {one for name in names if (one := self._addresses.credential_in(name)) is not None}
        here = await self._documents.received_whole(keys, issued)
        kept = await self._documents.kept_as(person, names)
        wanted = {one.held.id: one.digest for one in record.inputs}
        texts = {self._addresses.credential(one.id): one.document for one in here if one.state is State.ISSUED}
        parts: Sequence[Part] = await self._offload(parts_of, wanted, texts, kept)
        left_out = sorted(wanted.keys() - {part.id for part in parts})
        text = await signed_anew(lambda: self._signed(awarded, parts, is_partial=bool(left_out)))
        return OwnRecord(text, left_out)

    async def _signed(self, awarded: Credential, parts: Sequence[Part], *, is_partial: bool) -> str:
        issuer = await self._reading.issuer(awarded.issuer_id)
        if not issuer.active:
            raise Conflict("its issuer is not active", code="issuer-inactive")
        now = self._clock()
        document: Json = await self._offload(
            learner_record,
            orjson.loads(awarded.document),
            parts,
            identifier=f"urn:uuid:{self._new_id()}",
            issuer=issuer.profile,
            at=now,
            is_partial=is_partial,
        )
        key, form = choose_key(issuer, None, None)
        manner = Manner(form=form, created=now.replace(microsecond=0), mandatory=("/issuer",))
        trail = {"document": str(document["id"]), "key_id": key.id, "form": form.value}
        self._audit("signing", **trail)
        try:
            secured = await self._keys.secure(document, key, manner)
        except CredentialError as error:
            self._audit("signed", **trail, outcome="refused", reason=error.code)
            raise Conflict(f"it cannot be signed: {error.detail}", code="stack-too-large") from error
        self._audit("signed", **trail, outcome="ok", digest=secured.digest)
        async with self._unit_of_work() as work:
            await hold(work, key)
        return secured.text


def _record_in(awarded: Credential) -> Record:
    try:
        record = find_record(orjson.loads(awarded.document))
    except NotARecord:
        record = None
    if record is None:
        raise Conflict("the credential was not awarded for a pathway", code=NOT_AWARDED)
    if awarded.state is not State.ISSUED:
        raise Conflict(f"a stack whose credential is {awarded.state.value} has no record", code=NOT_AWARDED)
    return record


def parts_of(
    wanted: Mapping[str, str], here: Mapping[str, str], kept: Sequence[tuple[Notation, str]]
) -> Sequence[Part]:
    """By id. `wanted` has the digests of what was evaluated: no other document is put in its place."""
    found: dict[str, Part] = {}
    for notation, text in (*((Notation.DOCUMENT, one) for one in here.values()), *kept):
        try:
            document = read_credential(text, notation)
        except Invalid:  # it was read when it came, by a version that read more
            continue
        name = str(document["id"])
        if name not in found and wanted.get(name) == digest(dict(document)):
            whole: Json = enveloped(text) if notation is Notation.COMPACT_JWS else orjson.loads(text)
            found[name] = Part(name, whole, achievement_in(document))
    return [found[name] for name in sorted(found)]
