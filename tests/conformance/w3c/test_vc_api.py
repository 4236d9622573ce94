"""The CCG's VC-API suites, of an issuer and of a verifier: what a body must be, and 400 for anything else."""

from __future__ import annotations

from typing import Any

import pytest

from credential_core.contexts import CREDENTIALS_V2
from tests.conformance.w3c.credentials import Json, lacking
from tests.conformance.w3c.documents import plain
from tests.conformance.w3c.implementation import Implementation, refused, verified
from tests.conformance.w3c.securing import Signer

pytestmark = [pytest.mark.db, pytest.mark.asyncio]

ISSUE = "/vc/credentials/issue"
REQUIRED = ("@context", "type", "issuer", "credentialSubject")
PROOF = ("type", "created", "verificationMethod", "proofPurpose", "proofValue")
# Of each member, what it may not be. JSON has no `undefined`.
WRONG: dict[str, list[Any]] = {
    "@context": ["text", {}, None, 10, True, [[]], [{}], [None], [10], [True], [{"foo": True}, 4, False, None]],
    "type": ["text", {}, None, 10, True, [[]], [{}], [None], [10], [True], [2, None, {"foo": True}, False]],
    "issuer": [[], None, 10, True],
    "credentialSubject": ["text", None, 10, True, [], [None, True, 4]],
}
SIGNER = Signer("eddsa-rdfc-2022", "Ed25519")


@pytest.fixture(params=["1.1", "2.0"])
def model(request: pytest.FixtureRequest) -> str:
    return str(request.param)


class TestIssuer:
    def credential(self, implementation: Implementation, model: str) -> Json:
        return {**plain(model), "issuer": implementation.ids["Ed25519"]}

    async def test_a_credential_is_issued(self, implementation: Implementation, model: str) -> None:
        whole = self.credential(implementation, model)
        ends = {"1.1": "expirationDate", "2.0": "validUntil"}[model]
        for credential in (
            whole,
            {**whole, "issuer": {"id": whole["issuer"]}},
            {**whole, ends: "2099-01-01T00:00:00Z"},
        ):
            answer = await implementation.send("POST", ISSUE, {"credential": credential})
            assert answer.status_code == 201
            issued = answer.json()["verifiableCredential"]
            assert issued.items() >= lacking(credential, "@context").items()
            assert isinstance(issued["proof"], dict)

    async def test_the_body_has_a_credential(self, implementation: Implementation, model: str) -> None:
        bodies: list[Any] = [
            {"verifiableCredential": self.credential(implementation, model)},
            {},
            [],
            {"credential": 7},
        ]
        for body in bodies:
            assert (await implementation.send("POST", ISSUE, body)).status_code == 400

    async def test_it_has_what_is_required(self, implementation: Implementation, model: str) -> None:
        for name in REQUIRED:
            body = {"credential": lacking(self.credential(implementation, model), name)}
            assert (await implementation.send("POST", ISSUE, body)).status_code == 400

    @pytest.mark.parametrize("name", WRONG)
    async def test_it_is_of_the_right_kind(self, implementation: Implementation, model: str, name: str) -> None:
        for wrong in WRONG[name]:
            body = {"credential": {**self.credential(implementation, model), name: wrong}}
            assert (await implementation.send("POST", ISSUE, body)).status_code == 400, wrong


class TestVerifier:
    async def test_a_credential_is_verified(self, implementation: Implementation, model: str) -> None:
        await implementation.accepts(SIGNER.signed(plain(model)))

    async def test_it_has_what_is_required(self, implementation: Implementation, model: str) -> None:
        signed = SIGNER.signed(plain(model))
        for name in (*REQUIRED, "proof"):
            await implementation.refuses(lacking(signed, name))
        for name in PROOF:
            await implementation.refuses({**signed, "proof": lacking(signed["proof"], name)})

    @pytest.mark.parametrize("name", [*WRONG, "proof"])
    async def test_it_is_of_the_right_kind(self, implementation: Implementation, model: str, name: str) -> None:
        signed = SIGNER.signed(plain(model))
        for wrong in WRONG.get(name, ["text", None, 10, True, []]):
            await implementation.refuses({**signed, name: wrong})

    async def test_the_body_has_a_credential(self, implementation: Implementation) -> None:
        bodies: list[Any] = [{"credential": {}}, {}, [], {"verifiableCredential": 7}]
        for body in bodies:
            refused(await implementation.send("POST", "/vc/credentials/verify", body))

    async def test_a_presentation_may_come_without_a_proof(self, implementation: Implementation) -> None:
        """By the name of `presentation`, as the specification has it, and without options: for no occasion."""
        shown = {"@context": [CREDENTIALS_V2], "type": ["VerifiablePresentation"]}
        signed = SIGNER.signed(plain("2.0"))
        path = "/vc/presentations/verify"
        verified(await implementation.send("POST", path, {"presentation": {**shown, "verifiableCredential": [signed]}}))
        wrong: list[Json] = [
            {"presentation": shown},
            {"presentation": {**shown, "verifiableCredential": [{**signed, "name": "Forged"}]}},
            {"presentation": {**shown, "verifiableCredential": [signed]}, "options": {"challenge": "abc"}},
            {"verifiablePresentation": {**shown, "verifiableCredential": [signed]}},
        ]
        for body in wrong:
            refused(await implementation.send("POST", path, body))
