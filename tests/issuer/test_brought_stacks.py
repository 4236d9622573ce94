"""What a learner brought along counts in a stack: by consent, from issuers that the pathway takes, verified again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from credential_core.bitstring import entry
from credential_core.jcs import digest
from credential_core.keys import SigningKey
from credential_core.model import hashed_identity, plain_identity
from issuer.adapters.wanted_looks import WantedLookUnitOfWork
from issuer.core.brought import named_by
from issuer.core.stack_credential import ComposeStack
from issuer.main import Core
from issuer.main_backpack import wire_look_again
from issuer.settings import IssuerSettings
from service_kit.clock import utc_now
from service_kit.database import Database
from service_kit.fetcher import Fetcher
from stacking.recheck import Given, Holding, recheck
from stacking.record import find_record
from tests.issuer.abroad import Academy, serving
from tests.issuer.bringing import ANA, STALE, Bringing, abroad
from tests.issuer.keepers import OB, Keeper
from tests.issuer.pathways import Series
from tests.issuer.recognising import Partners
from tests.issuer.world import ORG, OTHER_ORG, Clock, Json, World, problem_code
from tools.certificates import Certificate

pytestmark = [pytest.mark.db, pytest.mark.asyncio]
RECOGNISED: Json = {"type": "RecognisedIssuer"}
REVOKED_IDS = "1EdTechRevocationList"
DUE_NOW = "UPDATE backpack_credentials SET look_at = now() WHERE look_at > now() RETURNING 1"


def by(*issuers: str) -> Json:
    return {"type": "IssuedBy", "issuers": list(issuers)}


def several(academy: Academy, revoked: tuple[str, str] = ("", "")) -> list[Json]:
    """A status of each kind, their lists published; one of them revokes."""
    path, name = revoked
    raised = {each: (7,) if path == each else () for each in ("/lists/1", "/wide")}
    wide = entry(academy.publish_list("/wide", "revocation", *raised["/wide"], size=2), 7, "revocation")
    academy.publish(*raised["/lists/1"])
    return [
        entry(academy.list_url, 7, "revocation"),
        entry(academy.publish_list("/suspended", "suspension"), 7, "suspension"),
        wide | {"statusSize": 2, "statusMessage": [{"status": hex(one), "message": "m"} for one in range(4)]},
        {"id": academy.publish_revoked("/revoked", *([name] if path == "/revoked" else [])), "type": REVOKED_IDS},
    ]


async def counting(
    bringing: Bringing, academy: Academy, ana: Keeper, status: list[Json], *, allows: bool = True
) -> Json:
    """What Ana brought, with this status, completes the series."""
    await bringing.takes(abroad(academy)["credentialSubject"]["achievement"]["id"], by(academy.did))
    await bringing.series.earn("capstone")
    document = abroad(academy, status=status)
    await bringing.keep(ana, document)
    if allows:
        await bringing.allow(ana)
    return document


@pytest_asyncio.fixture
async def academy(certificate: Certificate) -> AsyncIterator[Academy]:
    async with serving(certificate) as site:
        yield Academy(site)


@pytest_asyncio.fixture
async def bringing(
    world: World, core: Core, settings: IssuerSettings, database: Database, fetcher: Fetcher, clock: Clock
) -> Bringing:
    series = await Series(world, core).open()
    return Bringing(series, wire_look_again(settings, database, core.sign_list, fetcher, clock))


@pytest.fixture
def ana(world: World) -> Keeper:
    return Keeper(world, email=ANA)


@pytest_asyncio.fixture
async def complete(bringing: Bringing, academy: Academy, ana: Keeper) -> Json:
    """What Ana brought completes the series, if she lets it count. Returns it."""
    await bringing.takes(abroad(academy)["credentialSubject"]["achievement"]["id"], by(academy.did))
    await bringing.series.earn("capstone")
    document = abroad(academy)
    await bringing.keep(ana, document)
    return document


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
        await bringing.takes(abroad(academy)["credentialSubject"]["achievement"]["id"], by(academy.did))
        await bringing.series.earn("capstone")
        await bringing.allow(ana)
        assert await bringing.statuses() == []
        await bringing.keep(ana, abroad(academy))
        assert await bringing.statuses() == ["awarded"]

    @pytest.mark.parametrize("constraints", [(), (by("did:web:other.example"),), (RECOGNISED,)])
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
        await bringing.takes(abroad(academy)["credentialSubject"]["achievement"]["id"], by(academy.did))
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
        await bringing.takes(abroad(academy)["credentialSubject"]["achievement"]["id"], by(academy.did))
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
                {"id": "statistics", "proxyFor": [accepted], "hasConstraint": [by(academy.did)]},
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
        await bringing.takes(complete["credentialSubject"]["achievement"]["id"], by("did:web:other.example"))
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
        monkeypatch.setattr("issuer.core.look_again.TIME_S", 0.0)
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
        await bringing.takes(abroad(academy)["credentialSubject"]["achievement"]["id"], by(academy.did))
        await bringing.series.earn("capstone", email=ascii_form)
        profile = {"id": "https://people.example/ana", "type": ["Profile"], "email": written}
        assert (await learner.call("PUT", f"{OB}/profile", json=profile)).status_code == 200
        await bringing.keep(learner, abroad(academy, identifiers=[hashed_identity(written, "emailAddress", salt="s1")]))
        await bringing.allow(learner)
        assert await bringing.statuses() == ["awarded"]

    async def test_what_an_issuer_that_nobody_asked_for_says_is_never_looked_up(
        self, bringing: Bringing, academy: Academy, ana: Keeper, complete: Json, world: World
    ) -> None:
        await bringing.takes(complete["credentialSubject"]["achievement"]["id"], by("did:web:other.example"))
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

    async def test_all_of_its_statuses_are_named_with_what_each_list_was(
        self, bringing: Bringing, academy: Academy, ana: Keeper
    ) -> None:
        status = several(academy)
        document = await counting(bringing, academy, ana, status)
        assert await bringing.statuses() == ["awarded"]
        record = find_record(await bringing.awarded())
        assert record is not None
        [theirs] = [one for one in record.inputs if one.held.id == document["id"]]
        published = academy.site.documents
        assert {one.status.url: one.digest for one in theirs.listed} == {
            f"{academy.site.origin}{path}": digest(published[path])
            for path in ("/lists/1", "/suspended", "/wide", "/revoked")
        }
        assert {one.status.purpose for one in theirs.listed} == {"revocation", "suspension"}

    @pytest.mark.parametrize("what", ["/revoked", "/wide", "/lists/1"])
    async def test_each_of_its_statuses_may_revoke_it(
        self, bringing: Bringing, academy: Academy, ana: Keeper, world: World, what: str
    ) -> None:
        document = await counting(bringing, academy, ana, several(academy))
        assert await bringing.statuses() == ["awarded"]
        several(academy, revoked=(what, document["id"]))
        await world.rows(DUE_NOW)
        assert await bringing.statuses() == ["revoked"]

    async def test_a_suspension_suspends_the_stack_until_it_is_lifted(
        self, bringing: Bringing, academy: Academy, ana: Keeper, world: World
    ) -> None:
        await counting(bringing, academy, ana, several(academy))
        assert await bringing.statuses() == ["awarded"]
        for raised, status in (((7,), "suspended"), ((), "awarded")):
            academy.publish_list("/suspended", "suspension", *raised)
            await world.rows(STALE)
            await world.rows(DUE_NOW)
            assert await bringing.statuses() == [status]

    async def test_what_cannot_be_judged_stays_out_and_the_learner_is_told_why(
        self, bringing: Bringing, academy: Academy, ana: Keeper
    ) -> None:
        await bringing.takes(abroad(academy)["credentialSubject"]["achievement"]["id"], by(academy.did))
        unknown = entry(academy.list_url, 7, "revocation") | {"statusPurpose": "expiry"}
        answer = await ana.push(abroad(academy, status=[several(academy)[0], unknown]))
        assert answer.status_code == 400
        assert "status_purpose_unsupported (the purpose of the status is not one this library reads)" in answer.text

    async def test_what_an_earlier_release_had_no_words_for_is_looked_at_again(
        self, bringing: Bringing, academy: Academy, ana: Keeper, world: World
    ) -> None:
        await counting(bringing, academy, ana, several(academy), allows=False)
        await world.rows(
            'UPDATE backpack_credentials SET looked = \'{"kind": "other", "url": "", "index": 0, "digest": ""}\' '
            "RETURNING 1"
        )
        await bringing.allow(ana)
        assert await bringing.statuses() == ["awarded"]

    async def test_one_without_a_status_says_so(self, bringing: Bringing, academy: Academy, ana: Keeper) -> None:
        await bringing.takes(abroad(academy)["credentialSubject"]["achievement"]["id"], by(academy.did))
        await bringing.series.earn("capstone")
        document = abroad(academy, status=None)
        await bringing.keep(ana, document)
        await bringing.allow(ana)
        assert await bringing.statuses() == ["awarded"]
        record = find_record(await bringing.awarded())
        assert record is not None
        assert [one.held.id for one in record.inputs if one.has_no_status] == [document["id"]]

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
                {"id": "statistics", "proxyFor": [accepted], "hasConstraint": [by(academy.did)]},
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


class TestFollowing:
    @pytest_asyncio.fixture
    async def stacked(self, bringing: Bringing, ana: Keeper, complete: Json) -> Json:
        """The consent by which a stack was awarded."""
        consent = await bringing.allow(ana)
        assert await bringing.statuses() == ["awarded"]
        return consent

    async def test_it_is_looked_at_every_day_and_a_revocation_revokes_the_stack(
        self, bringing: Bringing, academy: Academy, stacked: Json, complete: Json, world: World, clock: Clock
    ) -> None:
        planned = "SELECT extract(epoch FROM look_at - now()) / 3600 FROM backpack_credentials"
        [(hours,)] = await world.rows(planned)
        assert 23 < hours <= 24
        academy.publish(7)
        assert await bringing.statuses() == ["awarded"]  # nobody told
        await world.rows("UPDATE backpack_credentials SET look_at = now() RETURNING 1")
        assert await bringing.statuses() == ["revoked"]
        reason = (await bringing.series.stack())["history"][-1]["reason"]
        assert reason == f"{complete['id']} was revoked"

    async def test_a_look_for_any_other_reason_is_heard_of(
        self, bringing: Bringing, academy: Academy, stacked: Json, ana: Keeper
    ) -> None:
        academy.publish(7)
        [item] = await ana.items()
        answer = await ana.call("POST", f"/learners/me/backpack/{item['id']}/verify")
        assert answer.status_code == 200, answer.text
        assert await bringing.statuses() == ["revoked"]

    async def test_a_signature_that_holds_no_more_suspends_until_it_does(
        self, bringing: Bringing, academy: Academy, stacked: Json, world: World
    ) -> None:
        kept = academy.site.documents["/academy/did.json"]
        stranger = Academy(academy.site, SigningKey.from_seed(bytes(range(8, 40))))
        await world.rows("UPDATE backpack_credentials SET look_at = now() RETURNING 1")
        assert await bringing.statuses() == ["suspended"]
        assert "does not hold any more" in (await bringing.series.stack())["history"][-1]["reason"]
        assert stranger.did == academy.did
        academy.site.documents["/academy/did.json"] = kept
        academy.publish()
        await world.rows("UPDATE backpack_credentials SET look_at = now() RETURNING 1")
        assert await bringing.statuses() == ["awarded"]

    async def test_a_list_that_cannot_be_had_takes_nothing_away(
        self, bringing: Bringing, academy: Academy, stacked: Json, world: World
    ) -> None:
        del academy.site.documents["/lists/1"]
        await world.rows("UPDATE backpack_credentials SET look_at = now() RETURNING 1")
        assert await bringing.statuses() == ["awarded"]
        [(minutes,)] = await world.rows("SELECT extract(epoch FROM look_at - now()) / 60 FROM backpack_credentials")
        assert 8 < minutes <= 10

    async def test_what_was_awarded_outlives_the_consent_and_nothing_new_counts(
        self, bringing: Bringing, ana: Keeper, stacked: Json
    ) -> None:
        await bringing.withdraw(ana, stacked)
        assert await bringing.statuses() == ["awarded"]
        capstone = next(
            one["id"] for one in (await bringing.series.stack())["evaluation"]["inputs"] if "credentials/" in one["id"]
        )
        await bringing.series.change(capstone, "revoke")
        assert await bringing.statuses() == ["revoked"]
        await bringing.series.earn("capstone")
        assert await bringing.statuses() == ["revoked"]

    async def test_a_new_consent_takes_up_the_looks_again(
        self, bringing: Bringing, academy: Academy, ana: Keeper, stacked: Json, world: World
    ) -> None:
        await bringing.withdraw(ana, stacked)
        await world.rows("UPDATE backpack_credentials SET look_at = now() RETURNING 1")
        academy.publish(7)
        assert await bringing.statuses() == ["awarded"]
        assert await world.rows("SELECT look_at FROM backpack_credentials") == [(None,)]
        await bringing.allow(ana)
        assert await bringing.statuses() == ["revoked"]

    async def test_a_suspension_of_another_component_comes_and_goes_without_the_consent(
        self, bringing: Bringing, ana: Keeper, stacked: Json
    ) -> None:
        capstone = next(
            one["id"] for one in (await bringing.series.stack())["evaluation"]["inputs"] if "credentials/" in one["id"]
        )
        assert (await ana.call("DELETE", "/learners/me/backpack")).status_code == 204
        await bringing.series.change(capstone, "suspend")
        assert await bringing.statuses() == ["suspended"]
        await bringing.series.change(capstone, "reinstate")
        assert await bringing.statuses() == ["awarded"]

    async def test_what_was_suspended_stays_so_when_it_goes_out_of_sight(
        self, bringing: Bringing, academy: Academy, ana: Keeper, stacked: Json, world: World
    ) -> None:
        Academy(academy.site, SigningKey.from_seed(bytes(range(8, 40))))
        await world.rows("UPDATE backpack_credentials SET look_at = now() RETURNING 1")
        assert await bringing.statuses() == ["suspended"]
        assert (await ana.call("DELETE", "/learners/me/backpack")).status_code == 204
        await bringing.series.earn("python", email="bo@students.example")
        assert await bringing.statuses() == ["suspended"]

    async def test_no_event_says_who_it_is(self, bringing: Bringing, stacked: Json, ana: Keeper, world: World) -> None:
        told = str(await world.rows("SELECT outbox.* FROM outbox"))
        for hidden in (ANA, ana.person, stacked["id"], "emailAddress"):
            assert hidden not in told


class TestApproval:
    async def test_it_is_verified_before_it_is_approved(
        self, bringing: Bringing, academy: Academy, ana: Keeper, complete: Json, world: World
    ) -> None:
        await bringing.takes(complete["credentialSubject"]["achievement"]["id"], by(academy.did), awarding="approval")
        await bringing.allow(ana)
        assert await bringing.statuses() == ["waiting"]
        await world.rows(STALE)
        [waiting] = await bringing.series.stacks()
        answer = await world.send("POST", f"{waiting['id']}/approve", {"reason": "fine"})
        assert (answer.status_code, problem_code(answer)) == (409, "changed-meanwhile")
        await bringing.settle()
        answer = await world.send("POST", f"{waiting['id']}/approve", {"reason": "fine"})
        assert (answer.status_code, answer.json()["status"]) == (200, "awarded")

    @pytest.mark.parametrize("way", ["withdraw", "delete", "erase"])
    async def test_a_case_falls_with_the_consent(
        self, bringing: Bringing, academy: Academy, ana: Keeper, complete: Json, way: str
    ) -> None:
        await bringing.takes(complete["credentialSubject"]["achievement"]["id"], by(academy.did), awarding="approval")
        consent = await bringing.allow(ana)
        assert await bringing.statuses() == ["waiting"]
        match way:
            case "withdraw":
                await bringing.withdraw(ana, consent)
            case "delete":
                answer = await ana.call("DELETE", f"/learners/me/consents/{consent['id']}")
                assert answer.status_code == 204
            case _:
                assert (await ana.call("DELETE", "/learners/me/backpack")).status_code == 204
        assert await bringing.statuses() == ["withdrawn"]

    async def test_a_case_whose_component_cannot_be_confirmed_waits_on(
        self, bringing: Bringing, academy: Academy, ana: Keeper, complete: Json, world: World
    ) -> None:
        await bringing.takes(complete["credentialSubject"]["achievement"]["id"], by(academy.did), awarding="approval")
        await bringing.allow(ana)
        assert await bringing.statuses() == ["waiting"]
        del academy.site.documents["/lists/1"]
        await world.rows("UPDATE backpack_credentials SET look_at = now() RETURNING 1")
        assert await bringing.statuses() == ["waiting"]
        [waiting] = await bringing.series.stacks()
        answer = await world.send("POST", f"{waiting['id']}/approve", {"reason": "fine"})
        assert (answer.status_code, problem_code(answer)) == (409, "changed-meanwhile")


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
        place |= {"proxyFor": [partners.theirs], "hasConstraint": [by(partners.partner)]}
        await other.publish(org=third, hasPart=document["hasPart"])
        await world.issue(other.achievements["capstone"], org=third, recipient={"email": ANA})
        await self.bring(bringing, partners)
        assert await bringing.statuses() == ["awarded"]
        assert await other.stacks(third) == []
        [mine] = await bringing.series.stacks()
        answer = await world.send("GET", mine["id"], org=OTHER_ORG)
        assert answer.status_code == 404
