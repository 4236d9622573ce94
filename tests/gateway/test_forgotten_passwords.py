"""A forgotten password: a link by mail, a new password, and the end of everything of before."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from sqlalchemy import text

from gateway.core.roles import Role
from gateway.settings import GatewaySettings
from tests.gateway.people import PASSWORD, Visitor, app, person, tokens
from tests.gateway.post_office import Mailbox, mail_settings, open_post_office, smtp_server
from tests.gateway.test_addresses import ADA, BEN, NEW, OTHER_PASSWORD, Scene, press
from tests.gateway.test_passkeys import Scene as Keys

pytestmark = [pytest.mark.db, pytest.mark.asyncio]


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with smtp_server(Mailbox()) as found:
        yield found


@pytest_asyncio.fixture
async def scene(gateway_settings: GatewaySettings, mailbox: Mailbox) -> AsyncIterator[Scene]:
    async with open_post_office(gateway_settings, mailbox, mail_settings(mailbox.port)) as office:
        member = await office.gateway.member("lakeside")
        yield Scene(office, member, await person(office.gateway, member, ADA, Role.OWNER))


class TestForgotten:
    async def test_a_new_password_is_chosen_and_everything_of_before_ends(self, scene: Scene) -> None:
        keys = Keys(scene.gateway, scene.member, scene.ada, scene.ada)
        passkey, visitor = await keys.passkey(), await scene.signed_in()
        given = await tokens(visitor, studio := await app(scene.gateway, scene.member), ADA)
        await scene.forget(ADA)
        link = scene.mailbox.link(ADA)
        browser = Visitor(scene.gateway)
        assert (await press(browser, link, password=OTHER_PASSWORD)).status_code == 200
        assert 'type="password"' in (await browser.http.get("/login")).text  # choosing is not signing in
        assert 'type="password"' in (await visitor.http.get("/login")).text
        assert not await studio.is_active(given["access_token"])
        assert (await studio.refresh(given["refresh_token"])).json()["error"] == "invalid_grant"
        assert (await keys.use(Visitor(scene.gateway), passkey)).status_code == 401
        refused = Visitor(scene.gateway)
        assert (await refused.sign_in(await refused.http.get("/login"), ADA)).status_code == 401
        await scene.signed_in(password=OTHER_PASSWORD)
        assert await scene.is_verified()
        await scene.office.deliver()
        assert scene.mailbox.of(ADA)[-1]["Subject"] == "Your password was changed"

    async def test_the_services_hear_of_what_ended(self, scene: Scene) -> None:
        await tokens(await scene.signed_in(), await app(scene.gateway, scene.member), ADA)
        await scene.forget(ADA)
        await press(Visitor(scene.gateway), scene.mailbox.link(ADA), password=OTHER_PASSWORD)
        async with scene.gateway.unit_of_work() as work:
            topics = (await work.session.scalars(text("SELECT topic FROM outbox"))).all()
        assert topics == ["access-revoked"]

    async def test_a_stranger_is_answered_alike_and_sent_nothing(self, scene: Scene) -> None:
        known, unknown = await scene.forget(ADA), await scene.forget("no@one.example")
        assert (known.status_code, known.text) == (unknown.status_code, unknown.text)
        assert [str(one["To"]) for one in scene.mailbox.messages] == [ADA]

    async def test_a_link_is_good_once(self, scene: Scene) -> None:
        await scene.forget(ADA)
        link = scene.mailbox.link(ADA)
        visitors = [Visitor(scene.gateway) for _ in range(4)]
        answers = await asyncio.gather(*(press(visitor, link, password=OTHER_PASSWORD) for visitor in visitors))
        assert sorted(answer.status_code for answer in answers) == [200, 404, 404, 404]
        assert (await visitors[0].http.get(link)).status_code == 404

    async def test_a_link_is_good_for_half_an_hour(self, scene: Scene) -> None:
        await scene.forget(ADA)
        scene.gateway.clock.forward(minutes=30)
        assert (await Visitor(scene.gateway).http.get(scene.mailbox.link(ADA))).status_code == 404

    async def test_a_link_for_another_purpose_is_none(self, scene: Scene) -> None:
        visitor = await scene.signed_in()
        await scene.ask(visitor)
        confirm = scene.mailbox.link(ADA).replace("/login/address/confirm", "/login/password")
        assert (await visitor.http.get(confirm)).status_code == 404
        await scene.forget(ADA)
        reset = scene.mailbox.link(ADA).replace("/login/password", "/login/address/confirm")
        assert (await visitor.http.get(reset)).status_code == 404

    async def test_a_short_password_uses_nothing_up(self, scene: Scene) -> None:
        await scene.forget(ADA)
        link, visitor = scene.mailbox.link(ADA), Visitor(scene.gateway)
        refused = await press(visitor, link, password="short")
        assert (refused.status_code, 'aria-invalid="true"' in refused.text) == (422, True)
        assert (await press(visitor, link, password=OTHER_PASSWORD)).status_code == 200

    async def test_a_link_to_an_address_of_before_is_dead(self, scene: Scene) -> None:
        visitor = await scene.signed_in()
        await scene.forget(ADA)
        link = scene.mailbox.link(ADA)
        await scene.ask(visitor, change="yes", email=NEW)
        await press(visitor, scene.mailbox.link(NEW))
        assert (await Visitor(scene.gateway).http.get(link)).status_code == 404

    async def test_one_mailbox_gets_five_and_nobody_is_told(self, scene: Scene) -> None:
        answers = [await scene.forget(ADA) for _ in range(7)]
        assert {(answer.status_code, answer.text) for answer in answers} == {(200, answers[0].text)}
        assert len(scene.mailbox.of(ADA)) == 5

    async def test_who_has_others_written_to_keeps_nobody_out(self, scene: Scene) -> None:
        """Invitations of a stranger are counted as that one's, and not with what lets a person in again."""
        stranger = Scene(scene.office, await scene.gateway.member("harbour"), scene.ada)
        for _ in range(5):
            await stranger.invite(ADA)
        await scene.forget(ADA)
        assert (
            await press(Visitor(scene.gateway), scene.mailbox.link(ADA), password=OTHER_PASSWORD)
        ).status_code == 200
        await scene.invite(ADA)
        assert "The lakeside invites you" in scene.mailbox.of(ADA)[-1].get_content()

    async def test_one_address_of_the_net_asks_a_hundred_times(self, scene: Scene) -> None:
        visitor = Visitor(scene.gateway)
        shown = await visitor.http.get("/login/forgotten")
        forms = [{"email": f"{number}@x.example"} for number in range(101)]
        answers = [(await visitor.send("/login/forgotten", shown, form)).status_code for form in forms]
        assert answers == [200] * 100 + [429]
        elsewhere = await scene.forget(ADA, headers={"X-Forwarded-For": "203.0.113.9"})
        assert elsewhere.status_code == 200

    async def test_who_had_made_the_account_with_another_persons_address_is_out(self, scene: Scene) -> None:
        """Somebody is handed a link for Ben's address, and waits for him with a passkey."""
        await press(Visitor(scene.gateway), await scene.invite(BEN), name="Eve", password=PASSWORD)
        found = await scene.user(BEN)
        assert found
        keys = Keys(scene.gateway, scene.member, scene.ada, found)
        passkey = await keys.passkey(BEN)
        await scene.forget(BEN)
        await press(Visitor(scene.gateway), scene.mailbox.link(BEN), password=OTHER_PASSWORD)
        assert (await keys.use(Visitor(scene.gateway), passkey)).status_code == 401
        assert await scene.is_verified(BEN)
