"""Members are invited by link, change their roles and leave; there is always an owner."""

import asyncio
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import select, text

from contracts.events import AccessRevoked
from gateway.core.roles import Role
from gateway.core.scopes import Kind
from service_kit.pagination import encode_cursor
from service_kit.tables import OUTBOX
from tests.gateway.harness import BASE, Gateway, Member
from tests.gateway.people import PASSWORD, Visitor, app, person, tokens

pytestmark = [pytest.mark.db, pytest.mark.asyncio]
EMAIL = "ben@lakeside.example"


@dataclass
class Scene:
    gateway: Gateway
    member: Member
    headers: dict[str, str]

    async def call(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        address = f"/organizations/{self.member.organization}{path}"
        return await self.gateway.http.request(method, address, json=body, headers=self.headers | headers)

    async def invite(self, email: str = EMAIL, *roles: str) -> str:
        """The path of the link."""
        answer = await self.call("POST", "/invitations", {"email": email, "roles": roles or ["issuer"]})
        assert answer.status_code == 201, answer.text
        link: str = answer.json()["link"]
        assert link.startswith(f"{BASE}/login/invitations?token=laurel_invitation_")
        return link.removeprefix(BASE)

    async def members(self) -> dict[str, list[str]]:
        return {one["email"]: one["roles"] for one in (await self.call("GET", "/members")).json()["items"]}

    async def open(self) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = (await self.call("GET", "/invitations")).json()["items"]
        return items


@pytest_asyncio.fixture
async def scene(gateway: Gateway) -> Scene:
    member = await gateway.member("lakeside")
    return Scene(gateway, member, await gateway.headers(member))


async def send(
    visitor: Visitor, path: str, shown: httpx.Response, form: dict[str, str], **options: Any
) -> httpx.Response:
    """Send the form of an invitation's page."""
    page, _, token = path.partition("?token=")
    return await visitor.send(page, shown, {"token": token} | form, **options)


async def join(visitor: Visitor, path: str, **form: str) -> httpx.Response:
    return await send(visitor, path, await visitor.http.get(path), form)


async def walked(scene: Scene, path: str) -> list[list[str]]:
    """The addresses on every page, from Link to Link."""
    pages, query = [], "?limit=2"
    while query:
        answer = await scene.call("GET", path + query)
        assert answer.status_code == 200, answer.text
        pages.append([one["email"] for one in answer.json()["items"]])
        query = "?" + urlsplit(answer.links["next"]["url"]).query if "next" in answer.links else ""
        assert bool(query) is (answer.json()["next"] is not None)
    return pages


class TestPages:
    async def test_invitations_and_members_come_in_pages(self, scene: Scene) -> None:
        emails = [f"p{number}@lakeside.example" for number in range(5)]
        paths = []
        for email in emails:
            paths.append(await scene.invite(email))
            scene.gateway.clock.forward(seconds=1)
        assert await walked(scene, "/invitations") == [emails[:2], emails[2:4], emails[4:]]
        for number, path in enumerate(paths):
            await join(Visitor(scene.gateway), path, name=f"Same name {number % 2}", password=PASSWORD)
        pages = await walked(scene, "/members")
        assert [len(page) for page in pages] == [2, 2, 1]
        assert sorted(email for page in pages for email in page) == emails
        assert sorted(pages[0] + pages[1][:1]) == [emails[0], emails[2], emails[4]]

    @pytest.mark.parametrize(
        ("path", "position"),
        [("/invitations", ["x"]), ("/invitations", ["never", "x"]), ("/members", ["x"]), ("/members", ["a", "b", "c"])],
    )
    async def test_a_cursor_of_another_list_is_refused(self, scene: Scene, path: str, position: list[str]) -> None:
        answer = await scene.call("GET", f"{path}?cursor={encode_cursor(position)}")
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "cursor")


