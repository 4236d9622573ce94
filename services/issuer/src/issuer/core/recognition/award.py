"""What a granted recognition becomes: the order for an ordinary award, whose evidence says what decided it."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import orjson

from issuer.core.addresses import Addresses
from issuer.core.credentials.order import Order
from issuer.core.credentials.recipient import Recipient
from issuer.core.model import Json
from issuer.core.recognition.recognition import Recognition
from stacking.badges import DECISION, HEAD
from stacking.members import number

SOURCE = "RecognisedCredential"


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """What the learner gets for it. `agreement` and its digest where one decided."""

    target: str
    issuer: str | None
    credits: Decimal | None
    results: Sequence[Json]
    agreement: str | None = None
    digest: str | None = None


def order_of(recognition: Recognition, worth: Worth, recipient: Recipient, actor: str, addresses: Addresses) -> Order:
    """Not twice for one learner: whoever has the achievement is refused."""
    return Order(
        org_id=recognition.place.org_id,
        actor=actor,
        achievement=worth.target,
        issuer=worth.issuer,
        recipient=recipient,
        results=tuple(worth.results),
        credits_earned=None if worth.credits is None else float(worth.credits),
        evidence=(_source(recognition), _decision(recognition, worth, addresses)),
        allow_duplicates=False,
        ends_by_policy=True,
    )


def _source(recognition: Recognition) -> Json:
    shown = recognition.presented
    return {
        "id": shown.id,
        "type": ["Evidence"],
        "name": "Recognised credential",
        "description": f"Awarded by {shown.issuer} for {shown.achievement}.",
        "genre": SOURCE,
    }


def _decision(recognition: Recognition, worth: Worth, addresses: Addresses) -> Json:
    """For programs, under the award's own signature: what was recognised by its digest, and by which agreement."""
    shown = recognition.presented
    record = {
        "type": DECISION,
        "recognition": addresses.recognition(recognition.id),
        "programme": recognition.place.programme,
        "source": {
            "id": shown.id,
            "digest": shown.digest,
            "issuer": shown.issuer,
            "achievement": shown.achievement,
            **({} if shown.origin is None else {"origin": shown.origin}),
        },
        "credits": number(worth.credits),
        **({} if worth.agreement is None else {"agreement": addresses.agreement(worth.agreement)}),
        **({} if worth.digest is None else {"agreementDigest": worth.digest}),
    }
    text = orjson.dumps(record, option=orjson.OPT_SORT_KEYS)
    return {
        "id": HEAD + base64.b64encode(text).decode(),
        "type": ["Evidence"],
        "name": "Decision on recognition",
        "genre": DECISION,
    }
