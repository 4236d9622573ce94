"""Invitations by mail: who opens the link has shown that the address is theirs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from gateway.core.roles import Role
from gateway.settings import GatewaySettings
from tests.gateway.people import PASSWORD, Visitor, person
from tests.gateway.post_office import Mailbox, mail_settings, open_post_office, smtp_server, text_of
from tests.gateway.test_addresses import ADA, BEN, Scene, press

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


class TestInvitations:
    async def test_the_mailed_link_proves_the_mailbox(self, scene: Scene) -> None:
        shown = await scene.invite(BEN)
        mailed = scene.mailbox.link(BEN)
        assert mailed != shown
        joined = await press(Visitor(scene.gateway), mailed, name="Ben", password=PASSWORD)
        assert joined.status_code == 303
        assert await scene.is_verified(BEN)
        assert await scene.office.deliver() == []
        assert (await Visitor(scene.gateway).http.get(shown)).status_code == 404  # it is one invitation

    async def test_the_link_that_is_handed_over_does_not_and_a_confirmation_follows(self, scene: Scene) -> None:
        shown = await scene.invite(BEN)
        visitor = Visitor(scene.gateway)
        assert (await press(visitor, shown, name="Ben", password=PASSWORD)).status_code == 303
        assert not await scene.is_verified(BEN)
        await scene.office.deliver()
        assert (await press(visitor, scene.mailbox.link(BEN))).status_code == 303
        assert await scene.is_verified(BEN)

    async def test_it_confirms_an_account_of_before(self, scene: Scene) -> None:
        await person(scene.gateway, await scene.gateway.member("harbour"), BEN, Role.ISSUER)
        await scene.invite(BEN)
        assert (await press(Visitor(scene.gateway), scene.mailbox.link(BEN), password=PASSWORD)).status_code == 303
        assert await scene.is_verified(BEN)

    async def test_the_mail_says_who_invites_and_what_for(self, scene: Scene) -> None:
        await scene.invite(BEN)
        (made,) = scene.mailbox.of(BEN)
        assert made["Subject"] == "Join The lakeside"
        assert "The lakeside invites you to Laurel, as issuer." in text_of(made)

    async def test_one_address_is_not_flooded(self, scene: Scene) -> None:
        for _ in range(5):
            await scene.invite(BEN)
        answer = await scene.gateway.http.post(
            f"/organizations/{scene.member.organization}/invitations",
            json={"email": BEN, "roles": ["issuer"]},
            headers=await scene.gateway.headers(scene.member),
        )
        assert answer.status_code == 429
        assert len(scene.mailbox.of(BEN)) == 5

    async def test_enough_mail_for_an_hour_keeps_nobody_from_joining(self, scene: Scene) -> None:
        visitor = await scene.signed_in()
        for _ in range(5):
            assert (await scene.ask(visitor, change="yes", email=BEN)).status_code == 200
        shown = await scene.invite(BEN)
        assert (await press(Visitor(scene.gateway), shown, name="Ben", password=PASSWORD)).status_code == 303
        assert await scene.office.deliver() == []
