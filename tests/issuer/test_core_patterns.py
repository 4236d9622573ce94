"""Patterns change how fast a credential is made, never what it looks like, what is refused or what is written down."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.credential import credential
from credential_core.errors import ContextError, DocumentError, ProofError
from credential_core.jcs import digest
from credential_core.model.values_alone import rules_alone
from credential_core.proof import verify_proof
from credential_core.template import Filled, Sealed
from issuer.adapters.keys.key_store import LocalKeyStore
from issuer.core.addresses import Addresses
from issuer.core.credentials.award import Award
from issuer.core.credentials.compose import Compose, Composed, Draft
from issuer.core.credentials.order import Order
from issuer.core.credentials.patterns import Patterns, frame
from issuer.core.credentials.recipient import Recipient
from issuer.core.issuers.signing import Sign
from issuer.core.model import (
    Achievement,
    Credential,
    CredentialId,
    Issuer,
    IssuerId,
    IssuerKey,
    IssuingPolicy,
    KeyId,
    ListId,
    Slot,
    fragment_of,
)
from service_kit.errors import Invalid
from tests.micro_credentials import achievement

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
ORG = "6f0c1ad0-0000-4000-8000-000000000001"
LIST = ListId("6f0c1ad0-0000-4000-8000-0000000000aa")
STORE = LocalKeyStore(bytes(range(32)), lambda size: bytes(range(1, size + 1)))
MODEL = credential()
GRADE, SCORE = (item["id"] for item in MODEL["credentialSubject"]["achievement"]["resultDescription"])
ACHIEVEMENT = Achievement("urn:a", 1, 1, ORG, False, MODEL["credentialSubject"]["achievement"])


class NoTemplates(LocalKeyStore):
    """A store such as a remote one: it signs whole documents, one by one."""

    async def seal(
        self, fills: Sequence[Filled], key: IssuerKey, created: datetime
    ) -> Sequence[Sealed | DocumentError | ContextError] | None:
        return None


WHOLE = NoTemplates(bytes(range(32)), lambda size: bytes(range(1, size + 1)))


def an_issuer() -> Issuer:
    issuer_id, key_id = IssuerId("6f0c1ad0-0000-4000-8000-00000000000b"), KeyId("k")
    public, sealed = asyncio.run(STORE.create(issuer_id, key_id, "Ed25519"))
    key = IssuerKey(
        id=key_id,
        issuer_id=issuer_id,
        verification_method=f"{MODEL['issuer']['id']}#{fragment_of(public)}",
        public=public,
        sealed=sealed,
        created_at=NOW,
        since=NOW,
    )
    return Issuer(
        id=issuer_id,
        org_id=ORG,
        slug="college",
        did=MODEL["issuer"]["id"],
        method="web",
        profile=MODEL["issuer"],
        policy=IssuingPolicy(),
        active=True,
        revision=1,
        created_at=NOW,
        changed_at=NOW,
        keys=(key,),
    )


ISSUER = an_issuer()


class Trail:
    """An audit trail that is kept."""

    def __init__(self) -> None:
        self.lines: list[dict[str, Any]] = []

    def __call__(self, event: str, **fields: str | int) -> None:
        self.lines.append({"event": event, **fields})


def compose_with(store: LocalKeyStore, trail: Trail | None = None) -> Compose:
    return Compose(
        sign=Sign(keys=store, audit=trail or Trail(), clock=lambda: NOW),
        addresses=Addresses("https://laurel.example"),
        recipient_key=lambda org, found: hashlib.sha256(f"{org}{found}".encode()).digest(),
        random_bytes=lambda size: bytes(range(size)),
    )


def order(**members: Any) -> Order:
    recipient = members.pop("recipient", Recipient("emailAddress", "ada@students.example"))
    return Order(org_id=ORG, actor="client:test", achievement="urn:a", recipient=recipient, **members)


def made(compose: Compose, orders: Sequence[Order], issuer: Issuer = ISSUER) -> list[Composed]:
    drafts = [
        compose.draft(
            Award(one, issuer, ACHIEVEMENT, one.valid_from or NOW),
            credential_id=CredentialId(f"6f0c1ad0-0000-4000-8000-{number:012d}"),
            slot=Slot(LIST, number),
            now=NOW,
        )
        for number, one in enumerate(orders)
    ]
    return asyncio.run(compose.each(drafts))


text = st.text(max_size=12) | st.sampled_from(["", '"', "\\", "\u2028", "😀", "\x07", "\x00", "_:c14n0", "did:ex:a"])
urls = st.sampled_from(["https://a.example/1", "https://a.example/2", "urn:x:y", "relative", "https://a.example/a b"])
moments = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds
recipients = st.builds(
    Recipient,
    st.sampled_from(["emailAddress", "did", "studentId"]),
    text | st.sampled_from(["did:key:z6Mk", "a@b.example"]),
    st.none() | text,
    st.booleans(),
)
grades = st.fixed_dictionaries({"type": st.just(["Result"]), "resultDescription": st.just(GRADE), "value": text})
scores = st.fixed_dictionaries(
    {"resultDescription": st.just(SCORE) | st.just("urn:unknown")},
    optional={"value": text, "status": st.sampled_from(["Completed", "Nonsense"]), "achievedLevel": urls},
)
evidence = st.fixed_dictionaries(
    {}, optional={"id": urls, "name": text, "narrative": text, "genre": st.none() | text, "type": st.just(["Evidence"])}
)
orders = st.builds(
    order,
    recipient=recipients,
    valid_from=st.none() | moments,
    valid_until=st.none() | moments,
    awarded=st.none() | moments,
    results=st.lists(grades | scores, max_size=2).map(tuple),
    evidence=st.lists(evidence, max_size=2).map(tuple),
    narrative=st.none() | text,
    credits_earned=st.none() | st.sampled_from([0, 3, 7.5, 1e21, 2**60]),
)
SHARED = compose_with(STORE)  # remembers the patterns of all examples, as a process does


@settings(max_examples=120, deadline=None)
@given(st.lists(orders, min_size=1, max_size=3))
def test_both_ways_give_the_same_credential(asked: list[Order]) -> None:
    thrice = [*asked, *asked, *asked]  # met, learnt, filled
    expected, found = made(compose_with(WHOLE), thrice), made(SHARED, thrice)
    assert [_told(one) for one in found] == [_told(one) for one in expected]


@pytest.mark.parametrize(
    ("asked", "detail"),
    [
        ({"credits_earned": 2**60}, "an integer is larger than 2^53 - 1"),
        ({"credits_earned": 1e21}, "an integer is larger than 2^53 - 1"),
        ({"credits_earned": 2**60, "narrative": "\0"}, "an integer is larger than 2^53 - 1"),
        ({"credits_earned": 3, "narrative": "\0"}, "text holds U+0000 or a lone surrogate"),
    ],
)
def test_both_ways_refuse_for_the_same_reason(asked: dict[str, Any], detail: str) -> None:
    compose = compose_with(STORE)
    good = {"credits_earned": 3} | {name: "x" for name in asked if name == "narrative"}
    made(compose, [order(**good)] * 3)
    for found in made(compose_with(WHOLE), [order(**asked)]) + made(compose, [order(**asked)]):
        assert isinstance(found, Invalid)
        assert found.detail == f"the credential cannot be signed: {detail}"


def _told(one: Composed) -> Any:
    """All of a credential, the proof's value included; or all of a refusal."""
    if isinstance(one, Credential):
        return one
    return one.code, one.detail, [(wrong.field, wrong.detail) for wrong in one.errors]


