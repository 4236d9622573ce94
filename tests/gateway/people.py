"""People and their browsers: who signs in, what programs ask of them, and every step of the code flow."""

import base64
import hashlib
import html
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
from argon2 import PasswordHasher
from pydantic.alias_generators import to_camel

from gateway.core.model import OrganizationId
from gateway.core.people import Membership, User, UserId
from gateway.core.roles import Role
from gateway.core.scopes import Kind
from service_kit.ids import new_id
from tests.gateway.harness import Gateway, Member

PASSWORD = "correct horse battery staple"
REDIRECT = "https://app.example/callback?tenant=1"
VERIFIER = "a" * 43 + "-._~"
FORM_TOKEN = re.compile(r'name="form_token" value="([0-9a-f]{64})"')
HASHED = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1).hash(PASSWORD)  # once, for everybody


def challenge(verifier: str = VERIFIER) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


async def person(gateway: Gateway, member: Member, email: str, *roles: Role, kind: Kind = Kind.UNIVERSITY) -> User:
    """Somebody with these roles in the member's organization. The password is PASSWORD."""
    name = f"Person {email.partition('@')[0]}"
    user = User(UserId(new_id()), email, name, HASHED, gateway.clock())
    async with gateway.unit_of_work() as work:
        await work.users.add(user)
        await work.memberships.set(
            Membership(user.id, OrganizationId(member.organization), "", kind, roles or (Role.OWNER,)), gateway.clock()
        )
        await work.commit()
    return user


@dataclass
class App:
    """A program that acts for people."""

    gateway: Gateway
    client_id: str
    auth: tuple[str, str] | None
    redirect_uri: str = REDIRECT

    def parameters(self, **changes: str | None) -> dict[str, str]:
        usual: dict[str, str | None] = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "scope": "openid profile email credentials:issue",
            "state": "s t&te",
            "nonce": "n-1",
            "code_challenge": challenge(),
            "code_challenge_method": "S256",
        }
        return {name: value for name, value in (usual | changes).items() if value is not None}

    async def post(self, path: str, form: dict[str, Any], **options: Any) -> httpx.Response:
        """With the client's credentials, or its name alone for a public client."""
        named = {} if self.auth else {"client_id": self.client_id}
        auth = self.auth or httpx.USE_CLIENT_DEFAULT
        return await self.gateway.http.post(path, data=form | named, auth=auth, **options)

    async def exchange(
        self, code: str, *, headers: dict[str, str] | None = None, **changes: str | None
    ) -> httpx.Response:
        usual: dict[str, str | None] = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect_uri,
            "code_verifier": VERIFIER,
        }
        form = {name: value for name, value in (usual | changes).items() if value is not None}
        return await self.post("/oauth/token", form, headers=headers or {})

    async def refresh(self, token: str, **form: str) -> httpx.Response:
        return await self.post("/oauth/token", {"grant_type": "refresh_token", "refresh_token": token} | form)

    async def is_active(self, token: str) -> bool:
        answer = await self.post("/oauth/introspect", {"token": token})
        assert answer.status_code == 200, answer.text
        active: bool = answer.json()["active"]
        return active


async def app(gateway: Gateway, member: Member, **changes: Any) -> App:
    """A registered program of this organization; `changes` in Python's spelling."""
    public = changes.get("token_endpoint_auth_method") == "none"
    asked = {
        "name": "Badge <Studio>",
        "scopes": ["credentials:issue", "catalog:write"],
        "grantTypes": ["authorization_code", "refresh_token"],
        "redirectUris": [REDIRECT],
    } | {to_camel(name): value for name, value in changes.items()}
    answer = await gateway.http.post("/clients", headers=await gateway.headers(member), json=asked)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    auth = None if public else (made["clientId"], made["clientSecret"])
    return App(gateway, made["clientId"], auth, asked["redirectUris"][0])


@dataclass
class Visitor:
    """A person at a browser, who reads pages and sends their forms."""

    gateway: Gateway
    http: httpx.AsyncClient = field(init=False)

    def __post_init__(self) -> None:
        self.http = self.gateway.browser()

    async def begin(self, parameters: dict[str, str]) -> httpx.Response:
        return await self.http.get(f"/oauth/authorize?{urlencode(parameters)}")

    async def page(self, answer: httpx.Response) -> httpx.Response:
        """Follow a redirection within our own pages."""
        assert answer.status_code == 303, answer.text
        return await self.http.get(answer.headers["location"])

    async def send(self, path: str, shown: httpx.Response, form: dict[str, str], **options: Any) -> httpx.Response:
        """Send the form of a page that is shown."""
        found = FORM_TOKEN.search(shown.text)
        hidden = {"form_token": found[1] if found else ""}
        if waiting := re.search(r'name="request" value="([^"]*)"', shown.text):
            hidden["request"] = html.unescape(waiting[1])
        return await self.http.post(path, data=hidden | form, **options)

    async def sign_in(self, shown: httpx.Response, email: str, password: str = PASSWORD) -> httpx.Response:
        return await self.send("/login", shown, {"email": email, "password": password})

    async def consent_page(self, parameters: dict[str, str], email: str) -> httpx.Response:
        shown = await self.page(await self.begin(parameters))
        if 'type="password"' in shown.text:
            shown = await self.page(await self.sign_in(shown, email))
        return shown

    async def answer(self, shown: httpx.Response, answer: str = "yes", organization: str = "") -> httpx.Response:
        if not organization:
            found = re.search(r'name="organization" value="([^"]+)"', shown.text)
            organization = found[1] if found else ""
        return await self.send("/login/consent", shown, {"answer": answer, "organization": organization})

    async def allow(self, parameters: dict[str, str], email: str) -> dict[str, str]:
        """The whole way; the parameters that the client is answered with."""
        answer = await self.answer(await self.consent_page(parameters, email))
        assert answer.status_code == 303, answer.text
        return answered(answer)


def answered(answer: httpx.Response) -> dict[str, str]:
    """The query that a redirection adds to the client's address."""
    query = parse_qs(urlsplit(answer.headers["location"]).query, strict_parsing=True)
    return {name: value for name, (value,) in query.items()}


async def code(visitor: Visitor, client: App, email: str, **changes: str | None) -> str:
    """A fresh code."""
    return (await visitor.allow(client.parameters(**changes), email))["code"]


async def tokens(visitor: Visitor, client: App, email: str, **changes: str | None) -> dict[str, Any]:
    """What a fresh code gives."""
    answer = await client.exchange(await code(visitor, client, email, **changes))
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found
