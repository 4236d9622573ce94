"""The VC-API: 200 for what is verified, 400 for everything else; challenges are answered once."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import text

from credential_core import jose, proof
from credential_core.contexts import CREDENTIALS_V2
from service_kit.database import Database
from service_kit.errors import Unavailable
from service_kit.offload import offload
from service_kit.testing import TokenMint
from tests.verifier.conftest import ORG, SCOPE, Deliver
from tests.verifier.world import NOW, Issuer, Json, entry, list_url

pytestmark = [pytest.mark.db, pytest.mark.asyncio]

RIVAL = "8d6f9ad2-0b5e-4f2e-9d3c-0a52b1f6a002"
EXAMPLES = "https://www.w3.org/ns/credentials/examples/v2"


@pytest.fixture
def issuer() -> Issuer:
    """Somebody nobody here has heard of."""
    return Issuer("abroad")


@pytest.fixture
def holder() -> Issuer:
    return Issuer("holder")


class Busy:
    """A processor that has no room for one function."""

    with_function = ""

    async def __call__(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        if function.__name__ == self.with_function:
            raise Unavailable("too many at once")
        return await offload(function, *args, **kwargs)


@pytest.fixture
def busy() -> Busy:
    return Busy()


@pytest.fixture
def processor(busy: Busy) -> Busy:
    return busy


def plain(issuer: Issuer, **members: Any) -> Json:
    return {
        "@context": [CREDENTIALS_V2, EXAMPLES],
        "id": "urn:uuid:6f0c1ad0-0000-4000-8000-0000000000aa",
        "type": ["VerifiableCredential", "ExampleDegreeCredential"],
        "issuer": issuer.identifier,
        "credentialSubject": {"id": "did:example:a", "degree": {"type": "ExampleBachelorDegree", "name": "Arts"}},
    } | members


def presentation(holder: Issuer, *credentials: Json, options: proof.ProofOptions | None = None, **members: Any) -> Json:
    document = {
        "@context": [CREDENTIALS_V2],
        "type": ["VerifiablePresentation"],
        "holder": holder.identifier,
        "verifiableCredential": list(credentials),
    } | members
    return holder.sign(document, purpose="authentication", options=options, inline_contexts=True)


async def check(client: httpx.AsyncClient, credential: Any, **options: Any) -> httpx.Response:
    body = {"verifiableCredential": credential, "options": {"checks": ["proof"], **options}}
    return await client.post("/vc/credentials/verify", json=body)


async def show(client: httpx.AsyncClient, shown: Any, *, name: str = "verifiablePresentation", **options: Any) -> Any:
    return await client.post("/vc/presentations/verify", json={name: shown, "options": options})


async def test_a_credential_of_anybody_is_verified(client: httpx.AsyncClient, issuer: Issuer) -> None:
    answer = await check(client, issuer.sign(plain(issuer)))
    body = answer.json()
    assert answer.status_code == 200
    assert (body["verified"], body["errors"], body["warnings"]) == (True, [], [])
    assert "credential" not in body


async def test_it_is_returned_when_asked_for(client: httpx.AsyncClient, issuer: Issuer) -> None:
    signed = issuer.sign(plain(issuer))
    assert (await check(client, signed, returnCredential=True)).json()["credential"] == signed


async def test_an_enveloped_credential(client: httpx.AsyncClient, issuer: Issuer) -> None:
    token = jose.issue_credential(plain(issuer), issuer.key, kid=issuer.method)
    enveloped = jose.enveloped(token)
    for good in (token, enveloped):
        assert (await check(client, good)).status_code == 200
    changes: list[Json] = [
        {"@context": []},
        {"@context": EXAMPLES},
        {"id": token},
        {"type": "VerifiableCredential"},
        {"type": None},
        {"id": f"data:application/vc+jwt,{token[:-8]}AAAAAAAA"},
    ]
    for change in changes:
        assert (await check(client, {**enveloped, **change})).status_code == 400, change


async def test_an_inline_context_is_read(client: httpx.AsyncClient, issuer: Issuer) -> None:
    document = plain(issuer, type=["VerifiableCredential", "Extra"], credentialSubject={"id": "did:example:a"})
    document["@context"] = [CREDENTIALS_V2, {"Extra": "https://example.org/#Extra"}]
    signed = issuer.sign(document, inline_contexts=True)
    assert (await check(client, signed)).status_code == 200


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"name": "Forged"}, "https://www.w3.org/TR/vc-data-model#CRYPTOGRAPHIC_SECURITY_ERROR"),
        ({"type": []}, "https://www.w3.org/TR/vc-data-model#MALFORMED_VALUE_ERROR"),
        ({"@context": [CREDENTIALS_V2, "https://unknown.example/1"]}, "CRYPTOGRAPHIC_SECURITY_ERROR"),
        ({"unmapped": 1}, "CRYPTOGRAPHIC_SECURITY_ERROR"),
        ({"proof": None}, "CRYPTOGRAPHIC_SECURITY_ERROR"),
        ({"proof": []}, "CRYPTOGRAPHIC_SECURITY_ERROR"),
        ({"credentialSubject": {}}, "MALFORMED_VALUE_ERROR"),
        ({"big": 2**60}, "PARSING_ERROR"),
    ],
)
async def test_what_is_not_verified_says_why(
    client: httpx.AsyncClient, issuer: Issuer, change: Json, kind: str
) -> None:
    signed = issuer.sign(plain(issuer))
    answer = await check(client, {**signed, **change})
    body = answer.json()
    assert (answer.status_code, body["verified"]) == (400, False)
    assert any(error["type"].endswith(kind) and error["detail"] for error in body["errors"])


async def test_one_that_is_over_or_has_not_begun(client: httpx.AsyncClient, issuer: Issuer) -> None:
    for period in ({"validUntil": "2020-01-01T00:00:00Z"}, {"validFrom": "2999-01-01T00:00:00Z"}):
        answer = await check(client, issuer.sign(plain(issuer, **period)))
        assert answer.status_code == 400
        assert [error["type"].rpartition("#")[2] for error in answer.json()["errors"]] == ["RANGE_ERROR"]


async def test_the_status_of_a_credential_counts(
    client: httpx.AsyncClient, deliver: Deliver, university: Issuer
) -> None:
    url = list_url()
    await deliver(university.published(), university.list_published(university.status_list(url, 8)))
    good, revoked = [
        await check(client, university.sign(plain(university, credentialStatus=entry(url, index)))) for index in (7, 8)
    ]
    assert (good.status_code, revoked.status_code) == (200, 400)


async def test_another_purpose_may_be_expected(client: httpx.AsyncClient, issuer: Issuer) -> None:
    signed = issuer.sign(plain(issuer))
    assert (await check(client, signed, expectedProofPurpose="assertionMethod")).status_code == 200
    for purpose in ("authentication", "nothing", 7):
        assert (await check(client, signed, expectedProofPurpose=purpose)).status_code == 400


async def test_a_credential_may_be_bound_to_an_occasion(client: httpx.AsyncClient, issuer: Issuer) -> None:
    signed = issuer.sign(plain(issuer), options=proof.ProofOptions(domain="a.example", challenge="abc"))
    assert (await check(client, signed, domain="a.example", challenge="abc")).status_code == 200
    for options, kind in (({"domain": "b.example"}, "INVALID_DOMAIN_ERROR"), ({"challenge": "x"}, "CHALLENGE_ERROR")):
        answer = await check(client, signed, **options)
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["type"].endswith(kind)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"a": 1, "a": 2}',
        b'{"verifiableCredential": 7}',
        b'{"verifiableCredential": {}, "options": []}',
        b'{"verifiableCredential": {}, "options": {"domain": 7}}',
        b'{"verifiableCredential": {}, "options": {"challenge": []}}',
        b'{"verifiableCredential": {}}',
        b'{"verifiableCredential": "x"}',
        b"\xff",
    ],
)
@pytest.mark.parametrize("path", ["/vc/credentials/verify", "/vc/presentations/verify"])
async def test_whatever_is_wrong_is_a_400(client: httpx.AsyncClient, path: str, body: bytes) -> None:
    body = body.replace(b"Credential", b"Presentation") if "presentations" in path else body
    answer = await client.post(path, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert isinstance(json.loads(answer.content), dict)


class TestPresentations:
    async def test_one_with_credentials(self, client: httpx.AsyncClient, issuer: Issuer, holder: Issuer) -> None:
        shown = presentation(holder, issuer.sign(plain(issuer)))
        for name in ("verifiablePresentation", "presentation"):
            answer = await show(client, shown, name=name, returnPresentation=True)
            assert (answer.status_code, answer.json()["presentation"]) == (200, shown)

    async def test_one_without_a_proof(self, client: httpx.AsyncClient, issuer: Issuer, holder: Issuer) -> None:
        shown = presentation(holder, issuer.sign(plain(issuer)))
        del shown["proof"]
        answer = await show(client, shown, name="presentation")
        assert answer.status_code == 200
        assert [warning["title"] for warning in answer.json()["warnings"]] == ["presentation_unsigned"]
        assert (await show(client, shown)).status_code == 400
        assert (await show(client, shown, name="presentation", domain="v.example")).status_code == 400
        forged = {**shown["verifiableCredential"][0], "name": "Forged"}
        for wrong in (forged, plain(holder)):
            changed = {**shown, "verifiableCredential": [wrong]}
            assert (await show(client, changed, name="presentation")).status_code == 400

    async def test_one_around_a_forged_credential(
        self, client: httpx.AsyncClient, issuer: Issuer, holder: Issuer
    ) -> None:
        forged = {**issuer.sign(plain(issuer)), "name": "Forged"}
        answer = await show(client, presentation(holder, forged))
        details = [error["detail"] for error in answer.json()["errors"]]
        assert answer.status_code == 400
        assert any(detail.startswith("verifiableCredential[0]: ") for detail in details)

    async def test_what_the_holder_says_themselves(
        self, client: httpx.AsyncClient, issuer: Issuer, holder: Issuer
    ) -> None:
        assert (await show(client, presentation(holder, plain(holder)))).status_code == 200
        assert (await show(client, presentation(holder, plain(issuer)))).status_code == 400

    async def test_one_with_an_inline_context(self, client: httpx.AsyncClient, holder: Issuer) -> None:
        extra: Json = {"Extra": "https://example.org/#Extra"}
        inline: Any = {"@context": [CREDENTIALS_V2, extra], "type": ["VerifiablePresentation", "Extra"]}
        shown = presentation(holder, **inline)
        assert (await show(client, shown)).status_code == 200
        for context in ("https://example.com", "https ://no-url", 7):
            answer = await show(client, {**shown, "@context": [CREDENTIALS_V2, context]})
            assert answer.status_code == 400

    async def test_one_in_a_jws(self, client: httpx.AsyncClient, holder: Issuer) -> None:
        document = {
            "@context": [CREDENTIALS_V2],
            "type": ["VerifiablePresentation"],
            "holder": holder.identifier,
            "verifiableCredential": [],
        }
        token = jose.issue_presentation(document, holder.key, kid=holder.method, audience="v.example", nonce="abc")
        enveloped = {
            "@context": CREDENTIALS_V2,
            "type": "EnvelopedVerifiablePresentation",
            "id": f"data:application/vp+jwt,{token}",
        }
        for good in (token, enveloped):
            assert (await show(client, good, domain="v.example", challenge="abc")).status_code == 200
        changes: list[Json] = [{"@context": []}, {"id": token}, {"type": ["VerifiablePresentation"]}]
        for change in changes:
            assert (await show(client, {**enveloped, **change})).status_code == 400

    @pytest.mark.parametrize(
        "change", [{"type": []}, {"@context": [EXAMPLES]}, {"holder": {}}, {"verifiableCredential": ["urn:a"]}]
    )
    async def test_what_is_no_presentation(self, client: httpx.AsyncClient, holder: Issuer, change: Json) -> None:
        assert (await show(client, {**presentation(holder), **change})).status_code == 400


class TestChallenges:
    @pytest_asyncio.fixture
    async def challenge(self, client: httpx.AsyncClient) -> str:
        answer = await client.post("/vc/challenges", json={})
        assert answer.status_code == 200
        return str(answer.json()["challenge"])

    async def test_ours_is_answered_once(self, client: httpx.AsyncClient, holder: Issuer, challenge: str) -> None:
        shown = presentation(holder, options=proof.ProofOptions(challenge=challenge))
        first, again = [await show(client, shown, challenge=challenge) for _ in range(2)]
        assert (first.status_code, again.status_code) == (200, 400)
        assert again.json()["errors"][0]["type"].endswith("INVALID_CHALLENGE_ERROR")

    async def test_of_several_at_once_one_is_answered(
        self, client: httpx.AsyncClient, holder: Issuer, challenge: str
    ) -> None:
        shown = presentation(holder, options=proof.ProofOptions(challenge=challenge))
        answers = await asyncio.gather(*(show(client, shown, challenge=challenge) for _ in range(5)))
        assert sorted(answer.status_code for answer in answers) == [200, 400, 400, 400, 400]

    async def test_a_wrong_answer_spends_it_too(
        self, client: httpx.AsyncClient, holder: Issuer, challenge: str
    ) -> None:
        wrong = presentation(holder, options=proof.ProofOptions(challenge="another"))
        right = presentation(holder, options=proof.ProofOptions(challenge=challenge))
        assert (await show(client, wrong, challenge=challenge)).status_code == 400
        assert (await show(client, right, challenge=challenge)).status_code == 400

    @pytest.mark.parametrize("unavailable", ["read", "judge_presentation"])
    async def test_who_was_told_to_come_again_may(
        self, busy: Busy, client: httpx.AsyncClient, holder: Issuer, challenge: str, unavailable: str
    ) -> None:
        shown = presentation(holder, options=proof.ProofOptions(challenge=challenge))
        busy.with_function = unavailable
        assert (await show(client, shown, challenge=challenge)).status_code == 503
        busy.with_function = ""
        answers = [await show(client, shown, challenge=challenge) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [200, 400]
        assert answers[1].json()["errors"][0]["type"].endswith("INVALID_CHALLENGE_ERROR")

    async def test_it_is_for_the_organization_that_asked(
        self, client: httpx.AsyncClient, holder: Issuer, challenge: str, mint: TokenMint
    ) -> None:
        shown = presentation(holder, options=proof.ProofOptions(challenge=challenge))
        body = {"verifiablePresentation": shown, "options": {"challenge": challenge}}
        rival = await client.post("/vc/presentations/verify", json=body, headers=mint.headers(RIVAL, SCOPE))
        assert rival.status_code == 400
        assert (await show(client, shown, challenge=challenge)).status_code == 200

    async def test_its_time_passes(
        self, client: httpx.AsyncClient, holder: Issuer, challenge: str, database: Database
    ) -> None:
        async with database.engine.begin() as connection:
            await connection.execute(text("UPDATE challenges SET expires_at = :then"), {"then": NOW - timedelta(1)})
        shown = presentation(holder, options=proof.ProofOptions(challenge=challenge))
        assert (await show(client, shown, challenge=challenge)).status_code == 400

    async def test_one_that_looks_like_ours_was_never_given(self, client: httpx.AsyncClient, holder: Issuer) -> None:
        shown = presentation(holder, options=proof.ProofOptions(challenge="laurel:made-up"))
        assert (await show(client, shown, challenge="laurel:made-up")).status_code == 400

    async def test_a_callers_own_is_theirs_to_look_after(self, client: httpx.AsyncClient, holder: Issuer) -> None:
        shown = presentation(holder, options=proof.ProofOptions(challenge="mine"))
        answers = [await show(client, shown, challenge="mine") for _ in range(2)]
        assert [answer.status_code for answer in answers] == [200, 200]

    async def test_those_long_over_are_forgotten(
        self, client: httpx.AsyncClient, challenge: str, database: Database
    ) -> None:
        async with database.engine.begin() as connection:
            await connection.execute(text("UPDATE challenges SET expires_at = :then"), {"then": NOW - timedelta(2)})
        other = (await client.post("/vc/challenges", json={})).json()["challenge"]
        async with database.engine.connect() as connection:
            count = await connection.scalar(text("SELECT count(*) FROM challenges"))
        assert (count, other != challenge) == (1, True)


async def test_what_is_verified_stands_in_the_history(client: httpx.AsyncClient, issuer: Issuer) -> None:
    answer = await check(client, issuer.sign(plain(issuer)))
    kept = (await client.get(f"/verifications/{answer.json()['id']}")).json()
    assert (kept["verdict"], kept["issuerId"]) == ("valid", issuer.identifier)
    assert ORG not in json.dumps(kept)
