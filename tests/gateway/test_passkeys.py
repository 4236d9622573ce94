"""Passkeys: added on a person's own page, used to sign in, and refused for whatever is not exactly right."""

from __future__ import annotations

import asyncio
import html
import json
import re
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import func, select, text

from gateway.adapters.housekeeping import sweep
from gateway.adapters.people_tables import ATTEMPTS, PASSKEY_CHALLENGES, PASSKEYS, SESSIONS
from gateway.core.people import User
from gateway.core.roles import Role
from tests.gateway.authenticator import PRESENT, VERIFIED, Authenticator, b64, unb64
from tests.gateway.harness import TLS, Gateway, Member
from tests.gateway.people import Visitor, app, person

pytestmark = [pytest.mark.db, pytest.mark.asyncio]
ADA, BEN = "ada@lakeside.example", "ben@lakeside.example"
OPTIONS = re.compile(r'data-options="([^"]+)"')
PASSKEY_ID = re.compile(r'name="passkey" value="([^"]+)"')


def options(shown: httpx.Response) -> dict[str, Any]:
    """What the page's script gives to the browser."""
    found = OPTIONS.search(shown.text)
    assert found, shown.text
    read: dict[str, Any] = json.loads(html.unescape(found[1]))
    return read


@dataclass
class Scene:
    gateway: Gateway
    member: Member
    ada: User
    ben: User

    async def signed_in(self, email: str = ADA) -> Visitor:
        visitor = Visitor(self.gateway)
        answer = await visitor.sign_in(await visitor.http.get("/login"), email)
        assert answer.status_code == 303
        return visitor

    async def add(self, visitor: Visitor, made: Authenticator, name: str = "Laptop") -> httpx.Response:
        shown = await visitor.http.get("/login/passkeys")
        return await visitor.send("/login/passkeys", shown, {"credential": made.create(options(shown)), "name": name})

    async def passkey(self, email: str = ADA) -> Authenticator:
        """One that is registered for this person. Its next signature is its second."""
        visitor = await self.signed_in(email)
        made = Authenticator(user=(self.ada if email == ADA else self.ben).id.encode())
        assert (await self.add(visitor, made)).status_code == 303
        return made.but(count=2)

    async def use(self, visitor: Visitor, made: Authenticator) -> httpx.Response:
        shown = await visitor.http.get("/login")
        return await visitor.send("/login/passkey", shown, {"credential": made.get(options(shown))})

    async def count(self, table: Any) -> int:
        async with self.gateway.unit_of_work() as work:
            return await work.session.scalar(select(func.count()).select_from(table)) or 0

    async def audited(self, action: str) -> list[dict[str, Any]]:
        async with self.gateway.unit_of_work() as work:
            asked = text("SELECT detail FROM audit WHERE action = :action ORDER BY sequence")
            return list((await work.session.scalars(asked, {"action": action})).all())


@pytest_asyncio.fixture
async def scene(gateway: Gateway) -> Scene:
    member = await gateway.member("lakeside")
    ada = await person(gateway, member, ADA, Role.OWNER)
    return Scene(gateway, member, ada, await person(gateway, member, BEN, Role.ISSUER))


