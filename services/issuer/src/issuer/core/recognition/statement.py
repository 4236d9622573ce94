"""A refusal as a signed statement: who decided what about which credential, when and why. It is no award.

It is signed when somebody asks for it, once for each refusal, and names no learner.
"""

import uuid
from collections.abc import Sequence

from credential_core.contexts import CREDENTIALS_V2, RECOGNITION_DECISION_PATH
from credential_core.timestamps import format_timestamp
from issuer.core.addresses import Addresses
from issuer.core.credentials.any_credentials import AnyOrder, IssueAny
from issuer.core.credentials.issue import choose_issuer
from issuer.core.credentials.securing import USUAL, Form
from issuer.core.model import Issuer, Json, KeyPurpose
from issuer.core.ports import Reading
from issuer.core.recognition.agreement import Agreement
from issuer.core.recognition.ports import RecognitionReading, Viewer
from issuer.core.recognition.queries import NO_RECOGNITION
from issuer.core.recognition.recognition import By, Recognition, RecognitionChange, RecognitionId, RecognitionState
from service_kit.errors import Conflict, NotFound
from service_kit.ids import is_id
from service_kit.inputs import IdempotencyKey

STATEMENT = "RecognitionDecision"
REFUSED = (RecognitionState.REFUSED, RecognitionState.APPEALED)
DECIDERS = (By.INSTITUTION, By.AGREEMENT)


class StateRefusal:
    """Signs the refusal that stands, or that is appealed against. Repeating it gives the same text."""

    def __init__(
        self, *, recognitions: RecognitionReading, reading: Reading, issue_any: IssueAny, addresses: Addresses
    ) -> None:
        self._recognitions = recognitions
        self._reading = reading
        self._issue_any = issue_any
        self._addresses = addresses

    async def __call__(self, viewer: Viewer, actor: str, recognition_id: str) -> str:
        """The signed text. Raises NotFound; Conflict where nothing is refused, or nobody can sign."""
        found = None
        if is_id(recognition_id):
            found = await self._recognitions.recognition(viewer, RecognitionId(recognition_id))
        if found is None:
            raise NotFound(NO_RECOGNITION)
        if found.state not in REFUSED:
            raise Conflict(f"what is {found.state.value} is no refusal", code="recognition-not-refused")
        changes = await self._recognitions.changes(found.id)
        step = next(one for one in reversed(changes) if _is_refusal(one))
        agreement = await self._agreement(found)
        issuer = _signer(await self._reading.issuers_of(found.place.org_id), agreement)
        document = self._document(found, step, issuer, agreement)
        # The words of a decision never change: whoever asks again gets what was signed first.
        named = IdempotencyKey(f"{STATEMENT} {found.id}", str(step.revision), STATEMENT)
        order = AnyOrder(
            org_id=found.place.org_id,
            actor=actor,
            document=document,
            form=_form(issuer),
            name=document["id"],
            named=named,
            revocable=False,  # whatever the policy says: in a list it would be there only to be looked at
        )
        return await self._issue_any(order)

    async def _agreement(self, found: Recognition) -> Agreement | None:
        if found.agreement_id is None:
            return None
        return await self._recognitions.agreement(found.place.org_id, found.agreement_id)

    def _document(
        self, found: Recognition, step: RecognitionChange, issuer: Issuer, agreement: Agreement | None
    ) -> Json:
        request, at = self._addresses.recognition(found.id), format_timestamp(step.at.replace(microsecond=0))
        shown, until = found.presented, found.appeal_until
        decided: Json = {
            "id": request,
            "type": "RecognitionRequest",
            "decision": "refused",
            "decidedAt": at,
            "programme": found.place.programme,
            "presented": shown.id,
            "presentedDigest": shown.digest,
            "presentedIssuer": shown.issuer,
            "presentedFor": shown.achievement,
            "reason": [{"code": reason.code, "detail": reason.detail} for reason in step.reasons],
        }
        if agreement is not None and step.by is By.AGREEMENT:
            decided |= {"agreement": self._addresses.agreement(agreement.id), "agreementDigest": agreement.digest}
        if until is not None:
            decided["appealUntil"] = format_timestamp(until.replace(microsecond=0))
        return {
            "@context": [CREDENTIALS_V2, self._addresses.base_url + RECOGNITION_DECISION_PATH],
            "id": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'{request}#{step.revision}')}",
            "type": ["VerifiableCredential", STATEMENT],
            "name": "Decision on recognition: refused",
            "issuer": {"id": issuer.did, "name": issuer.profile["name"]},
            "validFrom": at,
            "credentialSubject": decided,
        }


def _signer(issuers: Sequence[Issuer], agreement: Agreement | None) -> Issuer:
    """The one that the agreement names, if it can sign; else the institution's oldest that can."""
    able = [issuer for issuer in issuers if issuer.active and issuer.signing(KeyPurpose.CREDENTIALS)]
    if issuers and not able:
        raise Conflict("no issuer of the institution can sign now", code="issuer-inactive")
    wanted = None if agreement is None else agreement.terms.recognising
    return choose_issuer(able, wanted if wanted in {issuer.did for issuer in able} else None)


def _is_refusal(change: RecognitionChange) -> bool:
    """Not what became of its papers since."""
    return change.state is RecognitionState.REFUSED and change.by in DECIDERS


def _form(issuer: Issuer) -> Form:
    """By the first key that makes proofs; else in an envelope: the bare JWT of Open Badges is for badges."""
    first = next((key for key in issuer.signing(KeyPurpose.CREDENTIALS) if key.makes_proofs), None)
    return Form.JWT if first is None else USUAL[first.algorithm]