class TestInvitations:
    async def test_a_new_person_joins_and_is_signed_in(self, scene: Scene) -> None:
        path, visitor = (
            await scene.invite("Ben@Lakeside.example", "issuer", "verifier"),
            Visitor(scene.gateway),
        )
        shown = await visitor.http.get(path)
        assert "The lakeside" in shown.text
        assert "issuer, verifier" in shown.text
        joined = await send(visitor, path, shown, {"name": "Ben", "password": PASSWORD})
        assert (joined.status_code, joined.headers["location"]) == (303, "/login")
        assert "You are signed in as ben@lakeside.example" in (await visitor.page(joined)).text
        assert await scene.members() == {EMAIL: ["issuer", "verifier"]}
        assert await scene.open() == []

    async def test_it_counts_once(self, scene: Scene) -> None:
        path = await scene.invite()
        visitors = [Visitor(scene.gateway) for _ in range(4)]
        pages = [await visitor.http.get(path) for visitor in visitors]
        form = {"name": "Ben", "password": PASSWORD}
        answers = await asyncio.gather(*(send(v, path, shown, form) for v, shown in zip(visitors, pages, strict=True)))
        assert sorted(answer.status_code for answer in answers)[0] == 303
        assert all(answer.status_code in {404, 409} for answer in answers if answer.status_code != 303)
        assert (await Visitor(scene.gateway).http.get(path)).status_code == 404

    async def test_an_account_of_long_ago_shows_its_password(self, scene: Scene) -> None:
        await person(scene.gateway, scene.member, EMAIL, Role.AUDITOR)
        path, visitor = await scene.invite(), Visitor(scene.gateway)
        wrong = await join(visitor, path, password="not the password")
        assert wrong.status_code == 401
        assert 'role="alert"' in wrong.text
        assert await scene.members() == {EMAIL: ["auditor"]}
        assert (await join(visitor, path, password=PASSWORD)).status_code == 303
        assert await scene.members() == {EMAIL: ["auditor", "issuer"]}

    async def test_who_is_signed_in_says_yes(self, scene: Scene) -> None:
        await person(scene.gateway, scene.member, EMAIL, Role.AUDITOR)
        visitor = Visitor(scene.gateway)
        await visitor.sign_in(await visitor.http.get("/login"), EMAIL)
        path = await scene.invite()
        assert 'type="password"' not in (await visitor.http.get(path)).text
        assert (await join(visitor, path)).status_code == 303
        assert await scene.members() == {EMAIL: ["auditor", "issuer"]}

    async def test_it_is_for_one_person(self, scene: Scene) -> None:
        await person(scene.gateway, scene.member, "eve@lakeside.example", Role.AUDITOR)
        visitor = Visitor(scene.gateway)
        await visitor.sign_in(await visitor.http.get("/login"), "eve@lakeside.example")
        path = await scene.invite()
        assert "Sign out" in (await visitor.http.get(path)).text
        assert (await join(visitor, path)).status_code == 403
        assert len(await scene.open()) == 1

    async def test_it_ends_after_a_week(self, scene: Scene) -> None:
        path = await scene.invite()
        scene.gateway.clock.forward(days=7)
        assert (await Visitor(scene.gateway).http.get(path)).status_code == 404

    async def test_it_can_be_withdrawn(self, scene: Scene) -> None:
        path, (listed,) = await scene.invite(), await scene.open()
        assert (listed["email"], listed["roles"]) == (EMAIL, ["issuer"])
        assert (await scene.call("DELETE", f"/invitations/{listed['id']}")).status_code == 204
        assert (await scene.call("DELETE", f"/invitations/{listed['id']}")).status_code == 404
        assert (await Visitor(scene.gateway).http.get(path)).status_code == 404

    @pytest.mark.parametrize("form", [{"name": "", "password": PASSWORD}, {"name": "Ben", "password": "short"}])
    async def test_a_name_and_a_long_password_are_needed(self, scene: Scene, form: dict[str, str]) -> None:
        path = await scene.invite()
        assert (await join(Visitor(scene.gateway), path, **form)).status_code == 422
        assert await scene.members() == {}
        assert len(await scene.open()) == 1

    async def test_a_form_from_elsewhere_is_refused(self, scene: Scene) -> None:
        path, form = await scene.invite(), {"name": "Ben", "password": PASSWORD}
        assert (await Visitor(scene.gateway).http.post("/login/invitations", data=form)).status_code == 403
        visitor = Visitor(scene.gateway)
        shown = await visitor.http.get(path)
        crossed = await send(visitor, path, shown, form, headers={"Origin": "https://evil.example"})
        assert crossed.status_code == 403
        assert "default-src 'none'" in shown.headers["content-security-policy"]
        assert shown.headers["cache-control"] == "no-store"
        assert await scene.members() == {}

    @pytest.mark.parametrize("query", ["", "?token=", "?token=laurel_invitation_made-up", "?token=%C3%A4"])
    async def test_another_link_leads_nowhere(self, scene: Scene, query: str) -> None:
        await scene.invite()
        answer = await Visitor(scene.gateway).http.get(f"/login/invitations{query}")
        assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")

    async def test_an_owner_invites_by_a_program_and_nobody_else_does(self, scene: Scene) -> None:
        await person(scene.gateway, scene.member, "ada@lakeside.example", Role.OWNER)
        await person(scene.gateway, scene.member, "eve@lakeside.example", Role.ISSUER, Role.AUDITOR)
        console = await app(scene.gateway, scene.member, scopes=["organizations:manage", "credentials:issue"])
        asked = {"email": EMAIL, "roles": ["issuer"]}
        for name, expected in (("ada", 201), ("eve", 403)):
            given = await tokens(
                Visitor(scene.gateway),
                console,
                f"{name}@lakeside.example",
                scope="organizations:manage credentials:issue",
            )
            headers = {"Authorization": f"Bearer {given['access_token']}"}
            assert (await scene.call("POST", "/invitations", asked, **headers)).status_code == expected
        assert len(await scene.open()) == 1

    async def test_a_repeated_request_gives_the_same_link(self, scene: Scene) -> None:
        asked, key = {"email": EMAIL, "roles": ["owner"]}, {"Idempotency-Key": "k1"}
        first, second = [await scene.call("POST", "/invitations", asked, **key) for _ in range(2)]
        assert first.json() == second.json()
        assert len(await scene.open()) == 1

    @pytest.mark.parametrize(
        "body",
        [{"email": EMAIL, "roles": []}, {"email": EMAIL, "roles": ["king"]}, {"email": "x", "roles": ["owner"]}, {}],
    )
    async def test_what_cannot_be_invited(self, scene: Scene, body: Any) -> None:
        assert (await scene.call("POST", "/invitations", body)).status_code == 422
        assert await scene.open() == []

    async def test_neither_the_link_nor_the_address_is_in_the_audit_trail(self, scene: Scene) -> None:
        path = await scene.invite()
        await join(Visitor(scene.gateway), path, name="Ben", password=PASSWORD)
        async with scene.gateway.unit_of_work() as work:
            rows = (await work.session.execute(text("SELECT action, audit::text AS line FROM audit"))).all()
        assert {"member.invited", "member.joined"} <= {row.action for row in rows}
        assert not [row for row in rows if EMAIL in row.line or path.rpartition("=")[2] in row.line]


