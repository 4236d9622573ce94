"""Programs hear that a person signed out (OpenID Connect Back-Channel Logout 1.0), and again until they say yes."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qs

import pytest
import pytest_asyncio
from aiohttp import web
from joserfc import jws
from sqlalchemy import func, select

from gateway.adapters.tables import LOGOUT_NOTICES
from gateway.core.logout import EVERY_SESSION
from gateway.core.people import User
from gateway.core.roles import Role
from gateway.core.send_mail import Outcome
from gateway.core.tell_logout import TellLogout, Told
from gateway.main import tell_logout
from tests.gateway.harness import BASE, Gateway, Member
from tests.gateway.people import REDIRECT, App, Visitor, answered, app, person, tokens
from tests.gateway.test_code_flow import claims

pytestmark = [pytest.mark.db, pytest.mark.asyncio]
EMAIL = "ada@lakeside.example"
AWAY = "https://app.example/logout"


def hold(visitor: Visitor, session: str) -> None:
    """This browser holds that session's cookie, in place of any other."""
    visitor.http.cookies.set("laurel-session", session, domain="localhost.local", path="/")


async def nothing() -> None:
    """What happens while a notice travels, unless a test says otherwise."""


@dataclass
class Program:
    """What listens at a program's address, and answers as it is told to."""

    heard: list[dict[str, list[str]]] = field(default_factory=list)
    status: int = 200
    address: str = ""
    meanwhile: Callable[[], Awaitable[object]] = nothing

    async def hear(self, request: web.Request) -> web.Response:
        assert request.content_type == "application/x-www-form-urlencoded"
        self.heard.append(parse_qs((await request.read()).decode()))
        await self.meanwhile()
        return web.Response(status=self.status)


@asynccontextmanager
async def listens() -> AsyncIterator[Program]:
    listening = Program()
    served = web.Application()
    served.router.add_post("/logout", listening.hear)
    runner = web.AppRunner(served)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    listening.address = f"http://127.0.0.1:{runner.addresses[0][1]}/logout"
    yield listening
    await runner.cleanup()


@pytest_asyncio.fixture
async def program() -> AsyncIterator[Program]:
    async with listens() as found:
        yield found


@dataclass
class Scene:
    """A program that wants to hear, and a person at a browser."""

    gateway: Gateway
    member: Member
    app: App
    user: User
    visitor: Visitor
    tell: TellLogout

    async def sign_out(self) -> None:
        shown = await self.visitor.http.get("/login")
        assert (await self.visitor.send("/login/end", shown, {})).status_code == 303

    async def end_every_session(self) -> None:
        """As a password that is replaced does."""
        async with self.gateway.unit_of_work() as work:
            await work.logouts.add(self.user.id, EVERY_SESSION, self.gateway.clock())
            await work.commit()

    async def comes_and_goes(self, client: App) -> None:
        await tokens(self.visitor, client, EMAIL)
        await self.sign_out()

    async def stranger(self, address: str) -> App:
        """A program that registered itself, and listens there."""
        asked = {"redirect_uris": [REDIRECT], "backchannel_logout_uri": AWAY}
        made = (await self.gateway.http.post("/oauth/register", json=asked)).json()
        client = App(self.gateway, made["client_id"], (made["client_id"], made["client_secret"]))
        await move(self.gateway, client, address)
        return client

    async def outcome(self) -> Outcome | None:
        told: Told | None = await self.tell()
        return told.outcome if told else None

    async def waiting(self) -> int:
        async with self.gateway.unit_of_work() as work:
            return await work.session.scalar(select(func.count()).select_from(LOGOUT_NOTICES)) or 0


@pytest_asyncio.fixture
async def scene(gateway: Gateway, program: Program) -> Scene:
    member = await gateway.member("lakeside")
    user = await person(gateway, member, EMAIL, Role.ISSUER)
    studio = await app(gateway, member, backchannel_logout_uri=AWAY)
    await move(gateway, studio, program.address)
    tell = tell_logout(gateway.parts, gateway.database, gateway.fetcher, gateway.clock)
    return Scene(gateway, member, studio, user, Visitor(gateway), tell)