class TestAdding:
    async def test_a_passkey_is_added_named_and_listed(self, scene: Scene) -> None:
        visitor = await scene.signed_in()
        assert (await scene.add(visitor, Authenticator(), "My <laptop>")).headers["location"] == "/login/passkeys"
        shown = await visitor.http.get("/login/passkeys")
        assert "<h2>My &lt;laptop&gt;</h2>" in shown.text
        assert "not used yet" in shown.text
        assert len(await scene.audited("passkey.added")) == 1

    async def test_what_is_asked_for_is_discoverable_verified_and_anonymous(self, scene: Scene) -> None:
        made = await scene.passkey()
        asked = options(await (await scene.signed_in()).http.get("/login/passkeys"))
        assert asked["authenticatorSelection"] == {
            "residentKey": "required",
            "requireResidentKey": True,
            "userVerification": "required",
        }
        assert asked["rp"] == {"name": "Laurel", "id": "localhost"}
        assert asked["attestation"] == "none"
        assert unb64(asked["user"]["id"]).decode() == scene.ada.id
        assert [one["id"] for one in asked["excludeCredentials"]] == [b64(made.credential)]
        assert len(unb64(asked["challenge"])) == 32

    @pytest.mark.parametrize(
        "wrong",
        [
            {"origin": "https://evil.example"},
            {"origin": "http://localhost:8081"},
            {"rp_id": "evil.example"},
            {"flags": PRESENT},
            {"flags": VERIFIED},
            {"cross_origin": True},
        ],
    )
    async def test_an_answer_that_is_not_exactly_right_is_refused(self, scene: Scene, wrong: dict[str, Any]) -> None:
        answer = await scene.add(await scene.signed_in(), Authenticator(**wrong))
        assert answer.status_code == 422
        assert await scene.count(PASSKEYS) == 0

    async def test_a_challenge_counts_once_for_its_person_in_its_browser_and_for_ten_minutes(
        self, scene: Scene
    ) -> None:
        ada, ben = await scene.signed_in(), await scene.signed_in(BEN)
        shown, theirs = await ada.http.get("/login/passkeys"), await ben.http.get("/login/passkeys")
        form = {"credential": Authenticator().create(options(shown)), "name": "x"}
        assert (await ben.send("/login/passkeys", theirs, form)).status_code == 422
        assert (await ada.send("/login/passkeys", shown, form)).status_code == 422  # used up by the attempt
        again = await ada.http.get("/login/passkeys")
        form = {"credential": Authenticator().create(options(again)), "name": "x"}
        assert (await ada.send("/login/passkeys", again, form)).status_code == 303
        assert (await ada.send("/login/passkeys", again, form)).status_code == 422
        late = await ada.http.get("/login/passkeys")
        scene.gateway.clock.forward(minutes=10)
        form = {"credential": Authenticator().create(options(late)), "name": "x"}
        assert (await ada.send("/login/passkeys", late, form)).status_code == 422

    async def test_a_challenge_for_signing_in_adds_nothing(self, scene: Scene) -> None:
        visitor = Visitor(scene.gateway)
        before = options(await visitor.http.get("/login"))
        await visitor.sign_in(await visitor.http.get("/login"), ADA)
        form = {"credential": Authenticator().create(before), "name": "x"}
        shown = await visitor.http.get("/login/passkeys")
        assert (await visitor.send("/login/passkeys", shown, form)).status_code == 422

    async def test_a_credential_is_one_persons(self, scene: Scene) -> None:
        made = await scene.passkey()
        assert (await scene.add(await scene.signed_in(BEN), made)).status_code == 409
        assert await scene.count(PASSKEYS) == 1

    async def test_it_needs_a_sign_in_of_the_last_quarter_of_an_hour(self, scene: Scene) -> None:
        visitor = await scene.signed_in()
        shown = await visitor.http.get("/login/passkeys")
        scene.gateway.clock.forward(minutes=15)
        answer = await scene.gateway.http.get("/login/passkeys")
        assert answer.headers["location"] == "/login?to=passkeys"
        form = {"credential": Authenticator().create(options(shown)), "name": "x"}
        assert (await visitor.send("/login/passkeys", shown, form)).headers["location"] == "/login?to=passkeys"
        asked = await visitor.http.get("/login?to=passkeys")
        assert "Sign in again to change your passkeys." in asked.text
        form = {"email": ADA, "password": "correct horse battery staple", "to": "passkeys"}
        again = await visitor.send("/login", asked, form)
        assert again.headers["location"] == "/login/passkeys"
        assert (await visitor.http.get("/login/passkeys")).status_code == 200

    @pytest.mark.parametrize("to", ["https://evil.example", "//evil.example", "/login/passkeys", "address of nowhere"])
    async def test_signing_in_leads_to_no_place_but_ours(self, scene: Scene, to: str) -> None:
        visitor = Visitor(scene.gateway)
        form = {"email": ADA, "password": "correct horse battery staple", "to": to}
        answer = await visitor.send("/login", await visitor.http.get("/login", params={"to": to}), form)
        assert answer.headers["location"] == "/login"

    async def test_twenty_are_enough(self, scene: Scene) -> None:
        visitor = await scene.signed_in()
        answers = [(await scene.add(visitor, Authenticator(), f"Key {n}")).status_code for n in range(21)]
        assert answers == [303] * 20 + [409]


