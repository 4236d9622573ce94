"""Credentials with our own context, which other implementations fetch from a fleet's public address."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from credential_core import proof
from credential_core.contexts import MICRO_CREDENTIAL_V1, load_context
from credential_core.errors import ProofError
from tests.conformance.test_data_integrity import CONTEXTS, KEY, Node, node_sign, node_verify, sign, unsigned
from tests.micro_credentials import achievement

pytestmark = pytest.mark.node
FLEET = "https://badges.uni.example"
SERVED = {f"{FLEET}/contexts/micro-credential/v1": load_context(MICRO_CREDENTIAL_V1)}


def test_another_implementation_verifies_what_we_sign(node: Node) -> None:
    credential = sign(unsigned(achievement=achievement(FLEET), results=[]))
    contexts = {**CONTEXTS, **SERVED}
    assert node_verify(node, credential, contexts=contexts) == {"verified": True, "error": None}

    forged = deepcopy(credential)
    forged["credentialSubject"]["achievement"]["assessment"][0]["supervision"] = (
        "UnsupervisedWithoutIdentityVerification"
    )
    assert node_verify(node, forged, contexts=contexts)["verified"] is False


def test_we_verify_what_another_implementation_signs(node: Node) -> None:
    document = unsigned(achievement=achievement(), results=[])
    signed: dict[str, Any] = node_sign(node, document)
    proof.verify_proof(document, signed["proof"], KEY.public)
    forged = deepcopy(document)
    forged["credentialSubject"]["achievement"]["creditPoint"][0]["point"] = 30
    with pytest.raises(ProofError):
        proof.verify_proof(forged, signed["proof"], KEY.public)
