"""By any recognised issuer: the organization's own, and partners' by what both signed, while it is in force."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
import pytest_asyncio

from issuer.core.recognition.recognised_issuers import PartnerIssuer, RecognisedIssuers
from issuer.core.recognition.terms import Dates
from issuer.core.stacks.brought import issuers_in
from issuer.main import Core
from service_kit.clock import utc_now
from stacking.evidence import Agreed
from tests.issuer.keepers import Keeper
from tests.issuer.pathways import Series
from tests.issuer.recognising import Partners
from tests.issuer.world import ORG, OTHER_ORG, World

Json = dict[str, Any]
NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
ANA = "ana@students.example"
OURS, THEIRS = "did:web:university.example", "did:web:partner.example"
A_DAY = timedelta(days=1)


def partner(
    name: str, *, age: int = 0, begins: timedelta | None = None, ends: timedelta | None = None
) -> PartnerIssuer:
    dates = Dates(None if begins is None else NOW + begins, None if ends is None else NOW + ends)
    return PartnerIssuer(Agreed(THEIRS, name, 1, f"digest of {name}"), NOW - timedelta(days=age), dates)


class TestAtAMoment:
    def test_the_oldest_that_is_in_force_says_by_which_agreement(self) -> None:
        given = [partner("young"), partner("old", age=2), partner("ended", age=9, ends=-A_DAY), partner("twin", age=2)]
        for order in permutations(given):
            found = RecognisedIssuers(frozenset({OURS}), order).at(NOW)
            assert found.recognised == {OURS, THEIRS}
            assert [one.agreement for one in found.agreed] == ["old"]

    @pytest.mark.parametrize(
        "signed", [partner("a", begins=A_DAY), partner("a", ends=-A_DAY), partner("a", ends=timedelta())]
    )
    def test_what_is_not_in_force_recognises_nobody(self, signed: PartnerIssuer) -> None:
        found = RecognisedIssuers(frozenset({OURS}), [signed]).at(NOW)
        assert found.recognised == {OURS}
        assert not found.agreed

    def test_it_begins_and_ends_to_the_moment(self) -> None:
        issuers = RecognisedIssuers(frozenset(), [partner("a", begins=timedelta(), ends=A_DAY)])
        moments = [NOW - timedelta(seconds=1), NOW, NOW + A_DAY - timedelta(seconds=1), NOW + A_DAY]
        assert [THEIRS in issuers.at(moment).recognised for moment in moments] == [False, True, True, False]


def test_only_whom_a_pathway_speaks_of_is_read() -> None:
    named = {"id": "a", "hasConstraint": [{"type": "IssuedBy", "issuers": ["did:web:named.example"]}]}
    asks = {"id": "b", "hasConstraint": [{"type": "LevelAtLeast", "level": 6}, {"type": "RecognisedIssuer"}]}
    assert issuers_in({"hasPart": [named, {"id": "c"}]}, [THEIRS]) == {"did:web:named.example"}
    assert issuers_in({"hasPart": [named, asks]}, [THEIRS]) == {"did:web:named.example", THEIRS}
    assert issuers_in({"hasPart": [{"id": "c"}]}, [THEIRS]) == frozenset()


@pytest_asyncio.fixture
async def series(world: World, core: Core, partners: Partners) -> Series:
    """Its place for statistics takes the partner's certificate, by any recognised issuer."""
    found = await Series(world, core).open()
    await takes(found, partners.theirs)
    return found


async def takes(series: Series, achievement: str, version: int = 2) -> None:
    document = series.document()
    place = next(part for part in document["hasPart"] if part["id"] == "statistics")
    place |= {"proxyFor": [achievement], "hasConstraint": [{"type": "RecognisedIssuer"}]}
    await series.publish(version=version, revision=version, hasPart=document["hasPart"])


async def counted(series: Series, email: str = ANA) -> list[str]:
    """The components in which something counts in the learner's progress."""
    answer = await Keeper(series.world, email=email).call(
        "GET", f"/learners/me/pathways/{series.id.rsplit('/', 1)[-1]}"
    )
    assert answer.status_code == 200, answer.text
    return [one["component"] for one in answer.json()["counted"]]


@pytest.mark.db
@pytest.mark.asyncio
class TestByAgreement:
    async def test_a_partners_credential_counts_while_the_agreement_is_in_force(
        self, series: Series, partners: Partners
    ) -> None:
        await partners.award(ANA)
        assert await counted(series) == []
        proposed = await partners.propose()
        assert await counted(series) == []  # nothing was signed
        agreement = (await partners.act(proposed, "sign")).json()
        assert await counted(series) == ["statistics"]
        assert (await partners.act(agreement, "end", org=ORG)).status_code == 200
        assert await counted(series) == []

    async def test_one_of_later_or_of_long_ago_recognises_nobody(self, series: Series, partners: Partners) -> None:
        await partners.award(ANA)
        await partners.agree(validFrom=(utc_now() + A_DAY).isoformat())
        assert await counted(series) == []

    async def test_who_recognises_us_is_not_recognised_by_us(
        self, series: Series, partners: Partners, world: World
    ) -> None:
        """The other direction, signed by both: it is the partner's pathways that may count ours."""
        await partners.award(ANA)
        turned = partners.body(
            recognisingIssuer=partners.partner,
            sourceIssuer=partners.university,
            programme=partners.theirs,
            rules=[{"achievement": partners.ours, "target": partners.theirs, "credits": 5}],
        )
        answer = await world.send("POST", "/recognitions/agreements", turned, org=OTHER_ORG)
        assert answer.status_code == 201, answer.text
        assert (await partners.act(answer.json(), "sign", org=ORG)).status_code == 200
        assert await counted(series) == []

    async def test_an_agreement_is_nobody_elses(self, world: World, core: Core, partners: Partners) -> None:
        """A third organization's pathway asks for recognised issuers, and has agreed about nothing."""
        third = "6f0c1ad0-0000-4000-8000-000000000003"
        theirs = Series(world, core)
        await world.issuer(third)
        for name in ("capstone", "python", "statistics", "certificate"):
            theirs.achievements[name] = await world.achievement(third, name=name.capitalize())
        document = theirs.document()
        place = next(part for part in document["hasPart"] if part["id"] == "statistics")
        place |= {"proxyFor": [partners.theirs], "hasConstraint": [{"type": "RecognisedIssuer"}]}
        await theirs.publish(org=third, hasPart=document["hasPart"])
        await partners.award(ANA)
        await partners.agree()
        assert await counted(theirs) == []

    async def test_a_place_that_says_nothing_of_issuers_is_not_opened_by_an_agreement(
        self, series: Series, partners: Partners, world: World
    ) -> None:
        """For what is ours, the partner's word counts only where the pathway asks who is recognised."""
        stranger = await world.issuer(OTHER_ORG)
        answer = await world.send("PUT", f"/issuers/{stranger['slug']}/policy", {"achievements": "any"}, org=OTHER_ORG)
        assert answer.status_code == 200, answer.text
        await partners.agree(sourceIssuer=stranger["id"])
        wanted = {"recipient": {"email": ANA}, "issuer": stranger["id"]}
        await world.issue(series.achievements["python"], org=OTHER_ORG, **wanted)
        assert await counted(series) == []
        await takes(series, series.achievements["python"], version=3)
        assert await counted(series) == ["statistics"]
