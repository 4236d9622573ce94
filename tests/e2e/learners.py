"""A person at a browser who confirms the address of an account by the mail that comes."""

from __future__ import annotations

import re
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from tests.e2e.badge_platform import INPUT
from tools.actor import until

LINK = re.compile(r"https?://\S+/login/address/confirm\?token=\S+")


def confirm_address(browser: httpx.Client, person: dict[str, str], mail: Path) -> None:
    """Sign in, ask for the link, and follow it, unless it was confirmed. `mail` is where mail is written to."""
    _send(browser, "/login", {"email": person["email"], "password": person["password"]})
    if f"{person['email']} is confirmed" in browser.get("/login/address").text:
        return
    known = len(_links(mail, person["email"]))
    _send(browser, "/login/address", {})
    link = until(lambda: _links(mail, person["email"]), lambda found: len(found) > known)[-1]
    parts = urlsplit(link)
    _send(browser, "/login/address/confirm", {}, query=parts.query)


def _send(browser: httpx.Client, path: str, form: dict[str, str], query: str = "") -> None:
    """Fill in the form of a page and send it."""
    shown = browser.get(path, params=query)
    assert shown.status_code == 200, shown.text
    origin = str(browser.base_url).rstrip("/")
    answer = browser.post(path, data=dict(INPUT.findall(shown.text)) | form, headers={"Origin": origin})
    assert answer.status_code in (200, 303), answer.text


def _links(mail: Path, address: str) -> list[str]:
    found = []
    for path in sorted(mail.glob("*.eml"), key=lambda path: path.stat().st_mtime):
        message = message_from_bytes(path.read_bytes(), policy=default)
        assert isinstance(message, EmailMessage)
        if message["To"] == address:
            found += LINK.findall(message.get_content())
    return found
