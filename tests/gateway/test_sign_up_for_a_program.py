"""Somebody whom a program sent here makes an account on the way, or joins with one, and comes back to the program."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import pytest_asyncio

from gateway.core.people import User
from gateway.core.roles import Role
from gateway.settings import GatewaySettings
from tests.gateway.harness import Gateway, Member
from tests.gateway.people import PASSWORD, App, Visitor, answered, app, person
from tests.gateway.post_office import Mailbox, PostOffice, mail_settings, open_post_office, smtp_server, text_of
from tests.gateway.test_addresses import press

pytestmark = [pytest.mark.db, pytest.mark.asyncio]
ADA, BEN = "ada@lakeside.example", "ben@harbour.example"
PATH, JOIN = "/login/sign-up", "/login/sign-up/membership"
BACKPACK = "openid email backpack:manage"


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with smtp_server(Mailbox()) as found:
        yield found


@dataclass
class Scene:
    office: PostOffice
    learners: Member
    program: App

    @property
    def gateway(self) -> Gateway:
        return self.office.gateway

    async def begin(self, visitor: Visitor, **changes: str) -> str:
        """The address of the sign-in page, with the request that waits."""
        begun = await visitor.begin(self.program.parameters(scope=BACKPACK, **changes))
        assert begun.status_code == 303, begun.text
        return begun.headers["location"]

    async def ask(self, visitor: Visitor, email: str, waiting: str = "") -> httpx.Response:
        """From the sign-in page to the mail."""
        path = f"{PATH}?{urlsplit(waiting).query}" if waiting else PATH
        answer = await visitor.send(PATH, await visitor.http.get(path), {"email": email})
        assert answer.status_code == 200, answer.text
        await self.office.deliver()
        return answer

    def link(self, email: str) -> str:
        return self.office.mailbox.link(email)

    async def finish(self, visitor: Visitor, email: str = ADA, **form: str) -> httpx.Response:
        return await press(visitor, self.link(email), **(form or {"name": "Ada", "password": PASSWORD}))

    async def roles(self, email: str) -> dict[str, tuple[Role, ...]]:
        async with self.gateway.unit_of_work() as work:
            user = await work.users.by_email(email)
            assert user
            return {one.organization: one.roles for one in await work.memberships.of(user.id)}

    async def somebody(self, email: str = BEN, *, confirmed: bool = True) -> User:
        """With an account, and no membership of the learners' organization."""
        user = await person(self.gateway, await self.gateway.member(slug="harbour"), email)
        async with self.gateway.unit_of_work() as work:
            if confirmed:
                await work.accounts.verify(user.id, email, self.gateway.clock())
            await work.commit()
        return user

    async def nobodys(self, email: str = BEN, *, confirmed: bool = True) -> User:
        """The same, who is a member of nothing any more."""
        user = await self.somebody(email, confirmed=confirmed)
        async with self.gateway.unit_of_work() as work:
            for one in await work.memberships.of(user.id):
                await work.memberships.remove(one, self.gateway.clock())
            await work.commit()
        return user

    async def signed_in(self, email: str) -> Visitor:
        visitor = Visitor(self.gateway)
        answer = await visitor.sign_in(await visitor.http.get("/login"), email)
        assert answer.status_code == 303, answer.text
        return visitor


@pytest_asyncio.fixture
async def scene(gateway_settings: GatewaySettings, mailbox: Mailbox) -> AsyncIterator[Scene]:
    open_to_learners = gateway_settings.model_copy(update={"learners_organization": "lakeside"})
    async with open_post_office(open_to_learners, mailbox, mail_settings(mailbox.port)) as office:
        learners = await office.gateway.member(slug="lakeside")
        program = await app(office.gateway, learners, scopes=["backpack:manage"])
        yield Scene(office, learners, program)


