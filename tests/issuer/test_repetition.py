"""Whatever the issuer makes or changes is made once under one Idempotency-Key (ADR 54)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from service_kit.ids import new_id
from tests.issuer.endorsers import by_key
from tests.issuer.world import LEARNER, ORG, OTHER_ORG, Json, World
from tests.repetition import Body, Callers, Example, Send, Things, holds

pytestmark = [pytest.mark.db, pytest.mark.asyncio]
V2 = "https://www.w3.org/ns/credentials/v2"


def always(body: Any) -> Body:
    return lambda _: body


def award(achievement: str, **members: Any) -> Body:
    return lambda things: {"achievement": things[achievement], "recipient": {"email": LEARNER}} | members


def secured(did: str, name: str) -> Body:
    def body(things: Things) -> Json:
        document = {
            "@context": [V2],
            "type": ["VerifiableCredential"],
            "issuer": things[did],
            "credentialSubject": {"id": "did:example:subject", "name": name},
        }
        return {"credential": document, "options": {}}

    return body


def endorsed(subject: str, comment: str) -> Body:
    return lambda things: {"subject": things[subject], "comment": comment}


def handed_in(seed: int) -> Body:
    name = f"urn:uuid:{new_id()}"
    return lambda things: {"credential": by_key(things["their_achievement"], seed, id=name)}


def row(learner: str) -> Body:
    return always([{"recipient": {"email": f"{learner}@students.example"}}])


def changes(credential: str, reason: str) -> Body:
    return lambda things: [{"credential": things[credential], "reason": reason}]


def reason(words: str, **members: Any) -> Example:
    return Example(
        "status_changes",
        always({"reason": words} | members),
        always({"reason": f"not {words}"} | members),
        status=200,
    )


def agreement(worth: int) -> Body:
    def body(things: Things) -> Json:
        return {
            "name": "An agreement",
            "recognisingIssuer": things["did"],
            "sourceIssuer": things["their_did"],
            "programme": things["achievement"],
            "rules": [{"achievement": things["their_achievement"], "target": things["achievement"], "credits": worth}],
        }

    return body


SECURED = Example("any_credentials", secured("did", "Ada"), secured("did", "Ben"), secured("their_did", "Eve"))
OF_CHANGES = Example("batches", changes("url", "a"), changes("url", "b"), changes("their_url", "c"), status=202)
EXAMPLES: Mapping[str, Example] = {
    "POST /issuers": Example(
        "issuers",
        always({"name": "New", "slug": "new"}),
        always({"name": "New", "slug": "other"}),
        always({"name": "Theirs", "slug": "theirs"}),
    ),
    "POST /issuers/{slug}/keys": Example("issuer_keys", always({"algorithm": "P-256"}), always({"algorithm": "P-384"})),
    "POST /credentials": Example(
        "credentials", award("achievement"), award("achievement", narrative="x"), award("their_achievement")
    ),
    "POST /credentials/{credential_id}/revoke": reason("wrong"),
    "POST /credentials/{credential_id}/suspend": reason("in doubt"),
    "POST /credentials/{credential_id}/reinstate": reason("no doubt"),
    "POST /credentials/{credential_id}/correct": reason("a slip", narrative="Another."),
    "POST /batches": Example(
        "batches",
        row("a"),
        row("b"),
        row("c"),
        status=202,
        query=("?achievement={achievement}", "?achievement={their_achievement}"),
    ),
    **{f"POST /batches/{action}": OF_CHANGES for action in ("revoke", "suspend", "reinstate")},
    "POST /batches/correct": OF_CHANGES,
    "POST /recognitions/agreements": Example("recognition_agreements", agreement(5), agreement(6), agreement(7)),
    "POST /issuers/{slug}/endorsements": Example(
        "endorsements", endorsed("their_achievement", "Good."), endorsed("their_achievement", "Very good.")
    ),
    "POST /endorsements": Example("endorsements", handed_in(1), handed_in(2), handed_in(3)),
    "POST /vc/credentials/issue": SECURED,
    "POST /vc/{form}/credentials/issue": SECURED,
}
TRIED_BESIDE = {
    "POST /learners/me/consents",
    "POST /learners/me/hosts",
    "POST /learners/me/recognitions",
    "POST /recognitions",
    "POST /stacks/{stack_id}/record",
}
"""In test_consents (a person), test_backpack_hosts (another host), test_recognition, test_stacks."""


async def made(world: World) -> dict[str, str]:
    """An issuer of each organization, with an achievement and a credential."""
    ours, theirs = await world.issuer(), await world.issuer(OTHER_ORG)
    achievement, others = await world.achievement(), await world.achievement(OTHER_ORG)
    issued = await world.issue(await world.achievement())
    elsewhere = await world.issue(await world.achievement(OTHER_ORG), org=OTHER_ORG)
    return {
        "slug": ours["slug"],
        "did": ours["id"],
        "their_did": theirs["id"],
        "form": "eddsa-rdfc-2022",
        "achievement": achievement,
        "their_achievement": others,
        "url": issued["id"],
        "credential_id": issued["id"].rpartition("/")[2],
        "their_url": elsewhere["id"],
    }


@pytest.mark.parametrize("operation", EXAMPLES)
async def test_one_key_makes_one(world: World, operation: str) -> None:
    things = await made(world)
    if operation.endswith("/reinstate"):
        for url, org in ((things["url"], ORG), (things["their_url"], OTHER_ORG)):
            answer = await world.send("POST", f"{url}/suspend", {"reason": "in doubt"}, org=org)
            assert answer.status_code == 200, answer.text

    def sending(org: str) -> Send:
        async def send(path: str, body: Any, key: str) -> httpx.Response:
            return await world.send("POST", path, body, org=org, Idempotency_Key=key)

        return send

    await holds(Callers(sending(ORG), sending(OTHER_ORG), world.count), operation, EXAMPLES[operation], things)
