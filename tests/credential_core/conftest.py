"""Shared by the tests of credential_core: published vectors, and one issuer with its key."""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from credential_core import bitstring, did, model, proof
from credential_core.contexts import CREDENTIALS_V2, OPEN_BADGES_V3
from credential_core.jose import issue_credential
from credential_core.keys import SigningKey
from credential_core.report import Report
from credential_core.verify import trust_only, verify, verify_presentation

VECTORS = Path(__file__).resolve().parents[3] / "shared" / "vectors"
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
LIST = "https://issuer.test/status-lists/1"
SECOND = "https://issuer.test/credentials/2"
CLR = "https://purl.imsglobal.org/spec/clr/v2p0/context-2.0.1.json"

Json = dict[str, Any]
Sign = Callable[[Json], Json]
Verify = Callable[..., Report]


@pytest.fixture(scope="session")
def vectors() -> Path:
    """The folder of published vectors beside the repository. Missing: a loud skip; a failure in CI."""
    if not VECTORS.is_dir():
        message = f"PUBLISHED VECTORS ARE MISSING at {VECTORS}"
        if os.environ.get("CI") == "true":
            pytest.fail(message, pytrace=False)
        pytest.skip(message)
    return VECTORS


@pytest.fixture(scope="session")
def load(vectors: Path) -> Callable[[str], Any]:
    """Read one JSON vector by its path."""
    return lambda path: json.loads((vectors / path).read_bytes())


@pytest.fixture(scope="session")
def key() -> SigningKey:
    """The issuer's key."""
    return SigningKey.from_seed(bytes(range(32)))


@pytest.fixture(scope="session")
def issuer(key: SigningKey) -> str:
    """The issuer, a did:key."""
    return did.did_key(key.public)


@pytest.fixture
def unsigned(issuer: str) -> dict[str, Any]:
    """A credential with most of what Open Badges 3.0 offers, before signing."""
    return model.achievement_credential(
        credential_id="https://issuer.test/credentials/1",
        issuer={"id": issuer, "name": "University of Test", "url": "https://issuer.test"},
        achievement={
            "id": "https://issuer.test/achievements/1",
            "name": "Statistics",
            "description": "Reads and makes statistics.",
            "achievementType": "MicroCredential",
            "criteria": {"narrative": "Passed the examination."},
            "creditsAvailable": 5.5,
            "tag": ["statistics", "data"],
            "alignment": [
                {
                    "type": ["Alignment"],
                    "targetName": "ISCED",
                    "targetUrl": "https://skills.test/1",
                    "targetType": "CFItem",
                }
            ],
            "resultDescription": [
                {
                    "id": "https://issuer.test/achievements/1/results/1",
                    "type": ["ResultDescription"],
                    "name": "Grade",
                    "resultType": "LetterGrade",
                    "allowedValue": ["F", "C", "B", "A"],
                }
            ],
        },
        identifiers=[model.hashed_identity("ada@learner.test", "emailAddress", "salty")],
        valid_from=datetime(2026, 1, 1, tzinfo=UTC),
        valid_until=datetime(2030, 1, 1, tzinfo=UTC),
        awarded=datetime(2025, 12, 31, tzinfo=UTC),
        credits_earned=5.5,
        activity_start=datetime(2025, 9, 1, tzinfo=UTC),
        results=[{"resultDescription": "https://issuer.test/achievements/1/results/1", "value": "A"}],
        evidence=[
            {"id": "https://issuer.test/evidence/1", "name": "Report", "narrative": "A “real” report\twith a tab."}
        ],
        status=bitstring.entry("https://issuer.test/status-lists/1", 7, "revocation"),
    )


