"""Programs hear that a person signed out (OpenID Connect Back-Channel Logout 1.0), and again until they say yes."""

import asyncio
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

from gateway.adapters.housekeeping import sweep
from gateway.adapters.people_tables import SESSIONS
from gateway.adapters.sending import Sending
from gateway.adapters.tables import LOGOUT_NOTICES
from gateway.core.logout import EVERY_SESSION
from gateway.core.people import User
from gateway.core.roles import Role
from gateway.core.send_mail import Outcome
from gateway.core.tell_logout import TellLogout, Told, pause
from gateway.main import tell_logout
from service_kit.fetcher import open_fetcher
from service_kit.settings import FetcherSettings
from tests.gateway.authenticator import Authenticator
from tests.gateway.harness import BASE, Gateway, Member
from tests.gateway.people import REDIRECT, App, Visitor, answered, app, person, tokens
from tests.gateway.test_code_flow import claims
from tests.gateway.test_passkeys import options

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


@pytest_asyncio.fixture
async def slow() -> AsyncIterator[Program]:
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


class TestSigningInAgain:
    """The same browser, before it signed out: by `prompt=login`, `max_age`, an essential `acr`, or on our own pages."""

    async def test_programs_of_before_hear_of_the_end(self, scene: Scene, program: Program) -> None:
        """And the session keeps its name, which they hold."""
        first = await claims(scene.gateway, (await tokens(scene.visitor, scene.app, EMAIL))["id_token"])
        other = await app(scene.gateway, scene.member, backchannel_logout_uri=AWAY)
        await move(scene.gateway, other, program.address)
        scene.gateway.clock.forward(seconds=1)
        again = await claims(scene.gateway, (await tokens(scene.visitor, other, EMAIL, prompt="login"))["id_token"])
        assert (again["sid"], again["auth_time"]) == (first["sid"], first["auth_time"] + 1)
        await scene.sign_out()
        assert [await scene.outcome() for _ in range(3)] == [Outcome.SENT, Outcome.SENT, None]
        told = [await claims(scene.gateway, heard["logout_token"][0]) for heard in program.heard]
        assert {one["sid"] for one in told} == {first["sid"]}
        assert {one["aud"] for one in told} == {scene.app.client_id, other.client_id}

    async def test_the_cookie_of_before_opens_nothing(self, scene: Scene) -> None:
        await tokens(scene.visitor, scene.app, EMAIL)
        stolen = Visitor(scene.gateway)
        stolen.http.cookies.set("laurel-session", scene.visitor.http.cookies["laurel-session"])
        assert "Sign out" in (await stolen.http.get("/login")).text
        scene.gateway.clock.forward(seconds=1)
        await tokens(scene.visitor, scene.app, EMAIL, prompt="login")
        assert "Sign out" not in (await stolen.http.get("/login")).text
        assert "Sign out" in (await scene.visitor.http.get("/login")).text
        assert await scene.waiting() == 0

    @pytest.mark.parametrize("at_once", [True, False])
    async def test_two_sign_ins_by_one_old_cookie_leave_one_session(self, scene: Scene, at_once: bool) -> None:
        """Somebody presses twice: the browser keeps one of two answers, and no session stays that nobody holds."""
        first = await claims(scene.gateway, (await tokens(scene.visitor, scene.app, EMAIL))["id_token"])
        old = scene.visitor.http.cookies["laurel-session"]
        scene.gateway.clock.forward(seconds=1)
        shown = await scene.visitor.page(await scene.visitor.begin(scene.app.parameters(prompt="login")))
        if at_once:
            await asyncio.gather(*(scene.visitor.sign_in(shown, EMAIL) for _ in range(4)))
        else:
            await scene.visitor.sign_in(shown, EMAIL)
            hold(scene.visitor, old)
            await scene.visitor.sign_in(shown, EMAIL)
        async with scene.gateway.unit_of_work() as work:
            names = (await work.session.scalars(select(SESSIONS.c.id))).all()
        assert names == [first["sid"]]

    async def test_another_persons_session_is_not_gone_on_with(self, scene: Scene) -> None:
        """Not by a cookie that theirs replaced."""
        await tokens(scene.visitor, scene.app, EMAIL)
        old = scene.visitor.http.cookies["laurel-session"]
        scene.gateway.clock.forward(seconds=1)
        await tokens(scene.visitor, scene.app, EMAIL, prompt="login")
        assert scene.visitor.http.cookies["laurel-session"] != old
        await person(scene.gateway, scene.member, "ben@lakeside.example", Role.ISSUER)
        other = Visitor(scene.gateway)
        shown = await other.http.get("/login")
        hold(other, old)
        await other.sign_in(shown, "ben@lakeside.example")
        assert "ben@lakeside.example" in (await other.http.get("/login")).text
        assert EMAIL in (await scene.visitor.http.get("/login")).text

    async def test_with_a_passkey_too(self, scene: Scene, program: Program) -> None:
        first = await claims(scene.gateway, (await tokens(scene.visitor, scene.app, EMAIL))["id_token"])
        made = Authenticator(user=scene.user.id.encode())
        shown = await scene.visitor.http.get("/login/passkeys")
        added = {"credential": made.create(options(shown)), "name": "Laptop"}
        await scene.visitor.send("/login/passkeys", shown, added)
        scene.gateway.clock.forward(seconds=1)
        shown = await scene.visitor.page(await scene.visitor.begin(scene.app.parameters(prompt="login")))
        signed = {"credential": made.but(count=2).get(options(shown))}
        await scene.visitor.send("/login/passkey", shown, signed)
        await scene.sign_out()
        assert await scene.outcome() is Outcome.SENT
        assert (await logout_token(scene, program))["sid"] == first["sid"]

    async def test_another_person_ends_the_session(self, scene: Scene, program: Program) -> None:
        first = await claims(scene.gateway, (await tokens(scene.visitor, scene.app, EMAIL))["id_token"])
        await person(scene.gateway, scene.member, "ben@lakeside.example", Role.ISSUER)
        scene.gateway.clock.forward(seconds=1)
        held = await tokens(scene.visitor, scene.app, "ben@lakeside.example", prompt="login")
        assert (await claims(scene.gateway, held["id_token"]))["sid"] != first["sid"]
        assert await scene.outcome() is Outcome.SENT
        told = await logout_token(scene, program)
        assert (told["sub"], told["sid"]) == (scene.user.id, first["sid"])
        assert await scene.outcome() is None

    async def test_a_session_that_was_over_is_not_gone_on_with(self, scene: Scene) -> None:
        first = await claims(scene.gateway, (await tokens(scene.visitor, scene.app, EMAIL))["id_token"])
        scene.gateway.clock.forward(hours=13)
        again = await claims(scene.gateway, (await tokens(scene.visitor, scene.app, EMAIL))["id_token"])
        assert first["sid"] != again["sid"]

    async def test_the_first_is_written_as_the_release_before_wrote_it(self, scene: Scene) -> None:
        """Without a name of its own; what goes on from it keeps the one that its digest gives, however often."""
        seen = []
        for _ in range(3):
            given = await tokens(scene.visitor, scene.app, EMAIL, prompt="login")
            name = (await claims(scene.gateway, given["id_token"]))["sid"]
            async with scene.gateway.unit_of_work() as work:
                seen.append((name, await work.session.scalar(select(SESSIONS.c.id))))
            scene.gateway.clock.forward(seconds=1)
        assert seen == [(name, None), (name, name), (name, name)]


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


