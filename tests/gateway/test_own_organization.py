"""/login/organization: what an owner sees and does there, and that nobody else does."""

from __future__ import annotations

import re
from dataclasses import dataclass

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import select

from gateway.adapters.tables import AUDIT
from gateway.core.roles import Role
from gateway.core.scopes import Kind
from tests.gateway.harness import BASE, Gateway, Member
from tests.gateway.people import Visitor, person

pytestmark = [pytest.mark.db, pytest.mark.asyncio]
ADA, BEN, EVE = "ada@lakeside.example", "ben@lakeside.example", "eve@harbour.example"
PAGE = "/login/organization"


@dataclass
class Scene:
    gateway: Gateway
    member: Member
    other: Member

    async def signed_in(self, email: str = ADA) -> Visitor:
        visitor = Visitor(self.gateway)
        answer = await visitor.sign_in(await visitor.http.get("/login"), email)
        assert answer.status_code == 303, answer.text
        return visitor

    async def send(
        self, visitor: Visitor, what: str, form: dict[str, str], shown: httpx.Response | None = None
    ) -> httpx.Response:
        shown = shown or await visitor.http.get(PAGE)
        hidden = dict(re.findall(r'name="(organization|once)" value="([^"]+)"', shown.text))
        return await visitor.send(f"{PAGE}/{what}", shown, hidden | form)

    async def clients(self) -> list[str]:
        answer = await self.gateway.http.get("/clients", headers=await self.gateway.headers(self.member))
        return [one["name"] for one in answer.json()["items"]]


@pytest_asyncio.fixture
async def scene(gateway: Gateway) -> Scene:
    made = Scene(gateway, await gateway.member("lakeside"), await gateway.member("harbour"))
    await person(gateway, made.member, ADA, Role.OWNER)
    await person(gateway, made.member, BEN, Role.ISSUER, Role.CATALOG_EDITOR)
    await person(gateway, made.other, EVE, Role.OWNER)
    return made


async def test_an_owner_is_led_there_and_sees_people_and_programs(scene: Scene) -> None:
    visitor = await scene.signed_in()
    account = await visitor.http.get("/login")
    found = re.search(r'href="(/login/organization\?organization=[^"]+)"', account.text)
    assert found
    shown = await visitor.http.get(found[1])
    assert shown.status_code == 200
    for text in (ADA, BEN, "catalog editor", "credentials:issue", "Register", "Invite"):
        assert text in shown.text
    assert EVE not in shown.text
    assert "registry:accredit" not in shown.text  # not for a university


async def test_a_program_is_registered_and_gets_a_token_by_the_secret_that_is_shown(scene: Scene) -> None:
    visitor = await scene.signed_in()
    form = {"name": " Study <office> ", "scope:credentials:issue": "yes", "scope:registry:accredit": "yes"}
    shown = await scene.send(visitor, "programs", form)
    assert shown.status_code == 200, shown.text
    assert shown.headers["cache-control"] == "no-store"
    assert "Study &lt;office&gt;" in shown.text
    client, secret = re.findall(r"<dd><code>([^<]+)</code></dd>", shown.text)
    token = await scene.gateway.http.post(
        "/oauth/token", data={"grant_type": "client_credentials"}, auth=(client, secret)
    )
    assert (token.status_code, token.json()["scope"]) == (200, "credentials:issue")
    assert "Study <office>" in await scene.clients()
    found = select(AUDIT.c.actor).where(AUDIT.c.client_id == client, AUDIT.c.action == "client.registered")
    async with scene.gateway.unit_of_work() as work:
        (actor,) = (await work.session.execute(found)).scalars()
    assert actor.startswith("user:")


