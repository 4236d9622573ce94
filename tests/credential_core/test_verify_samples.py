"""The outcomes that 1EdTech's public validator expects of its own samples, as far as this library reads them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from credential_core import did, proof
from credential_core.errors import CredentialError
from credential_core.keys import PublicKey
from credential_core.report import Verdict
from credential_core.verify import Trust, TrustAnswer, verify

# sample -> the verdict, and the check that decides it where it is not valid
EXPECTED = {
    "simple": (Verdict.VALID, None),
    "endorsement-valid": (Verdict.VALID, None),
    "complete": (Verdict.INDETERMINATE, "status"),  # nobody serves its list
    "simple-err-proof-value": (Verdict.INVALID, "proof"),
    "simple-err-expired": (Verdict.INVALID, "validity_period"),
    "simple-err-context": (Verdict.INVALID, "schema"),
    "simple-err-issuer": (Verdict.INVALID, "schema"),
    "simple-err-evidence-type": (Verdict.INVALID, "schema"),
    "credential-status-revoked": (Verdict.INDETERMINATE, "status"),  # nobody serves its list
    "simple-eddsa-2022": (Verdict.VALID, None),  # upstream: a warning
}


def controllers(document: dict[str, Any]) -> dict[str, Any]:
    """The controller documents that the samples' authors publish: each key under its own fragment."""
    found = {}
    for each in proof.proofs(document):
        method = each["verificationMethod"]
        controller, _, multibase = method.partition("#")
        try:
            public = PublicKey.from_multibase(multibase)
        except CredentialError:
            continue
        found[controller] = did.did_document(controller, [did.VerificationMethod(method, controller, public)])
    return found


@pytest.mark.parametrize("name", list(EXPECTED))
def test_the_public_validators_outcome(load: Callable[[str], Any], name: str) -> None:
    document = load(f"1edtech-public-validator/ob30/{name}.json")
    report = verify(
        document,
        controllers=controllers(document),
        status_lists={},
        now=datetime(2026, 3, 1, tzinfo=UTC),
        trusted_issuers=lambda _: TrustAnswer(Trust.TRUSTED),
    )
    verdict, decisive = EXPECTED[name]
    assert report.verdict is verdict
    outcomes = {check.check: str(check.outcome) for check in report.checks}
    assert decisive is None or outcomes[decisive] == ("failed" if verdict is Verdict.INVALID else "unknown")
