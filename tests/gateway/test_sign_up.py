"""A person without an invitation makes an account, and nobody learns from it who has one."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import text

from gateway.core.people import User
from gateway.core.roles import Role
from gateway.settings import GatewaySettings
from tests.gateway.harness import Gateway
from tests.gateway.people import PASSWORD, Visitor, person
from tests.gateway.post_office import Mailbox, PostOffice, mail_settings, open_post_office, smtp_server, text_of
from tests.gateway.test_addresses import press

pytestmark = [pytest.mark.db, pytest.mark.asyncio]
ADA, BEN = "ada@lakeside.example", "ben@lakeside.example"
PATH = "/login/sign-up"


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with smtp_server(Mailbox()) as found:
        yield found


@pytest_asyncio.fixture
async def office(gateway_settings: GatewaySettings, mailbox: Mailbox) -> AsyncIterator[PostOffice]:
    open_to_learners = gateway_settings.model_copy(update={"learners_organization": "lakeside"})
    async with open_post_office(open_to_learners, mailbox, mail_settings(mailbox.port)) as found:
        await found.gateway.member(slug="lakeside")
        yield found


async def ask(office: PostOffice, email: str, **headers: str) -> httpx.Response:
    visitor = Visitor(office.gateway)
    answer = await visitor.send(PATH, await visitor.http.get(PATH), {"email": email}, headers=headers)
    await office.deliver()
    return answer


async def user(office: PostOffice, email: str) -> User | None:
    async with office.gateway.unit_of_work() as work:
        return await work.users.by_email(email)


async def count(office: PostOffice, what: str) -> int:
    async with office.gateway.unit_of_work() as work:
        return int(await work.session.scalar(text(f"SELECT count(*) FROM {what}")) or 0)  # noqa: S608 - our own text


async def test_an_account_is_made_by_the_mailbox_and_used(office: PostOffice) -> None:
    assert f'href="{PATH}"' in (await Visitor(office.gateway).http.get("/login")).text
    answer = await ask(office, " Ada@Lakeside.example ")
    assert (answer.status_code, await user(office, ADA)) == (200, None)
    visitor = Visitor(office.gateway)
    done = await press(visitor, office.mailbox.link(ADA), name="Ada", password=PASSWORD)
    assert (done.status_code, done.headers["location"]) == (303, "/login")
    shown = (await visitor.http.get("/login")).text
    assert "Ada" in shown
    made = await user(office, ADA)
    assert made
    assert made.email_verified_at is not None
    async with office.gateway.unit_of_work() as work:
        (membership,) = await work.memberships.of(made.id)
    assert membership.roles == (Role.LEARNER,)
    again = await Visitor(office.gateway).http.get(office.mailbox.link(ADA))
    assert again.status_code == 404


async def test_whoever_has_an_account_is_told_in_the_mailbox_and_nowhere_else(office: PostOffice) -> None:
    await person(office.gateway, await office.gateway.member(slug="lakeside"), ADA)
    answers = [await ask(office, email) for email in (ADA, BEN)]
    assert answers[0].text.replace(ADA, "") == answers[1].text.replace(BEN, "")
    assert [answer.status_code for answer in answers] == [200, 200]
    assert office.mailbox.of(ADA)[-1]["Subject"] == "You have an account already"
    assert "/login/sign-up/account" not in text_of(office.mailbox.of(ADA)[-1])
    assert office.mailbox.of(BEN)[-1]["Subject"] == "Make your account"
    assert await count(office, "account_links") == 2


async def test_a_name_and_a_password_that_are_none(office: PostOffice) -> None:
    await ask(office, ADA)
    for name, password in (("", PASSWORD), ("Ada", "short"), ("x" * 201, PASSWORD)):
        visitor = Visitor(office.gateway)
        answer = await press(visitor, office.mailbox.link(ADA), name=name, password=password)
        assert (answer.status_code, 'role="alert"' in answer.text) == (422, True)
    assert await user(office, ADA) is None
    wrong = await ask(office, "no address")
    assert (wrong.status_code, 'aria-invalid="true"' in wrong.text) == (422, True)


async def test_of_many_who_open_one_link_at_once_one_makes_the_account(office: PostOffice) -> None:
    await ask(office, ADA)
    link = office.mailbox.link(ADA)
    answers = await asyncio.gather(
        *(press(Visitor(office.gateway), link, name=f"Ada {n}", password=PASSWORD) for n in range(4)),
        return_exceptions=True,
    )
    done = [one for one in answers if isinstance(one, httpx.Response) and one.status_code == 303]
    assert (len(done), await count(office, "users")) == (1, 1)


async def test_two_links_make_one_account(office: PostOffice) -> None:
    await ask(office, ADA)
    first = office.mailbox.link(ADA)
    await ask(office, ADA)
    assert (await press(Visitor(office.gateway), first, name="Ada", password=PASSWORD)).status_code == 303
    late = await press(Visitor(office.gateway), office.mailbox.link(ADA), name="Eve", password=PASSWORD)
    assert late.status_code == 409
    made = await user(office, ADA)
    assert made
    assert made.name == "Ada"


async def test_a_link_for_a_password_makes_no_account_and_the_other_way_round(office: PostOffice) -> None:
    await ask(office, ADA)
    token = office.mailbox.link(ADA).partition("token=")[2]
    for path in ("/login/password", "/login/address/confirm"):
        found = await Visitor(office.gateway).http.get(f"{path}?token={token}")
        assert "Your account" not in found.text
    assert (await Visitor(office.gateway).http.get(f"{PATH}/account?token=laurel_sign_up_none")).status_code == 404


async def test_a_form_of_another_site_does_nothing(office: PostOffice) -> None:
    visitor = Visitor(office.gateway)
    await visitor.http.get(PATH)
    for form in ({"email": ADA}, {"email": ADA, "form_token": "x" * 43}):
        assert (await visitor.http.post(PATH, data=form)).status_code in {400, 403}
    assert await count(office, "account_links") == 0


async def test_it_is_counted_by_mailbox_and_by_where_it_comes_from(office: PostOffice) -> None:
    answers = [await ask(office, ADA) for _ in range(7)]
    assert {(answer.status_code, answer.text) for answer in answers} == {(200, answers[0].text)}
    assert len(office.mailbox.of(ADA)) == 5
    visitor = Visitor(office.gateway)
    shown = await visitor.http.get(PATH)
    codes = [(await visitor.send(PATH, shown, {"email": f"{n}@x.example"})).status_code for n in range(94)]
    assert codes == [200] * 93 + [429]
    assert (await ask(office, BEN, **{"X-Forwarded-For": "203.0.113.9"})).status_code == 200


async def test_both_pages_say_how_to_go_on_to_a_program(office: PostOffice) -> None:
    told = await ask(office, ADA)
    shown = await Visitor(office.gateway).http.get(office.mailbox.link(ADA))
    assert all("If a program sent you here, go back to it" in one.text for one in (told, shown))


async def test_whoever_made_an_account_is_signed_in_however_often_it_was_guessed_at(office: PostOffice) -> None:
    for _ in range(6):
        guess = Visitor(office.gateway)
        await guess.send("/login", await guess.http.get("/login"), {"email": ADA, "password": "guessed at it"})
    await ask(office, ADA)
    visitor = Visitor(office.gateway)
    done = await press(visitor, office.mailbox.link(ADA), name="Ada", password=PASSWORD)
    assert (done.status_code, done.headers.get("location")) == (303, "/login")
    assert "Ada" in (await visitor.http.get("/login")).text


async def test_a_mail_whose_link_is_over_is_not_sent_nor_is_the_other(office: PostOffice) -> None:
    """What comes late to a mailbox must not tell either whether there is an account."""
    await person(office.gateway, await office.gateway.member(slug="harbour"), BEN)
    for email in (ADA, BEN):
        visitor = Visitor(office.gateway)
        await visitor.send(PATH, await visitor.http.get(PATH), {"email": email})
    assert await count(office, "mails") == 2
    office.gateway.clock.forward(hours=25)
    await office.deliver()
    assert office.mailbox.messages == []


@pytest.mark.parametrize(
    "other",
    [
        f"{ADA}(1)",
        f"(2){ADA}",
        ADA.replace("@", "(3)@"),
        ADA.replace("@", "@(4)"),
        ADA.replace("ada", '"ada"'),
        ADA.replace("ada", "=?utf-8?q?ada?="),
        ADA.replace("l", "\uff4c"),
        f"{ADA}\u200b",
        f"{ADA}.",
    ],
)
async def test_a_mailbox_has_one_address(office: PostOffice, other: str) -> None:
    """Else what it gets would be counted once for each."""
    assert (await ask(office, other)).status_code == 422
    assert await count(office, "account_links") == 0


async def test_a_domain_of_another_script_is_written_as_people_write_it_and_shown_in_both_forms(
    office: PostOffice,
) -> None:
    written, kept = "Ada@Bücher.example", "ada@xn--bcher-kva.example"
    told = await ask(office, written)
    assert "A mail is on its way to Ada@bücher.example (Ada@xn--bcher-kva.example)." in told.text
    assert (
        "ada@bücher.example (ada@xn--bcher-kva.example)"
        in (await Visitor(office.gateway).http.get(office.mailbox.link(kept))).text
    )
    await press(Visitor(office.gateway), office.mailbox.link(kept), name="Ada", password=PASSWORD)
    for spelling in (written, kept, kept.upper()):
        visitor = Visitor(office.gateway)
        answer = await visitor.sign_in(await visitor.http.get("/login"), spelling)
        assert answer.status_code == 303
    assert "ada@bücher.example (ada@xn--bcher-kva.example)" in (await visitor.http.get("/login")).text


async def test_no_address_is_in_the_audit_trail(office: PostOffice) -> None:
    await ask(office, ADA)
    await press(Visitor(office.gateway), office.mailbox.link(ADA), name="Ada", password=PASSWORD)
    async with office.gateway.unit_of_work() as work:
        lines: Any = (await work.session.scalars(text("SELECT audit::text FROM audit"))).all()
    assert any("user.signed_up" in line for line in lines)
    assert not re.search("lakeside.example|laurel_sign_up", " ".join(lines))


@pytest.mark.parametrize("path", [PATH, f"{PATH}/account?token=x"])
async def test_where_nobody_is_taken_in_nothing_is_offered(gateway: Gateway, path: str) -> None:
    visitor = Visitor(gateway)
    assert PATH not in (await visitor.http.get("/login")).text
    assert (await visitor.http.get(path)).status_code == 404


async def test_the_front_page_says_where_only_when_people_may(office: PostOffice, gateway: Gateway) -> None:
    open_here = await Visitor(office.gateway).http.get("/docs/welcome")
    closed_here = await Visitor(gateway).http.get("/docs/welcome")

    assert f'href="{PATH}"' in open_here.text
    assert f'href="{PATH}"' not in closed_here.text
    for policy in (page.headers["content-security-policy"] for page in (open_here, closed_here)):
        assert "default-src 'none'" in policy
        assert "form-action 'self'" in policy
        assert "script-src" not in policy