def test_what_was_learnt_is_used() -> None:
    class Counting(LocalKeyStore):
        whole = 0

        async def sign(self, *arguments: Any) -> Any:
            Counting.whole += 1
            return await super().sign(*arguments)

    compose = compose_with(Counting(bytes(range(32))))
    asked = [order(recipient=Recipient("emailAddress", f"{n}@s.example"), narrative=str(n)) for n in range(40)]
    found = [one for one in made(compose, asked[:2]) + made(compose, asked[2:]) if isinstance(one, Credential)]
    assert (Counting.whole, len(found)) == (2, 40)
    for one in found:
        document = json.loads(one.document)
        verify_proof(document, document["proof"], ISSUER.key.of_proofs)
        assert one.digest == digest(document)


def test_an_achievement_may_bring_a_context_of_its_own() -> None:
    described = Achievement("urn:a", 2, 1, ORG, False, achievement())
    compose, asked = compose_with(STORE), Award(order(), ISSUER, described, NOW)
    draft = compose.draft(asked, credential_id=CredentialId("c"), slot=Slot(LIST, 7), now=NOW)
    assert compose._frame(draft) == frame(compose._build(draft))
    found = [json.loads(one.document) for one in asyncio.run(thrice(compose, draft))]
    assert len(compose._patterns._known) == 1
    for document in found:
        assert document["@context"][2:] == described.document["@context"][1:]
        assert document["credentialSubject"]["achievement"]["eqfLevel"] == "6"
        verify_proof(document, document["proof"], ISSUER.key.of_proofs)


