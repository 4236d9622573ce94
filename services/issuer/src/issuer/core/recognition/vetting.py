"""Before anything is decided: does the credential hold, is it about this person, whose programme is it."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from issuer.core.addresses import Addresses
from issuer.core.backpack.arrival import Examine
from issuer.core.backpack.model import Notation
from issuer.core.credentials.recipient import Recipient, fingerprint
from issuer.core.model import Credential, CredentialId, Json, State
from issuer.core.recognition.deciding import Presented
from issuer.core.recognition.ports import RecognitionReading
from issuer.core.recognition.presented import UNFIT, ends_before, names, presented_in
from issuer.core.recognition.programmes import owner_of
from issuer.core.recognition.recognition import By, Place, notation_of
from issuer.core.recognition.traces import Traces, traces_of
from service_kit.clock import Clock
from service_kit.errors import Invalid, invalid_field
from service_kit.ids import is_id
from service_kit.inputs import IdempotencyKey
from service_kit.task_group import task_group

AT_ONCE = 4
EVIDENCE_S = 4.0  # for all of it: after the credential's own eight seconds, the edge waits so much longer


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is asked for. `owner` is whose the idempotency key is; `org_id` is the registrar's, None for a learner.

    `vouched` is a registrar's word on why the credential is this person's, where the credential does not say it.
    """

    owner: str
    actor: str
    by: By
    person: str | None
    org_id: str | None
    programme: str
    text: str
    notation: Notation
    recipient: Recipient
    vouched: str | None
    evidence: tuple[Json, ...]
    key: IdempotencyKey | None


@dataclass(frozen=True, slots=True)
class Vetted:
    """A request that may be decided: what it presents and for which place; our own credential, if it is one.

    `traces` are what it is looked at by afterwards.
    """

    request: Request
    place: Place
    presented: Presented
    document: str
    own_source: CredentialId | None
    traces: Traces
    evidence: tuple[Json, ...]


class Vet:
    """Raises Invalid for whatever does not hold."""

    def __init__(
        self,
        *,
        examine: Examine,
        recognitions: RecognitionReading,
        addresses: Addresses,
        recipient_key: Callable[[str, str], bytes],
        clock: Clock,
    ) -> None:
        self._examine = examine
        self._recognitions = recognitions
        self._addresses = addresses
        self._recipient_key = recipient_key
        self._clock = clock

    async def __call__(self, request: Request) -> Vetted:
        """The request with what it names."""
        examined = await self._examine.read(request.text, request.notation)
        document = examined.document
        if ends_before(document, self._clock()):
            raise Invalid("the credential was refused: validity: expired", code=UNFIT)
        presented = presented_in(document)
        if request.vouched is None and not names(document, request.recipient):
            raise Invalid("the credential does not name this person", code="recipient-mismatch")
        own = await self._own(presented)
        presented = replace(
            presented,
            recipient=None if own is None else own.recipient_key.hex(),
            owner=await self._recognitions.achievement_owner(presented.achievement),
        )
        org_id = await self._institution(request, presented)
        place = Place(
            org_id=org_id,
            programme=request.programme,
            recipient_key=self._recipient_key(org_id, fingerprint(request.recipient)),
            person=request.person,
            source=examined.arrived.name,
            achievement=presented.achievement,
        )
        evidence = await checked_evidence(self._examine, request.evidence)
        own_source = None if own is None else own.id
        traces = traces_of(document, examined.report, examined.controllers)
        return Vetted(request, place, presented, request.text, own_source, traces, evidence)

    async def _own(self, presented: Presented) -> Credential | None:
        """One that was issued here: it must be the document of now, and stand."""
        name = presented.id.removeprefix(self._addresses.credential_prefix)
        if name == presented.id or not is_id(name):
            return None
        found = await self._recognitions.own(CredentialId(name))
        if found is None:  # issued as it was handed in: its list was looked at
            return None
        if against := _speaks_against(found, presented):
            raise Invalid(f"the credential was refused: status: {against}", code=UNFIT)
        return found

    async def _institution(self, request: Request, presented: Presented) -> str:
        owner = await owner_of(self._recognitions, request.programme)
        if owner is None or request.org_id not in (None, owner):
            raise invalid_field("programme", "is no published pathway or achievement that you may decide for")
        if await self._recognitions.organization_of(presented.issuer) == owner:
            raise Invalid("what an institution awarded itself counts there without recognition", code=UNFIT)
        return owner


def _speaks_against(credential: Credential, presented: Presented) -> str | None:
    if credential.state is not State.ISSUED:
        return credential.state.value
    return "superseded" if credential.digest != presented.digest else None


async def checked_evidence(examine: Examine, items: Sequence[Json], within_s: float = EVIDENCE_S) -> tuple[Json, ...]:
    """The items; credentials among them hold, and are named by issuer and id. Raises Invalid."""
    turns = asyncio.Semaphore(AT_ONCE)

    async def checked(item: Json) -> Json:
        if "credential" not in item:
            return item
        async with turns:
            arrived = await examine(item["credential"], notation_of(item["credential"]))
        return {**item, "credentialId": arrived.credential_id, "issuer": arrived.issuer_id}

    try:
        async with asyncio.timeout(within_s), task_group() as group:
            found = [group.create_task(checked(item)) for item in items]
    except TimeoutError as error:
        detail = f"could not be verified within {within_s:g} seconds: add less at once"
        raise invalid_field("evidence", detail, code=UNFIT) from error
    return tuple(one.result() for one in found)
