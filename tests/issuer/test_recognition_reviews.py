"""Recognised credentials from elsewhere whose key is gone, that were replaced, or that nobody could follow."""

from __future__ import annotations

import importlib
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from credential_core import did
from credential_core.bitstring import entry
from credential_core.keys import SigningKey
from credential_core.report import Check, Outcome, Report, Verdict
from credential_core.verify import Failure
from issuer.core.backpack.model import Doubt
from issuer.core.recognition.look import LookAtSources
from issuer.core.recognition.traces import UNTOLD, Signer, Told, of_key, of_notice, reviewed, traces_of
from issuer.main import Core
from tests.issuer.abroad import NOW, Academy
from tests.issuer.recognising import Partners, last
from tests.issuer.test_recognition_looks import Watch, recognised
from tests.issuer.world import ORG, OTHER_ORG, Clock, Json, World, problem_code

MIGRATION = importlib.import_module("issuer.migrations.versions.2026_11_29_0028_sources_are_looked_at")
ISSUER = "did:web:a.example"
KEY = SigningKey.from_seed(bytes(32))
OTHER = SigningKey.from_seed(bytes(range(32)))
GONE = Doubt("source-key-gone", "gone")
REPLACED = Doubt("source-replaced", "replaced")


def controller(key: SigningKey = KEY, name: str = "key-1", **members: Any) -> Json:
    document = did.did_document(ISSUER, [did.VerificationMethod(f"{ISSUER}#{name}", ISSUER, key.public)])
    document["verificationMethod"][0] |= members
    return document


def signer_in(document: Json, named: str = f"{ISSUER}#key-1") -> Signer | None:
    report = Report(Verdict.VALID, (Check("proof", Outcome.PASSED, "signature_valid", "", named),))
    return traces_of({"issuer": ISSUER}, report, {ISSUER: document}).signer


class TestPure:
    @pytest.mark.parametrize("named", [f"{ISSUER}#key-1", "#key-1", "key-1"])
    def test_the_key_that_signed_is_known_by_its_name_and_by_itself(self, named: str) -> None:
        found = signer_in(controller(), named)
        assert found is not None
        assert (found.method, found.controller) == (f"{ISSUER}#key-1", ISSUER)
        other = signer_in(controller(OTHER))
        assert other is not None
        assert other.key != found.key

    @pytest.mark.parametrize("named", [ISSUER, "did:web:b.example#key-1", "https://a.example/key"])
    def test_a_key_that_is_not_named_as_the_issuers_is_not_looked_for(self, named: str) -> None:
        assert signer_in(controller(), named) is None

    @pytest.mark.parametrize(
        ("found", "told"),
        [
            (controller(), True),
            (controller(expires="2999-01-01T00:00:00Z"), True),
            (controller(OTHER), False),  # another key under the same name
            (controller(name="key-2"), False),
            (controller() | {"assertionMethod": []}, False),
            (controller(revoked="2020-01-01T00:00:00Z"), False),
            (controller(expires="2020-01-01T00:00:00Z"), False),
        ],
    )
    def test_a_document_tells_whether_it_lists_the_key(self, found: Json, told: bool) -> None:
        signer = signer_in(controller())
        assert signer is not None
        result = of_key(signer, found, NOW)
        assert result.is_told
        assert (result.doubt is None) is told

    @pytest.mark.parametrize("found", [None, Failure("http_404", "not there"), {}, {"id": "did:web:b.example"}])
    def test_a_document_that_cannot_be_read_tells_nothing(self, found: Any) -> None:
        signer = signer_in(controller())
        assert signer is not None
        assert of_key(signer, found, NOW) == UNTOLD

    @pytest.mark.parametrize(
        ("code", "told"),
        [("refresh_available", True), ("refresh_not_needed", True), ("status_notice_unavailable", False)],
    )
    def test_a_newer_form_is_told_by_the_list(self, code: str, told: bool) -> None:
        found = of_notice(Check("refresh", Outcome.SKIPPED, code, "", "https://a.example/1"))
        assert (found.is_told, found.doubt is not None) == (told, code == "refresh_available")
        assert of_notice(None) == UNTOLD

    @pytest.mark.parametrize(
        ("before", "key", "newer", "after"),
        [
            (None, UNTOLD, UNTOLD, None),
            (GONE, UNTOLD, UNTOLD, GONE),
            (REPLACED, UNTOLD, UNTOLD, REPLACED),
            (GONE, Told(is_told=True), UNTOLD, None),
            (GONE, Told(is_told=True), Told(is_told=True, doubt=REPLACED), REPLACED),
            (REPLACED, Told(is_told=True, doubt=GONE), Told(is_told=True, doubt=REPLACED), GONE),
            (REPLACED, Told(is_told=True), UNTOLD, REPLACED),
        ],
    )
    def test_what_cannot_be_told_is_as_before(
        self, before: Doubt | None, key: Told, newer: Told, after: Doubt | None
    ) -> None:
        assert reviewed(before, key, newer) == after