class TestKeeping:
    async def test_a_passkey_is_renamed_and_removed(self, scene: Scene) -> None:
        made, visitor = await scene.passkey(), await scene.signed_in()
        shown = await visitor.http.get("/login/passkeys")
        (passkey,) = PASSKEY_ID.findall(shown.text)
        form = {"passkey": passkey, "change": "rename", "name": "Phone"}
        assert (await visitor.send("/login/passkeys/change", shown, form)).status_code == 303
        shown = await visitor.http.get("/login/passkeys")
        assert "<h2>Phone</h2>" in shown.text
        form = {"passkey": passkey, "change": "remove"}
        assert (await visitor.send("/login/passkeys/change", shown, form)).status_code == 303
        assert (await scene.use(Visitor(scene.gateway), made)).status_code == 401
        assert (
            await scene.audited("passkey.renamed") == await scene.audited("passkey.removed") == [{"passkey": passkey}]
        )

    @pytest.mark.parametrize("change", ["rename", "remove"])
    async def test_another_persons_does_not_exist(self, scene: Scene, change: str) -> None:
        made = await scene.passkey()
        async with scene.gateway.unit_of_work() as work:
            passkey = await work.session.scalar(select(PASSKEYS.c.id))
        ben = await scene.signed_in(BEN)
        form = {"passkey": str(passkey), "change": change, "name": "Mine"}
        answer = await ben.send("/login/passkeys/change", await ben.http.get("/login/passkeys"), form)
        assert answer.status_code == 404
        assert (await scene.use(Visitor(scene.gateway), made)).status_code == 303

    @pytest.mark.parametrize("path", ["/login/passkeys", "/login/passkeys/change", "/login/passkey"])
    async def test_a_form_of_another_site_does_nothing(self, scene: Scene, path: str) -> None:
        visitor = await scene.signed_in()
        shown = await visitor.http.get("/login/passkeys")
        form = {"passkey": "x", "change": "remove", "credential": "{}", "name": "x"}
        assert (await visitor.http.post(path, data=form)).status_code == 403
        foreign = await visitor.send(path, shown, form, headers={"Origin": "https://evil.example"})
        assert foreign.status_code == 403

    async def test_a_name_has_a_length(self, scene: Scene) -> None:
        visitor = await scene.signed_in()
        for name in ("", "  ", "x" * 61, "a\nb"):
            assert (await scene.add(visitor, Authenticator(), name)).status_code == 422


