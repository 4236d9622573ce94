"""What a learner brought along counts in a stack: by consent, from issuers that the pathway takes, verified again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from credential_core.jcs import digest
from credential_core.model import hashed_identity, plain_identity
from issuer.adapters.backpack.wanted_looks import WantedLookUnitOfWork
from issuer.core.stacks.brought import named_by
from service_kit.clock import utc_now
from service_kit.database import Database
from stacking.recheck import Given, Holding, recheck
from stacking.record import find_record
from tests.issuer.abroad import Academy
from tests.issuer.bringing import ANA, STALE, Bringing, abroad
from tests.issuer.keepers import OB, Keeper
from tests.issuer.pathways import issued_by
from tests.issuer.world import Json, World

pytestmark = [pytest.mark.db, pytest.mark.asyncio]
RECOGNISED: Json = {"type": "RecognisedIssuer"}


async def test_nothing_that_stands_beside_a_hash_is_taken_over() -> None:
    salted = hashed_identity(ANA, "emailAddress", salt="s1")
    assert named_by(salted | {"note": "a stranger's words"}, None) == salted
    plain = plain_identity(ANA, "emailAddress")
    assert named_by(salted, ANA) == named_by(plain | {"note": "x"}, None) == plain
    unsalted = {"hashed": True, "identityType": "emailAddress", "identityHash": "sha256$ab", "salt": {"x": 1}}
    found = named_by(unsalted, None)
    assert found is not None
    assert (found["identityHash"], found.get("salt", "")) == ("sha256$ab", "")


class TestCounting:
    async def test_it_counts_by_consent_and_the_record_proves_it(
        self, bringing: Bringing, academy: Academy, ana: Keeper, complete: Json
    ) -> None:
        assert await bringing.statuses() == []
        await bringing.allow(ana)
        assert await bringing.statuses() == ["awarded"]
        credential = await bringing.awarded()
        record = find_record(credential)
        assert record is not None
        [brought] = [one for one in record.inputs if one.held.id == complete["id"]]
        assert (brought.digest, brought.held.issuer) == (digest(complete), academy.did)
        [listed] = brought.listed
        assert listed.digest == digest(academy.site.documents["/lists/1"])
        assert academy.did not in record.setting.own
        version = bringing.series.document() | {"hasPart": await _parts(bringing)}
        given = {complete["id"]: Given(complete, digest(complete))}
        standing = {one.held.id: True for one in record.inputs}
        assert recheck(credential, version, standing=standing, given=given).holding is Holding.STATED
        fallen = standing | {complete["id"]: False}
        assert recheck(credential, version, standing=fallen, given={}).holding is Holding.FAILS

    async def test_a_consent_to_be_seen_lets_nothing_count(
        self, bringing: Bringing, ana: Keeper, complete: Json
    ) -> None:
        consent = await bringing.allow(ana, allows=[])
        assert consent["allows"] == []
        assert await bringing.statuses() == []

    async def test_what_comes_after_the_consent_counts_too(
        self, bringing: Bringing, academy: Academy, ana: Keeper
    ) -> None:
        await bringing.takes(abroad(academy)["credentialSubject"]["achievement"]["id"], issued_by(academy.did))
        await bringing.series.earn("capstone")
        await bringing.allow(ana)
        assert await bringing.statuses() == []
        await bringing.keep(ana, abroad(academy))
        assert await bringing.statuses() == ["awarded"]

    @pytest.mark.parametrize("constraints", [(), (issued_by("did:web:other.example"),), (RECOGNISED,)])
    async def test_only_where_the_pathway_takes_its_issuer(
        self, bringing: Bringing, academy: Academy, ana: Keeper, complete: Json, constraints: tuple[Json, ...]
    ) -> None:
        """A place that says nothing of issuers takes the organization's own alone."""
        await bringing.takes(complete["credentialSubject"]["achievement"]["id"], *constraints)
        await bringing.allow(ana)
        assert await bringing.statuses() == []

    async def test_it_must_name_the_learner_who_consented(
        self, bringing: Bringing, academy: Academy, ana: Keeper
    ) -> None:
        await bringing.takes(abroad(academy)["credentialSubject"]["achievement"]["id"], issued_by(academy.did))
        await bringing.series.earn("capstone")
        await bringing.keep(ana, abroad(academy, "bo@students.example"))
        await bringing.allow(ana)
        assert await bringing.statuses() == []

    async def test_another_person_who_keeps_it_gets_nothing(
        self, bringing: Bringing, ana: Keeper, world: World, complete: Json
    ) -> None:
        bo = Keeper(world, email="bo@students.example")
        await bringing.series.earn("capstone", email="bo@students.example")
        await bringing.keep(bo, complete)
        await bringing.allow(bo)
        assert await bringing.statuses() == []

    async def test_a_salted_name_needs_the_address_in_the_profile(
        self, bringing: Bringing, academy: Academy, ana: Keeper
    ) -> None:
        await bringing.takes(abroad(academy)["credentialSubject"]["achievement"]["id"], issued_by(academy.did))
        await bringing.series.earn("capstone")
        await bringing.keep(ana, abroad(academy, identifiers=[hashed_identity(ANA, "emailAddress", salt="salt")]))
        await bringing.allow(ana)
        assert await bringing.statuses() == []
        profile = {"id": "https://people.example/ana", "type": ["Profile"], "email": ANA}
        assert (await ana.call("PUT", f"{OB}/profile", json=profile)).status_code == 200
        assert await bringing.statuses() == ["awarded"]

    async def test_who_brought_everything_is_named_by_a_hash_alone(
        self, bringing: Bringing, academy: Academy, ana: Keeper
    ) -> None:
        accepted = abroad(academy)["credentialSubject"]["achievement"]["id"]
        await bringing.takes(
            hasPart=[
                {
                    "id": "certificate",
                    "proxyFor": [bringing.series.achievements["certificate"]],
                    "hasCondition": {"targetComponent": ["statistics"]},
                },
                {"id": "statistics", "proxyFor": [accepted], "hasConstraint": [issued_by(academy.did)]},
            ]
        )
        named = [plain_identity(ANA, "emailAddress"), plain_identity("Ana Silva", "name")]
        await bringing.keep(ana, abroad(academy, identifiers=named))
        await bringing.allow(ana)
        assert await bringing.statuses() == ["awarded"]
        subject = (await bringing.awarded())["credentialSubject"]
        [identity] = subject["identifier"]
        assert (identity["hashed"], identity["identityType"], bool(identity["salt"])) == (True, "emailAddress", True)
        assert ANA not in str(subject)

    async def test_what_cannot_be_confirmed_now_does_not_count_and_may_later(
        self, bringing: Bringing, academy: Academy, ana: Keeper, complete: Json, world: World
    ) -> None:
        await world.rows(STALE)
        published = academy.site.documents.pop("/lists/1")
        await bringing.allow(ana)
        assert await bringing.statuses() == []
        [item] = await ana.items()
        assert item["doubt"]["code"] == "not-confirmed"
        academy.site.documents["/lists/1"] = published
        await world.rows("UPDATE backpack_credentials SET look_at = now() WHERE look_at > now() RETURNING 1")
        assert await bringing.statuses() == ["awarded"]

    async def test_doubt_from_before_the_consent_is_looked_into(
        self, bringing: Bringing, academy: Academy, ana: Keeper, complete: Json
    ) -> None:
        published = academy.site.documents.pop("/lists/1")
        [item] = await ana.items()
        answer = await ana.call("POST", f"/learners/me/backpack/{item['id']}/verify")
        assert answer.json()["doubt"]["code"] == "not-confirmed"
        academy.site.documents["/lists/1"] = published
        await bringing.allow(ana)
        assert await bringing.statuses() == ["awarded"]

    async def test_doubt_that_somebody_else_found_is_looked_into_later(
        self, bringing: Bringing, academy: Academy, ana: Keeper, complete: Json, world: World
    ) -> None:
        """The learner asks how far they are while the academy is away: that must not settle it for good."""
        await bringing.takes(complete["credentialSubject"]["achievement"]["id"], issued_by("did:web:other.example"))
        await bringing.allow(ana)
        assert await bringing.statuses() == []
        del academy.site.documents["/lists/1"]
        [item] = await ana.items()
        await ana.call("POST", f"/learners/me/backpack/{item['id']}/verify")
        [(minutes,)] = await world.rows("SELECT extract(epoch FROM look_at - now()) / 60 FROM backpack_credentials")
        assert 8 < minutes <= 10

    async def test_who_answers_too_late_is_asked_again_after_a_while_and_not_at_once(
        self,
        bringing: Bringing,
        academy: Academy,
        ana: Keeper,
        complete: Json,
        world: World,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr("issuer.core.stacks.look_again.TIME_S", 0.0)
        await world.rows(STALE)
        academy.site.asked.clear()
        await bringing.allow(ana)
        assert await bringing.statuses() == []
        [(minutes,)] = await world.rows("SELECT extract(epoch FROM look_at - now()) / 60 FROM backpack_credentials")
        assert 8 < minutes <= 10
        assert sum(academy.site.asked.values()) <= 1
        assert [item["doubt"] for item in await ana.items()] == [None]  # what was found before stays

    async def test_one_persons_slow_hosts_take_nobody_elses_time(
        self, bringing: Bringing, academy: Academy, ana: Keeper, complete: Json, world: World, database: Database
    ) -> None:
        bo = Keeper(world, email="bo@students.example")
        for _ in range(3):
            await bringing.keep(bo, abroad(academy, "bo@students.example"))
        await world.rows("UPDATE backpack_credentials SET look_at = now() RETURNING 1")
        claimed = []
        for _ in range(3):
            async with WantedLookUnitOfWork(database) as work:
                now = utc_now()
                claimed.append(len(await work.claim(20, now=now, until=now + timedelta(minutes=1))))
                await work.commit()
        assert sorted(claimed) == [0, 1, 3]

    async def test_an_address_of_another_script_is_known_as_it_is_written(
        self, bringing: Bringing, academy: Academy, world: World
    ) -> None:
        ascii_form, written = "ana@xn--mnchen-3ya.example", "ana@m\u00fcnchen.example"
        learner = Keeper(world, email=ascii_form)
        await bringing.takes(abroad(academy)["credentialSubject"]["achievement"]["id"], issued_by(academy.did))
        await bringing.series.earn("capstone", email=ascii_form)
        profile = {"id": "https://people.example/ana", "type": ["Profile"], "email": written}
        assert (await learner.call("PUT", f"{OB}/profile", json=profile)).status_code == 200
        await bringing.keep(learner, abroad(academy, identifiers=[hashed_identity(written, "emailAddress", salt="s1")]))
        await bringing.allow(learner)
        assert await bringing.statuses() == ["awarded"]

    async def test_what_an_issuer_that_nobody_asked_for_says_is_never_looked_up(
        self, bringing: Bringing, academy: Academy, ana: Keeper, complete: Json, world: World
    ) -> None:
        await bringing.takes(complete["credentialSubject"]["achievement"]["id"], issued_by("did:web:other.example"))
        await world.rows(STALE)
        academy.site.asked.clear()
        await bringing.allow(ana)
        assert await bringing.statuses() == []
        assert not academy.site.asked

    async def test_it_was_revoked_since_it_came(
        self, bringing: Bringing, academy: Academy, ana: Keeper, complete: Json, world: World
    ) -> None:
        await world.rows(STALE)
        academy.publish(7)
        await bringing.allow(ana)
        assert await bringing.statuses() == []

    async def test_a_recognition_of_it_and_the_credential_itself_count_once(
        self, bringing: Bringing, academy: Academy, ana: Keeper, world: World
    ) -> None:
        """The series asks for two; the learner has one, and an award of the university's for that one."""
        accepted = abroad(academy)["credentialSubject"]["achievement"]["id"]
        parts = {"python": bringing.series.achievements["python"], "statistics": accepted}
        await bringing.takes(
            hasPart=[
                {
                    "id": "certificate",
                    "proxyFor": [bringing.series.achievements["certificate"]],
                    "hasCondition": {"targetComponent": list(parts)},
                },
                {"id": "python", "proxyFor": [parts["python"]]},
                {"id": "statistics", "proxyFor": [accepted], "hasConstraint": [issued_by(academy.did)]},
            ]
        )
        document = abroad(academy)
        await bringing.keep(ana, document)
        await bringing.allow(ana)
        asked = await ana.call(
            "POST",
            "/learners/me/recognitions",
            json={"programme": bringing.series.achievements["certificate"], "credential": document, "email": ANA},
        )
        assert asked.status_code == 201, asked.text
        granted = await world.send(
            "POST",
            f"/recognitions/{asked.json()['id'].rsplit('/', 1)[-1]}/grant",
            {"reason": "the same course", "achievement": parts["python"], "credits": 5},
        )
        assert granted.status_code == 200, granted.text
        assert await bringing.statuses() == []
        await bringing.series.earn("python")
        assert await bringing.statuses() == ["awarded"]


async def _parts(bringing: Bringing) -> list[Any]:
    """Of the newest version."""
    [(document,)] = await bringing.series.world.rows("SELECT document FROM pathways ORDER BY version DESC LIMIT 1")
    return list(document["hasPart"])