@pytest.fixture
def watch(look: LookAtSources, core: Core, clock: Clock, world: World) -> Watch:
    return Watch(look, core, clock, world)


def rotate(academy: Academy, name: str = "key-2", seed: int = 9) -> Json:
    """Another key takes the place of the one before, which is listed no more. The document of before."""
    before: Json = academy.site.documents["/academy/did.json"]
    academy.key, academy.method = SigningKey.from_seed(bytes([seed]) * 32), f"{academy.did}#{name}"
    listed = did.VerificationMethod(academy.method, academy.did, academy.key.public)
    academy.site.documents["/academy/did.json"] = did.did_document(academy.did, [listed])
    academy.publish()
    return before


async def listed(world: World, matter: str, org: str = ORG) -> list[str]:
    answer = await world.send("GET", f"/recognitions?source={matter}", org=org)
    assert answer.status_code == 200, answer.text
    return [one["id"] for one in answer.json()["items"]]


@pytest.mark.db
@pytest.mark.asyncio
class TestReviews:
    @pytest.mark.parametrize("as_token", [False, True])
    @pytest.mark.parametrize("name", ["key-2", "key-1"])
    async def test_a_key_that_is_gone_is_told_and_the_award_waits_for_people(
        self, partners: Partners, academy: Academy, world: World, watch: Watch, as_token: bool, name: str
    ) -> None:
        found = await recognised(partners, academy.token(academy.unsigned()) if as_token else academy.credential())
        assert (found["sourceStatus"]["key"], found["sourceStatus"]["review"]) == (f"{academy.did}#key-1", None)
        assert await watch.standing(found) == ("granted", "issued")
        rotate(academy, name)
        assert await watch.standing(found) == ("granted", "issued")
        seen = await watch.seen(found)
        review = seen["sourceStatus"]["review"]
        assert (review["code"], review["kept"]) == ("source-key-gone", False)
        step = seen["history"][-1]
        assert (step["status"], step["by"], step["reason"], step["causedBy"]) == (
            "granted",
            "source",
            review["detail"],
            None,
        )
        assert seen["sourceStatus"]["problem"] is None  # the list is signed by a key that is listed
        assert [await listed(world, "review"), await listed(world, "review", OTHER_ORG)] == [[found["id"]], []]
        await watch.settle()
        assert len((await watch.seen(found))["history"]) == len(seen["history"])  # told once

    async def test_people_keep_it_or_revoke_it(
        self, partners: Partners, academy: Academy, world: World, watch: Watch
    ) -> None:
        found = await recognised(partners, academy.credential())
        assert problem_code(await partners.step(found, "keep")) == "nothing-to-review"
        before = rotate(academy)
        await watch.settle()
        assert (await partners.step(found, "keep", org=OTHER_ORG)).status_code == 404
        kept = await partners.step(found, "keep", reason="they told us of the new key")
        assert kept.status_code == 200, kept.text
        step = kept.json()["history"][-1]
        assert (step["by"], step["reason"]) == ("institution", "they told us of the new key")
        assert kept.json()["sourceStatus"]["review"]["kept"] is True
        assert (await partners.step(found, "keep")).json() == kept.json()
        await watch.settle()
        assert await listed(world, "review") == []
        after = academy.site.documents["/academy/did.json"]
        academy.site.documents["/academy/did.json"] = before  # it is back
        await watch.settle()
        assert (await watch.seen(found))["sourceStatus"]["review"] is None
        academy.site.documents["/academy/did.json"] = after  # gone again, which nobody has looked at
        watch.clock.ahead += timedelta(hours=2)  # the list could not be believed meanwhile, and is asked for later
        await watch.settle()
        assert await listed(world, "review") == [found["id"]]
        revoked = await world.send("POST", f"/credentials/{last(found['credential'])}/revoke", {"reason": "forged"})
        assert revoked.status_code == 200, revoked.text
        await watch.settle()
        assert (await watch.seen(found))["status"] == "revoked"
        assert await listed(world, "review") == []

    async def test_a_document_that_is_away_tells_nothing(
        self, partners: Partners, academy: Academy, watch: Watch
    ) -> None:
        found = await recognised(partners, academy.credential())
        del academy.site.documents["/academy/did.json"]
        assert await watch.standing(found) == ("granted", "issued")
        assert (await watch.seen(found))["sourceStatus"]["review"] is None

    async def test_a_newer_form_is_told(self, partners: Partners, academy: Academy, world: World, watch: Watch) -> None:
        refresh = academy.publish_list("/lists/2", "refresh")
        status = [entry(refresh, 9, "refresh"), entry(academy.list_url, 7, "revocation")]
        found = await recognised(partners, academy.signed(academy.unsigned() | {"credentialStatus": status}))
        assert await watch.standing(found) == ("granted", "issued")
        assert (await watch.seen(found))["sourceStatus"]["review"] is None
        academy.publish_list("/lists/2", "refresh", 9)
        assert await watch.standing(found) == ("granted", "issued")
        review = (await watch.seen(found))["sourceStatus"]["review"]
        assert (review["code"], refresh in review["detail"]) == ("source-replaced", True)
        assert await listed(world, "review") == [found["id"]]
        academy.publish(7)  # and what decides still does
        assert await watch.standing(found) == ("revoked", "revoked")

    async def test_where_no_status_is_published_the_key_is_looked_for(
        self, partners: Partners, academy: Academy, world: World, watch: Watch
    ) -> None:
        bare = {name: value for name, value in academy.unsigned().items() if name != "credentialStatus"}
        found = await recognised(partners, academy.signed(bare))
        assert found["sourceStatus"]["problem"]["code"] == "status-not-published"
        assert found["sourceStatus"]["nextLookAt"] is not None
        assert await listed(world, "status-not-published") == [found["id"]]
        rotate(academy)
        assert await watch.standing(found) == ("granted", "issued")
        status = (await watch.seen(found))["sourceStatus"]
        assert (status["review"]["code"], status["problem"]["code"]) == ("source-key-gone", "status-not-published")

    async def test_the_release_before_looks_at_what_this_one_keeps(
        self, partners: Partners, academy: Academy, world: World
    ) -> None:
        """It reads these columns, and no others."""
        refresh = academy.publish_list("/lists/2", "refresh")
        status = [entry(refresh, 9, "refresh"), entry(academy.list_url, 7, "revocation")]
        await recognised(partners, academy.signed(academy.unsigned() | {"credentialStatus": status}))
        async with world.database.engine.connect() as connection:
            row = (await connection.execute(text("SELECT places, state, problem FROM recognition_sources"))).one()
        assert [place["purpose"] for place in row.places] == ["revocation"]
        assert (row.state, row.problem) == ("issued", None)


