"""A partner that is not on this fleet signs an agreement with a key of its DID, and requests are decided by it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from credential_core.did import did_key, did_key_verification_method
from credential_core.jose import sign
from credential_core.keys import SigningKey
from issuer.main import Core
from issuer.main_recognition import wire_look_at_sources
from issuer.settings import IssuerSettings
from service_kit.database import Database
from service_kit.fetcher import Fetcher
from tests.issuer.abroad import Academy
from tests.issuer.recognising import AGREEMENTS, Partners, last
from tests.issuer.world import ORG, OTHER_ORG, Clock, Json, World, fields, problem_code

pytestmark = [pytest.mark.db, pytest.mark.asyncio]
THEIRS = "urn:uuid:0e2a1c6a-1c0e-4d2c-9f43-7b1b1f0a2b3c"  # what the academy awards
TYPE = "recognition-agreement+jws"


def rule(partners: Partners, **members: Any) -> Json:
    return {"achievement": THEIRS, "target": partners.ours, "credits": 5} | members


async def proposed(partners: Partners, did: str, **members: Any) -> Json:
    return await partners.propose(sourceIssuer=did, **({"rules": [rule(partners)]} | members))


def signature(
    agreement: Json, key: SigningKey, kid: str, *, typ: str = TYPE, header: Json | None = None, **claims: Any
) -> str:
    said = {"agreement": agreement["id"], "digest": agreement["digest"]} | claims
    return sign({"typ": typ, "kid": kid, **(header or {})}, said, key)


async def signed(partners: Partners, agreement: Json, text: str, *, org: str = ORG) -> httpx.Response:
    body = {"digest": agreement["digest"], "signature": text}
    return await partners.act(agreement, "sign", org=org, **body)


async def agreed(partners: Partners, academy: Academy, **members: Any) -> Json:
    agreement = await proposed(partners, academy.did, **members)
    answer = await signed(partners, agreement, signature(agreement, academy.key, academy.method))
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_its_signature_makes_the_agreement(partners: Partners, academy: Academy, world: World) -> None:
    agreement = await proposed(partners, academy.did)
    text = signature(agreement, academy.key, academy.method, iat=1_790_000_000)
    answer = await signed(partners, agreement, text)
    assert answer.status_code == 200, answer.text
    made = answer.json()
    assert (made["status"], made["signature"], made["version"]) == ("signed", text, 1)
    step = made["history"][-1]
    assert (step["status"], step["party"], step["actor"]) == ("signed", academy.did, None)
    again = await signed(partners, agreement, text)
    assert (again.status_code, again.json()) == (200, made)
    shown = (await world.client.get(f"/recognition-agreements/{last(agreement['id'])}")).json()
    assert (shown["signature"], shown["digest"]) == (text, agreement["digest"])
    [told] = await world.events("recognition-agreement.signed.v1")
    assert (told.source_org_id, told.source_issuer, told.org_id) == (academy.did, academy.did, ORG)
    assert told.signature == text


async def test_a_did_key_needs_nothing_to_be_read(partners: Partners) -> None:
    key = SigningKey.from_seed(bytes(range(32)))
    agreement = await proposed(partners, did_key(key.public))
    text = signature(agreement, key, did_key_verification_method(key.public))
    assert (await signed(partners, agreement, text)).status_code == 200


async def test_requests_are_decided_by_it_and_follow_what_its_issuer_publishes(
    partners: Partners,
    academy: Academy,
    world: World,
    settings: IssuerSettings,
    database: Database,
    core: Core,
    fetcher: Fetcher,
    clock: Clock,
) -> None:
    agreement = await agreed(partners, academy)
    learner = partners.learner("ada@example.org")
    found = await partners.decided(learner, academy.credential())
    assert (found["status"], found["agreement"], found["credits"]) == ("granted", agreement["id"], 5)
    academy.publish(7)
    clock.ahead += timedelta(hours=1)
    assert await wire_look_at_sources(settings, database, core.sign_list, fetcher, clock)() == 1
    while await core.settle_recognitions():
        pass
    seen = (await world.send("GET", f"/recognitions/{last(found['id'])}")).json()
    award = (await world.send("GET", f"/credentials/{last(found['credential'])}")).json()
    assert (seen["status"], award["status"]) == ("revoked", "revoked")
    ended = await partners.act(agreement, "end", org=ORG)
    assert (ended.status_code, ended.json()["status"]) == (200, "ended")


async def test_what_is_not_its_signature_over_this_is_none(partners: Partners, academy: Academy, world: World) -> None:
    agreement = await proposed(partners, academy.did)
    other = await proposed(partners, academy.did, name="Another")
    stranger = SigningKey.from_seed(bytes(32))
    theirs = did_key_verification_method(stranger.public)
    wrong = {
        "not a JWS": "a.b",
        "another's key": signature(agreement, stranger, academy.method),
        "another's DID": signature(agreement, stranger, theirs),
        "of another type": signature(agreement, academy.key, academy.method, typ="JWT"),
        "over another agreement": signature(other, academy.key, academy.method),
        "over another digest": signature(agreement, academy.key, academy.method, digest="uAAAA"),
        "over more": signature(agreement, academy.key, academy.method, act="end"),
        "a credential": academy.token(academy.unsigned()),
        "a critical extension": signature(agreement, academy.key, academy.method, header={"crit": ["b64"]}),
    }
    for name, text in wrong.items():
        answer = await signed(partners, agreement, text)
        assert (answer.status_code, fields(answer)) == (422, ["signature"]), (name, answer.text)
    del academy.site.documents["/academy/did.json"]  # its keys cannot be read now
    away = await signed(partners, agreement, signature(agreement, academy.key, academy.method))
    assert (away.status_code, fields(away)) == (422, ["signature"])
    seen = (await world.send("GET", f"{AGREEMENTS}/{last(agreement['id'])}")).json()
    assert (seen["status"], seen["signature"]) == ("proposed", None)
    assert await world.events("recognition-agreement.signed.v1") == []


async def test_nobody_here_signs_for_it(partners: Partners, academy: Academy) -> None:
    agreement = await proposed(partners, academy.did)
    for act in ("sign", "decline"):
        answer = await partners.act(agreement, act, org=ORG)
        assert (answer.status_code, problem_code(answer)) == (409, "not-this-party")
    text = signature(agreement, academy.key, academy.method)
    assert (await signed(partners, agreement, text, org=OTHER_ORG)).status_code == 404
    assert (await partners.act(agreement, "sign", org=ORG, digest="uAAAA", signature=text)).status_code == 409
    assert (await partners.act(agreement, "withdraw", org=ORG)).json()["status"] == "withdrawn"
    assert (await signed(partners, agreement, text)).status_code == 409


async def test_a_partner_of_this_fleet_signs_by_itself(partners: Partners, academy: Academy) -> None:
    agreement = await partners.propose()
    text = signature(agreement, academy.key, academy.method)
    for org in (ORG, OTHER_ORG):
        answer = await signed(partners, agreement, text, org=org)
        assert (answer.status_code, fields(answer)) == (422, ["signature"])


async def test_its_next_version_ends_the_one_before(partners: Partners, academy: Academy) -> None:
    first = await agreed(partners, academy)
    second = await agreed(partners, academy, replaces=first["id"])
    assert second["version"] == 2
    before = await partners.world.send("GET", f"{AGREEMENTS}/{last(first['id'])}")
    assert (before.json()["status"], before.json()["history"][-1]["party"]) == ("ended", academy.did)


async def test_what_cannot_be_agreed_with_a_partner_elsewhere(partners: Partners, academy: Academy) -> None:
    async def refused(**members: Any) -> list[str]:
        body = partners.body(**({"sourceIssuer": academy.did, "rules": [rule(partners)]} | members))
        answer = await partners.world.send("POST", AGREEMENTS, body)
        assert answer.status_code == 422, answer.text
        return fields(answer)

    floor = {"target": partners.ours, "credits": 5, "minimumCredits": 3}
    assert await refused(rules=[floor]) == ["rules.0.achievement"]  # what it published itself cannot be told
    ours = "did:web:laurel.test:issuers:nobody"  # at the origin of this fleet
    assert await refused(sourceIssuer=ours) == ["sourceIssuer"]
    assert await refused(sourceIssuer="did:example:123") == ["sourceIssuer"]
    assert await refused(recognisingIssuer=academy.did, sourceIssuer=partners.university) == ["recognisingIssuer"]
