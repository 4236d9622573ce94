"""Many programs hear that a person signed out: at once, none held up by another, and again until they say yes."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from gateway.adapters.housekeeping import sweep
from gateway.adapters.sending import Sending
from gateway.core.roles import Role
from gateway.core.send_mail import Outcome
from gateway.core.tell_logout import pause
from gateway.main import tell_logout
from service_kit.fetcher import open_fetcher
from service_kit.settings import FetcherSettings
from tests.gateway.harness import Gateway
from tests.gateway.people import Visitor, app, person, tokens
from tests.gateway.test_backchannel_logout import AWAY, EMAIL, Program, Scene, listens, logout_token, move
from tests.gateway.test_code_flow import claims

pytestmark = [pytest.mark.db, pytest.mark.asyncio]


@pytest_asyncio.fixture
async def program() -> AsyncIterator[Program]:
    async with listens() as found:
        yield found


@pytest_asyncio.fixture
async def slow() -> AsyncIterator[Program]:
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
