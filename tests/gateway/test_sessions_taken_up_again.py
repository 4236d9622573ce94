"""Who signs in again at the same browser: which session ends, and which programs hear of it."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from sqlalchemy import select

from gateway.adapters.people_tables import SESSIONS
from gateway.core.roles import Role
from gateway.core.send_mail import Outcome
from gateway.main import tell_logout
from tests.gateway.authenticator import Authenticator
from tests.gateway.harness import Gateway
from tests.gateway.people import Visitor, app, person, tokens
from tests.gateway.test_backchannel_logout import AWAY, EMAIL, Program, Scene, hold, listens, logout_token, move
from tests.gateway.test_code_flow import claims
from tests.gateway.test_passkeys import options

pytestmark = [pytest.mark.db, pytest.mark.asyncio]


@pytest_asyncio.fixture
async def program() -> AsyncIterator[Program]:
    async with listens() as found:
        yield found


@pytest_asyncio.fixture
async def scene(gateway: Gateway, program: Program) -> Scene:
    member = await gateway.member("lakeside")
    user = await person(gateway, member, EMAIL, Role.ISSUER)
    studio = await app(gateway, member, backchannel_logout_uri=AWAY)
    await move(gateway, studio, program.address)
    tell = tell_logout(gateway.parts, gateway.database, gateway.fetcher, gateway.clock)
    return Scene(gateway, member, studio, user, Visitor(gateway), tell)


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
