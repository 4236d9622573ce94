"""Keys in an OpenBao server, a real one: they sign as those in the database do, and when it is away nothing happens."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from pydantic import ValidationError

from credential_core import jose, proof
from credential_core.did import assertion_method
from issuer.adapters.keys.transit import Transit, open_transit
from issuer.core.credentials.securing import Form
from issuer.core.issuers.signing import IN_A_LINE
from issuer.http.app import issuer_app
from issuer.main import Core, wire
from issuer.settings import IssuerSettings, OpenBaoSettings
from service_kit.clock import utc_now
from service_kit.database import Database
from service_kit.errors import Unavailable
from service_kit.ids import new_id
from service_kit.testing import BASE_URL, TokenMint, asgi_client
from tests.issuer.openbao import OpenBao
from tests.issuer.world import LEARNER, OTHER_ORG, Clock, Json, World, problem_code

pytestmark = [pytest.mark.db, pytest.mark.asyncio]

ALGORITHMS = ["Ed25519", "P-256", "P-384", "RS256"]


@pytest.fixture(scope="module")
def openbao(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenBao]:
    server = OpenBao(tmp_path_factory.mktemp("openbao"))
    server.start()
    yield server
    server.process.stop()


@pytest.fixture
def token_file(openbao: OpenBao, tmp_path: Path) -> Path:
    path = tmp_path / "token"
    path.write_text(openbao.token() + "\n")
    return path


@pytest.fixture
def kms(openbao: OpenBao, token_file: Path) -> OpenBaoSettings:
    return OpenBaoSettings(address=openbao.address, token_file=token_file, timeout_s=1)


@pytest.fixture
def with_kms(settings: IssuerSettings, kms: OpenBaoSettings) -> IssuerSettings:
    return settings.model_copy(update={"issuer_kms": "openbao", "openbao": kms, "key_wait_s": 0})


@pytest_asyncio.fixture
async def transit(kms: OpenBaoSettings) -> AsyncIterator[Transit | None]:
    async with open_transit(kms) as opened:
        yield opened


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def core(with_kms: IssuerSettings, database: Database, transit: Transit, clock: Clock) -> Core:
    return wire(with_kms, database, clock, transit=transit)


async def issued(world: World, path: str, document: Json) -> Any:
    answer = await world.send("POST", f"/vc{path}", {"credential": document})
    assert answer.status_code == 201, answer.text
    return answer.json()["verifiableCredential"]


def credential(did: str) -> Json:
    return {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "id": f"urn:uuid:{new_id()}",
        "type": ["VerifiableCredential"],
        "issuer": did,
        "validFrom": "2026-01-01T00:00:00Z",
        "credentialSubject": {"id": "did:example:ada"},
    }


async def try_to_issue(world: World, achievement: str) -> httpx.Response:
    return await world.send("POST", "/credentials", {"achievement": achievement, "recipient": {"email": LEARNER}})


async def test_each_kind_of_key_signs_in_each_form(world: World) -> None:
    did = (await world.issuer(keys=ALGORITHMS))["id"]
    (published,) = await world.events("issuer.published.v1")
    forms = [form for form in Form if form not in (Form.JWT, Form.OPEN_BADGES_JWT)]
    for form in forms:
        for key_type in ("P-256", "P-384") if form in (Form.ECDSA_RDFC, Form.ECDSA_JCS) else ("",):
            suffix = f"?keyType={key_type}" if key_type else ""
            signed = await issued(world, f"/{form}/credentials/issue{suffix}", credential(did))
            if form is Form.ECDSA_SD:
                signed = proof.derive(signed, ["/credentialSubject"])
            made = signed["proof"]
            public = assertion_method(published.did_document, made["verificationMethod"]).public
            assert (made["cryptosuite"], key_type in ("", public.algorithm)) == (form, True)
            proof.verify_proof(signed, made, public)
    for algorithm in ALGORITHMS:
        token = jose.read(await issued(world, f"/ob-vc-jwt/credentials/issue?keyType={algorithm}", credential(did)))
        expected = jose.Expected(signer=did, purpose="assertionMethod", now=utc_now())
        jose.verify_enveloped(token, expected, lambda _: published.did_document)


async def test_badges_and_status_lists_are_signed_there(world: World, core: Core, openbao: OpenBao) -> None:
    await world.issuer()
    issued_one = await world.issue(await world.achievement())
    (published,) = await world.events("issuer.published.v1")
    (first_list,) = await world.events("status-list.published.v1")
    for signed in (issued_one["credential"], first_list.credential):
        made = signed["proof"]
        proof.verify_proof(signed, made, assertion_method(published.did_document, made["verificationMethod"]).public)
    ((sealed, key_id),) = await world.rows("SELECT sealed, id FROM issuer_keys")
    assert bytes(sealed) == b"\x02"
    (name,) = [name for name in openbao.names() if str(key_id) in name]
    assert openbao.operate("GET", f"transit/keys/{name}")["data"]["exportable"] is False


@pytest.mark.parametrize("algorithm", ["Ed25519", "P-256", "P-384"])
async def test_a_batch_is_signed_there_some_dozens_at_a_time(
    world: World, core: Core, monkeypatch: pytest.MonkeyPatch, algorithm: str
) -> None:
    await world.issuer(keys=[algorithm])
    achievement = await world.achievement()
    rows = [{"recipient": {"email": f"learner{number}@students.example"}} for number in range(IN_A_LINE + 12)]
    answer = await world.send("POST", f"/batches?achievement={achievement}", rows)
    assert answer.status_code == 202, answer.text
    asked: list[int] = []
    sign = Transit.sign

    async def counted(self: Transit, name: str, data: Sequence[bytes], hash_name: str | None) -> list[bytes]:
        asked.append(len(data))
        return await sign(self, name, data, hash_name)

    monkeypatch.setattr(Transit, "sign", counted)
    while await core.work_batches():
        pass
    assert sum(asked) == len(rows) == await world.count("credentials")
    assert max(asked) > 10
    (published,) = await world.events("issuer.published.v1")
    for (text,) in await world.rows("SELECT document FROM credentials"):
        signed = json.loads(text)
        made = signed["proof"]
        proof.verify_proof(signed, made, assertion_method(published.did_document, made["verificationMethod"]).public)


async def test_corrections_of_a_batch_share_calls(world: World, core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    achievement = await world.ready()
    learners = [{"recipient": {"email": f"learner{number}@students.example"}} for number in range(40)]
    assert (await world.send("POST", f"/batches?achievement={achievement}", learners)).status_code == 202
    while await core.work_batches():
        pass
    found = [name for (name,) in await world.rows("SELECT id::text FROM credentials ORDER BY id")]
    sent = [{"credential": f"{BASE_URL}/credentials/{name}", "reason": "a slip", "narrative": name} for name in found]
    answer = await world.send("POST", "/batches/correct", sent)
    assert answer.status_code == 202, answer.text
    asked: list[int] = []
    sign = Transit.sign

    async def counted(self: Transit, name: str, data: Sequence[bytes], hash_name: str | None) -> list[bytes]:
        asked.append(len(data))
        return await sign(self, name, data, hash_name)

    monkeypatch.setattr(Transit, "sign", counted)
    while await core.work_changes():
        pass
    assert sum(asked) == len(found) == 40
    assert len(asked) <= 8
    (published,) = await world.events("issuer.published.v1")
    for name, text in await world.rows("SELECT id::text, document FROM credentials"):
        signed = json.loads(text)
        made = signed["proof"]
        assert signed["credentialSubject"]["narrative"] == name
        proof.verify_proof(signed, made, assertion_method(published.did_document, made["verificationMethod"]).public)


async def test_an_answer_with_fewer_signatures_is_none(
    world: World, core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    achievement = await world.ready()
    call = Transit._call

    async def short(self: Transit, method: str, path: str, body: Any, **more: Any) -> Json:
        answer = await call(self, method, path, body, **more)
        if path.startswith("sign/"):
            answer["data"]["batch_results"].pop()
        return answer

    with monkeypatch.context() as patched:
        patched.setattr(Transit, "_call", short)
        assert (await try_to_issue(world, achievement)).status_code == 503
    assert await world.count("credentials") == 0


async def test_batches_wait_for_the_server_and_keep_no_others_waiting(
    world: World, core: Core, with_kms: IssuerSettings, database: Database, mint: TokenMint, openbao: OpenBao
) -> None:
    achievement = await world.ready()
    issued_one = await world.issue(achievement, recipient={"did": "did:example:ana"})
    opened = [
        await world.send("POST", f"/batches?achievement={achievement}", [{"recipient": {"email": LEARNER}}]),
        await world.send(
            "POST", "/batches/correct", [{"credential": issued_one["id"], "reason": "x", "narrative": "y"}]
        ),
    ]
    elsewhere = with_kms.model_copy(update={"issuer_kms": "database"})
    async with asgi_client(issuer_app(wire(elsewhere, database).services, elsewhere, tokens=mint.verifier())) as client:
        other = World(database, client, mint)
        await other.issuer(OTHER_ORG)
        rows = [{"recipient": {"email": LEARNER}}]
        path = f"/batches?achievement={await other.achievement(OTHER_ORG)}"
        assert (await other.send("POST", path, rows, org=OTHER_ORG)).status_code == 202
    openbao.process.pause()
    try:
        for work in (core.work_batches, core.work_changes):
            with pytest.raises(Unavailable):
                await work()
        assert await core.work_batches() == 1  # the other organization's
    finally:
        openbao.process.resume()
    assert await world.count("credentials") == 2
    assert [await core.work_batches(), await core.work_changes()] == [1, 1]
    for answer, state in zip(opened, ("issued", "changed"), strict=True):
        found = (await world.send("GET", answer.headers["location"])).json()
        assert (found["status"], found["counts"][state]) == ("done", 1)


@pytest.mark.parametrize("action", ["retire", "revoke"])
async def test_a_key_that_ended_is_destroyed_there(world: World, openbao: OpenBao, action: str) -> None:
    slug = (await world.issuer(keys=["Ed25519", "P-256"]))["slug"]
    key = (await world.send("GET", f"/issuers/{slug}/keys")).json()["items"][1]["keyId"]
    assert any(key in name for name in openbao.names())
    for _ in range(2):
        answer = await world.send("POST", f"/issuers/{slug}/keys/{key}/{action}")
        assert answer.status_code == 200, answer.text
        assert not any(key in name for name in openbao.names())


async def test_keys_move_there_by_rotation(
    world: World, with_kms: IssuerSettings, database: Database, mint: TokenMint, openbao: OpenBao
) -> None:
    """An issuer that began with keys in the database gets its next one in OpenBao; both sign in one process."""
    before = with_kms.model_copy(update={"issuer_kms": "database"})
    async with asgi_client(issuer_app(wire(before, database).services, before, tokens=mint.verifier())) as client:
        slug = (await World(database, client, mint).issuer(keys=["Ed25519", "P-256"]))["slug"]
    achievement = await world.achievement()
    old = await world.issue(achievement)
    key = (await world.send("POST", f"/issuers/{slug}/keys", {})).json()
    assert (await world.send("POST", f"/issuers/{slug}/keys/{key['keyId']}/activate")).status_code == 200
    new = await world.issue(achievement)
    methods = [one["credential"]["proof"]["verificationMethod"] for one in (old, new)]
    assert (methods[0] == key["id"], methods[1] == key["id"]) == (False, True)
    assert [bytes(sealed)[:1] for (sealed,) in await world.rows("SELECT sealed FROM issuer_keys ORDER BY ordinal")] == [
        b"\x01",
        b"\x01",
        b"\x02",
    ]


async def test_a_slug_that_is_taken_leaves_no_key_behind(world: World, openbao: OpenBao) -> None:
    await world.issuer(slug="lakeside")
    before = openbao.names()
    answer = await world.send("POST", "/issuers", {"name": "Another", "slug": "lakeside"})
    assert (answer.status_code, openbao.names()) == (409, before)


async def test_a_server_that_does_not_answer_is_503_and_nothing_happens(world: World, openbao: OpenBao) -> None:
    achievement = await world.ready()
    await world.issue(achievement)
    before = [await world.count(table) for table in ("credentials", "outbox", "issuers", "issuer_keys")]
    openbao.process.pause()
    try:
        refused = [
            await try_to_issue(world, achievement),
            await world.send("POST", "/issuers", {"name": "Another", "slug": "another"}),
        ]
    finally:
        openbao.process.resume()
    for answer in refused:
        assert (answer.status_code, problem_code(answer)) == (503, "key-store-unavailable")
        assert "retry-after" in answer.headers
    assert [await world.count(table) for table in ("credentials", "outbox", "issuers", "issuer_keys")] == before
    assert (await try_to_issue(world, achievement)).status_code == 201


async def test_a_token_that_ended_is_read_again_and_a_wrong_one_is_503(
    world: World, openbao: OpenBao, token_file: Path
) -> None:
    achievement = await world.ready()
    openbao.operate("POST", "auth/token/revoke", {"token": token_file.read_text().strip()})
    refused = await try_to_issue(world, achievement)
    assert (refused.status_code, problem_code(refused)) == (503, "key-store-unavailable")
    token_file.write_text(openbao.token())
    assert (await try_to_issue(world, achievement)).status_code == 201


async def test_a_list_that_cannot_be_signed_waits(world: World, core: Core, openbao: OpenBao, clock: Clock) -> None:
    issued_one = await world.issue(await world.ready())
    await world.send("POST", f"{issued_one['id']}/revoke", {"reason": "a test"})
    clock.ahead = timedelta(minutes=1)
    openbao.process.pause()
    try:
        with pytest.raises(Unavailable):
            await core.publish_lists()
    finally:
        openbao.process.resume()
    assert await core.publish_lists() == 1


async def test_openbao_as_the_store_of_new_keys_needs_a_server(with_kms: IssuerSettings) -> None:
    members = with_kms.model_dump() | {"openbao": None}
    with pytest.raises(ValidationError, match="openbao"):
        IssuerSettings(**members)