async def thrice(compose: Compose, draft: Draft) -> list[Credential]:
    """Met, learnt, filled."""
    made = [one for _ in range(3) for one in await compose.each([draft])]
    return [one for one in made if isinstance(one, Credential)]


def test_a_changed_profile_is_another_pattern() -> None:
    compose = compose_with(STORE)
    made(compose, [order()] * 3)
    renamed = replace(ISSUER, profile=ISSUER.profile | {"name": "Another"})
    [found] = made(compose, [order()], renamed)
    assert isinstance(found, Credential)
    assert json.loads(found.document)["issuer"]["name"] == "Another"


def test_one_bad_row_among_many_is_refused_alone() -> None:
    compose = compose_with(STORE)
    good, bad = order(evidence=({"id": "urn:x:1"},)), order(evidence=({"id": "no address"},))
    kinds = [type(one) for one in made(compose, [good, good, good, bad, good])]
    assert kinds == [Credential, Credential, Credential, Invalid, Credential]


def test_a_line_before_and_after_names_every_credential() -> None:
    trail = Trail()
    compose = compose_with(STORE, trail)
    found = [one for one in made(compose, [order()] * 2) + made(compose, [order()] * 5) if isinstance(one, Credential)]
    before, after = trail.lines[-2:]
    assert (before["event"], after["event"], after["outcome"]) == ("signing", "signed", "ok")
    documents = [json.loads(one.document) for one in found[2:]]
    unsigned = [{name: value for name, value in one.items() if name != "proof"} for one in documents]
    assert before["documents"].split() == after["documents"].split() == [one["id"] for one in documents]
    assert before["unsigned_digests"].split() == [digest(one) for one in unsigned]
    assert after["digests"].split() == [one.digest for one in found[2:]]
    assert before["key_id"] == after["key_id"] == "k"


def test_a_store_that_signs_wrongly_issues_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    trail = Trail()
    compose = compose_with(STORE, trail)
    made(compose, [order()] * 2)
    spoilt = Sealed(json.dumps(MODEL | {"proof": {"type": "x"}}).encode(), "u")
    monkeypatch.setattr(Filled, "_sealed", lambda *_: spoilt)
    with pytest.raises(ProofError):
        made(compose, [order()] * 3)
    assert trail.lines[-1]["outcome"] == "refused"


def test_patterns_are_bounded_and_the_oldest_is_let_go() -> None:
    patterns = Patterns(most=2)
    documents = [MODEL | {"awardedDate": "2026-06-12T09:30:00Z", "evidence": [{}] * number} for number in range(1, 4)]
    for document in documents:
        patterns.learn(ISSUER, ACHIEVEMENT, document)
        patterns.learn(ISSUER, ACHIEVEMENT, document)
    found = [patterns.find(ISSUER, ACHIEVEMENT, frame(document).kind) for document in documents]
    assert [template is None for template in found] == [True, False, False]


def test_dates_are_values_and_types_are_not() -> None:
    later = {"validFrom": (NOW + timedelta(days=1)).isoformat(), "id": "urn:x:other"}
    assert frame(MODEL | later).kind == frame(MODEL).kind
    assert frame(MODEL | {"type": ["VerifiableCredential"]}).kind != frame(MODEL).kind


@settings(max_examples=150, deadline=None)
@given(orders)
def test_a_frame_needs_no_document(asked: Order) -> None:
    compose = compose_with(STORE)
    award = Award(asked, ISSUER, ACHIEVEMENT, asked.valid_from or NOW)
    draft = compose.draft(award, credential_id=CredentialId("c"), slot=Slot(LIST, 7), now=NOW)
    assert compose._fitting(draft) is None
    assert compose._frame(draft) == frame(compose._build(draft))


@pytest.mark.parametrize("pointer", ["/credentialStatus/id", "/evidence/0/id", "/credentialSubject/result/0/value"])
def test_a_value_is_held_to_the_rule_of_its_place(pointer: str) -> None:
    [(_, rule)] = rules_alone([pointer])
    assert rule("urn:x:1")
    assert not rule(7)


def test_a_place_the_model_does_not_know_has_no_rule() -> None:
    assert rules_alone(["/evidence/0/colour", "/evidence/0/colour/shade"]) == ()
    with pytest.raises(DocumentError, match="place_unsupported"):
        rules_alone(["/issuer"])
