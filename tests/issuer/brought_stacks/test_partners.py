"""What partners on this fleet issued counts by an agreement that was signed."""

from __future__ import annotations

from typing import Any

import pytest
import pytest_asyncio

from credential_core.jcs import digest
from issuer.core.stacks.credential import ComposeStack
from issuer.main import Core
from stacking.record import find_record
from tests.issuer.abroad import Academy
from tests.issuer.bringing import ANA, Bringing
from tests.issuer.keepers import Keeper
from tests.issuer.pathways import Series, issued_by
from tests.issuer.recognising import Partners
from tests.issuer.world import ORG, OTHER_ORG, Json, World

pytestmark = [pytest.mark.db, pytest.mark.asyncio]
RECOGNISED: Json = {"type": "RecognisedIssuer"}


class TestPartners:
    @pytest_asyncio.fixture
    async def partners(self, bringing: Bringing, world: World) -> Partners:
        """The series takes the partner's certificate, by any recognised issuer."""
        made = await Partners(world).open()
        await bringing.takes(made.theirs, RECOGNISED)
        return made

    async def bring(self, bringing: Bringing, partners: Partners, email: str = ANA) -> tuple[Keeper, str]:
        """A learner with the rest of the series, who brings the partner's certificate. Its id."""
        learner = Keeper(bringing.series.world, email=email)
        await bringing.series.earn("capstone", email=email)
        issued = await partners.award(email)
        await bringing.keep(learner, issued["credential"])
        await bringing.allow(learner)
        return learner, str(issued["id"])

    async def test_it_counts_from_the_signature_on_and_the_record_says_by_what(
        self, bringing: Bringing, partners: Partners
    ) -> None:
        await self.bring(bringing, partners)
        assert await bringing.statuses() == []
        agreement = await partners.agree()
        assert await bringing.statuses() == ["awarded"]
        record = find_record(await bringing.awarded())
        assert record is not None
        [agreed] = record.setting.agreed
        assert (agreed.issuer, agreed.agreement, agreed.digest) == (
            partners.partner,
            agreement["id"],
            agreement["digest"],
        )

    async def test_another_persons_badge_counts_for_nobody_who_keeps_it(
        self, bringing: Bringing, partners: Partners, world: World
    ) -> None:
        await partners.agree()
        await bringing.series.earn("capstone")
        theirs = await partners.award("bo@students.example")
        ana = Keeper(world, email=ANA)
        await bringing.keep(ana, theirs["credential"])
        await bringing.allow(ana)
        assert await bringing.statuses() == []

    async def test_an_agreement_that_ended_takes_nothing_away_and_gives_nothing(
        self, bringing: Bringing, partners: Partners
    ) -> None:
        agreement = await partners.agree()
        await self.bring(bringing, partners)
        assert await bringing.statuses() == ["awarded"]
        before = await bringing.awarded()
        assert (await partners.act(agreement, "end", org=ORG)).status_code == 200
        await self.bring(bringing, partners, "bo@students.example")
        assert await bringing.statuses() == ["awarded"]
        assert await bringing.awarded() == before

    async def test_an_agreement_that_ends_while_the_award_is_signed_counts_nothing(
        self, bringing: Bringing, partners: Partners, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        agreement, compose = await partners.agree(), ComposeStack.__call__
        await self.bring(bringing, partners)

        async def meanwhile(*arguments: Any, **options: Any) -> Any:
            assert (await partners.act(agreement, "end", org=ORG)).status_code == 200
            return await compose(*arguments, **options)

        monkeypatch.setattr(ComposeStack, "__call__", meanwhile)
        assert await bringing.statuses() == []

    async def test_a_consent_that_is_withdrawn_while_the_award_is_signed_lets_nothing_count(
        self, bringing: Bringing, academy: Academy, ana: Keeper, complete: Json, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        consent, compose = await bringing.allow(ana), ComposeStack.__call__

        async def meanwhile(*arguments: Any, **options: Any) -> Any:
            await bringing.withdraw(ana, consent)
            return await compose(*arguments, **options)

        monkeypatch.setattr(ComposeStack, "__call__", meanwhile)
        assert await bringing.statuses() == []

    async def test_a_partner_that_revokes_while_the_award_is_signed_is_heard(
        self, bringing: Bringing, partners: Partners, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await partners.agree()
        _, certificate = await self.bring(bringing, partners)
        compose = ComposeStack.__call__

        async def meanwhile(*arguments: Any, **options: Any) -> Any:
            await world.send("POST", f"{certificate}/revoke", {"reason": "x"}, org=OTHER_ORG)
            return await compose(*arguments, **options)

        monkeypatch.setattr(ComposeStack, "__call__", meanwhile)
        assert await bringing.statuses() == []

    async def test_a_stack_from_then_is_measured_by_what_was_agreed_then(
        self, bringing: Bringing, partners: Partners
    ) -> None:
        """Another component falls after the end: what counts by the agreement still does, nothing new beside it."""
        agreement = await partners.agree()
        learner, first = await self.bring(bringing, partners)
        assert await bringing.statuses() == ["awarded"]
        await partners.act(agreement, "end", org=ORG)
        named = (await bringing.series.stack())["evaluation"]["inputs"]
        capstone = next(one["id"] for one in named if one["id"] != first)
        await bringing.series.earn("capstone")
        await bringing.series.change(capstone, "revoke")
        assert await bringing.statuses() == ["awarded"]
        inputs = [one["id"] for one in (await bringing.series.stack())["evaluation"]["inputs"]]
        assert first in inputs
        assert capstone not in inputs
        second = await partners.award(ANA)
        await bringing.keep(learner, second["credential"])
        answer = await partners.world.send("POST", f"{first}/revoke", {"reason": "x"}, org=OTHER_ORG)
        assert answer.status_code == 200, answer.text
        assert await bringing.statuses() == ["revoked"]

    async def test_what_the_partner_revokes_is_followed_at_once_also_without_the_consent(
        self, bringing: Bringing, partners: Partners, world: World
    ) -> None:
        await partners.agree()
        learner, certificate = await self.bring(bringing, partners)
        assert await bringing.statuses() == ["awarded"]
        assert (await learner.call("DELETE", "/learners/me/backpack")).status_code == 204
        for action, status in (("suspend", "suspended"), ("reinstate", "awarded"), ("revoke", "revoked")):
            answer = await world.send("POST", f"{certificate}/{action}", {"reason": "x"}, org=OTHER_ORG)
            assert answer.status_code == 200, answer.text
            assert await bringing.statuses() == [status]
        event = (await world.events("credential.revoked.v1"))[-1]
        history = (await bringing.series.stack())["history"]
        assert history[-1]["reason"] == f"{certificate} was revoked"
        assert event.caused_by == history[-1]["causedBy"]

    async def test_one_that_was_corrected_waits_for_the_newer_document(
        self, bringing: Bringing, partners: Partners, world: World
    ) -> None:
        await partners.agree()
        learner, certificate = await self.bring(bringing, partners)
        assert await bringing.statuses() == ["awarded"]
        corrected = await world.send(
            "POST", f"{certificate}/correct", {"reason": "a word", "narrative": "with care"}, org=OTHER_ORG
        )
        assert corrected.status_code == 200, corrected.text
        assert await bringing.statuses() == ["suspended"]
        await bringing.keep(learner, corrected.json()["credential"])
        assert await bringing.statuses() == ["awarded"]
        inputs = {one["id"]: one["digest"] for one in (await bringing.series.stack())["evaluation"]["inputs"]}
        assert inputs[certificate] == digest(corrected.json()["credential"])

    async def test_another_organizations_pathway_counts_nothing_by_it(
        self, bringing: Bringing, partners: Partners, world: World, core: Core
    ) -> None:
        """The consent is for one pathway; who else names the same achievement learns and counts nothing."""
        await partners.agree()
        third = "6f0c1ad0-0000-4000-8000-000000000003"
        await world.issuer(third)
        other = Series(world, core)
        for name in ("capstone", "python", "statistics", "certificate"):
            other.achievements[name] = await world.achievement(third, name=name.capitalize())
        document = other.document()
        place = next(part for part in document["hasPart"] if part["id"] == "statistics")
        place |= {"proxyFor": [partners.theirs], "hasConstraint": [issued_by(partners.partner)]}
        await other.publish(org=third, hasPart=document["hasPart"])
        await world.issue(other.achievements["capstone"], org=third, recipient={"email": ANA})
        await self.bring(bringing, partners)
        assert await bringing.statuses() == ["awarded"]
        assert await other.stacks(third) == []
        [mine] = await bringing.series.stacks()
        answer = await world.send("GET", mine["id"], org=OTHER_ORG)
        assert answer.status_code == 404
