"""What is inside a credential, or named by it: endorsements, a record's credentials, schemas, and how old a list is."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from credential_core import jose
from credential_core.contexts import CREDENTIALS_V2, OPEN_BADGES_V3
from credential_core.verify import Failure
from service_kit.clock import utc_now
from service_kit.testing import BASE_URL
from tests.verifier.conftest import Deliver, Verify, Web
from tests.verifier.world import Issuer, Json, codes, entry, list_url, of_the_fleet

pytestmark = [pytest.mark.db, pytest.mark.asyncio]
SCHEMA = "https://schemas.example/record.json"
ABROAD = "https://abroad.example/.well-known/did.json"
LIST = "https://abroad.example/lists/1"


@pytest_asyncio.fixture
async def url(deliver: Deliver, university: Issuer) -> str:
    """A published list of a published university, nothing revoked."""
    url = list_url()
    await deliver(university.published(), university.list_published(university.status_list(url)))
    return url


@pytest.fixture
def abroad(web: Web) -> Issuer:
    """An issuer elsewhere, whose key and list are on the web."""
    abroad = Issuer("abroad", "did:web:abroad.example")
    web.documents |= {ABROAD: abroad.did_document, LIST: abroad.status_list(LIST, 3)}
    return abroad


def endorsement(about: str, by: Issuer, index: int = 2, number: int = 1) -> Json:
    return {
        "@context": [CREDENTIALS_V2, OPEN_BADGES_V3],
        "id": f"https://abroad.example/endorsements/{number}",
        "type": ["VerifiableCredential", "EndorsementCredential"],
        "name": "Endorsed",
        "issuer": {"id": by.identifier, "type": ["Profile"], "name": "Abroad"},
        "validFrom": "2026-01-01T00:00:00Z",
        "credentialSubject": {"id": about, "type": ["EndorsementSubject"], "endorsementComment": "Good."},
        "credentialStatus": entry(LIST, index),
    }


def endorsed(university: Issuer, url: str, *endorsements: Any, member: str = "endorsement") -> Json:
    credential = university.unsigned(status=entry(url))
    achievement = credential["credentialSubject"]["achievement"]
    achievement[member] = [make(achievement["id"]) for make in endorsements]
    return university.sign(credential)


def inner(answer: Json) -> list[tuple[str, str]]:
    return [(each["verdict"], codes(each).get("status", "")) for each in answer["nested"]]


async def test_an_endorsement_by_somebody_elsewhere_is_judged_by_what_is_on_the_web(
    verify: Verify, university: Issuer, url: str, abroad: Issuer, web: Web
) -> None:
    credential = endorsed(university, url, lambda about: abroad.sign(endorsement(about, abroad)))
    answer = await verify(credential, policy={"acceptUnknownIssuer": True})
    assert answer["verdict"] == "valid"
    assert inner(answer) == [("valid", "status_clear")]
    [report] = answer["nested"]
    assert (report["role"], report["path"]) == ("endorsement", "credentialSubject.achievement.endorsement[0]")
    assert codes(report)["issuer_trust"] == "issuer_accepted_by_policy"
    assert set(web.asked) == {ABROAD, LIST}


async def test_an_endorsement_in_a_jws_is_judged_too(
    verify: Verify, university: Issuer, url: str, abroad: Issuer
) -> None:
    def token(about: str) -> str:
        return jose.issue_open_badge(endorsement(about, abroad), abroad.key, kid=abroad.method)

    answer = await verify(endorsed(university, url, token, member="endorsementJwt"))
    assert codes(answer)["endorsements"] == "endorsements_undecided"  # nobody vouches for the endorser
    assert inner(answer) == [("indeterminate", "status_clear")]


async def test_a_bad_endorsement_informs_unless_the_request_says_that_it_decides(
    verify: Verify, university: Issuer, url: str, abroad: Issuer
) -> None:
    def revoked(about: str) -> Json:
        return abroad.sign(endorsement(about, abroad, 3))

    def forged(about: str) -> Json:
        return abroad.sign(endorsement(about, abroad, number=2)) | {"name": "Highly endorsed"}

    credential = endorsed(university, url, revoked, forged)
    informed = await verify(credential, policy={"acceptUnknownIssuer": True})
    assert (informed["verdict"], codes(informed)["endorsements"]) == ("valid", "endorsements_invalid")
    assert [(each["verdict"], codes(each)["proof"], codes(each)["status"]) for each in informed["nested"]] == [
        ("invalid", "signature_valid", "status_revoked"),
        ("invalid", "signature_invalid", "status_clear"),
    ]
    decided = await verify(credential, policy={"acceptUnknownIssuer": True, "endorsementsDecide": True})
    assert decided["verdict"] == "invalid"


async def test_an_endorsement_whose_list_is_away_is_undecided(
    verify: Verify, university: Issuer, url: str, abroad: Issuer, web: Web
) -> None:
    web.documents[LIST] = Failure("unreachable", "no answer")
    credential = endorsed(university, url, lambda about: abroad.sign(endorsement(about, abroad)))
    answer = await verify(credential, policy={"acceptUnknownIssuer": True, "endorsementsDecide": True})
    assert answer["verdict"] == "indeterminate"
    assert inner(answer) == [("indeterminate", "status_list_unavailable")]


def record(by: Issuer, *credentials: Any, status: Json) -> Json:
    clr = "https://purl.imsglobal.org/spec/clr/v2p0/context-2.0.1.json"
    return by.sign(
        {
            "@context": [CREDENTIALS_V2, clr, OPEN_BADGES_V3],
            "id": f"{BASE_URL}/credentials/record",
            "type": ["VerifiableCredential", "ClrCredential"],
            "name": "A record",
            "issuer": {"id": by.identifier, "type": ["Profile"], "name": "Harbor"},
            "validFrom": "2026-01-01T00:00:00Z",
            "credentialSubject": {
                "id": "did:example:ada",
                "type": ["ClrSubject"],
                "verifiableCredential": list(credentials),
            },
            "credentialStatus": status,
        }
    )


async def test_a_revocation_inside_a_record_is_seen_by_its_event(
    verify: Verify, deliver: Deliver, university: Issuer, url: str
) -> None:
    held = [university.credential(status=entry(url, index)) for index in (4, 5)]
    whole = record(university, *held, status=entry(url, 6))
    before = await verify(whole)
    assert (before["verdict"], [each["verdict"] for each in before["nested"]]) == ("valid", ["valid", "valid"])
    await deliver(of_the_fleet("rival").revoked(held[0]["id"]), university.revoked(held[1]["id"]))
    after = await verify(whole)
    assert (after["verdict"], codes(after)["credentials"]) == ("invalid", "credentials_invalid")
    assert {each["id"]: codes(each)["status"] for each in after["nested"]} == {
        held[0]["id"]: "status_clear",
        held[1]["id"]: "status_revoked",
    }


@pytest.mark.parametrize(
    ("schema", "verdict", "code"),
    [
        ({"required": ["name"]}, "valid", "credential_schema_holds"),
        ({"required": ["evidence"]}, "invalid", "credential_schema_broken"),
        (Failure("unreachable", "no answer"), "indeterminate", "credential_schema_unavailable"),
    ],
)
async def test_the_schema_that_a_credential_names_is_fetched_and_holds(
    verify: Verify, university: Issuer, url: str, web: Web, schema: Any, verdict: str, code: str
) -> None:
    web.documents[SCHEMA] = schema
    credential = university.unsigned(status=entry(url))
    credential["@context"].append("https://purl.imsglobal.org/spec/ob/v3p0/extensions.json")
    credential["credentialSchema"] = [{"id": SCHEMA, "type": "1EdTechJsonSchemaValidator2019"}]
    answer = await verify(university.sign(credential))
    assert (answer["verdict"], codes(answer)["credential_schema"]) == (verdict, code)
    assert web.asked == [SCHEMA]


async def test_a_schema_at_an_address_of_the_fleet_is_not_fetched(
    verify: Verify, university: Issuer, url: str, web: Web
) -> None:
    credential = university.unsigned(status=entry(url))
    credential["credentialSchema"] = [{"id": f"{BASE_URL}/schemas/1", "type": "JsonSchema"}]
    answer = await verify(university.sign(credential))
    assert (codes(answer)["credential_schema"], web.asked) == ("credential_schema_unavailable", [])


async def test_a_copy_of_a_list_is_used_as_long_as_its_ttl(verify: Verify, abroad: Issuer, web: Web) -> None:
    credential = abroad.credential(status=entry(LIST))
    for age, code in ((200, "status_clear"), (301, "status_list_stale")):
        web.arrived[LIST] = utc_now() - timedelta(seconds=age)
        answer = await verify(credential, policy={"acceptUnknownIssuer": True})
        assert codes(answer)["status"] == code


async def test_a_list_that_was_just_fetched_is_used_however_short_its_ttl(
    verify: Verify, abroad: Issuer, web: Web
) -> None:
    fleeting = abroad.status_list(LIST, sign=False)
    fleeting["credentialSubject"]["ttl"] = 1
    web.documents[LIST] = abroad.sign(fleeting)
    answer = await verify(abroad.credential(status=entry(LIST)), policy={"acceptUnknownIssuer": True})
    assert codes(answer)["status"] == "status_clear"
