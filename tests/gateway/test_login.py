"""The login and consent pages: what protects them from other sites, from guessing, and from each other's browsers."""

import asyncio
import logging
import re

import httpx
import pytest
import pytest_asyncio
import structlog
from argon2 import PasswordHasher, extract_parameters
from sqlalchemy import func, select

from gateway.adapters.people_tables import ATTEMPTS, SESSIONS, USERS
from gateway.adapters.tables import AUTHORIZATION_REQUESTS
from gateway.core.roles import Role
from tests.gateway.harness import BASE, TLS, Gateway
from tests.gateway.people import PASSWORD, App, Visitor, app, person

pytestmark = [pytest.mark.db, pytest.mark.asyncio]
EMAIL = "ada@lakeside.example"


@pytest_asyncio.fixture
async def studio(gateway: Gateway) -> App:
    member = await gateway.member("lakeside")
    await person(gateway, member, EMAIL, Role.OWNER)
    return await app(gateway, member)


@pytest.fixture
def visitor(gateway: Gateway, studio: App) -> Visitor:
    return Visitor(gateway)


async def sign_in_page(visitor: Visitor) -> httpx.Response:
    return await visitor.http.get("/login")


class TestTheFormsAreOurs:
    async def test_a_form_without_its_token_does_nothing(self, visitor: Visitor) -> None:
        await sign_in_page(visitor)
        answer = await visitor.http.post("/login", data={"email": EMAIL, "password": PASSWORD})
        assert answer.status_code == 403
        assert "set-cookie" not in answer.headers

    async def test_another_browsers_token_does_nothing(self, visitor: Visitor) -> None:
        await sign_in_page(visitor)
        strange = await sign_in_page(Visitor(visitor.gateway))
        assert (await visitor.sign_in(strange, EMAIL)).status_code == 403

    async def test_a_browser_that_forgot_us_does_nothing(self, visitor: Visitor) -> None:
        shown = await sign_in_page(visitor)
        visitor.http.cookies.clear()
        assert (await visitor.sign_in(shown, EMAIL)).status_code == 403

    @pytest.mark.parametrize("origin", ["https://evil.example", "null", f"{BASE}.evil.example"])
    @pytest.mark.parametrize("path", ["/login", "/login/consent", "/login/end"])
    async def test_a_form_from_another_site_does_nothing(self, visitor: Visitor, origin: str, path: str) -> None:
        shown = await sign_in_page(visitor)
        form = {"email": EMAIL, "password": PASSWORD}
        answer = await visitor.send(path, shown, form, headers={"Origin": origin})
        assert answer.status_code == 403

    @pytest.mark.parametrize("origin", [BASE, TLS])
    async def test_our_own_addresses_may(self, visitor: Visitor, origin: str) -> None:
        shown = await sign_in_page(visitor)
        answer = await visitor.send("/login", shown, {"email": EMAIL, "password": PASSWORD}, headers={"Origin": origin})
        assert answer.status_code == 303


class TestThePages:
    @pytest.mark.parametrize(
        ("path", "scripts"), [("/login", 1), ("/login?request=unknown", 0), ("/oauth/authorize", 0)]
    )
    async def test_they_let_nothing_else_in(self, visitor: Visitor, path: str, scripts: int) -> None:
        answer = await visitor.http.get(path)
        policy = answer.headers["content-security-policy"]
        ours = " script-src 'self';" * scripts  # passkeys need one, from a file of ours
        assert policy.startswith(f"default-src 'none'; style-src 'self';{ours} base-uri 'none'; form-action 'self'")
        assert policy.endswith("frame-ancestors 'none'")
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert answer.text.count("<script") == answer.text.count('<script src="/login/passkey.js" defer></script>')
        assert answer.text.count("<script") == scripts
        assert " style=" not in answer.text

    async def test_a_form_may_end_at_the_program_that_asked(self, visitor: Visitor, studio: App) -> None:
        shown = await visitor.consent_page(studio.parameters(), EMAIL)
        assert "form-action 'self' https://app.example;" in shown.headers["content-security-policy"]

    async def test_they_speak_to_a_screen_reader(self, visitor: Visitor) -> None:
        shown = await visitor.sign_in(await sign_in_page(visitor), EMAIL, "wrong password")
        for part in ('<html lang="en">', "<main>", '<label for="email">', '<label for="password">', 'role="alert"'):
            assert part in shown.text
        assert 'aria-describedby="problem"' in shown.text
        assert "<title>Error: Sign in" in shown.text

    async def test_what_was_typed_is_escaped(self, visitor: Visitor) -> None:
        shown = await visitor.sign_in(await sign_in_page(visitor), '"><script>alert(1)</script>@x.example', "wrong")
        assert "<script>" not in shown.text
        assert "wrong" not in shown.text

    async def test_a_person_sees_the_account_and_signs_out(self, visitor: Visitor) -> None:
        shown = await visitor.page(await visitor.sign_in(await sign_in_page(visitor), EMAIL))
        assert "The lakeside" in shown.text
        assert "owner" in shown.text
        assert (await visitor.send("/login/end", shown, {})).status_code == 303
        assert 'type="password"' in (await visitor.http.get("/login")).text
        assert await rows(visitor, SESSIONS) == 0

    async def test_the_style_is_ours_and_cacheable(self, visitor: Visitor) -> None:
        answer = await visitor.http.get("/login/page.css")
        assert answer.headers["content-type"] == "text/css; charset=utf-8"
        assert answer.headers["cache-control"] == "public, max-age=3600"