class TestTheWayBack:
    async def test_who_makes_an_account_on_the_way_ends_at_the_consent_and_the_program_gets_its_code(
        self, scene: Scene
    ) -> None:
        visitor = Visitor(scene.gateway)
        waiting = await scene.begin(visitor)
        shown = (await visitor.http.get(waiting)).text
        assert f'href="{PATH}?{urlsplit(waiting).query}"' in shown
        told = await scene.ask(visitor, ADA, waiting)
        assert "in this browser" in told.text
        assert f'href="{waiting}"' in told.text
        opened = (await visitor.http.get(scene.link(ADA))).text
        assert "Badge &lt;Studio&gt;" in opened
        done = await scene.finish(visitor)
        assert (done.status_code, done.headers["location"]) == (303, waiting)
        consent = await visitor.http.get(waiting)
        assert "Allow <em>Badge" in consent.text
        found = answered(await visitor.answer(consent))
        assert found["state"] == "s t&te"
        assert (await scene.program.exchange(found["code"])).status_code == 200
        assert (await visitor.http.get(waiting)).status_code == 404

    async def test_in_another_browser_the_account_is_made_and_the_person_is_sent_back_to_the_program(
        self, scene: Scene
    ) -> None:
        here, there = Visitor(scene.gateway), Visitor(scene.gateway)
        waiting = await scene.begin(here)
        await scene.ask(here, ADA, waiting)
        opened = (await there.http.get(scene.link(ADA))).text
        assert "go back to it" in opened
        assert "Studio" not in opened
        done = await scene.finish(there)
        assert (done.status_code, "location" in done.headers) == (200, False)
        assert "Go back to the program" in done.text
        assert "Ada" in (await there.http.get("/login")).text
        assert (await there.http.get(waiting)).status_code == 404
        consent = await visitor_signs_in(here, waiting)
        assert "code" in answered(await here.answer(consent))

    async def test_after_the_request_has_expired_the_account_is_made_all_the_same(self, scene: Scene) -> None:
        visitor = Visitor(scene.gateway)
        await scene.ask(visitor, ADA, await scene.begin(visitor))
        scene.gateway.clock.forward(minutes=16)
        done = await scene.finish(visitor)
        assert (done.status_code, "Go back to the program" in done.text) == (200, True)
        assert await scene.roles(ADA) == {scene.learners.organization: (Role.LEARNER,)}

    async def test_a_request_that_was_answered_meanwhile_is_not_asked_about_again(self, scene: Scene) -> None:
        visitor = Visitor(scene.gateway)
        waiting = await scene.begin(visitor)
        await scene.ask(visitor, ADA, waiting)
        await scene.somebody()
        consent = await visitor_signs_in(visitor, waiting, BEN)
        await visitor.answer(consent)
        assert "Go back to the program" in (await scene.finish(visitor)).text

    @pytest.mark.parametrize("handle", ["https://evil.example/", "//evil.example", "laurel_request_none", "x" * 5000])
    async def test_nothing_but_a_request_that_waits_here_is_carried(self, scene: Scene, handle: str) -> None:
        visitor = Visitor(scene.gateway)
        shown = await visitor.http.get(PATH, params={"request": handle})
        assert (shown.status_code, "evil" in shown.text) == (200, False)
        form = {"email": ADA, "request": handle}
        assert (await visitor.send(PATH, await visitor.http.get(PATH), form)).status_code == 200
        await scene.office.deliver()
        assert "request=" not in text_of(scene.office.mailbox.of(ADA)[-1])
        done = await scene.finish(visitor)
        assert (done.status_code, done.headers["location"]) == (303, "/login")

    async def test_another_browsers_request_is_not_carried(self, scene: Scene) -> None:
        waiting = await scene.begin(Visitor(scene.gateway))
        await scene.ask(Visitor(scene.gateway), ADA, waiting)
        assert "request=" not in text_of(scene.office.mailbox.of(ADA)[-1])

    async def test_a_link_with_another_request_put_into_it_leads_nowhere_else(self, scene: Scene) -> None:
        visitor, stranger = Visitor(scene.gateway), Visitor(scene.gateway)
        theirs = parse_qs(urlsplit(await scene.begin(stranger)).query)["request"][0]
        await scene.ask(visitor, ADA)
        for handle in (theirs, "https://evil.example/"):
            shown = await visitor.http.get(scene.link(ADA), params={"request": handle} | token_of(scene.link(ADA)))
            assert (shown.status_code, "Studio" in shown.text, "evil" in shown.text) == (200, False, False)
        link = f"{scene.link(ADA)}&request={theirs}"
        done = await press(visitor, link, name="Ada", password=PASSWORD)
        assert "location" not in done.headers

    async def test_a_wrong_name_keeps_the_way(self, scene: Scene) -> None:
        visitor = Visitor(scene.gateway)
        waiting = await scene.begin(visitor)
        again = await visitor.send(PATH, await visitor.http.get(f"{PATH}?{urlsplit(waiting).query}"), {"email": "no"})
        assert again.status_code == 422
        assert (await visitor.send(PATH, again, {"email": ADA})).status_code == 200
        await scene.office.deliver()
        refused = await scene.finish(visitor, name="", password=PASSWORD)
        assert refused.status_code == 422
        token = token_of(scene.link(ADA))
        done = await visitor.send(f"{PATH}/account", refused, token | {"name": "Ada", "password": PASSWORD})
        assert done.headers["location"] == waiting

    async def test_a_mail_does_not_tell_by_its_link_whether_there_is_an_account(self, scene: Scene) -> None:
        """The page that a stranger sees is the same, with a request that waits as without."""
        await scene.somebody()
        pages = []
        for email in (ADA, BEN):
            visitor = Visitor(scene.gateway)
            waiting = await scene.begin(visitor)
            told = await scene.ask(visitor, email, waiting)
            pages.append(told.text.replace(email, "").replace(waiting, ""))
        assert pages[0] == pages[1]


