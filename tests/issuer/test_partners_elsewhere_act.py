"""A partner that is not on this fleet signs, declines and ends by itself: no token, but a key of its DID."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
from datetime import timedelta
from typing import Any

import httpx
import pytest

from credential_core.did import did_key, did_key_verification_method
from credential_core.jose import sign
from credential_core.keys import SigningKey
from issuer.core.recognition import outside
from tests.issuer.abroad import Academy
from tests.issuer.recognising import AGREEMENTS, Partners, last
from tests.issuer.test_agreements_elsewhere import agreed, proposed, signature
from tests.issuer.world import ORG, OTHER_ORG, Clock, Json, World, fields, problem_code

pytestmark = [pytest.mark.db, pytest.mark.asyncio]
TYPE = "recognition-agreement-statement+jws"


class Elsewhere:
    """The academy at its own desk."""

    def __init__(self, academy: Academy, world: World, clock: Clock) -> None:
        self.academy = academy
        self.world = world
        self.clock = clock

    def words(self, agreement: Json, act: str, /, **changes: Any) -> Json:
        words = {
            "agreement": agreement["id"],
            "digest": agreement["digest"],
            "act": act,
            "reason": "our programme ends",
            "iat": int(self.clock().timestamp()),
        }
        return {name: value for name, value in (words | changes).items() if value is not None}

    def statement(self, agreement: Json, act: str, /, *, typ: str = TYPE, **changes: Any) -> str:
        header = {"typ": typ, "kid": self.academy.method}
        return sign(header, self.words(agreement, act, **changes), self.academy.key)

    async def bring(self, agreement: Json, text: str) -> httpx.Response:
        where = f"/recognition-agreements/{last(agreement['id'])}/statements"
        return await self.world.client.post(where, json={"statement": text})

    async def does(self, agreement: Json, act: str, **changes: Any) -> httpx.Response:
        return await self.bring(agreement, self.statement(agreement, act, **changes))

    async def seen(self, agreement: Json) -> Json:
        """By the recognising institution."""
        return dict((await self.world.send("GET", f"{AGREEMENTS}/{last(agreement['id'])}")).json())


@pytest.fixture
def elsewhere(academy: Academy, world: World, clock: Clock) -> Elsewhere:
    return Elsewhere(academy, world, clock)


async def test_it_declines_what_was_proposed(
    partners: Partners, academy: Academy, elsewhere: Elsewhere, world: World
) -> None:
    agreement = await proposed(partners, academy.did)
    text = elsewhere.statement(agreement, "decline")
    answer = await elsewhere.bring(agreement, text)
    assert answer.status_code == 200, answer.text
    assert (answer.json()["status"], answer.json()["digest"]) == ("declined", agreement["digest"])
    assert answer.json().keys() == {"id", "status", "version", "digest", "changedAt"}  # a proposal concerns the two
    seen = await elsewhere.seen(agreement)
    step = seen["history"][-1]
    assert (seen["status"], seen["statement"]) == ("declined", text)
    assert (step["party"], step["actor"], step["reason"]) == (academy.did, None, "our programme ends")
    assert (await elsewhere.bring(agreement, text)).json() == answer.json()  # again, nothing and success
    assert len((await elsewhere.seen(agreement))["history"]) == 2
    late = await elsewhere.bring(agreement, signature(agreement, academy.key, academy.method))
    assert (late.status_code, problem_code(late)) == (409, "agreement-transition-not-allowed")
    assert await world.events("recognition-agreement.ended.v1") == []
    assert (await world.client.get(f"/recognition-agreements/{last(agreement['id'])}")).status_code == 404


async def test_it_signs_and_ends_by_itself_and_everybody_reads_by_what(
    partners: Partners, academy: Academy, elsewhere: Elsewhere, world: World
) -> None:
    agreement = await proposed(partners, academy.did)
    signed = await elsewhere.bring(agreement, signature(agreement, academy.key, academy.method))
    assert (signed.status_code, signed.json()["status"]) == (200, "signed")
    text = elsewhere.statement(agreement, "end")
    both = await asyncio.gather(*(elsewhere.bring(agreement, text) for _ in range(2)))
    assert [one.json()["status"] for one in both] == ["ended", "ended"]
    shown = (await world.client.get(f"/recognition-agreements/{last(agreement['id'])}")).json()
    digest = "u" + base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")
    by = (shown["statementDigest"], shown["statementKey"])
    assert (shown["status"], by) == ("ended", (digest, academy.method))
    [told] = await world.events("recognition-agreement.ended.v1")
    assert (told.statement_digest, told.statement_key) == (digest, academy.method)
    assert (told.expired, told.revision) == (False, 3)
    assert (await elsewhere.seen(agreement))["statement"] == text
    for public in (str(shown), told.model_dump_json()):  # its words are for the two
        assert text not in public
        assert "our programme ends" not in public
    learner = partners.learner("ada@example.org")
    assert (await partners.decided(learner, academy.credential()))["status"] == "open"


async def test_it_ends_what_has_expired(
    partners: Partners, academy: Academy, elsewhere: Elsewhere, clock: Clock
) -> None:
    until = (clock() + timedelta(hours=1)).isoformat()
    agreement = await agreed(partners, academy, validUntil=until)
    clock.ahead += timedelta(hours=2)
    assert (await elsewhere.does(agreement, "end")).json()["status"] == "ended"


async def test_a_did_key_needs_nothing_to_be_read(partners: Partners, elsewhere: Elsewhere) -> None:
    key = SigningKey.from_seed(bytes(range(32)))
    agreement = await proposed(partners, did_key(key.public))
    header = {"typ": TYPE, "kid": did_key_verification_method(key.public)}
    answer = await elsewhere.bring(agreement, sign(header, elsewhere.words(agreement, "decline"), key))
    assert answer.json()["status"] == "declined"


async def test_each_fault_of_a_statement_is_said(
    partners: Partners, academy: Academy, elsewhere: Elsewhere, world: World
) -> None:
    agreement = await agreed(partners, academy)
    other = await proposed(partners, academy.did, name="Another")
    stranger = SigningKey.from_seed(bytes(32))
    named = {"typ": TYPE, "kid": academy.method}
    words = elsewhere.words(agreement, "end")
    wrong = {
        "a compact JWS is": "a.b",
        "has alg, kid and typ alone": sign(named | {"note": "of Ada Lovelace"}, words, academy.key),
        "alg, kid and typ alone": signature(agreement, academy.key, academy.method, header={"jwk": {}}),
        "an iat that is no number": signature(agreement, academy.key, academy.method, iat="at Ada Lovelace's"),
        "has neither the type": elsewhere.statement(agreement, "end", typ="JWT"),
        "signature_invalid": sign(named, words, stranger),
        "issuer_mismatch": sign(named | {"kid": did_key_verification_method(stranger.public)}, words, stranger),
        "method_not": sign(named | {"kid": f"{academy.did}#key-9"}, words, academy.key),
        "is about another agreement": elsewhere.statement(other, "end"),
        "does not say its digest": elsewhere.statement(agreement, "end", digest=None),
        "does not say its act": elsewhere.statement(agreement, "end", act=None),
        "does not say its reason": elsewhere.statement(agreement, "end", reason=None),
        "does not say its iat": elsewhere.statement(agreement, "end", iat=None),
        "another act than decline or end": elsewhere.statement(agreement, "withdraw"),
        "another act than": elsewhere.statement(agreement, "end", act=["end"]),
        "another digest than a text": elsewhere.statement(agreement, "end", digest=7),
        "a reason that is no text": elsewhere.statement(agreement, "end", reason=" "),
        "no text of 1 to 500": elsewhere.statement(agreement, "end", reason="x" * 501),
        "iat that is no number of seconds": elsewhere.statement(agreement, "end", iat="now"),
        "an iat that is no moment": elsewhere.statement(agreement, "end", iat=10**15),
        "says more than a statement does: jti": elsewhere.statement(agreement, "end", jti="1"),
        "must be over this agreement": signature(other, academy.key, academy.method),
    }
    for detail, text in wrong.items():
        answer = await elsewhere.bring(agreement, text)
        assert (answer.status_code, fields(answer)) == (422, ["statement"]), (detail, answer.text)
        assert detail in answer.json()["detail"], answer.text
    misread = await elsewhere.does(agreement, "end", digest="uAAAA")
    assert (misread.status_code, problem_code(misread)) == (409, "agreement-not-as-read")
    declined = await elsewhere.does(agreement, "decline")
    assert (declined.status_code, problem_code(declined)) == (409, "agreement-transition-not-allowed")
    del academy.site.documents["/academy/did.json"]  # its keys cannot be read now
    away = await elsewhere.does(agreement, "end")
    assert (away.status_code, fields(away)) == (422, ["statement"])
    assert (await elsewhere.seen(agreement))["status"] == "signed"
    assert await world.events("recognition-agreement.ended.v1") == []


async def test_a_statement_is_good_for_minutes(
    partners: Partners, academy: Academy, elsewhere: Elsewhere, clock: Clock
) -> None:
    """Nobody brings later what was signed once."""
    agreement = await proposed(partners, academy.did)
    early = elsewhere.statement(agreement, "end")
    clock.ahead += timedelta(minutes=5)
    assert (await elsewhere.bring(agreement, signature(agreement, academy.key, academy.method))).status_code == 200
    before = await elsewhere.bring(agreement, early)
    assert (before.status_code, problem_code(before)) == (422, "statement-not-fresh")
    kept = elsewhere.statement(agreement, "end")
    clock.ahead += timedelta(minutes=11)
    late = await elsewhere.bring(agreement, kept)
    assert (late.status_code, problem_code(late)) == (422, "statement-not-fresh")
    ahead = int((clock() + timedelta(minutes=2)).timestamp())
    assert problem_code(await elsewhere.does(agreement, "end", iat=ahead)) == "statement-not-fresh"
    assert (await elsewhere.seen(agreement))["status"] == "signed"
    assert (await elsewhere.does(agreement, "end")).json()["status"] == "ended"


async def test_what_cannot_hold_is_refused_before_anything_is_read(
    partners: Partners, academy: Academy, elsewhere: Elsewhere
) -> None:
    """Nobody has a partner's server asked by what no key of it can have signed."""
    agreement = await agreed(partners, academy)
    before, words = academy.site.asked.copy(), elsewhere.words(agreement, "end")
    good = {"alg": "EdDSA", "typ": TYPE, "kid": academy.method}
    shapes: list[tuple[str, Json]] = [
        ("no alg", good | {"alg": "none"}),
        ("no alg", good | {"alg": "HS256"}),
        ("a kid is a string", good | {"kid": 7}),
        ("issuer_mismatch", good | {"kid": "did:web:elsewhere.example#key-1"}),
        ("alg, kid and typ alone", good | {"jku": "https://elsewhere.example/keys"}),
    ]
    for detail, header in shapes:
        for end in ("", "AAAA"):
            answer = await elsewhere.bring(agreement, f"{_part(header)}.{_part(words)}.{end}")
            assert (answer.status_code, fields(answer)) == (422, ["statement"]), answer.text
            assert detail in answer.json()["detail"]
    unsigned = await elsewhere.bring(agreement, f"{_part(good)}.{_part(words)}.")
    assert "has no signature" in unsigned.json()["detail"]
    assert academy.site.asked == before
    assert (await elsewhere.does(agreement, "end")).json()["status"] == "ended"