async def test_a_form_that_is_sent_again_registers_and_invites_once(scene: Scene) -> None:
    visitor = await scene.signed_in()
    page = await visitor.http.get(PAGE)
    form = {"name": "Office", "scope:credentials:read": "yes"}
    first, again = [await scene.send(visitor, "programs", form, page) for _ in range(2)]
    assert first.text == again.text
    assert (await scene.clients()).count("Office") == 1
    asked = {"email": "new@lakeside.example", "role:issuer": "yes"}
    first, again = [await scene.send(visitor, "invitations", asked, page) for _ in range(2)]
    assert first.text == again.text
    assert (await visitor.http.get(PAGE)).text.count("new@lakeside.example") == 1


async def test_whom_an_owner_invites_becomes_what_was_chosen(scene: Scene) -> None:
    visitor = await scene.signed_in()
    asked = {"email": "New@Lakeside.example", "role:issuer": "yes", "role:auditor": "yes"}
    shown = await scene.send(visitor, "invitations", asked)
    found = re.search(rf"<pre>{re.escape(BASE)}([^<]+)</pre>", shown.text)
    assert found, shown.text
    guest = Visitor(scene.gateway)
    page = await guest.http.get(found[1])
    assert "issuer, auditor" in page.text
    token = found[1].partition("token=")[2]
    joined = await guest.send("/login/invitations", page, {"token": token, "name": "New", "password": "x" * 12})
    assert joined.status_code == 303, joined.text
    assert "issuer, auditor" in (await guest.http.get("/login")).text


@pytest.mark.parametrize(
    ("what", "form", "says"),
    [
        ("programs", {"name": "Office"}, "Choose at least one thing"),
        ("programs", {"name": "   ", "scope:credentials:read": "yes"}, "A name of up to 200"),
        ("programs", {"name": "x" * 201, "scope:credentials:read": "yes"}, "A name of up to 200"),
        ("invitations", {"email": "new@lakeside.example"}, "Choose at least one role"),
        ("invitations", {"email": "nobody", "role:issuer": "yes"}, "not an e-mail address"),
    ],
)
async def test_what_is_missing_is_told_and_nothing_is_made(
    scene: Scene, what: str, form: dict[str, str], says: str
) -> None:
    before = await scene.clients()
    visitor = await scene.signed_in()
    answer = await scene.send(visitor, what, form)
    assert (answer.status_code, says in answer.text) == (422, True), answer.text
    assert await scene.clients() == before


async def test_nobody_else_gets_in(scene: Scene) -> None:
    strange = {"organization": scene.member.organization}
    for email in (BEN, EVE):  # a member who owns nothing, and the owner of another organization
        visitor = await scene.signed_in(email)
        assert (await visitor.http.get(PAGE, params=strange)).status_code == 404
        shown = await visitor.http.get("/login")
        form = strange | {"name": "Mine", "scope:credentials:issue": "yes", "email": email, "role:owner": "yes"}
        for what in ("programs", "invitations"):
            assert (await visitor.send(f"{PAGE}/{what}", shown, form)).status_code == 404
    assert "Mine" not in await scene.clients()


async def test_who_signed_in_too_long_ago_signs_in_again(scene: Scene) -> None:
    visitor = await scene.signed_in()
    page, late = await visitor.http.get(PAGE), {"name": "Late", "scope:credentials:read": "yes"}
    scene.gateway.clock.forward(minutes=16)
    again = await visitor.http.get(PAGE)
    assert (again.status_code, again.headers["location"]) == (303, "/login?to=organization")
    assert (await scene.send(visitor, "programs", late, page)).status_code == 303
    assert "Late" not in await scene.clients()
    shown = await visitor.http.get(again.headers["location"])
    assert "act for your organization" in shown.text


async def test_an_operators_page_reaches_its_own_organization_only(scene: Scene) -> None:
    operators = await scene.gateway.member("operations", Kind.OPERATOR)
    await person(scene.gateway, operators, "op@operations.example", Role.OWNER, kind=Kind.OPERATOR)
    visitor = await scene.signed_in("op@operations.example")
    assert (await visitor.http.get(PAGE)).status_code == 200
    assert (await visitor.http.get(PAGE, params={"organization": scene.member.organization})).status_code == 404
