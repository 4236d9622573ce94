"""A key's life as an employer sees it: the issuer and the verifier, and the events between them carried by hand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio
from pydantic import SecretStr

from issuer.http.app import issuer_app
from issuer.main import Core, wire
from issuer.settings import LEAST_WAIT_S, IssuerSettings
from registry.http import routes as registry
from service_kit.database import Database, open_database
from service_kit.ids import new_id
from service_kit.inbox import Inbox
from service_kit.offload import offload
from service_kit.settings import AuthSettings, DatabaseSettings
from service_kit.testing import BASE_URL, MakeDatabase, TokenMint, asgi_client, empty
from tests.issuer.world import ORG, Clock, Json, World, record_of
from tests.verifier.conftest import SCOPE, Web
from tests.verifier.world import codes
from verifier import main as verifier
from verifier.adapters import web
from verifier.adapters.unit_of_work import UnitOfWork
from verifier.events.handlers import subscriptions
from verifier.settings import VerifierSettings

pytestmark = [pytest.mark.db, pytest.mark.asyncio]

ORIGIN = "https://laurel.test"
AUTH = AuthSettings(issuer=BASE_URL, jwks_url=f"{BASE_URL}/oauth/jwks", audiences=(BASE_URL,))
WAIT = timedelta(minutes=5)
OPEN_BADGE: Json = {
    "@context": [
        "https://www.w3.org/ns/credentials/v2",
        "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
    ],
    "type": ["VerifiableCredential", "OpenBadgeCredential"],
    "name": "Network Defence",
    "validFrom": "2026-01-01T00:00:00Z",
    "credentialSubject": {
        "id": "did:example:ada",
        "type": ["AchievementSubject"],
        "achievement": {
            "id": "https://laurel.test/achievements/1",
            "type": ["Achievement"],
            "name": "Network Defence",
            "description": "Segmentation, monitoring and response.",
            "criteria": {"narrative": "A practical exercise with a written report."},
        },
    },
}


class Fleet:
    """An issuer and a verifier."""

    def __init__(self, issuer: World, core: Core, verifier: httpx.AsyncClient, inbox: Inbox[UnitOfWork]) -> None:
        self.issuer = issuer
        self._core = core
        self._verifier = verifier
        self._inbox = inbox

    async def tell(self, event_type: str | None = None) -> None:
        """Status lists that are due, then every event so far: those that are known already change nothing."""
        await self._core.publish_lists()
        for payload in await self.issuer.events(event_type):
            await self._inbox.process(record_of(payload))

    async def verdict(self, credential: Json | str) -> tuple[str, str]:
        answer = await self._verifier.post(
            "/verifications", json={"credential": credential, "policy": {"acceptUnknownIssuer": True}}
        )
        assert answer.status_code == 200, answer.text
        return answer.json()["verdict"], codes(answer.json())["proof"]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def databases(make_database: MakeDatabase) -> tuple[DatabaseSettings, DatabaseSettings]:
    return make_database("issuer"), make_database("verifier")


@pytest_asyncio.fixture
async def fleet(
    databases: tuple[DatabaseSettings, DatabaseSettings], clock: Clock, mint: TokenMint
) -> AsyncIterator[Fleet]:
    for settings in databases:
        await empty(settings)
    async with (
        open_database(databases[0], "tests") as issuing,
        open_database(databases[1], "tests") as verifying,
        _fleet(databases, issuing, verifying, clock, mint) as opened,
    ):
        yield opened


@asynccontextmanager
async def _fleet(
    databases: tuple[DatabaseSettings, DatabaseSettings],
    issuing: Database,
    verifying: Database,
    clock: Clock,
    mint: TokenMint,
) -> AsyncIterator[Fleet]:
    common: dict[str, Any] = {
        "environment": "development",
        "public_base_url": BASE_URL,
        "did_web_origin": ORIGIN,
        "auth": AUTH,
    }
    settings = IssuerSettings(
        **common,
        database=databases[0],
        key_encryption_key=SecretStr("A" * 43 + "="),
        key_wait_s=int(WAIT.total_seconds()),
    )
    core = wire(settings, issuing, clock)
    app = verifier.application(
        VerifierSettings(**common, database=databases[1]),
        own_origins=(BASE_URL, ORIGIN),
        unit_of_work=lambda: UnitOfWork(verifying),
        web=Web(),
        processor=offload,
        tokens=mint.verifier(),
        clock=clock,
    )
    async with (
        asgi_client(issuer_app(core.services, settings, tokens=mint.verifier())) as issuer,
        asgi_client(app) as employer,
    ):
        employer.headers.update(mint.headers("an-employer", SCOPE))
        inbox: Inbox[UnitOfWork] = Inbox(lambda: UnitOfWork(verifying), subscriptions())
        yield Fleet(World(issuing, issuer, mint), core, employer, inbox)


async def test_rotation_leaves_old_credentials_valid_and_revocation_does_not(fleet: Fleet, clock: Clock) -> None:
    world = fleet.issuer
    slug, achievement = (await world.issuer(ORG))["slug"], await world.achievement(ORG)
    keys = f"/issuers/{slug}/keys"
    old = (await world.send("GET", keys)).json()["items"][0]
    before = (await world.issue(achievement))["credential"]

    new = (await world.send("POST", keys, {})).json()
    await world.relayed()
    clock.ahead = WAIT
    await world.send("POST", f"{keys}/{new['keyId']}/activate")
    after = (await world.issue(achievement))["credential"]
    await world.send("POST", f"{keys}/{old['keyId']}/retire")
    assert [each["proof"]["verificationMethod"] for each in (before, after)] == [old["id"], new["id"]]
    await fleet.tell()
    assert [await fleet.verdict(each) for each in (before, after)] == [("valid", "signature_valid")] * 2

    await world.send("POST", f"{keys}/{old['keyId']}/revoke")
    await fleet.tell()
    assert await fleet.verdict(before) == ("invalid", "method_revoked")
    assert await fleet.verdict(after) == ("valid", "signature_valid")


async def test_no_key_signs_before_everybody_may_know_it() -> None:
    """The least wait is as long as `did.json` is kept on its way, and then by a verifier."""
    on_its_way = int(registry.KEPT_A_MINUTE.rpartition("=")[2])
    assert on_its_way + web.CONTROLLER_S <= LEAST_WAIT_S <= IssuerSettings.model_fields["key_wait_s"].default


async def test_a_key_that_is_news_is_waited_for(fleet: Fleet, clock: Clock) -> None:
    """The verifier knows the issuer, but not yet the key that took over in haste from a compromised one."""
    world = fleet.issuer
    slug, achievement = (await world.issuer(ORG))["slug"], await world.achievement(ORG)
    keys = f"/issuers/{slug}/keys"
    await fleet.tell()
    old = (await world.send("GET", keys)).json()["items"][0]
    await world.send("POST", f"{keys}/{old['keyId']}/revoke")
    new = (await world.send("POST", keys, {})).json()
    assert (await world.send("POST", f"{keys}/{new['keyId']}/activate")).status_code == 200
    credential = (await world.issue(achievement))["credential"]
    clock.ahead = timedelta(seconds=1)
    await fleet.tell("status-list.published.v1")
    verdict = asyncio.create_task(fleet.verdict(credential))
    await fleet.tell("issuer.published.v1")
    assert await verdict == ("valid", "signature_valid")


async def test_a_vc_jwt_by_rs256_is_verified_until_its_key_is_revoked(fleet: Fleet) -> None:
    world = fleet.issuer
    issuer = await world.issuer(ORG, keys=["Ed25519", "RS256"])
    key = (await world.send("GET", f"/issuers/{issuer['slug']}/keys")).json()["items"][1]
    badge = OPEN_BADGE | {"issuer": issuer["profile"], "id": f"urn:uuid:{new_id()}"}
    answer = await world.send("POST", "/vc/ob-vc-jwt/credentials/issue?keyType=RS256", {"credential": badge})
    token = answer.json()["verifiableCredential"]
    await fleet.tell()
    assert await fleet.verdict(token) == ("valid", "signature_valid")
    header, payload, signature = token.split(".")
    assert await fleet.verdict(f"{header}.{payload}.{signature[::-1]}") == ("invalid", "signature_invalid")
    await world.send("POST", f"/issuers/{issuer['slug']}/keys/{key['keyId']}/revoke")
    await fleet.tell()
    assert await fleet.verdict(token) == ("invalid", "method_revoked")