def _part(members: Json) -> str:
    return base64.urlsafe_b64encode(json.dumps(members).encode()).decode().rstrip("=")


async def test_a_key_that_was_taken_back_says_nothing(
    partners: Partners, academy: Academy, elsewhere: Elsewhere
) -> None:
    agreement = await agreed(partners, academy)
    document = academy.site.documents["/academy/did.json"]
    academy.site.documents["/academy/did.json"] = document | {"assertionMethod": []}
    answer = await elsewhere.does(agreement, "end")
    assert (answer.status_code, fields(answer)) == (422, ["statement"])


async def test_whoever_brings_what_was_forged_makes_us_ask_its_host_once(
    partners: Partners, academy: Academy, elsewhere: Elsewhere, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outside, "KEPT_S", 60)
    agreement = await agreed(partners, academy)
    where, before = f"/recognition-agreements/{last(agreement['id'])}/statements", academy.site.asked.copy()
    header, words = {"typ": TYPE, "kid": academy.method}, elsewhere.words(agreement, "end")
    forged = [sign(header, words, SigningKey.from_seed(bytes([number] * 32))) for number in range(20)]
    brought = [world.send("POST", where, {"statement": each}) for each in forged]
    assert {answer.status_code for answer in await asyncio.gather(*brought)} == {422}
    assert (await elsewhere.does(agreement, "end")).json()["status"] == "ended"  # it is heard all the same
    assert academy.site.asked["/academy/did.json"] - before["/academy/did.json"] <= 1


