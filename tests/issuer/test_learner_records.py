"""How much one learner record holds: what is signed, and may be read again within a document's budgets."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from credential_core.contexts import CREDENTIALS_V2, MICRO_CREDENTIAL_V1, OPEN_BADGES_V3
from credential_core.keys import SigningKey
from credential_core.proof import sign, verify_proof
from issuer.core.stacks.learner_record import Part, achievement_in, learner_record
from service_kit.errors import Conflict
from tests import micro_credentials

NOW = datetime(2026, 11, 29, tzinfo=UTC)
KEY = SigningKey.from_seed(bytes(range(32)))
METHOD = f"did:key:{KEY.public.multibase}#{KEY.public.multibase}"
ISSUER = {"id": METHOD.partition("#")[0], "type": ["Profile"], "name": "Lakeside University"}


def credential(number: int) -> Part:
    """A badge with every element of the EU's Annex I, signed."""
    achievement = micro_credentials.achievement() | {
        "id": f"https://laurel.example/achievements/{number}/versions/1",
        "type": ["Achievement"],
        "name": f"Course {number}",
        "description": "What a course of a semester teaches.",
        "criteria": {"narrative": "Everything of the course, shown in a project and defended."},
    }
    document: dict[str, Any] = {
        "@context": [CREDENTIALS_V2, OPEN_BADGES_V3, MICRO_CREDENTIAL_V1],
        "id": f"https://laurel.example/credentials/{number}",
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": f"Course {number}",
        "issuer": ISSUER,
        "validFrom": "2026-11-29T00:00:00Z",
        "credentialSubject": {"id": "did:example:ada", "type": ["AchievementSubject"], "achievement": achievement},
    }
    signed = sign(document, KEY, verification_method=METHOD, created=NOW)
    return Part(signed["id"], signed, achievement_in(signed))


def record(components: int) -> dict[str, Any]:
    whole, *parts = [credential(number) for number in range(components + 1)]
    unsigned = learner_record(
        whole.document,
        parts,
        identifier="https://laurel.example/records/1",
        issuer=ISSUER,
        at=NOW,
        is_partial=False,
    )
    return sign(unsigned, KEY, verification_method=METHOD, created=NOW)


def test_forty_components_with_everything_that_may_be_said_of_them_fit() -> None:
    signed = record(40)
    assert len(signed["credentialSubject"]["verifiableCredential"]) == 41
    verify_proof(signed, signed["proof"], KEY.public)


def test_what_nobody_could_read_is_not_signed() -> None:
    with pytest.raises(Conflict) as refused:
        record(90)
    assert refused.value.code == "stack-too-large"