class TestSigningIn:
    async def test_whose_it_is_is_signed_in(self, scene: Scene) -> None:
        made, visitor = await scene.passkey(), Visitor(scene.gateway)
        answer = await scene.use(visitor, made)
        assert (answer.status_code, answer.headers["location"]) == (303, "/login")
        assert f"You are signed in as {ADA}." in (await visitor.http.get("/login")).text
        assert "last used" in (await visitor.http.get("/login/passkeys")).text
        (_, second) = await scene.audited("user.signed_in")
        assert second.keys() == {"passkey"}

    async def test_nothing_is_asked_but_that_the_person_is_verified(self, scene: Scene) -> None:
        asked = options(await Visitor(scene.gateway).http.get("/login"))
        assert (asked["userVerification"], asked["rpId"], asked["allowCredentials"]) == ("required", "localhost", [])

    async def test_a_program_that_waits_gets_its_answer(self, scene: Scene) -> None:
        made, visitor = await scene.passkey(), Visitor(scene.gateway)
        studio = await app(scene.gateway, scene.member)
        shown = await visitor.page(await visitor.begin(studio.parameters()))
        answer = await visitor.send("/login/passkey", shown, {"credential": made.get(options(shown))})
        consent = await visitor.page(answer)
        assert (await visitor.answer(consent)).headers["location"].startswith("https://app.example/")

    async def test_the_origin_over_tls_is_ours_too(self, scene: Scene) -> None:
        made = (await scene.passkey()).but(origin=TLS)
        assert (await scene.use(Visitor(scene.gateway), made)).status_code == 303

    @pytest.mark.parametrize(
        "wrong",
        [
            {"origin": "https://evil.example"},
            {"origin": "http://localhost"},
            {"rp_id": "evil.example"},
            {"flags": PRESENT},
            {"flags": VERIFIED},
            {"cross_origin": True},
            {"user": b""},
            {"user": b"somebody"},
            {"credential": b"unknown"},
            {"key": Authenticator().key},
        ],
    )
    async def test_an_answer_that_is_not_exactly_right_is_refused(self, scene: Scene, wrong: dict[str, Any]) -> None:
        made = await scene.passkey()
        assert (await scene.use(Visitor(scene.gateway), made.but(**wrong))).status_code == 401
        assert await scene.count(SESSIONS) == 1  # the one that it was added in
        assert (await scene.use(Visitor(scene.gateway), made)).status_code == 303

    async def test_another_persons_passkey_does_not_become_ones_own(self, scene: Scene) -> None:
        ada, ben = await scene.passkey(), await scene.passkey(BEN)
        for stolen in (ben.but(user=ada.user), ada.but(user=ben.user), ben.but(credential=ada.credential)):
            assert (await scene.use(Visitor(scene.gateway), stolen)).status_code == 401
        denied = await scene.audited("user.sign_in_denied")
        assert [one["reason"] for one in denied] == ["another person's passkey"] * 3

    @pytest.mark.parametrize(("count", "status"), [(0, 401), (1, 401), (2, 401), (3, 303)])
    async def test_a_counter_goes_up(self, scene: Scene, count: int, status: int) -> None:
        made = await scene.passkey()
        assert (await scene.use(Visitor(scene.gateway), made)).status_code == 303
        assert (await scene.use(Visitor(scene.gateway), made.but(count=count))).status_code == status
        reasons = [one["reason"] for one in await scene.audited("user.sign_in_denied")]
        assert reasons == ([] if status == 303 else ["counter"])

    async def test_an_authenticator_that_does_not_count_may_be_used_again(self, scene: Scene) -> None:
        made = Authenticator(user=scene.ada.id.encode(), count=0)
        await scene.add(await scene.signed_in(), made)
        for _ in range(2):
            assert (await scene.use(Visitor(scene.gateway), made)).status_code == 303

    async def test_an_answer_counts_once(self, scene: Scene) -> None:
        made, visitor = (await scene.passkey()).but(count=0), Visitor(scene.gateway)
        async with scene.gateway.unit_of_work() as work:
            await work.session.execute(PASSKEYS.update().values(sign_count=0))
            await work.commit()
        shown = await visitor.http.get("/login")
        form = {"credential": made.get(options(shown))}
        answers = await asyncio.gather(*(visitor.send("/login/passkey", shown, form) for _ in range(6)))
        assert sorted(answer.status_code for answer in answers) == [303] + [401] * 5

    async def test_a_challenge_is_used_up_by_a_failure(self, scene: Scene) -> None:
        made, visitor = await scene.passkey(), Visitor(scene.gateway)
        shown = await visitor.http.get("/login")
        bad, good = (one.get(options(shown)) for one in (made.but(flags=PRESENT), made))
        assert (await visitor.send("/login/passkey", shown, {"credential": bad})).status_code == 401
        assert (await visitor.send("/login/passkey", shown, {"credential": good})).status_code == 401

    async def test_a_challenge_is_bound_to_its_browser(self, scene: Scene) -> None:
        made, mine, theirs = await scene.passkey(), Visitor(scene.gateway), Visitor(scene.gateway)
        answer = made.get(options(await mine.http.get("/login")))
        shown = await theirs.http.get("/login")
        assert (await theirs.send("/login/passkey", shown, {"credential": answer})).status_code == 401

    async def test_a_challenge_ends_after_ten_minutes(self, scene: Scene) -> None:
        made, visitor = await scene.passkey(), Visitor(scene.gateway)
        shown = await visitor.http.get("/login")
        scene.gateway.clock.forward(minutes=10)
        answer = await visitor.send("/login/passkey", shown, {"credential": made.get(options(shown))})
        assert answer.status_code == 401

    async def test_expired_challenges_are_swept(self, scene: Scene) -> None:
        await Visitor(scene.gateway).http.get("/login")
        scene.gateway.clock.forward(minutes=20)
        await sweep(scene.gateway.database, scene.gateway.clock)
        assert await scene.count(PASSKEY_CHALLENGES) == 0

    async def test_good_sign_ins_are_not_counted(self, scene: Scene) -> None:
        made = await scene.passkey()
        async with scene.gateway.unit_of_work() as work:
            await work.session.execute(ATTEMPTS.delete())
            await work.commit()
        assert (await scene.use(Visitor(scene.gateway), made)).status_code == 303
        async with scene.gateway.unit_of_work() as work:
            assert (await work.session.scalars(select(ATTEMPTS.c.count))).all() == [0]

    async def test_a_crowd_that_guesses_passwords_locks_no_passkey(self, scene: Scene) -> None:
        made, visitor = await scene.passkey(), Visitor(scene.gateway)
        await visitor.sign_in(await visitor.http.get("/login"), ADA, "a guess")
        async with scene.gateway.unit_of_work() as work:
            await work.session.execute(ATTEMPTS.update().values(count=50))
            await work.commit()
        assert (await visitor.sign_in(await visitor.http.get("/login"), ADA)).status_code == 429
        assert (await scene.use(visitor, made)).status_code == 303

    async def test_attempts_from_one_address_are_limited(self, scene: Scene) -> None:
        visitor = Visitor(scene.gateway)
        shown = await visitor.http.get("/login")
        answers = [await visitor.send("/login/passkey", shown, {"credential": "{}"}) for _ in range(201)]
        assert {answer.status_code for answer in answers[:200]} == {401}
        assert answers[200].status_code == 429