async def test_it_is_for_partners_elsewhere_alone(partners: Partners, elsewhere: Elsewhere, academy: Academy) -> None:
    here = await partners.agree()
    answer = await elsewhere.does(here, "end")
    assert answer.status_code == 404  # these act with their tokens
    unknown = {"id": "https://laurel.test/recognition-agreements/0198c0de-0000-7000-8000-0000000000c1", "digest": "u"}
    assert (await elsewhere.does(unknown, "end")).status_code == 404
    assert (await elsewhere.does({"id": "x/nothing", "digest": "u"}, "end")).status_code == 404


async def test_nobody_elses_agreement_is_reached_by_it(
    partners: Partners, academy: Academy, elsewhere: Elsewhere, world: World
) -> None:
    """Whoever brings it, with whichever organization's token: the key says whose act it is."""
    agreement = await agreed(partners, academy)
    stranger = SigningKey.from_seed(bytes(32))
    header = {"typ": TYPE, "kid": academy.method}
    where = f"/recognition-agreements/{last(agreement['id'])}/statements"
    for org in (ORG, OTHER_ORG):
        forged = sign(header, elsewhere.words(agreement, "end"), stranger)
        assert (await world.send("POST", where, {"statement": forged}, org=org)).status_code == 422
    brought = await world.send("POST", where, {"statement": elsewhere.statement(agreement, "end")}, org=OTHER_ORG)
    assert brought.json()["status"] == "ended"
    assert (await elsewhere.seen(agreement))["history"][-1]["party"] == academy.did
