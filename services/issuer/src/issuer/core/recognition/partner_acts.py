"""What a partner that is not on this fleet does by itself: it needs no account here, for a key of its DID says it.

A signature is what `outside` reads. To decline or to end it signs a statement of another type: of which agreement, what
and why, and when, so that what was once said and not meant any more is not brought later, by whomever.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from credential_core.errors import CredentialError
from credential_core.jose import Jws
from issuer.core.addresses import Addresses
from issuer.core.recognition.acting import ActOnAgreement, PartyAct
from issuer.core.recognition.agreement import Act, Agreement, AgreementId
from issuer.core.recognition.agreement_queries import NO_AGREEMENT
from issuer.core.recognition.outside import TYPE as SIGNATURE
from issuer.core.recognition.outside import CheckSignature, PartnerKeys, moment_of, refused
from issuer.core.recognition.ports import RecognitionReading
from service_kit.clock import Clock
from service_kit.errors import Conflict, Invalid, NotFound, invalid_field
from service_kit.ids import is_id

STATEMENT = "recognition-agreement-statement+jws"
MEMBER = "statement"
WORDS = ("agreement", "digest", "act", "reason", "iat")
ACTS = (Act.DECLINE, Act.END)
MOST_REASON = 500
GOOD_FOR = timedelta(minutes=10)
CLOCKS_DIFFER = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Statement:
    """What a statement says. Nothing of it is true before its key was found."""

    jws: Jws
    agreement: str
    digest: str
    act: Act
    reason: str
    at: datetime


class ActElsewhere:
    """Signs, declines or ends for a partner elsewhere, by what it signed. Repeating it does nothing and succeeds."""

    def __init__(
        self,
        *,
        reading: RecognitionReading,
        act: ActOnAgreement,
        check_signature: CheckSignature,
        keys: PartnerKeys,
        addresses: Addresses,
        clock: Clock,
    ) -> None:
        self._reading = reading
        self._act = act
        self._check_signature = check_signature
        self._keys = keys
        self._addresses = addresses
        self._clock = clock

    async def __call__(self, agreement_id: str, text: str) -> Agreement:
        """The agreement after it. Raises NotFound, Invalid for a wrong statement, Conflict for what is not allowed."""
        jws = _read(text)
        named = AgreementId(agreement_id)
        agreement = await self._reading.with_outsider(named) if is_id(named) else None
        if agreement is None:
            raise NotFound(NO_AGREEMENT)
        if jws.header.get("typ") == SIGNATURE:
            command = await self._signing(text, agreement)
        else:
            command = await self._saying(statement_in(jws), agreement)
        return (await self._act.take(command)).as_of(self._clock())

    async def _signing(self, text: str, agreement: Agreement) -> PartyAct:
        key, did = await self._check_signature(text, agreement, MEMBER), agreement.source_org
        return PartyAct(
            org_id=did,
            actor=key,
            key=key,
            agreement_id=agreement.id,
            act=Act.SIGN,
            digest=agreement.digest,
            signature=text,
        )

    async def _saying(self, said: Statement, agreement: Agreement) -> PartyAct:
        if said.agreement != self._addresses.agreement(agreement.id):
            raise invalid_field(MEMBER, "is about another agreement")
        if said.digest != agreement.digest:
            raise Conflict("the digest is another document's: read the agreement again", code="agreement-not-as-read")
        check_fresh(said.at, agreement, self._clock())
        did = agreement.source_org
        try:
            key = await self._keys(said.jws, did)
        except CredentialError as error:
            raise refused(MEMBER, error) from error
        return PartyAct(
            org_id=did,
            actor=key,
            key=key,
            agreement_id=agreement.id,
            act=said.act,
            reason=said.reason,
            statement=said.jws.text,
        )


def statement_in(jws: Jws) -> Statement:
    """What it says, in exactly the words that a statement has. Raises Invalid that names the one that is wrong."""
    claims = jws.claims
    if jws.header.get("typ") != STATEMENT:
        raise invalid_field(MEMBER, f"has neither the type {STATEMENT} nor {SIGNATURE}")
    for name in WORDS:
        if name not in claims:
            raise invalid_field(MEMBER, f"does not say its {name}")
    if unknown := sorted(claims.keys() - set(WORDS)):
        raise invalid_field(MEMBER, f"says more than a statement does: {', '.join(unknown)[:MOST_REASON]}")
    for name in ("agreement", "digest"):
        if not isinstance(claims[name], str):
            raise invalid_field(MEMBER, f"has another {name} than a text")
    reason, act = claims["reason"], next((one for one in ACTS if one.value == claims["act"]), None)
    if act is None:
        raise invalid_field(MEMBER, f"has another act than {' or '.join(ACTS)}")
    if not isinstance(reason, str) or not 0 < len(reason.strip()) <= MOST_REASON:
        raise invalid_field(MEMBER, f"has a reason that is no text of 1 to {MOST_REASON} characters")
    return Statement(jws, claims["agreement"], claims["digest"], act, reason.strip(), moment_of(claims["iat"], MEMBER))


def check_fresh(at: datetime, agreement: Agreement, now: datetime) -> None:
    """Raises Invalid for one that was made too long ago, before what it is about, or is not made yet."""
    if not now - GOOD_FOR <= at <= now + CLOCKS_DIFFER:
        detail = f"a statement is good for {GOOD_FOR.seconds // 60} minutes from its iat on: sign it anew"
        raise Invalid(detail, code="statement-not-fresh")
    if at + CLOCKS_DIFFER < (agreement.signed_at or agreement.created_at):
        raise Invalid("it was made before the agreement stood as it does now", code="statement-not-fresh")


def _read(text: str) -> Jws:
    try:
        return Jws.parse(text)
    except CredentialError as error:
        raise refused(MEMBER, error) from error