class TestSessions:
    async def test_the_cookie_is_out_of_reach_for_scripts_and_other_sites(self, visitor: Visitor) -> None:
        answer = await visitor.sign_in(await sign_in_page(visitor), EMAIL)
        cookie = answer.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=lax" in cookie
        assert "path=/" in cookie
        assert "domain" not in cookie

    async def test_over_tls_it_is_bound_to_our_host(self, visitor: Visitor) -> None:
        answer = await visitor.http.get("/login", headers={"X-Forwarded-Proto": "https"})
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("__Host-laurel-browser=laurel_browser_")
        assert "; Secure" in cookie

    async def test_what_is_stored_is_a_digest(self, visitor: Visitor) -> None:
        await visitor.sign_in(await sign_in_page(visitor), EMAIL)
        token = visitor.http.cookies["laurel-session"]
        async with visitor.gateway.unit_of_work() as work:
            (stored,) = (await work.session.execute(select(SESSIONS))).mappings().all()
            (user,) = (await work.session.execute(select(USERS))).mappings().all()
        assert len(stored["digest"]) == 32
        assert token not in str(stored)
        assert user["password"].startswith("$argon2id$v=19$m=19456,t=2,p=1$")

    async def test_it_ends_after_twelve_hours(self, visitor: Visitor) -> None:
        await visitor.sign_in(await sign_in_page(visitor), EMAIL)
        visitor.gateway.clock.forward(hours=12)
        assert 'type="password"' in (await visitor.http.get("/login")).text

    async def test_signing_in_makes_a_new_one(self, visitor: Visitor) -> None:
        visitor.http.cookies.set("laurel-session", "laurel_session_planted", domain="localhost.local")
        await visitor.sign_in(await sign_in_page(visitor), EMAIL)
        assert await rows(visitor, SESSIONS) == 1
        other = Visitor(visitor.gateway)
        other.http.cookies.set("laurel-session", "laurel_session_planted")
        assert 'type="password"' in (await other.http.get("/login")).text


class TestARequestThatWaits:
    async def test_it_is_bound_to_its_browser(self, visitor: Visitor, studio: App) -> None:
        begun = await visitor.begin(studio.parameters())
        answer = await Visitor(visitor.gateway).http.get(begun.headers["location"])
        assert answer.status_code == 404

    async def test_it_is_answered_once(self, visitor: Visitor, studio: App) -> None:
        shown = await visitor.consent_page(studio.parameters(), EMAIL)
        assert (await visitor.answer(shown)).status_code == 303
        assert (await visitor.answer(shown)).status_code == 404

    async def test_of_many_answers_at_once_one_counts(self, visitor: Visitor, studio: App) -> None:
        shown = await visitor.consent_page(studio.parameters(), EMAIL)
        answers = await asyncio.gather(*(visitor.answer(shown) for _ in range(8)))
        assert sorted(answer.status_code for answer in answers) == [303] + [404] * 7

    async def test_it_waits_for_a_quarter_of_an_hour(self, visitor: Visitor, studio: App) -> None:
        shown = await visitor.consent_page(studio.parameters(), EMAIL)
        visitor.gateway.clock.forward(minutes=15)
        assert (await visitor.answer(shown)).status_code == 404

    async def test_nobody_agrees_without_signing_in(self, visitor: Visitor, studio: App) -> None:
        shown = await visitor.page(await visitor.begin(studio.parameters()))
        answer = await visitor.answer(shown)
        assert answer.headers["location"].startswith("/login?request=")
        assert await rows(visitor, AUTHORIZATION_REQUESTS) == 1

    async def test_a_program_may_ask_for_the_password_again(self, visitor: Visitor, studio: App) -> None:
        await visitor.allow(studio.parameters(), EMAIL)
        visitor.gateway.clock.forward(seconds=5)
        again = await visitor.page(await visitor.begin(studio.parameters(prompt="login")))
        assert 'type="password"' in again.text
        assert (await visitor.answer(again)).headers["location"].startswith("/login")
        shown = await visitor.page(await visitor.sign_in(again, EMAIL))
        assert (await visitor.answer(shown)).headers["location"].startswith("https://app.example/")

    @pytest.mark.parametrize(("max_age", "asked"), [("60", True), ("120", False)])
    async def test_a_program_may_say_how_old_a_sign_in_may_be(
        self, visitor: Visitor, studio: App, max_age: str, asked: bool
    ) -> None:
        await visitor.allow(studio.parameters(), EMAIL)
        visitor.gateway.clock.forward(seconds=90)
        shown = await visitor.page(await visitor.begin(studio.parameters(max_age=max_age)))
        assert ('type="password"' in shown.text) is asked


