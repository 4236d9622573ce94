"""A person changes the address: a link to the new one, and word to the old one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from gateway.core.roles import Role
from gateway.settings import GatewaySettings
from tests.gateway.people import person
from tests.gateway.post_office import Mailbox, mail_settings, open_post_office, smtp_server, text_of
from tests.gateway.test_addresses import ADA, BEN, NEW, Scene, press

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


class TestChanging:
    async def test_another_address_is_had_once_its_mailbox_says_so(self, scene: Scene) -> None:
        visitor = await scene.signed_in()
        await scene.ask(visitor)
        old_link = scene.mailbox.link(ADA)
        assert f"A link is on its way to {NEW}." in (await scene.ask(visitor, change="yes", email=f" {NEW} ")).text
        assert await scene.user(NEW) is None
        assert (await press(visitor, scene.mailbox.link(NEW))).status_code == 303
        assert await scene.is_verified(NEW)
        await scene.office.deliver()
        assert scene.mailbox.of(ADA)[-1]["Subject"] == "Your account has another e-mail address"
        assert (await visitor.http.get(old_link)).status_code == 404
        await scene.signed_in(NEW)

    async def test_somebody_elses_address_is_answered_alike_and_its_person_told(self, scene: Scene) -> None:
        await person(scene.gateway, scene.member, BEN, Role.ISSUER)
        visitor = await scene.signed_in()
        free, taken = [await scene.ask(visitor, change="yes", email=email) for email in (NEW, BEN)]
        assert free.text.replace(NEW, BEN) == taken.text
        (told,) = scene.mailbox.of(BEN)
        assert "token=" not in text_of(told)

    async def test_an_address_that_was_taken_meanwhile_is_not_had(self, scene: Scene) -> None:
        visitor = await scene.signed_in()
        await scene.ask(visitor, change="yes", email=NEW)
        await person(scene.gateway, scene.member, NEW, Role.ISSUER)
        assert (await press(visitor, scene.mailbox.link(NEW))).status_code == 409
        found = await scene.user(ADA)
        assert found
        assert found.id == scene.ada.id

    async def test_it_needs_a_sign_in_of_the_last_quarter_of_an_hour(self, scene: Scene) -> None:
        visitor = await scene.signed_in()
        shown = await visitor.http.get("/login/address")
        scene.gateway.clock.forward(minutes=15)
        answer = await visitor.send("/login/address", shown, {"change": "yes", "email": NEW})
        assert answer.headers["location"] == "/login?to=address"
        assert await scene.office.deliver() == []

    @pytest.mark.parametrize("wrong", ["", "x", "a b@x.example", "x" * 250 + "@x.example"])
    async def test_what_is_no_address(self, scene: Scene, wrong: str) -> None:
        assert (await scene.ask(await scene.signed_in(), change="yes", email=wrong)).status_code == 422
