"""A brought credential counts by each of its statuses, whatever their kind."""

from __future__ import annotations

import json

import pytest

from credential_core.bitstring import entry
from credential_core.jcs import digest
from stacking.record import find_record
from tests.issuer.abroad import Academy
from tests.issuer.bringing import ABROAD, STALE, Bringing, abroad, of_statistics
from tests.issuer.keepers import Keeper
from tests.issuer.pathways import issued_by
from tests.issuer.world import Json, World

pytestmark = [pytest.mark.db, pytest.mark.asyncio]
REVOKED_IDS = "1EdTechRevocationList"
TRIED_AGAIN = "UPDATE evaluations_due SET due_at = now(), taken_until = '-infinity' RETURNING 1"
DUE_NOW = "UPDATE backpack_credentials SET look_at = now() WHERE look_at > now() RETURNING 1"


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
    await bringing.takes(abroad(academy)["credentialSubject"]["achievement"]["id"], issued_by(academy.did))
    await bringing.series.earn("capstone")
    document = abroad(academy, status=status)
    await bringing.keep(ana, document)
    if allows:
        await bringing.allow(ana)
    return document


class TestStatuses:
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
        await bringing.takes(abroad(academy)["credentialSubject"]["achievement"]["id"], issued_by(academy.did))
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
        await bringing.takes(abroad(academy)["credentialSubject"]["achievement"]["id"], issued_by(academy.did))
        await bringing.series.earn("capstone")
        document = abroad(academy, status=None)
        await bringing.keep(ana, document)
        await bringing.allow(ana)
        assert await bringing.statuses() == ["awarded"]
        record = find_record(await bringing.awarded())
        assert record is not None
        assert [one.held.id for one in record.inputs if one.has_no_status] == [document["id"]]

    async def test_one_in_a_status_list_2021_is_followed(
        self, bringing: Bringing, academy: Academy, ana: Keeper, world: World
    ) -> None:
        await bringing.takes(abroad(academy)["credentialSubject"]["achievement"]["id"], issued_by(academy.did))
        await bringing.series.earn("capstone")
        old = {**entry(academy.publish_list_2021("/2021"), 7, "revocation"), "type": "StatusList2021Entry"}
        document = academy.unsigned(**of_statistics(), status=old)
        document["@context"] = [*document["@context"], "https://w3id.org/vc/status-list/2021/v1"]
        await bringing.keep(ana, academy.signed(document))
        await bringing.allow(ana)
        assert await bringing.statuses() == ["awarded"]
        record = find_record(await bringing.awarded())
        assert record is not None
        [listed] = [listed for one in record.inputs if one.held.id == document["id"] for listed in one.listed]
        assert (listed.status.type, listed.digest) == ("StatusList2021Entry", digest(academy.site.documents["/2021"]))

        academy.publish_list_2021("/2021", 7)
        await world.rows(STALE)
        await world.rows(DUE_NOW)
        assert await bringing.statuses() == ["revoked"]


class TestManyLists:
    """Verifiers read 32 status lists at once: the stack's own, and 31 of its components."""

    @pytest.mark.parametrize(("lists", "status"), [(30, "awarded"), (31, "waiting")])
    async def test_a_stack_that_no_verifier_could_decide_is_put_before_somebody(
        self, bringing: Bringing, academy: Academy, ana: Keeper, world: World, lists: int, status: str
    ) -> None:
        """The capstone's list is one more."""
        names = [academy.publish_list(f"/many/{number}", "revocation") for number in range(lists)]
        entries = [entry(name, 7, "revocation") for name in names]
        parts = [entries[start : start + 8] for start in range(0, lists, 8)]
        await bringing.takes(ABROAD, issued_by(academy.did), place={"minimumNumber": len(parts), "maximumNumber": 4})
        for part in parts:
            await bringing.keep(ana, abroad(academy, status=part))
        await bringing.series.earn("capstone")
        await bringing.allow(ana)
        await bringing.settle()
        while await world.rows(TRIED_AGAIN):
            await bringing.settle()
        assert await bringing.statuses() == [status]
        problem = (await bringing.series.stack())["problem"]
        assert (problem is None) == (status == "awarded")
        assert problem is None or "31 status lists" in json.dumps(problem)
