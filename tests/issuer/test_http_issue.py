"""POST /credentials: the contract, and what stands in the document and the event."""

import pytest

from credential_core.did import assertion_method
from credential_core.model import validate_achievement_credential
from credential_core.proof import verify_proof
from service_kit.testing import BASE_URL
from tests.issuer.world import LEARNER, World

pytestmark = [pytest.mark.db, pytest.mark.asyncio]


async def test_a_credential_is_issued_signed_and_well_made(world: World) -> None:
    achievement = await world.ready()
    answer = await world.send("POST", "/credentials", {"achievement": achievement, "recipient": {"email": LEARNER}})
    body = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == body["id"] == body["credential"]["id"]
    assert body["id"].startswith(f"{BASE_URL}/credentials/")
    assert body["status"] == "issued"
    assert validate_achievement_credential(body["credential"]) == ()
    (published,) = await world.events("issuer.published.v1")
    proof = body["credential"]["proof"]
    method = assertion_method(published.did_document, proof["verificationMethod"])
    verify_proof(body["credential"], proof, method.public)