class TestJoiningWithAnAccount:
    async def test_the_mailed_link_makes_a_learner_of_who_has_the_account_and_leads_on(self, scene: Scene) -> None:
        await scene.somebody(confirmed=False)
        before, visitor = await scene.roles(BEN), Visitor(scene.gateway)
        waiting = await scene.begin(visitor)
        await scene.ask(visitor, BEN, waiting)
        assert scene.office.mailbox.of(BEN)[-1]["Subject"] == "You have an account already"
        wrong = await scene.finish(visitor, BEN, password="somebody else's")
        assert wrong.status_code == 401
        done = await scene.finish(visitor, BEN, password=PASSWORD)
        assert (done.status_code, done.headers["location"]) == (303, waiting)
        assert await scene.roles(BEN) == before | {scene.learners.organization: (Role.LEARNER,)}
        consent = await visitor.http.get(waiting)
        assert "In the name of The lakeside" in consent.text
        assert "code" in answered(await visitor.answer(consent, organization=scene.learners.organization))
        assert (await visitor.http.get(scene.link(BEN))).status_code == 404
        assert "confirmed" in (await visitor.http.get("/login")).text

    async def test_who_is_signed_in_says_yes_and_no_more(self, scene: Scene) -> None:
        await scene.nobodys()
        visitor = await scene.signed_in(BEN)
        await scene.ask(visitor, BEN)
        assert 'type="password"' not in (await visitor.http.get(scene.link(BEN))).text
        done = await scene.finish(visitor, BEN, request="")
        assert (done.status_code, done.headers["location"]) == (303, "/login")
        assert await scene.roles(BEN) == {scene.learners.organization: (Role.LEARNER,)}

    async def test_another_persons_link_joins_nobody(self, scene: Scene) -> None:
        await scene.nobodys()
        await person(scene.gateway, scene.learners, ADA)
        await scene.ask(Visitor(scene.gateway), BEN)
        visitor = await scene.signed_in(ADA)
        shown = await visitor.http.get(scene.link(BEN))
        assert "Sign out, and open the link again" in shown.text
        answer = await visitor.send(f"{PATH}/account", shown, token_of(scene.link(BEN)))
        assert (answer.status_code, await scene.roles(BEN)) == (404, {})
        assert (await scene.finish(Visitor(scene.gateway), BEN, password=PASSWORD)).status_code == 303

    async def test_a_learner_is_told_in_the_mailbox_that_there_is_nothing_to_do(self, scene: Scene) -> None:
        await person(scene.gateway, scene.learners, ADA, Role.ISSUER)
        await scene.ask(Visitor(scene.gateway), ADA)
        assert "token=" not in text_of(scene.office.mailbox.of(ADA)[-1])
        assert await scene.roles(ADA) == {scene.learners.organization: (Role.ISSUER,)}

    async def test_a_link_for_an_account_makes_no_other(self, scene: Scene) -> None:
        await scene.nobodys()
        await scene.ask(Visitor(scene.gateway), BEN)
        answer = await scene.finish(Visitor(scene.gateway), BEN, name="Eve", password="a password of Eve's own")
        assert (answer.status_code, await scene.roles(BEN)) == (401, {})

    async def test_who_has_no_organization_joins_on_the_way_to_the_consent(self, scene: Scene) -> None:
        await scene.nobodys()
        visitor = Visitor(scene.gateway)
        waiting = await scene.begin(visitor)
        consent = await visitor_signs_in(visitor, waiting, BEN)
        assert "Join The lakeside as a learner" in consent.text
        joined = await visitor.send(JOIN, consent, {})
        assert (joined.status_code, joined.headers["location"]) == (303, waiting)
        again = await visitor.send(JOIN, consent, {})
        assert (again.status_code, await scene.roles(BEN)) == (303, {scene.learners.organization: (Role.LEARNER,)})
        assert "code" in answered(await visitor.answer(await visitor.http.get(waiting)))

    async def test_the_page_of_the_account_offers_it_until_it_is_done(self, scene: Scene) -> None:
        await scene.somebody()
        visitor = await scene.signed_in(BEN)
        shown = await visitor.http.get("/login")
        assert "Join The lakeside as a learner" in shown.text
        assert (await visitor.send(JOIN, shown, {"request": "https://evil.example/"})).headers["location"] == "/login"
        assert "Join The lakeside" not in (await visitor.http.get("/login")).text

    async def test_a_mailbox_is_proved_first(self, scene: Scene) -> None:
        await scene.nobodys(confirmed=False)
        visitor = await scene.signed_in(BEN)
        shown = await visitor.http.get("/login")
        assert "Once your address is" in shown.text
        answer = await visitor.send(JOIN, shown, {})
        assert (answer.headers["location"], await scene.roles(BEN)) == ("/login/address", {})

    async def test_nobody_else_joins_anybody(self, scene: Scene) -> None:
        await scene.nobodys()
        stranger, visitor = Visitor(scene.gateway), await scene.signed_in(BEN)
        answer = await stranger.send(JOIN, await stranger.http.get("/login"), {})
        assert (answer.status_code, answer.headers["location"]) == (303, "/login")
        assert (await visitor.http.post(JOIN, data={"form_token": "x" * 64})).status_code == 403
        assert await scene.roles(BEN) == {}

    async def test_where_nobody_is_taken_in_nobody_joins(self, gateway: Gateway) -> None:
        user = await person(gateway, await gateway.member(slug="harbour"), BEN)
        async with gateway.unit_of_work() as work:
            await work.accounts.verify(user.id, BEN, gateway.clock())
            await work.commit()
        visitor = Visitor(gateway)
        await visitor.sign_in(await visitor.http.get("/login"), BEN)
        shown = await visitor.http.get("/login")
        assert "as a learner" not in shown.text
        assert (await visitor.send(JOIN, shown, {})).status_code == 404


async def visitor_signs_in(visitor: Visitor, waiting: str, email: str = ADA) -> httpx.Response:
    answer = await visitor.sign_in(await visitor.http.get(waiting), email)
    assert answer.headers["location"] == waiting
    return await visitor.http.get(waiting)


def token_of(link: str) -> dict[str, str]:
    return {"token": parse_qs(urlsplit(link).query)["token"][0]}