class TestThePages:
    @pytest.mark.parametrize("path", ["/login", "/login/passkeys"])
    async def test_one_file_of_ours_is_the_only_script(self, scene: Scene, path: str) -> None:
        visitor = Visitor(scene.gateway) if path == "/login" else await scene.signed_in()
        shown = await visitor.http.get(path)
        policy = shown.headers["content-security-policy"]
        assert "default-src 'none'; style-src 'self'; script-src 'self'; base-uri 'none'" in policy
        assert re.findall(r"<script[^>]*>", shown.text) == ['<script src="/login/passkey.js" defer>']
        assert " onclick" not in shown.text

    async def test_the_script_is_a_script(self, scene: Scene) -> None:
        answer = await scene.gateway.http.get("/login/passkey.js")
        assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
        assert answer.headers["x-content-type-options"] == "nosniff"

    async def test_without_a_script_there_is_the_password_and_no_dead_button(self, scene: Scene) -> None:
        shown = (await Visitor(scene.gateway).http.get("/login")).text
        (form,) = re.findall(r"<form[^>]*data-ceremony[^>]*>", shown)
        assert form.endswith(" hidden>")
        assert '<form method="post" action="/login">' in shown

    async def test_the_account_page_runs_no_script(self, scene: Scene) -> None:
        shown = await (await scene.signed_in()).http.get("/login")
        assert "script-src" not in shown.headers["content-security-policy"]
        assert 'href="/login/passkeys"' in shown.text
