"""A learner walks through every page of the authorization server in a real browser, from no account to consent."""

from __future__ import annotations

import asyncio
import base64
import email
import email.policy
import hashlib
import re
import secrets
from email.message import EmailMessage
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest

from tests.browser.chromium import TIMEOUT_S, Page
from tests.browser.conftest import OWNER, Pages

pytestmark = [pytest.mark.browser, pytest.mark.db, pytest.mark.asyncio]
ADA, BEN, PASSWORD = "ada@students.example", "ben@students.example", "correct horse battery staple"
CLEO = "cleo@lakeside.example"
CALLBACK = "https://portfolio.example/callback"
SCOPE = "https://purl.imsglobal.org/spec/ob/v3p0/scope/credential.readonly"
LINK = re.compile(r"(http://localhost:\d+/login/\S+)")


async def sound(page: Page, heading: str) -> None:
    """What holds of each page: a title, one heading, names for all controls, no sideways scrolling, no complaints."""
    assert await page.say("document.querySelector('h1').innerText") == heading, await page.text()
    assert await page.say("document.querySelectorAll('h1').length") == 1
    assert await page.say("document.documentElement.lang") == "en"
    assert await page.say("document.title")
    assert await page.unnamed() == []
    assert await page.say("document.documentElement.scrollWidth") <= 320
    assert page.complaints == []


async def link_in_mail(pages: Pages, address: str = ADA) -> str:
    async with asyncio.timeout(TIMEOUT_S):
        while True:
            for path in sorted(pages.mail.glob("*.eml")) if pages.mail.exists() else ():
                mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
                assert isinstance(mail, EmailMessage)
                if mail["To"] == address and (found := LINK.search(mail.get_content())):
                    return found[1]
            await asyncio.sleep(0.05)


def program(pages: Pages) -> str:
    """A portfolio registers itself, and sends people to this address."""
    said = {
        "client_name": "Portfolio",
        **{name: f"https://portfolio.example/{name}" for name in ("client_uri", "logo_uri", "tos_uri", "policy_uri")},
        "software_id": "portfolio",
        "software_version": "1.0",
        "redirect_uris": [CALLBACK],
        "token_endpoint_auth_method": "client_secret_basic",
        "grant_types": ["authorization_code"],
        "response_types": ["code"],
        "scope": SCOPE,
    }
    answer = httpx.post(f"{pages.origin}/oauth/register", json=said)
    assert answer.status_code == 201, answer.text
    challenge = base64.urlsafe_b64encode(hashlib.sha256(secrets.token_bytes(32)).digest()).decode().rstrip("=")
    query = {
        "response_type": "code",
        "client_id": answer.json()["client_id"],
        "redirect_uri": CALLBACK,
        "scope": SCOPE,
        "state": "s",
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    return f"{pages.origin}/oauth/authorize?{urlencode(query)}"


async def test_from_no_account_to_consent(pages: Pages, page: Page) -> None:
    await page.with_authenticator()
    await page.go(f"{pages.origin}/login")
    await sound(page, "Sign in")
    await page.press("Make an account")
    await sound(page, "Make an account")
    await page.fill("email", ADA)
    await page.press("Send the link")
    await sound(page, "Look into your mailbox")

    await page.go(await link_in_mail(pages))
    await sound(page, "Your account")
    await page.fill("name", "Ada Lovelace")
    await page.fill("password", PASSWORD)
    await page.press("Make the account")
    await sound(page, "Ada Lovelace")
    assert "Lakeside University" in await page.text()

    await page.press("passkey")
    await sound(page, "Your passkeys")
    await page.fill("name", "Telephone")
    await page.press("Add a passkey")
    await sound(page, "Your passkeys")
    assert "Telephone" in await page.text()
    await page.press("Back to your account")
    await page.press("Sign out")
    await sound(page, "Sign in")

    await page.go(program(pages))
    await sound(page, "Sign in")
    await page.press("Sign in with a passkey")
    await sound(page, "Allow Portfolio to act for you?")
    await page.press("Allow", leads_away=True)
    came = urlsplit(await page.asked_for(CALLBACK))
    query = parse_qs(came.query)
    assert (query["state"], query["iss"]) == (["s"], [pages.origin])
    assert query["code"]


async def test_who_makes_an_account_on_the_way_comes_back_to_the_program(pages: Pages, page: Page) -> None:
    await page.go(program(pages))
    await sound(page, "Sign in")
    await page.press("Make an account")
    await sound(page, "Make an account")
    await page.fill("email", BEN)
    await page.press("Send the link")
    await sound(page, "Look into your mailbox")
    await page.go(await link_in_mail(pages, BEN))
    await sound(page, "Your account")
    assert "You go on to Portfolio then." in await page.text()
    await page.fill("name", "Ben")
    await page.fill("password", PASSWORD)
    await page.press("Make the account")
    await sound(page, "Allow Portfolio to act for you?")
    await page.press("Allow", leads_away=True)
    query = parse_qs(urlsplit(await page.asked_for(CALLBACK)).query)
    assert (query["state"], query["iss"]) == (["s"], [pages.origin])
    assert query["code"]


async def test_an_owner_registers_a_program_and_invites_somebody(pages: Pages, page: Page) -> None:
    await page.go(f"{pages.origin}/login")
    await page.fill("email", OWNER["email"])
    await page.fill("password", OWNER["password"])
    await page.press("Sign in")
    await sound(page, OWNER["name"])
    await page.press("people and programs")
    await sound(page, "Lakeside University")
    await page.fill("name", "Study office")
    assert await page.say("document.querySelector('[name=\"scope:credentials:issue\"]').click() ?? true")
    await page.press("Register")
    await sound(page, "Study office is registered")
    client, secret = await page.say("[...document.querySelectorAll('dd code')].map(one => one.innerText)")
    answer = httpx.post(f"{pages.origin}/oauth/token", data={"grant_type": "client_credentials"}, auth=(client, secret))
    assert answer.json()["scope"] == "credentials:issue"
    await page.press("Back to the organization")
    assert "Study office" in await page.text()
    await page.fill("email", CLEO)
    assert await page.say("document.querySelector('[name=\"role:issuer\"]').click() ?? true")
    await page.press("Invite")
    await sound(page, f"{CLEO} is invited")
    await page.press("Back to Lakeside University")
    assert "invited until" in await page.text()


async def test_what_is_wrong_is_said_where_it_is(pages: Pages, page: Page) -> None:
    await page.go(f"{pages.origin}/login")
    await page.fill("email", "nobody@students.example")
    await page.fill("password", "not the password")
    await page.press("Sign in")
    assert await page.say("document.querySelector('[role=alert]').innerText")
    assert await page.say("document.activeElement.getAttribute('aria-describedby')") == "problem"
    assert (await page.say("document.title")).startswith("Error: ")
    page.complaints.clear()  # the browser notes the 401 itself
    await page.press("Forgotten password")
    await sound(page, "Forgotten password")
