"""A key of an issuer is replaced, retired and revoked, as its university and an employer see it."""

from __future__ import annotations

import functools
import uuid
from collections.abc import Iterator

import pytest

from tests.e2e.test_life_of_a_credential import World, codes, email
from tools import actor
from tools.actor import Json, last

pytestmark = [pytest.mark.db, pytest.mark.kafka, pytest.mark.fleet]
until = functools.partial(actor.until, seconds=60)  # a class is issued here, by one process among others


@pytest.fixture(scope="module", params=["in_process", "running_fleet"])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    place = request.getfixturevalue("in_process" if request.param == "in_process" else "fleet")
    made = World(place.base_url, place.demo)
    yield made
    made.http.close()


class Keys:
    """The keys of an issuer of its own."""

    def __init__(self, world: World) -> None:
        self._university = world.university
        self.slug = f"keys-{uuid.uuid4().hex[:8]}"
        self._university.post("/issuers", {"name": "Keys", "slug": self.slug, "method": "web"})

    @property
    def path(self) -> str:
        return f"/issuers/{self.slug}/keys"

    def states(self) -> list[str]:
        return [key["state"] for key in self._university.get(self.path)["items"]]

    def first(self) -> Json:
        key: Json = self._university.get(self.path)["items"][0]
        return key

    def add(self) -> Json:
        key: Json = self._university.post(self.path, {})
        return key

    def act(self, key: Json, action: str) -> None:
        self._university.post(f"{self.path}/{key['keyId']}/{action}", None)

    def activate_in_time(self, key: Json) -> None:
        """As soon as it is allowed; until then the answer says why not, and when."""
        where, headers = f"{self.path}/{key['keyId']}/activate", self._university.headers
        answer = until(lambda: self._university.http.post(where, headers=headers), lambda found: found.is_success)
        assert answer.json()["state"] == "active"


def signer(document: Json) -> str:
    return str(document["proof"]["verificationMethod"])


def methods(world: World, slug: str) -> dict[str, Json]:
    """What anybody reads of the issuer's keys."""
    document = world.http.get(f"/issuers/{slug}/did.json").raise_for_status().json()
    return {method["id"]: method for method in document["verificationMethod"]}


def test_a_key_is_replaced_and_the_old_one_revoked(world: World) -> None:
    keys, achievement = Keys(world), world.achievement()
    old = keys.first()
    before = world.issue(achievement, issuer=keys.slug)["credential"]
    new = keys.add()
    until(lambda: methods(world, keys.slug), lambda found: new["id"] in found)
    keys.activate_in_time(new)
    after = world.issue(achievement, issuer=keys.slug)["credential"]
    assert [signer(before), signer(after)] == [old["id"], new["id"]]
    keys.act(old, "retire")
    assert keys.states() == ["retired", "active"]
    assert [world.verdict(one)["verdict"] for one in (before, after)] == ["valid", "valid"]
    keys.act(old, "revoke")
    until(lambda: codes(world.verdict(before)), lambda found: "method_revoked" in found)
    until(lambda: methods(world, keys.slug)[old["id"]], lambda found: "revoked" in found)
    list_url = last(before["credentialStatus"]["statusListCredential"])
    published = until(
        lambda: world.http.get(f"/status-lists/{list_url}").raise_for_status().json(),
        lambda found: signer(found) == new["id"],
    )
    assert published["issuer"] == after["issuer"]["id"]
    assert until(lambda: world.verdict(after)["verdict"], lambda found: found == "valid") == "valid"


def test_a_class_is_issued_while_its_key_is_revoked(world: World) -> None:
    """Every row comes to something once, signed by a key that was active when it was stored."""
    keys, achievement = Keys(world), world.achievement()
    old, new = keys.first(), keys.add()
    keys.activate_in_time(new)
    keys.act(old, "activate")  # back again, so that the other can take over in an instant
    rows = [{"recipient": {"email": email()}} for _ in range(250)]
    batch = world.university.post(f"/batches?achievement={achievement}&issuer={keys.slug}", rows)
    keys.act(new, "activate")
    keys.act(old, "revoke")
    after = world.issue(achievement, issuer=keys.slug)["credential"]
    done = until(lambda: world.university.get(f"/batches/{last(batch['id'])}"), lambda found: found["status"] == "done")
    assert done["counts"]["issued"] == len(rows)
    assert world.university.get(f"/batches/{last(batch['id'])}/reconciliation")["agrees"]
    [row] = world.university.get(f"/batches/{last(batch['id'])}/rows?limit=1")["items"]
    first = world.university.get(f"/credentials/{last(row['credential'])}")["credential"]
    wanted = {old["id"]: "invalid", new["id"]: "valid"}
    for document in (first, after):
        settled(world, document, wanted[signer(document)])


def settled(world: World, document: Json, verdict: str) -> None:
    """Wait until the employer's verdict is this one."""
    until(lambda: world.verdict(document)["verdict"], lambda found: found == verdict)