class TestManyPrograms:
    """One that hangs, fails or was made to be called often takes no other's turn."""

    async def test_one_that_hangs_holds_nobody_else_up(self, scene: Scene, program: Program, slow: Program) -> None:
        other = await app(scene.gateway, scene.member, backchannel_logout_uri=AWAY)
        await move(scene.gateway, other, slow.address)
        answers = asyncio.Event()
        slow.meanwhile = answers.wait
        for _ in range(10):
            await scene.comes_and_goes(other)
        await scene.comes_and_goes(scene.app)
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task(Sending(scene.tell, "logout_told", at_once=2).run(stop))
            while not program.heard:
                await asyncio.sleep(0.01)
            assert len(slow.heard) == 1
            answers.set()
            while await scene.waiting():
                await asyncio.sleep(0.01)
            stop.set()
        assert len(slow.heard) == 10

    async def test_a_program_is_told_one_thing_at_a_time(self, scene: Scene, program: Program) -> None:
        for _ in range(3):
            await scene.comes_and_goes(scene.app)
        answers = asyncio.Event()
        program.meanwhile = answers.wait
        async with asyncio.TaskGroup() as group:
            calls = [group.create_task(scene.outcome()) for _ in range(6)]
            while sum(call.done() for call in calls) < 5:
                await asyncio.sleep(0.01)
            await scene.comes_and_goes(scene.app)
            assert await scene.outcome() is None
            assert len(program.heard) == 1
            answers.set()
        assert [await scene.outcome() for _ in range(4)] == [*[Outcome.SENT] * 3, None]

    async def test_one_that_fails_is_left_alone_whatever_waits_for_it(self, scene: Scene, program: Program) -> None:
        program.status = 503
        for _ in range(3):
            await scene.comes_and_goes(scene.app)
        assert [await scene.outcome() for _ in range(2)] == [Outcome.PUT_OFF, None]
        await scene.comes_and_goes(scene.app)
        assert await scene.outcome() is None
        scene.gateway.clock.forward(seconds=5)
        program.status = 200
        assert [await scene.outcome() for _ in range(5)] == [*[Outcome.SENT] * 4, None]

    async def test_of_one_session_those_let_in_last_are_told(
        self, scene: Scene, program: Program, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("gateway.adapters.logouts.MOST_TOLD", 1)
        last = await app(scene.gateway, scene.member, backchannel_logout_uri=AWAY)
        await move(scene.gateway, last, program.address)
        await tokens(scene.visitor, scene.app, EMAIL)
        scene.gateway.clock.forward(seconds=1)
        await tokens(scene.visitor, last, EMAIL)
        await scene.sign_out()
        assert [await scene.outcome() for _ in range(2)] == [Outcome.SENT, None]
        assert (await logout_token(scene, program))["aud"] == last.client_id

    async def test_a_host_is_called_so_often_for_programs_that_nobody_vouches_for(
        self, scene: Scene, program: Program, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("gateway.adapters.logouts.CALLS_A_MINUTE", 1)
        strangers = [await scene.stranger(program.address) for _ in range(2)]
        for one in (*strangers, scene.app):
            await tokens(scene.visitor, one, EMAIL, scope="openid")
        await scene.sign_out()
        assert sorted(map(str, [await scene.outcome() for _ in range(4)])) == ["None", "put_off", "sent", "sent"]
        scene.gateway.clock.forward(minutes=1)
        assert [await scene.outcome() for _ in range(2)] == [Outcome.SENT, None]

    async def test_pauses_grow_quickly(self) -> None:
        assert [pause(attempt).total_seconds() for attempt in (1, 2, 3, 4, 5, 99)] == [5, 20, 80, 320, 900, 900]


class TestTryingAgain:
    @pytest.mark.parametrize("status", [500, 503, 429, 408])
    async def test_who_does_not_answer_is_told_later(self, scene: Scene, program: Program, status: int) -> None:
        program.status = status
        await tokens(scene.visitor, scene.app, EMAIL)
        await scene.sign_out()
        assert await scene.outcome() is Outcome.PUT_OFF
        assert await scene.outcome() is None
        program.status = 204
        scene.gateway.clock.forward(seconds=5)
        assert await scene.outcome() is Outcome.SENT
        first, second = (heard["logout_token"][0] for heard in program.heard)
        assert (await claims(scene.gateway, first))["jti"] != (await claims(scene.gateway, second))["jti"]

    @pytest.mark.parametrize("status", [400, 404, 302])
    async def test_who_refuses_is_left_alone(self, scene: Scene, program: Program, status: int) -> None:
        program.status = status
        await tokens(scene.visitor, scene.app, EMAIL)
        await scene.sign_out()
        assert await scene.outcome() is Outcome.REFUSED
        assert await scene.waiting() == 0

    async def test_nobody_is_told_after_an_hour(self, scene: Scene, program: Program) -> None:
        await tokens(scene.visitor, scene.app, EMAIL)
        await scene.sign_out()
        scene.gateway.clock.forward(hours=1)
        assert await scene.outcome() is Outcome.EXPIRED
        assert program.heard == []

    async def test_what_nobody_sends_is_swept(self, scene: Scene) -> None:
        await tokens(scene.visitor, scene.app, EMAIL)
        await scene.sign_out()
        scene.gateway.clock.forward(hours=2)
        await sweep(scene.gateway.database, scene.gateway.clock)
        assert await scene.waiting() == 0

    async def test_of_many_processes_one_tells(self, scene: Scene, program: Program) -> None:
        await tokens(scene.visitor, scene.app, EMAIL)
        await scene.sign_out()
        found = await asyncio.gather(*(scene.outcome() for _ in range(4)))
        assert sorted(map(str, found)) == ["None", "None", "None", "sent"]
        assert len(program.heard) == 1

    async def test_an_address_of_this_machine_is_never_called(self, scene: Scene, program: Program) -> None:
        await tokens(scene.visitor, scene.app, EMAIL)
        await scene.sign_out()
        async with open_fetcher(FetcherSettings()) as guarded:
            tell = tell_logout(scene.gateway.parts, scene.gateway.database, guarded, scene.gateway.clock)
            told = await tell()
        assert told is not None
        assert (told.outcome, told.reason, program.heard) == (Outcome.REFUSED, "url_refused", [])

    async def test_the_task_tells_until_it_is_stopped(self, scene: Scene, program: Program) -> None:
        await tokens(scene.visitor, scene.app, EMAIL)
        await scene.sign_out()
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task(Sending(scene.tell, "logout_told").run(stop))
            while await scene.waiting():
                await asyncio.sleep(0.01)
            stop.set()
        assert len(program.heard) == 1


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