@pytest.fixture
def sign(key: SigningKey) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Sign a document as the issuer."""
    method = did.did_key_verification_method(key.public)
    return lambda document: proof.sign(
        document, key, verification_method=method, created=datetime(2026, 1, 2, tzinfo=UTC)
    )


@pytest.fixture
def signed(unsigned: dict[str, Any], sign: Callable[[dict[str, Any]], dict[str, Any]]) -> dict[str, Any]:
    return sign(unsigned)


@pytest.fixture
def status_list(issuer: str, sign: Callable[[dict[str, Any]], dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    def make(*revoked: int, purpose: str = "revocation", **changes: Any) -> dict[str, Any]:
        bits = bitstring.StatusBits.empty()
        for index in revoked:
            bits.set(index, True)
        document = bitstring.status_list_credential(
            list_url=LIST, issuer=issuer, purpose=purpose, bits=bits, valid_from=NOW, ttl_ms=1000
        )
        return sign({**document, **changes})

    return make


@pytest.fixture
def check(issuer: str, status_list: Callable[..., dict[str, Any]]) -> Callable[..., Report]:
    """Verify with an ordinary trusted issuer and a list on which nothing is revoked, unless said otherwise."""

    def run(document: dict[str, Any], **changes: Any) -> Report:
        given: dict[str, Any] = {
            "controllers": {},
            "status_lists": {LIST: status_list()},
            "now": NOW,
            "trusted_issuers": trust_only([issuer, "did:web:issuer.test"], source="registry"),
        }
        return verify(document, **{**given, **changes})

    return run


@pytest.fixture
def second(unsigned: Json, sign: Sign) -> Json:
    """Another credential of the same learner, on another place of the list."""
    changed = {**copy.deepcopy(unsigned), "id": SECOND, "credentialStatus": bitstring.entry(LIST, 8, "revocation")}
    return sign(changed)


@pytest.fixture
def record(sign: Sign, issuer: str) -> Callable[..., Json]:
    """A CLR of the given credentials."""

    def make(*credentials: Json, identifier: str = "https://issuer.test/records/1") -> Json:
        return sign(
            {
                "@context": [CREDENTIALS_V2, CLR, OPEN_BADGES_V3],
                "id": identifier,
                "type": ["VerifiableCredential", "ClrCredential"],
                "name": "Transcript",
                "issuer": {"id": issuer, "type": ["Profile"], "name": "University"},
                "validFrom": "2026-01-01T00:00:00Z",
                "credentialSubject": {
                    "id": "did:example:ada",
                    "type": ["ClrSubject"],
                    "verifiableCredential": list(credentials),
                },
            }
        )

    return make


@pytest.fixture
def jwt_record(record: Callable[..., Json], key: SigningKey) -> Callable[..., str]:
    """The same as a JWT, which may hold more than canonicalization bears."""

    def make(*credentials: Json) -> str:
        plain = {name: value for name, value in record().items() if name != "proof"}
        plain["credentialSubject"]["verifiableCredential"] = list(credentials)
        return issue_credential(plain, key, kid=did.did_key_verification_method(key.public))

    return make


@pytest.fixture
def present(issuer: str, key: SigningKey) -> Callable[..., Json]:
    """A signed presentation; the issuer's key stands for a holder's too."""

    def make(*credentials: Any, holder: Any = issuer, purpose: str = "authentication") -> Json:
        document = {
            "@context": [CREDENTIALS_V2],
            "type": ["VerifiablePresentation"],
            "holder": holder,
            "verifiableCredential": list(credentials),
        }
        return proof.sign(
            {name: value for name, value in document.items() if value is not None},
            key,
            verification_method=did.did_key_verification_method(key.public),
            created=NOW,
            purpose=purpose,
            options=proof.ProofOptions(challenge="abc", domain="verifier.test"),
        )

    return make


@pytest.fixture
def shown(issuer: str, status_list: Any) -> Verify:
    """Verify a presentation for the challenge and domain it was made for, unless said otherwise."""

    def run(document: Any, **changes: Any) -> Report:
        given: dict[str, Any] = {
            "controllers": {},
            "status_lists": {LIST: status_list()},
            "now": NOW,
            "trusted_issuers": trust_only([issuer]),
            "challenge": "abc",
            "domain": "verifier.test",
        }
        return verify_presentation(document, **{**given, **changes})

    return run
