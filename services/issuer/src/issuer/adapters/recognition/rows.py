"""Rows about recognition to the core's own types, and back."""

from dataclasses import asdict
from decimal import Decimal
from typing import Any

from sqlalchemy import RowMapping

from credential_core.timestamps import format_timestamp, parse_timestamp
from issuer.core.model import CredentialId, Json
from issuer.core.recognition.agreement import NOBODY, Agreement, AgreementChange, AgreementId, AgreementState
from issuer.core.recognition.deciding import Presented, Reason
from issuer.core.recognition.papers import split
from issuer.core.recognition.recognition import (
    By,
    Place,
    Recognition,
    RecognitionChange,
    RecognitionId,
    RecognitionState,
)


def of_agreement(value: Agreement) -> dict[str, Any]:
    """Values for AGREEMENTS."""
    document = value.document
    return {
        **asdict(value),
        "state": value.state.value,
        "programme": document["programme"],
        "recognising_issuer": document["recognisingIssuer"],
        "source_issuer": document["sourceIssuer"],
    }


def agreement(row: RowMapping) -> Agreement:
    """A row of AGREEMENTS."""
    replaces = row["replaces"]
    return Agreement(
        id=AgreementId(row["id"]),
        recognising_org=row["recognising_org"],
        source_org=row["source_org"],
        proposed_by=row["proposed_by"],
        state=AgreementState(row["state"]),
        revision=row["revision"],
        version=row["version"],
        replaces=None if replaces is None else AgreementId(replaces),
        document=row["document"],
        digest=row["digest"],
        created_at=row["created_at"],
        changed_at=row["changed_at"],
        signed_at=row["signed_at"],
        signature=row["signature"],
        statement=row["statement"],
        expiry_told=row["expiry_told"],
    )


def agreement_change(row: RowMapping) -> AgreementChange:
    """A row of AGREEMENT_CHANGES."""
    state = AgreementState.EXPIRED if row["org_id"] == NOBODY else AgreementState(row["state"])
    return AgreementChange(**{**row, "state": state})


def of_agreement_change(value: AgreementChange) -> dict[str, Any]:
    """Values for AGREEMENT_CHANGES. The release before knows no state of what expired."""
    state = AgreementState.ENDED if value.state is AgreementState.EXPIRED else value.state
    return {
        "agreement_id": value.agreement_id,
        "revision": value.revision,
        "state": state.value,
        "org_id": value.org_id,
        "actor": value.actor,
        "reason": value.reason,
        "at": value.at,
    }


def of_recognition(value: Recognition) -> dict[str, Any]:
    """Values for RECOGNITIONS."""
    place = value.place
    return {
        "id": value.id,
        "org_id": place.org_id,
        "programme": place.programme,
        "recipient_key": place.recipient_key,
        "person": place.person,
        "source": place.source,
        "achievement": place.achievement,
        "takes_place": value.takes_place,
        "counts": value.counts,
        "presented": _of_presented(value.presented),
        "document": "" if value.sealed is None else value.document,
        "own_source": value.own_source,
        "state": value.state.value,
        "revision": value.revision,
        "agreement_id": value.agreement_id,
        "target": value.target,
        "credits": value.credits,
        "results": list(value.results),
        "reasons": [asdict(reason) for reason in value.reasons],
        "credential_id": value.credential_id,
        "evidence": list(split(value.evidence)[0] if value.sealed is None else value.evidence),
        "vouched": value.vouched,
        "sealed": value.sealed,
        "decider": value.decider,
        "is_appeal_used": value.is_appeal_used,
        "appeal_until": value.appeal_until,
        "holds_back": value.holds_back,
        "created_at": value.created_at,
        "changed_at": value.changed_at,
    }


def recognition(row: RowMapping) -> Recognition:
    """A row of RECOGNITIONS."""
    sealed = row["sealed"]
    return Recognition(
        id=RecognitionId(row["id"]),
        place=Place(
            row["org_id"],
            row["programme"],
            bytes(row["recipient_key"]),
            row["person"],
            bytes(row["source"]),
            row["achievement"],
        ),
        presented=_presented(row["presented"]),
        document=row["document"],
        own_source=_credential(row["own_source"]),
        state=RecognitionState(row["state"]),
        revision=row["revision"],
        agreement_id=None if row["agreement_id"] is None else AgreementId(row["agreement_id"]),
        target=row["target"],
        credits=row["credits"],
        results=tuple(row["results"]),
        reasons=_reasons(row["reasons"]),
        credential_id=_credential(row["credential_id"]),
        evidence=tuple(row["evidence"]),
        vouched=row["vouched"],
        sealed=None if sealed is None else bytes(sealed),
        decider=row["decider"],
        is_appeal_used=row["is_appeal_used"],
        appeal_until=row["appeal_until"],
        holds_back=row["holds_back"],
        created_at=row["created_at"],
        changed_at=row["changed_at"],
    )


def of_change(value: RecognitionChange) -> dict[str, Any]:
    """Values for RECOGNITION_CHANGES."""
    return {
        "recognition_id": value.recognition_id,
        "revision": value.revision,
        "state": value.state.value,
        "by": value.by.value,
        "actor": value.actor,
        "reason": value.reason,
        "reasons": [asdict(reason) for reason in value.reasons],
        "caused_by": value.caused_by,
        "at": value.at,
    }


def change(row: RowMapping) -> RecognitionChange:
    """A row of RECOGNITION_CHANGES."""
    state, by, reasons = RecognitionState(row["state"]), By(row["by"]), _reasons(row["reasons"])
    return RecognitionChange(**{**row, "state": state, "by": by, "reasons": reasons})


def _of_presented(value: Presented) -> Json:
    return {
        "id": value.id,
        "digest": value.digest,
        "issuer": value.issuer,
        "achievement": value.achievement,
        "awarded": format_timestamp(value.awarded),
        "credits": str(value.credits),
        "level": value.level,
        "results": [list(result) for result in value.results],
        "recipient": value.recipient,
        "owner": value.owner,
        "origin": value.origin,
    }


def _presented(value: Json) -> Presented:
    return Presented(
        **{
            **value,
            "awarded": parse_timestamp(value["awarded"]),
            "credits": Decimal(value["credits"]),
            "results": tuple((described, given) for described, given in value["results"]),
        }
    )


def _reasons(found: list[Json]) -> tuple[Reason, ...]:
    return tuple(Reason(**one) for one in found)


def _credential(found: str | None) -> CredentialId | None:
    return None if found is None else CredentialId(found)