class TestGuessing:
    async def test_a_wrong_password_reads_like_an_unknown_person(self, visitor: Visitor) -> None:
        shown = await sign_in_page(visitor)
        wrong, unknown = await visitor.sign_in(shown, EMAIL, "x"), await visitor.sign_in(shown, "no@one.example", "x")
        assert wrong.status_code == unknown.status_code == 401
        one, other = (re.sub('data-options="[^"]+"', "", answer.text) for answer in (wrong, unknown))
        assert one.replace(EMAIL, "no@one.example") == other

    async def test_an_unknown_person_costs_a_hash_too(self, visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
        """Else the time of an answer would tell who has an account."""
        seen: list[str] = []
        verify = PasswordHasher.verify

        def spy(hasher: PasswordHasher, hashed: str, given: str) -> bool:
            seen.append(hashed)
            return verify(hasher, hashed, given)

        monkeypatch.setattr(PasswordHasher, "verify", spy)
        shown = await sign_in_page(visitor)
        for email in (EMAIL, "no@one.example"):
            assert (await visitor.sign_in(shown, email, "x")).status_code == 401
        costs = [extract_parameters(one) for one in seen]
        assert len(costs) == 2
        assert costs[0] == costs[1]

    async def test_five_guesses_and_it_is_locked_for_a_quarter_of_an_hour(self, visitor: Visitor) -> None:
        shown = await sign_in_page(visitor)
        answers = [(await visitor.sign_in(shown, EMAIL, f"guess {n}")).status_code for n in range(6)]
        assert answers == [401] * 5 + [429]
        assert (await visitor.sign_in(shown, EMAIL)).status_code == 429
        visitor.gateway.clock.forward(minutes=15)
        assert (await visitor.sign_in(shown, EMAIL)).status_code == 303

    async def test_guesses_at_the_same_moment_all_count(self, visitor: Visitor) -> None:
        shown = await sign_in_page(visitor)
        answers = await asyncio.gather(*(visitor.sign_in(shown, EMAIL, f"guess {n}") for n in range(12)))
        assert sorted(answer.status_code for answer in answers) == [401] * 5 + [429] * 7

    async def test_a_guesser_elsewhere_locks_nobody_out(self, visitor: Visitor) -> None:
        shown = await sign_in_page(visitor)
        for n in range(6):
            form = {"email": EMAIL, "password": f"guess {n}"}
            await visitor.send("/login", shown, form, headers={"X-Forwarded-For": "203.0.113.9"})
        assert (await visitor.sign_in(shown, EMAIL)).status_code == 303

    async def test_a_forged_forwarding_header_buys_no_guesses(self, visitor: Visitor) -> None:
        shown = await sign_in_page(visitor)
        answers = []
        for n in range(6):
            forwarded = f"198.51.100.{n}, 203.0.113.9"
            form = {"email": EMAIL, "password": f"guess {n}"}
            answers.append(await visitor.send("/login", shown, form, headers={"X-Forwarded-For": forwarded}))
        assert answers[-1].status_code == 429

    async def test_good_sign_ins_are_not_counted(self, visitor: Visitor) -> None:
        for _ in range(8):
            one = Visitor(visitor.gateway)
            assert (await one.sign_in(await sign_in_page(one), EMAIL)).status_code == 303

    async def test_the_counters_do_not_tell_who_tried(self, visitor: Visitor) -> None:
        await visitor.sign_in(await sign_in_page(visitor), EMAIL, "x")
        async with visitor.gateway.unit_of_work() as work:
            keys = (await work.session.scalars(select(ATTEMPTS.c.key))).all()
        assert [len(key) for key in keys] == [32] * 3

    async def test_the_address_is_not_case_sensitive(self, visitor: Visitor) -> None:
        assert (await visitor.sign_in(await sign_in_page(visitor), " Ada@Lakeside.EXAMPLE ")).status_code == 303


async def test_no_password_and_no_person_is_in_the_logs(visitor: Visitor, caplog: pytest.LogCaptureFixture) -> None:
    with structlog.testing.capture_logs() as lines, caplog.at_level(logging.DEBUG):
        shown = await sign_in_page(visitor)
        await visitor.sign_in(shown, EMAIL, "a wrong password")
        await visitor.sign_in(shown, EMAIL)
    logged = str(lines) + caplog.text
    assert "sign_in_refused" in logged
    for secret in (EMAIL, "a wrong password", PASSWORD, visitor.http.cookies["laurel-session"]):
        assert secret not in logged


async def rows(visitor: Visitor, table: object) -> int:
    async with visitor.gateway.unit_of_work() as work:
        return await work.session.scalar(select(func.count()).select_from(table)) or 0  # type: ignore[arg-type]  # a Table
