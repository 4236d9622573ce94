"""What a verification says, and on whose word."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
from datetime import timedelta
from urllib.parse import quote

import httpx
import pytest
import pytest_asyncio

from credential_core import jose
from credential_core.bake import bake
from credential_core.multibase import encode_base64url
from credential_core.verify import Failure
from service_kit.testing import BASE_URL
from tests.verifier.conftest import Deliver, Verify, Web
from tests.verifier.world import DAY, NOW, Issuer, Json, codes, entry, list_url, of_the_fleet, outcomes

pytestmark = [pytest.mark.db, pytest.mark.asyncio]


@pytest_asyncio.fixture
async def url(deliver: Deliver, university: Issuer) -> str:
    """A published list of a published university, nothing revoked."""
    url = list_url()
    await deliver(university.published(), university.list_published(university.status_list(url)))
    return url


async def test_the_document_of_before_a_correction_is_superseded(
    verify: Verify, deliver: Deliver, university: Issuer, url: str
) -> None:
    before = university.credential(status=entry(url))
    await deliver(university.issued(before))
    assert "correction" not in codes(await verify(before))

    corrected = university.corrected(before, name="Linear algebra, corrected")
    await deliver(corrected["event"])
    old, new = await verify(before), await verify(corrected["document"])
    assert (old["verdict"], new["verdict"]) == ("invalid", "valid")
    assert codes(old)["correction"] == "superseded"
    assert codes(old)["proof"] == "signature_valid"
    assert codes(new)["correction"] == "current"


async def test_nobody_corrects_the_credentials_of_another(
    verify: Verify, deliver: Deliver, university: Issuer, url: str
) -> None:
    genuine = university.credential(status=entry(url))
    other = of_the_fleet("another")
    await deliver(university.issued(genuine), other.published(), other.corrected(genuine)["event"])
    assert (await verify(genuine))["verdict"] == "valid"


async def test_a_genuine_credential_is_valid_with_every_reason(verify: Verify, university: Issuer, url: str) -> None:
    credential = university.credential(status=entry(url))

    answer = await verify(credential)

    assert answer["verdict"] == "valid"
    assert codes(answer) == {
        "parse": "parsed",
        "schema": "schema_valid",
        "proof": "signature_valid",
        "issuer_trust": "issuer_registered",
        "status": "status_clear",
        "validity_period": "within_validity_period",
    }
    assert answer["credential"] == {
        "id": credential["id"],
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": "Linear algebra",
        "issuer": {"id": university.identifier, "name": "University of harbor"},
        "achievement": {
            "id": credential["credentialSubject"]["achievement"]["id"],
            "name": "Linear algebra",
            "achievementType": "Course",
        },
        "validFrom": credential["validFrom"],
        "validUntil": credential["validUntil"],
        "awardedDate": credential["awardedDate"],
    }


async def test_the_web_is_not_asked_for_the_fleets_own_documents(
    verify: Verify, university: Issuer, url: str, web: Web
) -> None:
    await verify(university.credential(status=entry(url)))
    assert web.asked == []


async def test_json_text_gets_the_same_verdict_as_the_object(
    client: httpx.AsyncClient, verify: Verify, university: Issuer, url: str
) -> None:
    credential = university.credential(status=entry(url))
    first, second = await verify(credential), await verify(json.dumps(credential, indent=3))

    assert first["verdict"] == second["verdict"] == "valid"
    past = (await client.get("/verifications")).json()["items"]
    assert len({item["inputDigest"] for item in past}) == 1


async def test_an_image_is_verified_by_what_is_baked_into_it(
    client: httpx.AsyncClient, verify: Verify, university: Issuer, url: str
) -> None:
    credential = university.credential(status=entry(url))
    svg = b'<svg xmlns="http://www.w3.org/2000/svg"><circle r="9"/></svg>'

    def baked(document: Json) -> str:
        return f"data:image/svg+xml,{quote(bake(svg, json.dumps(document)))}"

    plain, shown = await verify(credential), await verify(baked(credential))
    assert plain["verdict"] == shown["verdict"] == "valid"
    assert (await verify(baked({**credential, "name": "Surgery"})))["verdict"] == "invalid"
    empty = await verify("data:image/svg+xml;base64," + base64.b64encode(svg).decode())
    assert (empty["verdict"], codes(empty)["parse"]) == ("invalid", "image_not_baked")
    assert codes(await verify("data:image/gif;base64,AAAA"))["parse"] == "image_unsupported"
    past = (await client.get("/verifications")).json()["items"]
    assert len({item["inputDigest"] for item in past if item["verdict"] == "valid"}) == 1


async def test_a_revocation_is_seen_before_its_list_arrives(
    verify: Verify, deliver: Deliver, university: Issuer, url: str
) -> None:
    credential = university.credential(status=entry(url))
    await deliver(university.issued(credential), university.revoked(credential["id"]))

    answer = await verify(credential)

    assert answer["verdict"] == "invalid"
    [status] = [check for check in answer["checks"] if check["check"] == "status"]
    assert (status["code"], status["source"]) == ("status_revoked", "events")


async def test_a_revocation_is_seen_in_the_list_before_its_event_arrives(
    verify: Verify, deliver: Deliver, university: Issuer, url: str
) -> None:
    credential = university.credential(status=entry(url, 9))
    await deliver(university.issued(credential), university.list_published(university.status_list(url, 9), revision=2))

    answer = await verify(credential)

    assert answer["verdict"] == "invalid"
    [status] = [check for check in answer["checks"] if check["check"] == "status"]
    assert (status["code"], status["source"]) == ("status_revoked", url)


async def test_suspended_then_reinstated(verify: Verify, deliver: Deliver, university: Issuer, url: str) -> None:
    credential = university.credential(status=entry(url))
    await deliver(university.suspended(credential["id"], 2))
    suspended = await verify(credential)
    await deliver(university.reinstated(credential["id"], 3))
    reinstated = await verify(credential)

    assert (suspended["verdict"], codes(suspended)["status"]) == ("invalid", "status_suspended")
    assert (reinstated["verdict"], codes(reinstated)["status"]) == ("valid", "status_clear")


async def test_another_issuers_revocation_does_not_touch_a_credential(
    verify: Verify, deliver: Deliver, university: Issuer, url: str
) -> None:
    credential = university.credential(status=entry(url))
    await deliver(of_the_fleet("rival").revoked(credential["id"]))
    assert (await verify(credential))["verdict"] == "valid"


@pytest.mark.parametrize(
    ("period", "code"),
    [
        ({"valid_from": NOW - 3 * DAY, "valid_until": NOW - DAY}, "expired"),
        ({"valid_from": NOW + DAY, "valid_until": NOW + 2 * DAY}, "not_yet_valid"),
    ],
)
async def test_outside_its_validity_period(
    verify: Verify, university: Issuer, url: str, period: Json, code: str
) -> None:
    answer = await verify(university.credential(status=entry(url), **period))
    assert (answer["verdict"], codes(answer)["validity_period"]) == ("invalid", code)


async def test_an_inactive_issuer_leaves_the_verdict_open(
    verify: Verify, deliver: Deliver, university: Issuer, url: str
) -> None:
    await deliver(university.published(2, active=False))
    answer = await verify(university.credential(status=entry(url)), policy={"acceptUnknownIssuer": True})
    assert (answer["verdict"], codes(answer)["issuer_trust"]) == ("indeterminate", "issuer_inactive")


async def test_documents_still_on_their_way_are_waited_for(verify: Verify, deliver: Deliver) -> None:
    university, url = of_the_fleet("late"), list_url()
    waiting = asyncio.ensure_future(verify(university.credential(status=entry(url))))
    await asyncio.sleep(0.1)
    await deliver(university.published(), university.list_published(university.status_list(url)))
    assert (await waiting)["verdict"] == "valid"


async def test_an_issuer_of_the_fleet_that_was_never_published_is_not_looked_up(verify: Verify, web: Web) -> None:
    answer = await verify(of_the_fleet("nobody").credential())

    assert answer["verdict"] == "indeterminate"
    assert (codes(answer)["proof"], web.asked) == ("controller_unavailable", [])


class TestForeignIssuers:
    async def test_a_did_key_needs_no_fetching_and_is_unknown(self, verify: Verify, web: Web) -> None:
        answer = await verify(Issuer("abroad").credential())

        assert (answer["verdict"], codes(answer)["issuer_trust"]) == ("indeterminate", "issuer_unknown")
        assert (codes(answer)["proof"], web.asked) == ("signature_valid", [])

    async def test_the_request_may_accept_it(self, verify: Verify) -> None:
        answer = await verify(Issuer("abroad").credential(), policy={"acceptUnknownIssuer": True})
        assert (answer["verdict"], codes(answer)["issuer_trust"]) == ("valid", "issuer_accepted_by_policy")

    async def test_a_did_web_and_its_list_are_fetched(self, verify: Verify, web: Web) -> None:
        abroad, url = Issuer("abroad", "did:web:abroad.example:issuers:one"), "https://lists.example/1"
        web.documents["https://abroad.example/issuers/one/did.json"] = abroad.did_document
        web.documents[url] = abroad.status_list(url, 3)

        good = await verify(abroad.credential(status=entry(url, 2)), policy={"acceptUnknownIssuer": True})
        revoked = await verify(abroad.credential(status=entry(url, 3)), policy={"acceptUnknownIssuer": True})

        assert (good["verdict"], codes(good)["status"]) == ("valid", "status_clear")
        assert (revoked["verdict"], codes(revoked)["status"]) == ("invalid", "status_revoked")

    async def test_an_unreachable_list_leaves_the_verdict_open(self, verify: Verify) -> None:
        credential = Issuer("abroad").credential(status=entry("https://gone.example/1"))
        answer = await verify(credential, policy={"acceptUnknownIssuer": True})
        assert (answer["verdict"], codes(answer)["status"]) == ("indeterminate", "status_list_unavailable")

    async def test_an_unreachable_controller_leaves_the_verdict_open(self, verify: Verify) -> None:
        answer = await verify(Issuer("abroad", "did:web:abroad.example").credential())
        assert (answer["verdict"], codes(answer)["proof"]) == ("indeterminate", "controller_unavailable")

    async def test_a_controller_that_is_not_there_is_invalid(self, verify: Verify, web: Web) -> None:
        web.documents["https://abroad.example/.well-known/did.json"] = Failure("status", "404", transient=False)
        answer = await verify(Issuer("abroad", "did:web:abroad.example").credential())
        assert (answer["verdict"], codes(answer)["proof"]) == ("invalid", "controller_not_found")


class TestStatusLists:
    """A list that cannot be believed leaves the verdict open; it never makes a credential valid."""

    @pytest.mark.parametrize(
        ("members", "code"),
        [
            ({"validUntil": (NOW - timedelta(hours=1)).isoformat().replace("+00:00", "Z")}, "status_list_stale"),
            ({"validFrom": (NOW + DAY).isoformat().replace("+00:00", "Z")}, "status_list_not_yet_valid"),
            ({"id": f"{BASE_URL}/status-lists/another"}, "status_list_mismatch"),
            ({"type": ["VerifiableCredential"]}, "status_list_malformed"),
        ],
    )
    async def test_a_list_that_is_not_good_now(
        self, verify: Verify, deliver: Deliver, university: Issuer, members: Json, code: str
    ) -> None:
        url = list_url()
        bad = university.status_list(url, **members)
        await deliver(university.published(), university.list_published(bad, url=url))
        answer = await verify(university.credential(status=entry(url)))
        assert (answer["verdict"], codes(answer)["status"]) == ("indeterminate", code)

    async def test_a_list_for_another_purpose(self, verify: Verify, deliver: Deliver, university: Issuer) -> None:
        url = list_url()
        other = university.status_list(url, purpose="suspension")
        await deliver(university.published(), university.list_published(other))
        answer = await verify(university.credential(status=entry(url)))
        assert (answer["verdict"], codes(answer)["status"]) == ("indeterminate", "status_purpose_mismatch")

    async def test_an_index_outside_the_list(self, verify: Verify, university: Issuer, url: str) -> None:
        answer = await verify(university.credential(status=entry(url, 131_072)))
        assert (answer["verdict"], codes(answer)["status"]) == ("indeterminate", "status_index_out_of_range")

    async def test_a_list_that_nobody_signed(self, verify: Verify, deliver: Deliver, university: Issuer) -> None:
        url = list_url()
        await deliver(university.published(), university.list_published(university.status_list(url, sign=False)))
        answer = await verify(university.credential(status=entry(url)))
        assert (answer["verdict"], codes(answer)["status"]) == ("indeterminate", "status_list_unverified")

    async def test_a_list_by_an_issuer_nobody_vouches_for(
        self, verify: Verify, deliver: Deliver, university: Issuer, web: Web
    ) -> None:
        theirs = "https://lists.example/1"
        web.documents[theirs] = Issuer("stranger").status_list(theirs)
        await deliver(university.published())
        answer = await verify(university.credential(status=entry(theirs)))
        assert (answer["verdict"], codes(answer)["status"]) == ("indeterminate", "status_list_issuer_untrusted")

    async def test_a_list_by_another_issuer_of_the_fleet(
        self, verify: Verify, deliver: Deliver, university: Issuer
    ) -> None:
        host, url = of_the_fleet("host"), list_url()
        await deliver(university.published(), host.published(), host.list_published(host.status_list(url, 5)))
        clear, revoked = [await verify(university.credential(status=entry(url, index))) for index in (4, 5)]
        assert (clear["verdict"], revoked["verdict"]) == ("valid", "invalid")

    async def test_an_unknown_kind_of_status(self, verify: Verify, university: Issuer, url: str) -> None:
        status = {"id": "https://laurel.test/statuses#1", "type": "https://laurel.test/StatusFromTheFuture"}
        answer = await verify(university.credential(status=status))
        assert (answer["verdict"], outcomes(answer)["status"]) == ("indeterminate", "unknown")


def compact(issuer: Issuer, url: str) -> tuple[str, str]:
    """One credential as both kinds of JWS."""
    credential = issuer.unsigned(status=entry(url), subject_id="did:example:ada")
    return (
        jose.issue_open_badge(credential, issuer.key, kid=issuer.method),
        jose.issue_credential(credential, issuer.key, kid=issuer.method),
    )


async def test_a_credential_in_a_jws_is_judged_like_any_other(verify: Verify, university: Issuer, url: str) -> None:
    for token in compact(university, url):
        answer = await verify(token)
        assert (answer["verdict"], codes(answer)["proof"]) == ("valid", "signature_valid")
        assert codes(answer)["issuer_trust"] == "issuer_registered"
        header, payload, signature = token.split(".")
        spoiled = await verify(f"{header}.{payload}.{signature[:9]}{'AB'[signature[9] == 'A']}{signature[10:]}")
        assert (spoiled["verdict"], codes(spoiled)["proof"]) == ("invalid", "signature_invalid")


async def test_a_credential_in_a_jws_of_an_issuer_elsewhere_is_judged_by_its_key_on_the_web(
    verify: Verify, web: Web
) -> None:
    stranger = Issuer("stranger", "did:web:stranger.test")
    credential = stranger.unsigned(subject_id="did:example:ada")
    unread = await verify(jose.issue_open_badge(credential, stranger.key))
    assert (unread["verdict"], codes(unread)["proof"]) == ("indeterminate", "issuer_binding_unverified")
    web.documents["https://stranger.test/.well-known/did.json"] = stranger.did_document
    answer = await verify(jose.issue_open_badge(credential, stranger.key), policy={"acceptUnknownIssuer": True})
    assert (answer["verdict"], codes(answer)["proof"]) == ("valid", "signature_valid")


async def test_the_history_recognises_a_jws(verify: Verify, client: httpx.AsyncClient, university: Issuer) -> None:
    for token in compact(university, list_url()):
        answer = await verify(token)
        kept = (await client.get(f"/verifications/{answer['id']}")).json()
        assert kept["inputDigest"] == encode_base64url(hashlib.sha256(token.encode()).digest())
