"""One of our issuers endorses what somebody else published here."""

from dataclasses import dataclass
from datetime import datetime

import orjson

from credential_core.contexts import CREDENTIALS_V2, OPEN_BADGES_V3
from credential_core.timestamps import format_timestamp
from issuer.core.addresses import Addresses
from issuer.core.backpack.model import Notation
from issuer.core.credentials.any_credentials import AnyOrder, IssueAny
from issuer.core.endorsements.endorsements import known, refuse_own, refuse_when_full
from issuer.core.endorsements.model import BELIEVED_FOR, Endorsement, EndorsementId, EndorsementStatus, Subject
from issuer.core.endorsements.ports import EndorsementReading
from issuer.core.model import AnyCredential, Issuer, Json
from issuer.core.ports import Reading, UnitOfWork
from service_kit.clock import Clock
from service_kit.errors import NotFound, Unavailable
from service_kit.ids import NewId
from service_kit.inputs import IdempotencyKey


@dataclass(frozen=True, slots=True, kw_only=True)
class EndorseOrder:
    """Which of the organization's issuers endorses what, in which words."""

    org_id: str
    actor: str
    slug: str
    subject: str
    comment: str | None
    valid_until: datetime | None
    key: IdempotencyKey | None = None


class Endorse:
    """Signs an endorsement by one of the organization's issuers, and offers it to whom it is about."""

    def __init__(
        self,
        *,
        reading: Reading,
        endorsements: EndorsementReading,
        issue_any: IssueAny,
        addresses: Addresses,
        clock: Clock,
        new_id: NewId,
    ) -> None:
        self._reading = reading
        self._endorsements = endorsements
        self._issue_any = issue_any
        self._addresses = addresses
        self._clock = clock
        self._new_id = new_id

    async def __call__(self, order: EndorseOrder) -> Endorsement:
        """Raises NotFound without such an issuer; Invalid for a subject that is unknown, or the organization's own."""
        issuers = await self._reading.issuers_of(order.org_id)
        issuer = next((one for one in issuers if one.slug == order.slug), None)
        if issuer is None:
            raise NotFound("there is no such issuer")
        subject = await known(self._endorsements, order.subject)
        refuse_own(order.org_id, subject, "subject")
        now = self._clock()
        endorsement_id = EndorsementId(self._new_id())
        document = self._document(endorsement_id, issuer, subject, order, now)
        seen = await self._endorsements.changes(issuer.did, None)

        async def also(work: UnitOfWork, credential: AnyCredential) -> None:
            await refuse_when_full(work, subject.org_id, order.org_id)
            await work.endorsements.add(
                _signed_here(
                    document, credential, endorsement_id=endorsement_id, order=order, subject=subject, seen=seen
                )
            )

        text = await self._issue_any(
            AnyOrder(
                org_id=order.org_id,
                actor=order.actor,
                document=document,
                key=order.key,
                revocable=True,
                addressed=True,
            ),
            also,
        )
        named = str(orjson.loads(text)["id"]).removeprefix(self._addresses.endorsement(""))
        found = await self._endorsements.by_id(order.org_id, EndorsementId(named))
        if found is None:
            raise Unavailable("the endorsement was stored and cannot be read")
        return found

    def _document(
        self, endorsement_id: EndorsementId, issuer: Issuer, subject: Subject, order: EndorseOrder, now: datetime
    ) -> Json:
        comment = {} if order.comment is None else {"endorsementComment": order.comment}
        until = {} if order.valid_until is None else {"validUntil": format_timestamp(order.valid_until)}
        return {
            "@context": [CREDENTIALS_V2, OPEN_BADGES_V3],
            "id": self._addresses.endorsement(endorsement_id),
            "type": ["VerifiableCredential", "EndorsementCredential"],
            "name": f"Endorsement of {subject.name}"[:500],
            "issuer": issuer.profile,
            "validFrom": format_timestamp(now.replace(microsecond=0)),
            **until,
            "credentialSubject": {"id": subject.address, "type": ["EndorsementSubject"], **comment},
        }


def _signed_here(
    document: Json,
    credential: AnyCredential,
    *,
    endorsement_id: EndorsementId,
    order: EndorseOrder,
    subject: Subject,
    seen: int,
) -> Endorsement:
    now = credential.issued_at
    profile = document["issuer"]
    return Endorsement(
        id=endorsement_id,
        subject=subject.address,
        version=subject.version,
        org_id=subject.org_id,
        endorser_org=order.org_id,
        presented_by=order.org_id,
        issuer_id=profile["id"],
        issuer_name=profile.get("name", profile["id"]),
        credential_id=document["id"],
        notation=Notation.DOCUMENT,
        document=credential.document,
        comment=order.comment,
        valid_from=now.replace(microsecond=0),
        valid_until=order.valid_until,
        status=EndorsementStatus.OFFERED,
        problems=(),
        believed_until=now + BELIEVED_FOR,
        check_at=None,
        own_list=credential.slot.list_id if credential.slot else None,
        seen=seen,
        revision=1,
        created_at=now,
        changed_at=now,
    )
