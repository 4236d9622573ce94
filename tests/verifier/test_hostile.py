"""Whatever is sent as a credential gets a verdict, and it is never valid; only a malformed request is an error."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio
from isal import igzip

from credential_core.multibase import encode_base64url
from tests.verifier.conftest import Deliver, Verify, Web
from tests.verifier.world import NOW, Issuer, Json, codes, entry, list_url, of_the_fleet, outcomes
from verifier.core.evidence import MOST

pytestmark = [pytest.mark.db, pytest.mark.asyncio]


@pytest_asyncio.fixture
async def genuine(deliver: Deliver, university: Issuer) -> Json:
    """A credential that is valid as it stands."""
    url = list_url()
    await deliver(university.published(), university.list_published(university.status_list(url)))
    return university.credential(status=entry(url), narrative="first of her class", credits_earned=5.0)


GARBAGE: dict[str, Any] = {
    "empty text": "",
    "blank text": "   ",
    "text": "hello",
    "an address": "https://laurel.test/credentials/1",
    "an address of ours": "http://laurel.test/credentials/1",
    "a data address": "data:application/json,{}",
    "a file": "file:///etc/passwd",
    "half an object": '{"a":',
    "a list as text": "[]",
    "a number as text": "42",
    "null as text": "null",
    "duplicate members": '{"@context": [], "@context": []}',
    "not a number": '{"a": NaN}',
    "beyond a float": '{"a": 1e400}',
    "beyond an integer": '{"a": ' + "9" * 400 + "}",
    "deep lists": "[" * 50_000,
    "deep objects": '{"a":' * 20_000 + "1" + "}" * 20_000,
    "a byte order mark": '\ufeff{"a": 1}',
    "a surrogate by escape": '{"a": "\\ud800"}',
    "NUL by escape": '{"a": "\\u0000"}',
    "a large name": json.dumps({"a" * 300_000: 1}),
    "many members": json.dumps({f"m{n}": n for n in range(20_000)}),
    "bidi and homoglyphs": '{"\u202eissuer": "\u0430"}',
    "empty object": {},
    "object of junk": {"a": 1, "b": [None, {}, []]},
    "numbers as members": {"@context": 1, "id": 2, "type": 3, "issuer": 4, "credentialSubject": 5, "proof": 6},
    "lists as members": {"@context": [], "type": [], "issuer": [], "credentialSubject": [], "proof": []},
    "nulls as members": {"@context": None, "type": None, "issuer": None, "credentialSubject": None, "proof": None},
    "lists in lists": {"proof": [[[[]]]], "issuer": [["x"]], "credentialStatus": [[[]]]},
    "a thousand proofs": {"proof": [{"verificationMethod": f"did:web:x{n}.example#1"} for n in range(300)]},
    "a thousand lists": {
        "credentialStatus": [
            {"type": "BitstringStatusListEntry", "statusListCredential": f"https://x{n}.example/"} for n in range(300)
        ]
    },
    "odd methods": {
        "proof": [{"verificationMethod": m} for m in ("did:web:", "did:web:..#1", "did:x:1#1", "#", "", 5)]
    },
    "odd lists": {
        "credentialStatus": [
            {"type": "BitstringStatusListEntry", "statusListCredential": u}
            for u in (
                "",
                "file:///etc/passwd",
                "http://127.0.0.1/",
                "https://[::1]/",
                "gopher://x",
                "\\\\x",
                "a" * 5000,
                7,
            )
        ]
    },
    "an odd issuer": {"issuer": {"id": {"id": "x"}}, "id": {"a": 1}},
    "a remote context": {"@context": ["https://attacker.example/context"], "proof": {}},
    "an inline context": {"@context": [{"@vocab": "https://attacker.example/"}], "proof": {}},
    "a poison graph": {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "credentialSubject": [
            {"id": f"_:a{n}", "https://x.example/p": [{"id": f"_:a{m}"} for m in range(9)]} for n in range(9)
        ],
    },
}


@pytest.mark.parametrize("name", GARBAGE)
async def test_garbage_is_answered_and_never_valid(verify: Verify, name: str) -> None:
    answer = await verify(GARBAGE[name], policy={"acceptUnknownIssuer": True})

    assert answer["verdict"] in {"invalid", "indeterminate"}
    assert set(codes(answer)) >= {"parse", "schema", "proof", "validity_period", "status", "issuer_trust"}


async def test_an_address_may_be_that_of_a_badge_but_for_those_of_this_fleet(verify: Verify, web: Web) -> None:
    elsewhere = "https://badges.test/1"
    for address in (GARBAGE["an address"], elsewhere):
        answer = await verify(address)
        assert (answer["verdict"], outcomes(answer)["parse"], answer["credential"]) == (
            "indeterminate",
            "unknown",
            None,
        )
    assert web.asked == [elsewhere]


@pytest.mark.parametrize("name", ["empty text", "text", "half an object", "a list as text", "deep lists"])
async def test_what_cannot_be_read_fails_at_parsing(verify: Verify, name: str, web: Web) -> None:
    answer = await verify(GARBAGE[name])
    assert (answer["verdict"], outcomes(answer)["parse"], answer["credential"]) == ("invalid", "failed", None)
    assert set(outcomes(answer).values()) == {"failed", "skipped"}
    assert web.asked == []


async def test_a_jws_that_holds_no_credential_is_invalid(verify: Verify) -> None:
    answer = await verify("eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJ4In0.c2ln")
    assert (answer["verdict"], codes(answer)["proof"]) == ("invalid", "issuer_mismatch")


async def test_an_sd_jwt_of_another_type_is_none_of_ours(verify: Verify, web: Web) -> None:
    answer = await verify("eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJ4In0.c2ln~")
    assert (answer["verdict"], codes(answer)["parse"]) == ("invalid", "jwt_type_unsupported")
    assert web.asked == []


async def test_hundreds_of_lists_and_keys_are_not_all_fetched(verify: Verify, web: Web) -> None:
    await verify(GARBAGE["a thousand proofs"])
    await verify(GARBAGE["a thousand lists"])
    assert len(web.asked) <= 2 * MOST


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        (b"", 422, "body"),
        (b"{", 400, None),
        (b"not json", 400, None),
        (b"null", 422, "body"),
        (b"[]", 422, "body"),
        (b"{}", 422, "credential"),
        (b'{"credential": null}', 422, "credential"),
        (b'{"credential": 1}', 422, "credential"),
        (b'{"credential": true}', 422, "credential"),
        (b'{"credential": []}', 422, "credential"),
        (b'{"credential": {}, "polciy": {}}', 422, "polciy"),
        (b'{"credential": {}, "policy": []}', 422, "policy"),
        (b'{"credential": {}, "policy": {"acceptUnknownIssuer": "yes"}}', 422, "policy.acceptUnknownIssuer"),
        (b'{"credential": {}, "policy": {"acceptUnknownIssuer": 1}}', 422, "policy.acceptUnknownIssuer"),
        (b'{"credential": {}, "policy": {"accept": true}}', 422, "policy.accept"),
        (b'{"credential": {"a": "\\u0000"}}', 400, "credential.a"),
        (b'{"credential": {"a": 1, "a": 2}}', 400, None),
        (b'{"credential": "' + b"x" * 600_000 + b'"}', 413, None),
    ],
)
async def test_a_malformed_request_names_the_field_and_leaves_no_trace(
    client: httpx.AsyncClient, body: bytes, status: int, field: str | None
) -> None:
    response = await client.post("/verifications", content=body, headers={"content-type": "application/json"})

    assert (response.status_code, response.headers["content-type"]) == (status, "application/problem+json")
    assert [error["field"] for error in response.json().get("errors", [])] == ([field] if field else [])
    assert (await client.get("/verifications")).json()["items"] == []


def changed(value: Any) -> list[Any]:
    """Other values in place of a leaf."""
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int | float):
        return [value + 1]
    return [value + "x", value[:-1], value.swapcase(), 5] if value else ["x"]


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict):
        for name, member in value.items():
            yield from leaves(member, (*path, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from leaves(item, (*path, index))
    else:
        yield path


def at(document: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        document = document[step]
    return document


async def test_no_leaf_can_be_changed(verify: Verify, genuine: Json) -> None:
    assert (await verify(genuine))["verdict"] == "valid"
    survived = []
    paths = list(leaves(genuine))
    for path in paths:
        original = at(genuine, path)
        for other in changed(original):
            if other == original:
                continue
            forged = copy.deepcopy(genuine)
            at(forged, path[:-1])[path[-1]] = other
            if (await verify(forged))["verdict"] == "valid":
                survived.append((path, other))
    assert len(paths) > 25
    assert survived == []


async def test_no_member_can_be_removed_or_repeated_or_added(verify: Verify, genuine: Json) -> None:
    survived = []
    for path in {leaf[: length + 1] for leaf in leaves(genuine) for length in range(len(leaf))}:
        forged = copy.deepcopy(genuine)
        holder = at(forged, path[:-1])
        if isinstance(holder, list) and len(holder) > 1:
            holder.append("x")  # a single value and a list of it are the same set
        else:
            del holder[path[-1]]
        if (await verify(forged))["verdict"] == "valid":
            survived.append(path)
    for added in (
        {"evidence": [{"type": ["Evidence"], "name": "x"}]},
        {"description": "x"},
        {"https://x.example/p": 1},
    ):
        assert (await verify(genuine | added))["verdict"] != "valid", added
    assert survived == []


class TestForgeries:
    async def test_a_strangers_key_for_a_fleet_issuer(self, verify: Verify, genuine: Json, university: Issuer) -> None:
        stranger = Issuer("stranger")
        unsigned = university.unsigned()
        answer = await verify(stranger.sign(unsigned))
        assert (answer["verdict"], codes(answer)["proof"]) == ("invalid", "issuer_mismatch")

    async def test_a_strangers_signature_under_the_issuers_method(
        self, verify: Verify, genuine: Json, university: Issuer
    ) -> None:
        forged = Issuer("stranger").sign(university.unsigned(), verification_method=university.method)
        answer = await verify(forged)
        assert (answer["verdict"], codes(answer)["proof"]) == ("invalid", "signature_invalid")

    async def test_another_fleet_issuers_credential_in_its_name(
        self, verify: Verify, deliver: Deliver, genuine: Json, university: Issuer
    ) -> None:
        rival = of_the_fleet("rival")
        await deliver(rival.published())
        answer = await verify(rival.sign(university.unsigned()))
        assert (answer["verdict"], codes(answer)["proof"]) == ("invalid", "issuer_mismatch")

    async def test_a_genuine_proof_on_another_credential(
        self, verify: Verify, genuine: Json, university: Issuer
    ) -> None:
        answer = await verify(university.unsigned() | {"proof": genuine["proof"]})
        assert answer["verdict"] == "invalid"

    async def test_no_proof(self, verify: Verify, genuine: Json, university: Issuer) -> None:
        without: list[Json] = [{}, {"proof": []}, {"proof": {}}]
        for proof in without:
            assert (await verify(university.unsigned() | proof))["verdict"] != "valid"

    async def test_a_good_proof_beside_a_bad_one(self, verify: Verify, genuine: Json) -> None:
        bad = genuine["proof"] | {"created": "2020-01-01T00:00:00Z"}
        answer = await verify(genuine | {"proof": [genuine["proof"], bad]})
        assert answer["verdict"] == "invalid"

    async def test_a_proof_for_another_purpose(self, verify: Verify, genuine: Json, university: Issuer) -> None:
        signed = university.sign(university.unsigned(), purpose="authentication")
        answer = await verify(signed)
        assert (answer["verdict"], codes(answer)["proof"]) == ("invalid", "proof_purpose_mismatch")

    async def test_a_proof_from_the_future(self, verify: Verify, genuine: Json, university: Issuer) -> None:
        answer = await verify(university.sign(university.unsigned(), created=NOW + timedelta(hours=1)))
        assert (answer["verdict"], codes(answer)["proof"]) == ("invalid", "proof_created_in_future")

    async def test_another_cryptosuite_is_not_guessed_at(self, verify: Verify, genuine: Json) -> None:
        for suite in ("eddsa-jcs-2022", "ecdsa-rdfc-2019", "none", "", 5, None):
            forged = genuine | {"proof": genuine["proof"] | {"cryptosuite": suite}}
            assert (await verify(forged))["verdict"] != "valid"

    async def test_a_key_that_was_revoked(self, verify: Verify, deliver: Deliver, university: Issuer) -> None:
        document = university.did_document
        document["verificationMethod"][0]["revoked"] = "2024-01-01T00:00:00Z"
        await deliver(university.published(did_document=document))
        answer = await verify(university.credential())
        assert (answer["verdict"], codes(answer)["proof"]) == ("invalid", "method_revoked")

    async def test_a_key_that_may_not_assert(self, verify: Verify, deliver: Deliver, university: Issuer) -> None:
        await deliver(university.published(did_document=university.did_document | {"assertionMethod": []}))
        answer = await verify(university.credential())
        assert (answer["verdict"], codes(answer)["proof"]) == ("invalid", "method_not_authorized")


async def test_a_status_list_bomb_is_refused_unread(verify: Verify, deliver: Deliver, university: Issuer) -> None:
    url = list_url()
    bomb = university.status_list(url, sign=False)
    bomb["credentialSubject"]["encodedList"] = encode_base64url(igzip.compress(bytes(64 * 1024 * 1024)))
    await deliver(university.published(), university.list_published(university.sign(bomb)))
    answer = await verify(university.credential(status=entry(url)))
    assert (answer["verdict"], codes(answer)["status"]) == ("indeterminate", "status_list_too_large")


@pytest.mark.parametrize("encoded", ["", "u", "z", "uAAAA", "not base64!", 5, None, ["u"], {"a": 1}])
async def test_a_list_that_holds_no_bits(verify: Verify, deliver: Deliver, university: Issuer, encoded: Any) -> None:
    url = list_url()
    bad = university.status_list(url, sign=False)
    bad["credentialSubject"]["encodedList"] = encoded
    await deliver(university.published(), university.list_published(bad))
    answer = await verify(university.credential(status=entry(url)))
    assert (answer["verdict"], outcomes(answer)["status"]) == ("indeterminate", "unknown")
