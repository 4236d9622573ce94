"""Whoever holds a credential may write it otherwise under the same proof. What is valid then reads as it was signed."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from credential_core import did, proof
from credential_core.contexts import CREDENTIALS_V2, OPEN_BADGES_V3
from credential_core.keys import SigningKey
from credential_core.report import Report, Verdict
from credential_core.verify import Policy
from tests.credential_core.rewritings import Json, reading, rewritings

CLR = "https://purl.imsglobal.org/spec/clr/v2p0/context-2.0.1.json"
LEARNER = "did:key:z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2"
ENDORSER = SigningKey.from_seed(bytes(range(9, 41)))
SEED = 20261129
SOME = 400

Sign = Callable[[Json], Json]


@pytest.fixture
def documents(unsigned: Json, sign: Sign, key: SigningKey, issuer: str) -> dict[str, Json]:
    """A badge that is endorsed, a record that holds one, and a credential under contexts of its own."""
    method = did.did_key_verification_method(key.public)
    badge = copy.deepcopy(unsigned)
    badge["credentialSubject"]["id"] = LEARNER
    badge["credentialSubject"]["achievement"]["endorsement"] = [_endorsement(badge)]
    about = {"issuer": {"id": issuer, "type": ["Profile"], "name": "U"}, "validFrom": "2026-01-01T00:00:00Z"}
    record = about | {
        "@context": [CREDENTIALS_V2, CLR, OPEN_BADGES_V3],
        "id": "https://issuer.test/records/1",
        "type": ["VerifiableCredential", "ClrCredential"],
        "name": "Record",
        "partial": False,
        "credentialSubject": {"id": LEARNER, "type": ["ClrSubject"], "verifiableCredential": [sign(unsigned)]},
    }
    own = {
        "issuer": issuer,
        "validFrom": "2026-01-01T00:00:00Z",
        "@context": [CREDENTIALS_V2, {"@vocab": "https://ex.test/vocab#"}, {"grade": "https://ex.test/grade"}],
        "id": "https://issuer.test/credentials/3",
        "type": ["VerifiableCredential", "Medal"],
        "validUntil": "2030-01-01T00:00:00Z",
        "credentialSubject": {"id": LEARNER, "grade": "A", "thing": {"level": 7, "isReal": True}},
        "credentialStatus": unsigned["credentialStatus"],
    }
    made = datetime(2026, 1, 2, tzinfo=UTC)
    owned = proof.sign(own, key, verification_method=method, created=made, inline_contexts=True)
    return {"badge": sign(badge), "record": sign(record), "own": owned}


def _endorsement(badge: Json) -> Json:
    by = did.did_key(ENDORSER.public)
    document = {
        "@context": [CREDENTIALS_V2, OPEN_BADGES_V3],
        "id": "https://accreditor.test/endorsements/1",
        "type": ["VerifiableCredential", "EndorsementCredential"],
        "name": "In good standing",
        "issuer": {"id": by, "type": ["Profile"], "name": "Accreditor"},
        "validFrom": "2026-01-01T00:00:00Z",
        "credentialSubject": {"id": badge["credentialSubject"]["achievement"]["id"], "type": ["EndorsementSubject"]},
    }
    method = did.did_key_verification_method(ENDORSER.public)
    return proof.sign(document, ENDORSER, verification_method=method, created=datetime(2026, 1, 2, tzinfo=UTC))


def differing(check: Callable[..., Report], document: Json, tried: list[tuple[str, Any]]) -> list[str]:
    """What is valid although it reads otherwise."""
    as_signed, policy = reading(document), Policy(inline_contexts=True)
    others = [(kind, other) for kind, other in tried if reading(other) != as_signed]
    return [kind for kind, other in others if _holds(check(other, policy=policy))]


def _holds(report: Report) -> bool:
    return report.verdict is Verdict.VALID


@pytest.mark.parametrize("name", ["badge", "record", "own"])
def test_what_is_written_otherwise_reads_the_same_or_is_not_valid(
    check: Callable[..., Report], documents: dict[str, Json], name: str
) -> None:
    document = documents[name]
    assert _holds(check(document, policy=Policy(inline_contexts=True)))
    tried = random.Random(SEED).sample(list(rewritings(document)), SOME)  # noqa: S311 - chosen to repeat
    assert differing(check, document, tried) == []


@pytest.mark.long
@pytest.mark.parametrize("name", ["badge", "record", "own"])
def test_no_way_to_write_it_otherwise_is_left_out(
    check: Callable[..., Report], documents: dict[str, Json], name: str
) -> None:
    tried = list(rewritings(documents[name]))
    assert len(tried) > SOME
    assert differing(check, documents[name], tried) == []