async def move(gateway: Gateway, client: App, address: str) -> None:
    """To an address that nobody could register: of this machine, without TLS."""
    async with gateway.unit_of_work() as work:
        found = await work.clients.get(client.client_id, None)
        assert found is not None
        await work.clients.update(found.id, {"flow": replace(found.flow, backchannel_logout_uri=address)})
        await work.commit()


async def logout_token(scene: Scene, program: Program) -> dict[str, Any]:
    (heard,) = program.heard
    assert heard.keys() == {"logout_token"}
    (token,) = heard["logout_token"]
    assert jws.extract_compact(token.encode()).headers()["typ"] == "logout+jwt"
    return await claims(scene.gateway, token)


class TestTheToken:
    @pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
    async def test_it_names_the_session_that_ended(self, scene: Scene, program: Program, algorithm: str) -> None:
        signed = {"idTokenSignedResponseAlg": algorithm}
        headers = await scene.gateway.headers(scene.member)
        await scene.gateway.http.patch(f"/clients/{scene.app.client_id}", headers=headers, json=signed)
        held = await claims(scene.gateway, (await tokens(scene.visitor, scene.app, EMAIL))["id_token"])
        await scene.sign_out()
        assert await scene.outcome() is Outcome.SENT
        told = await logout_token(scene, program)
        now = int(scene.gateway.clock.now.timestamp())
        assert told.pop("jti")
        assert told == {
            "iss": BASE,
            "aud": scene.app.client_id,
            "sub": scene.user.id,
            "sid": held["sid"],
            "iat": now,
            "exp": now + 120,
            "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
        }
        assert await scene.waiting() == 0

    async def test_it_is_no_hint_and_no_access(self, scene: Scene, program: Program) -> None:
        await tokens(scene.visitor, scene.app, EMAIL)
        await scene.sign_out()
        await scene.outcome()
        (token,) = program.heard[0]["logout_token"]
        assert not await scene.app.is_active(token)
        wish = {"id_token_hint": token, "post_logout_redirect_uri": AWAY}
        assert (await scene.visitor.http.get("/oauth/logout", params=wish)).status_code == 200

    async def test_a_silent_answer_is_of_the_same_session(self, scene: Scene) -> None:
        first = await claims(scene.gateway, (await tokens(scene.visitor, scene.app, EMAIL))["id_token"])
        came = answered(await scene.visitor.begin(scene.app.parameters(prompt="none")))
        again = await claims(scene.gateway, (await scene.app.exchange(came["code"])).json()["id_token"])
        assert first["sid"] == again["sid"]
        assert first["sid"] not in str(scene.visitor.http.cookies)


class TestWhoIsTold:
    async def test_programs_of_the_session_that_want_to_hear(self, scene: Scene, program: Program) -> None:
        """Not one that says nothing, one of another session, or one of another person."""
        other = Visitor(scene.gateway)
        silent = await app(scene.gateway, scene.member)
        elsewhere = await app(scene.gateway, scene.member, backchannel_logout_uri=AWAY)
        await tokens(scene.visitor, scene.app, EMAIL)
        await tokens(scene.visitor, silent, EMAIL)
        await tokens(other, elsewhere, EMAIL)
        await scene.sign_out()
        assert await scene.waiting() == 1
        assert await scene.outcome() is Outcome.SENT
        assert (await logout_token(scene, program))["aud"] == scene.app.client_id

    async def test_a_program_that_signs_the_person_out_hears_too(self, scene: Scene, program: Program) -> None:
        hint = (await tokens(scene.visitor, scene.app, EMAIL))["id_token"]
        await scene.visitor.http.get("/oauth/logout", params={"id_token_hint": hint})
        assert await scene.outcome() is Outcome.SENT
        assert (await logout_token(scene, program))["sub"] == scene.user.id

    async def test_a_session_that_nobody_used_tells_nobody(self, scene: Scene) -> None:
        await scene.visitor.sign_in(await scene.visitor.http.get("/login"), EMAIL)
        await scene.sign_out()
        assert await scene.outcome() is None


