"""What a mailbox proves: addresses are confirmed, changed and invited by mail, and forgotten passwords replaced."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import select, text

from gateway.adapters.people_tables import ACCOUNT_LINKS
from gateway.core.people import User
from gateway.core.roles import Role
from gateway.settings import GatewaySettings
from tests.gateway.harness import BASE, Gateway, Member
from tests.gateway.people import PASSWORD, Visitor, app, person, tokens
from tests.gateway.post_office import Mailbox, PostOffice, mail_settings, open_post_office, smtp_server
from tests.gateway.test_passkeys import Scene as Keys

pytestmark = [pytest.mark.db, pytest.mark.asyncio]
ADA, BEN, NEW = "ada@lakeside.example", "ben@lakeside.example", "ada@harbour.example"
OTHER_PASSWORD = "a whole other battery staple"
TOKEN = re.compile(r'name="token" value="([^"]+)"')


@dataclass
class Scene:
    office: PostOffice
    member: Member
    ada: User

    @property
    def gateway(self) -> Gateway:
        return self.office.gateway

    @property
    def mailbox(self) -> Mailbox:
        return self.office.mailbox

    async def signed_in(self, email: str = ADA, password: str = PASSWORD) -> Visitor:
        visitor = Visitor(self.gateway)
        answer = await visitor.sign_in(await visitor.http.get("/login"), email, password)
        assert answer.status_code == 303, answer.text
        return visitor

    async def ask(self, visitor: Visitor, **form: str) -> httpx.Response:
        answer = await visitor.send("/login/address", await visitor.http.get("/login/address"), form)
        await self.office.deliver()
        return answer

    async def forget(self, email: str, **options: dict[str, str]) -> httpx.Response:
        visitor = Visitor(self.gateway)
        shown = await visitor.http.get("/login/forgotten")
        answer = await visitor.send("/login/forgotten", shown, {"email": email}, headers=options.get("headers"))
        await self.office.deliver()
        return answer

    async def user(self, email: str) -> User | None:
        async with self.gateway.unit_of_work() as work:
            return await work.users.by_email(email)

    async def is_verified(self, email: str = ADA) -> bool:
        found = await self.user(email)
        assert found
        return found.email_verified_at is not None

    async def invite(self, email: str) -> str:
        """The path of the link that the owner is shown."""
        asked = {"email": email, "roles": ["issuer"]}
        headers = await self.gateway.headers(self.member)
        path = f"/organizations/{self.member.organization}/invitations"
        answer = await self.gateway.http.post(path, json=asked, headers=headers)
        assert answer.status_code == 201, answer.text
        await self.office.deliver()
        link: str = answer.json()["link"]
        return link.removeprefix(BASE)


async def press(visitor: Visitor, path: str, **form: str) -> httpx.Response:
    """Open a link, and send the form that it shows."""
    shown = await visitor.http.get(path)
    found = TOKEN.search(shown.text)
    return await visitor.send(path.partition("?")[0], shown, ({"token": found[1]} if found else {}) | form)


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with smtp_server(Mailbox()) as found:
        yield found


@pytest_asyncio.fixture
async def scene(gateway_settings: GatewaySettings, mailbox: Mailbox) -> AsyncIterator[Scene]:
    async with open_post_office(gateway_settings, mailbox, mail_settings(mailbox.port)) as office:
        member = await office.gateway.member("lakeside")
        yield Scene(office, member, await person(office.gateway, member, ADA, Role.OWNER))


class TestConfirming:
    async def test_an_address_is_confirmed_by_a_button_behind_a_mailed_link(self, scene: Scene) -> None:
        visitor = await scene.signed_in()
        assert f"A link is on its way to {ADA}." in (await scene.ask(visitor)).text
        link = scene.mailbox.link(ADA)
        shown = await visitor.http.get(link)
        assert (shown.status_code, "<button" in shown.text) == (200, True)
        assert not await scene.is_verified()  # whatever opens links, a scanner too, changes nothing
        assert (await press(visitor, link)).status_code == 303
        assert await scene.is_verified()
        assert "This address is confirmed." in (await visitor.http.get("/login")).text

    async def test_the_claim_follows(self, scene: Scene) -> None:
        studio, visitor = await app(scene.gateway, scene.member), await scene.signed_in()
        claims = []
        for confirmed in (False, True):
            if confirmed:
                await scene.ask(visitor)
                await press(visitor, scene.mailbox.link(ADA))
            access = (await tokens(visitor, studio, ADA, scope="openid email"))["access_token"]
            answer = await scene.gateway.http.get("/oauth/userinfo", headers={"Authorization": f"Bearer {access}"})
            claims.append(answer.json()["email_verified"])
        assert claims == [False, True]

    async def test_a_link_is_good_once(self, scene: Scene) -> None:
        visitor = await scene.signed_in()
        await scene.ask(visitor)
        shown = await visitor.http.get(scene.mailbox.link(ADA))
        form = {"token": TOKEN.findall(shown.text)[0]}
        answers = [await visitor.send("/login/address/confirm", shown, form) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [303, 404]

    async def test_a_link_is_good_for_a_day(self, scene: Scene) -> None:
        await scene.ask(await scene.signed_in())
        scene.gateway.clock.forward(days=1)
        visitor = await scene.signed_in()
        assert (await visitor.http.get(scene.mailbox.link(ADA))).status_code == 404

    async def test_only_the_accounts_own_person_confirms_it(self, scene: Scene) -> None:
        await person(scene.gateway, scene.member, BEN, Role.ISSUER)
        await scene.ask(await scene.signed_in())
        link = scene.mailbox.link(ADA)
        nobody, ben = Visitor(scene.gateway), await scene.signed_in(BEN)
        assert "<form" not in (await nobody.http.get(link)).text
        assert (await ben.http.get(link)).status_code == 404
        form = {"token": link.partition("token=")[2]}
        stolen = await ben.send("/login/address/confirm", await ben.http.get("/login"), form)
        assert stolen.status_code == 404
        assert not await scene.is_verified()
        assert not await scene.is_verified(BEN)

    @pytest.mark.parametrize("path", ["address", "address/confirm", "forgotten", "password"])
    async def test_a_form_of_another_site_does_nothing(self, scene: Scene, path: str) -> None:
        visitor = await scene.signed_in()
        shown = await visitor.http.get("/login/address")
        assert (await visitor.http.post(f"/login/{path}", data={"email": NEW, "change": "yes"})).status_code == 403
        foreign = await visitor.send(
            f"/login/{path}", shown, {"email": NEW}, headers={"Origin": "https://evil.example"}
        )
        assert foreign.status_code == 403
        assert await scene.office.deliver() == []

    async def test_five_mails_in_an_hour_are_enough(self, scene: Scene) -> None:
        visitor = await scene.signed_in()
        assert [(await scene.ask(visitor)).status_code for _ in range(6)] == [200] * 5 + [429]
        assert len(scene.mailbox.of(ADA)) == 5
        scene.gateway.clock.forward(hours=1)
        assert (await scene.ask(await scene.signed_in())).status_code == 200

    async def test_what_is_stored_is_a_digest(self, scene: Scene) -> None:
        await scene.ask(await scene.signed_in())
        async with scene.gateway.unit_of_work() as work:
            (row,) = (await work.session.execute(select(ACCOUNT_LINKS))).mappings().all()
        assert len(row["digest"]) == 32
        assert scene.mailbox.link(ADA).partition("token=")[2] not in str(row)


class TestTheAccessToken:
    """It carries a digest of the address for the issuer, which finds by it what was issued to the person."""

    async def digest(self, scene: Scene, scope: str) -> str | None:
        keeper = await app(scene.gateway, scene.member, scopes=["backpack:manage", "backpack:connect"])
        given = await tokens(await scene.signed_in(), keeper, ADA, scope=scope)
        renewed = await keeper.refresh(given["refresh_token"])
        found = {
            claims_of(token).get("email_sha256") for token in (given["access_token"], renewed.json()["access_token"])
        }
        (only,) = found
        return only

    async def confirm(self, scene: Scene) -> None:
        visitor = await scene.signed_in()
        await scene.ask(visitor)
        await press(visitor, scene.mailbox.link(ADA))

    async def test_it_holds_the_digest_of_a_confirmed_address(self, scene: Scene) -> None:
        await self.confirm(scene)
        assert await self.digest(scene, "email backpack:manage") == hashlib.sha256(ADA.encode()).hexdigest()

    @pytest.mark.parametrize("scope", ["backpack:manage", "openid email", "email backpack:connect", "openid profile"])
    async def test_a_program_that_may_not_know_the_address_gets_none(self, scene: Scene, scope: str) -> None:
        await self.confirm(scene)
        assert await self.digest(scene, scope) is None

    async def test_an_address_that_is_not_confirmed_is_not_told(self, scene: Scene) -> None:
        assert await self.digest(scene, "email backpack:manage") is None


def claims_of(token: str) -> dict[str, Any]:
    payload = token.split(".")[1]
    read: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return read


class TestPasskeys:
    async def test_a_new_one_is_told_to_a_confirmed_address_only(self, scene: Scene) -> None:
        keys = Keys(scene.gateway, scene.member, scene.ada, scene.ada)
        await keys.passkey()
        assert await scene.office.deliver() == []
        visitor = await scene.signed_in()
        await scene.ask(visitor)
        await press(visitor, scene.mailbox.link(ADA))
        await keys.passkey()
        await scene.office.deliver()
        assert scene.mailbox.of(ADA)[-1]["Subject"] == "A passkey was added to your account"


class TestWithoutMail:
    @pytest.mark.parametrize("path", ["/login/address", "/login/forgotten"])
    async def test_nothing_is_offered_that_cannot_be_kept(self, gateway: Gateway, path: str) -> None:
        visitor = Visitor(gateway)
        assert path not in (await visitor.http.get("/login")).text
        assert (await visitor.http.get(path)).status_code == 404


async def test_no_address_and_no_link_is_in_the_audit_trail(scene: Scene) -> None:
    visitor = await scene.signed_in()
    await scene.ask(visitor)
    await press(visitor, scene.mailbox.link(ADA))
    await scene.forget(ADA)
    await press(Visitor(scene.gateway), scene.mailbox.link(ADA), password=OTHER_PASSWORD)
    async with scene.gateway.unit_of_work() as work:
        lines = (await work.session.scalars(text("SELECT audit::text FROM audit"))).all()
    assert {"user.address_confirmed", "user.password_reset"} <= {action for line in lines for action in line.split(",")}
    for secret in (ADA, "laurel_reset_", "laurel_confirmation_"):
        assert secret not in str(lines)