@pytest.mark.db
@pytest.mark.asyncio
class TestShownAnew:
    async def forgotten(self, world: World) -> None:
        """As the migration left what was granted before there was anything to look by."""
        async with world.database.engine.begin() as connection:
            await connection.execute(text("DELETE FROM recognition_sources"))
            await connection.execute(text(MIGRATION.FROM_BEFORE), {"problem": MIGRATION.PROBLEM})

    async def show(self, world: World, found: Json, credential: Any, *, org: str = ORG) -> Any:
        return await world.send(
            "POST", f"/recognitions/{last(found['id'])}/source", {"credential": credential}, org=org
        )

    async def test_what_nobody_follows_is_listed_and_followed_once_it_is_shown(
        self, partners: Partners, academy: Academy, world: World, watch: Watch
    ) -> None:
        credential = academy.credential()
        found = await recognised(partners, credential)
        await partners.agree()
        _, own = await partners.granted(partners.learner())
        await self.forgotten(world)
        assert await listed(world, "status-not-kept") == [found["id"]]
        assert await listed(world, "status-not-kept", OTHER_ORG) == []
        assert (await self.show(world, found, credential, org=OTHER_ORG)).status_code == 404
        other = await self.show(world, found, academy.credential())
        assert (other.status_code, problem_code(other)) == (422, "credential-not-recognisable")
        here = await self.show(world, own, credential)
        assert (here.status_code, problem_code(here)) == (409, "no-source-elsewhere")
        shown = await self.show(world, found, credential)
        assert shown.status_code == 200, shown.text
        status = shown.json()["sourceStatus"]
        assert (status["problem"], status["key"]) == (None, f"{academy.did}#key-1")
        assert shown.json()["history"][-1]["by"] == "institution"
        assert shown.json()["document"] is None  # no more of it is kept
        assert (await self.show(world, found, credential)).json() == shown.json()
        assert await listed(world, "status-not-kept") == []
        academy.publish(7)
        assert await watch.standing(found) == ("revoked", "revoked")

    async def test_what_was_revoked_meanwhile_is_found_at_once(
        self, partners: Partners, academy: Academy, world: World, watch: Watch
    ) -> None:
        credential = academy.credential()
        found = await recognised(partners, credential)
        await self.forgotten(world)
        academy.publish(7)
        assert (await self.show(world, found, credential)).status_code == 200
        watch.clock.ahead = timedelta(seconds=1)
        assert await watch.look() == 1
        while await watch.core.settle_recognitions():
            pass
        assert (await watch.seen(found))["status"] == "revoked"

    async def test_what_does_not_hold_is_refused(self, partners: Partners, academy: Academy, world: World) -> None:
        credential = academy.credential()
        found = await recognised(partners, credential)
        await self.forgotten(world)
        rotate(academy)
        answer = await self.show(world, found, credential)
        assert answer.status_code == 422
        assert "proof: method_not_authorized" in answer.json()["detail"]
        assert await listed(world, "status-not-kept") == [found["id"]]