class TestEverySession:
    async def test_what_ends_while_a_notice_travels_is_told_again(self, scene: Scene, program: Program) -> None:
        await tokens(scene.visitor, scene.app, EMAIL)
        await scene.end_every_session()
        program.meanwhile = scene.end_every_session
        assert await scene.outcome() is Outcome.SENT
        assert await scene.waiting() == 1
        program.meanwhile = nothing
        assert await scene.outcome() is Outcome.SENT
        assert (await scene.waiting(), len(program.heard)) == (0, 2)

    async def test_and_is_not_put_off_with_it(self, scene: Scene, program: Program) -> None:
        program.status, program.meanwhile = 503, scene.end_every_session
        await tokens(scene.visitor, scene.app, EMAIL)
        await scene.end_every_session()
        assert await scene.outcome() is Outcome.PUT_OFF
        program.status, program.meanwhile = 200, nothing
        scene.gateway.clock.forward(seconds=5)
        assert await scene.outcome() is Outcome.SENT
        assert (await scene.waiting(), len(program.heard)) == (0, 2)

    async def test_a_later_end_has_an_hour_of_its_own(self, scene: Scene, program: Program) -> None:
        program.status = 503
        await tokens(scene.visitor, scene.app, EMAIL)
        await scene.end_every_session()
        assert await scene.outcome() is Outcome.PUT_OFF
        scene.gateway.clock.forward(minutes=59)
        await scene.end_every_session()
        scene.gateway.clock.forward(minutes=2)
        program.status = 200
        assert await scene.outcome() is Outcome.SENT
        assert await scene.waiting() == 0


@pytest.mark.parametrize(
    "address", ["http://app.example/logout", "https://app.example/logout#x", "https://u@app.example/"]
)
async def test_an_address_is_https_and_has_no_fragment(scene: Scene, address: str) -> None:
    asked = {"redirect_uris": ["https://app.example/cb"], "backchannel_logout_uri": address}
    answer = await scene.gateway.http.post("/oauth/register", json=asked)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client_metadata")
    kept = asked | {"backchannel_logout_uri": AWAY, "backchannel_logout_session_required": True}
    made = (await scene.gateway.http.post("/oauth/register", json=kept)).json()
    assert (made["backchannel_logout_uri"], made["backchannel_logout_session_required"]) == (AWAY, True)


@pytest.mark.parametrize("port", ["", ":443", ":8443"])
async def test_a_program_that_nobody_vouches_for_has_its_own_host_called(scene: Scene, port: str) -> None:
    asked = {"redirect_uris": ["https://app.example/cb", "https://www.app.example/cb"]}
    for host, good in (("app.example", True), ("www.app.example", True), ("victim.example", False)):
        said = asked | {"backchannel_logout_uri": f"https://{host}{port}/logout"}
        answer = await scene.gateway.http.post("/oauth/register", json=said)
        assert answer.status_code == (201 if good else 400), host
        vouched = await scene.gateway.headers(scene.member)
        assert (await scene.gateway.http.post("/oauth/register", json=said, headers=vouched)).status_code == 201


async def test_nor_may_it_move_there_later(scene: Scene) -> None:
    asked = {"redirect_uris": ["https://app.example/cb"], "backchannel_logout_uri": AWAY}
    made = (await scene.gateway.http.post("/oauth/register", json=asked)).json()
    own = {"Authorization": f"Bearer {made['registration_access_token']}"}
    said = asked | {"client_id": made["client_id"], "backchannel_logout_uri": "https://victim.example/logout"}
    answer = await scene.gateway.http.put(made["registration_client_uri"], json=said, headers=own)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client_metadata")


async def test_a_port_that_is_never_called_is_refused(scene: Scene) -> None:
    headers = await scene.gateway.headers(scene.member)
    path = f"/clients/{scene.app.client_id}"
    for port, status in ((9443, 422), (8443, 200)):
        said = {"backchannelLogoutUri": f"https://app.example:{port}/logout"}
        assert (await scene.gateway.http.patch(path, headers=headers, json=said)).status_code == status
