"""Universities that are made for these tests alone, with clients, people and what they let programs do."""

from __future__ import annotations

import re
import ssl
import uuid
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from tests.e2e.badge_platform import INPUT, Platform
from tools.actor import Actor, Json, until

LINK = re.compile(r"https?://\S+/login/invitations\?token=\S+")
PASSWORD = "a password of these tests"
OF_CLIENTS = (
    *("catalog:write", "issuers:manage", "credentials:issue", "credentials:issue-any", "credentials:revoke"),
    *("credentials:read", "verifications:create", "organizations:manage", "clients:manage"),
)
OF_PEOPLE = ("backpack:manage", "backpack:connect", "consents:manage", "openid", "email", "profile")


@dataclass
class Place:
    """Where the fleet is: plain for clients, and the address that browsers and badge platforms use."""

    base_url: str
    host: str
    trust: ssl.SSLContext
    demo: Json
    mail: Path

    @classmethod
    def of(cls, place: Any) -> Place:
        """Of a running fleet, or of one without process borders."""
        if not hasattr(place, "tls_base_url"):
            return cls(place.base_url, place.base_url, ssl.create_default_context(), place.demo, place.mail)
        trust = ssl.create_default_context(cafile=str(place.authority))
        return cls(place.base_url, place.tls_base_url, trust, place.demo, place.mail)

    def organization(self, slug: str) -> Json:
        found: Json = next(one for one in self.demo["organizations"] if one["slug"] == slug)
        return found


class University:
    """An organization of its own with a client that may do everything that clients may."""

    def __init__(self, place: Place, http: httpx.Client, operator: Actor, name: str) -> None:
        self.place, self.http = place, http
        self.programs: list[Platform] = []
        self.slug = f"{name.lower()}-{uuid.uuid4().hex[:8]}"
        made = operator.post("/organizations", {"name": name, "slug": self.slug, "kind": "university"})
        self.id = str(made["id"])
        self.client = self.register(operator, "Registry office", *OF_CLIENTS)
        self.actor = Actor(http, self.client)

    def register(self, by: Actor, name: str, *scopes: str, **members: Any) -> Json:
        """A client of this university's."""
        made = by.post("/clients", {"name": name, "organization": self.id, "scopes": list(scopes)} | members)
        return {"name": name, "client_id": made["clientId"], "client_secret": made["clientSecret"]}

    def person(self, name: str, *roles: str) -> Json:
        """Invited by mail, which proves the address, and a member by now."""
        email = f"{name.lower()}@{self.slug}.example"
        self.actor.post(f"/organizations/{self.id}/invitations", {"email": email, "roles": list(roles)})
        [link] = until(lambda: _links(self.place.mail, email), bool)
        token = parse_qs(urlsplit(link).query)["token"][0]
        with httpx.Client(base_url=self.place.host, verify=self.place.trust, timeout=30) as browser:
            shown = browser.get("/login/invitations", params={"token": token})
            form = dict(INPUT.findall(shown.text)) | {"token": token, "name": name, "password": PASSWORD}
            joined = browser.post("/login/invitations", data=form, headers={"Origin": self.place.host})
        assert joined.status_code == 303, joined.text
        return {"email": email, "password": PASSWORD, "name": name}

    def program(self, person: Json, *scopes: str) -> Platform:
        """A program that nobody vouches for, allowed these things by this person."""
        program = Platform(self.place.host, self.place.trust)
        program.discover()
        program.register(tuple({*OF_CLIENTS, *OF_PEOPLE} - {"backpack:manage", "backpack:connect"}))
        program.allow(person, *scopes)
        self.programs.append(program)
        return program

    def close(self) -> None:
        """Its programs call nobody any more."""
        for program in self.programs:
            program.close()


def _links(mail: Path, address: str) -> list[str]:
    found = []
    for path in mail.glob("*.eml"):
        message = message_from_bytes(path.read_bytes(), policy=default)
        assert isinstance(message, EmailMessage)
        if message["To"] == address:
            found += LINK.findall(message.get_content())
    return found