class TestMembers:
    async def test_roles_change(self, scene: Scene) -> None:
        user = await person(scene.gateway, scene.member, EMAIL, Role.ISSUER)
        changed = await scene.call("PATCH", f"/members/{user.id}", {"roles": ["auditor", "auditor"]})
        assert (changed.status_code, changed.json()["roles"]) == (200, ["auditor"])
        assert await scene.members() == {EMAIL: ["auditor"]}

    async def test_who_leaves_takes_what_was_allowed_along(self, scene: Scene) -> None:
        user = await person(scene.gateway, scene.member, EMAIL, Role.ISSUER)
        studio = await app(scene.gateway, scene.member)
        given = await tokens(Visitor(scene.gateway), studio, EMAIL, scope="openid credentials:issue")
        assert await studio.is_active(given["access_token"])
        assert (await scene.call("DELETE", f"/members/{user.id}")).status_code == 204
        assert not await studio.is_active(given["access_token"])
        assert await scene.members() == {}
        assert (await scene.call("DELETE", f"/members/{user.id}")).status_code == 404

    @pytest.mark.parametrize(
        ("roles", "goes_on"),
        [(["auditor"], False), (["catalog_editor"], False), (["issuer", "auditor"], True), (["owner"], True)],
        ids=str,
    )
    async def test_what_was_allowed_ends_with_the_role_that_lent_it(
        self, scene: Scene, roles: list[str], goes_on: bool
    ) -> None:
        """At once, not with the next refresh: a token lives ten minutes."""
        user = await person(scene.gateway, scene.member, EMAIL, Role.ISSUER)
        studio = await app(scene.gateway, scene.member)
        visitor = Visitor(scene.gateway)
        given = await tokens(visitor, studio, EMAIL, scope="openid credentials:issue")
        plain = await tokens(visitor, studio, EMAIL, scope="openid")
        assert (await scene.call("PATCH", f"/members/{user.id}", {"roles": roles})).status_code == 200
        assert await studio.is_active(given["access_token"]) is goes_on
        assert (await studio.refresh(given["refresh_token"])).status_code == (200 if goes_on else 400)
        assert await studio.is_active(plain["access_token"])
        async with scene.gateway.unit_of_work() as work:
            told = [AccessRevoked.parse(one) for one in await work.session.scalars(select(OUTBOX.c.value))]
        assert [one.kind for one in told] == ([] if goes_on else ["grant"])

    async def test_the_last_owner_stays(self, scene: Scene) -> None:
        user = await person(scene.gateway, scene.member, EMAIL)
        for refused in (
            await scene.call("DELETE", f"/members/{user.id}"),
            await scene.call("PATCH", f"/members/{user.id}", {"roles": ["issuer"]}),
        ):
            assert (refused.status_code, refused.json()["type"].rpartition("/")[2]) == (409, "last-owner")
        assert (await scene.call("PATCH", f"/members/{user.id}", {"roles": ["owner", "issuer"]})).status_code == 200

    async def test_two_owners_do_not_remove_each_other(self, scene: Scene) -> None:
        users = [await person(scene.gateway, scene.member, f"{name}@lakeside.example") for name in ("ada", "eve")]
        answers = await asyncio.gather(*(scene.call("DELETE", f"/members/{user.id}") for user in users))
        assert sorted(answer.status_code for answer in answers) == [204, 409]

    async def test_another_organizations_member_is_out_of_reach(self, scene: Scene) -> None:
        other = await scene.gateway.member("harbour")
        user = await person(scene.gateway, other, EMAIL)
        assert (await scene.call("DELETE", f"/members/{user.id}")).status_code == 404
        assert (await scene.call("PATCH", f"/members/{user.id}", {"roles": ["owner"]})).status_code == 404
        scene.member = other
        assert (await scene.call("GET", "/members")).status_code == 404
        operator = await scene.gateway.headers(await scene.gateway.member("operations", Kind.OPERATOR))
        scene.headers = operator
        assert await scene.members() == {EMAIL: ["owner"]}
