"""Another host of Open Badges, on a web server of this machine: registers clients, gives tokens, keeps credentials."""

from __future__ import annotations

import base64
import hashlib
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from aiohttp import web

from tools.certificates import Certificate

Json = dict[str, Any]
API = "/ims/ob/v3p0"
SCOPE = "https://purl.imsglobal.org/spec/ob/v3p0/scope/"


@dataclass
class Elsewhere:
    """What it was told, and what it answers. `faults` are statuses for a path, first come first served."""

    origin: str = ""
    clients: list[Json] = field(default_factory=list)
    codes: dict[str, str] = field(default_factory=dict)
    refresh_tokens: list[str] = field(default_factory=list)
    access_tokens: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    faults: dict[str, list[int]] = field(default_factory=dict)
    description: Any = None
    revoked: list[str] = field(default_factory=list)
    server_is: str = "described"
    """Or `undescribed`, `another`, `away`."""
    profile: Any = None
    offers: tuple[str, ...] = ("credential.readonly", "credential.upsert", "profile.readonly")
    faults_of_pages: dict[int, int] = field(default_factory=dict)
    sends_all: bool = False
    """Whatever `limit` says, and from `offset` on."""
    before_token: Callable[[], Awaitable[Any]] | None = None

    @property
    def discovery(self) -> str:
        return f"{self.origin}{API}/discovery"

    def allow(self, authorization_url: str) -> dict[str, str]:
        """A person says yes; the query that the browser comes back with."""
        asked = {name: value for name, (value,) in parse_qs(urlsplit(authorization_url).query).items()}
        assert asked["code_challenge_method"] == "S256"
        assert self._knows(asked["scope"])
        assert asked["client_id"] == f"client-{len(self.clients)}"
        code = f"code-{len(self.codes)}"
        self.codes[code] = asked["code_challenge"]
        return {"code": code, "state": asked["state"], "scope": asked["scope"]}

    async def discover(self, _: web.Request) -> web.Response:
        url = {name: f"{self.origin}/{name}" for name in ("register", "authorize", "token")}
        flow = {
            "authorizationUrl": url["authorize"],
            "tokenUrl": url["token"],
            "scopes": dict.fromkeys(map(SCOPE.__add__, self.offers), ""),
        }
        scheme = {"type": "oauth2", "x-imssf-registrationUrl": url["register"], "flows": {"authorizationCode": flow}}
        usual = {"info": {"title": "Elsewhere"}, "components": {"securitySchemes": {"OAuth2ACG": scheme}}}
        return web.json_response(usual if self.description is None else self.description)

    async def server(self, request: web.Request) -> web.Response:
        """RFC 8414."""
        if self.server_is == "away" and request.transport:
            request.transport.abort()
        if self.server_is == "undescribed":
            return web.Response(status=404)
        token = f"{self.origin}/{'tenant/' if self.server_is == 'another' else ''}token"
        return web.json_response({"token_endpoint": token, "revocation_endpoint": f"{self.origin}/revoke"})

    async def revoke(self, request: web.Request) -> web.Response:
        """RFC 7009."""
        if fault := self.faults.get(request.path):
            return web.Response(status=fault.pop(0))
        assert request.headers["Authorization"].startswith("Basic ")
        form = await request.post()
        self.revoked.append(" ".join(str(form[name]) for name in ("token_type_hint", "token")))
        return web.Response()

    async def register(self, request: web.Request) -> web.Response:
        self.clients.append(await request.json())
        if not self._knows(self.clients[-1]["scope"]):
            return web.json_response({"error": "invalid_client_metadata"}, status=400)
        made = {"client_id": f"client-{len(self.clients)}", "client_secret": "a secret of theirs"}
        return web.json_response(made, status=201)

    async def token(self, request: web.Request) -> web.Response:
        basic = base64.b64encode(f"client-{len(self.clients)}:a%20secret%20of%20theirs".encode()).decode()
        assert request.headers["Authorization"] == f"Basic {basic}"
        form = await request.post()
        if self.before_token:
            await self.before_token()
        if not self._is_good({name: str(value) for name, value in form.items()}):
            return web.json_response({"error": "invalid_grant"}, status=400)
        number = len(self.access_tokens)
        self.access_tokens.append(f"access-{number}")
        self.refresh_tokens.append(f"refresh-{number}")
        return web.json_response({"access_token": f"access-{number}", "refresh_token": f"refresh-{number}"})

    def _knows(self, scope: str) -> bool:
        """Whether it is something, and nothing that is not offered; who offers nothing knows the credentials'."""
        known = {f"{SCOPE}{name}" for name in self.offers or ("credential.readonly", "credential.upsert")}
        return {"offline_access"} < set(scope.split()) <= {*known, "offline_access"}

    def _is_good(self, form: dict[str, str]) -> bool:
        if form["grant_type"] == "refresh_token":
            return bool(self.refresh_tokens) and form["refresh_token"] == self.refresh_tokens[-1]
        assert self._knows(form["scope"])
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        proven = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        return self.codes.pop(form["code"], None) == proven

    def _fault(self, request: web.Request) -> web.Response | None:
        waiting = self.faults.get(request.path, [])
        if waiting:
            return web.Response(status=waiting.pop(0))
        held = request.headers.get("Authorization", "") == f"Bearer {self.access_tokens[-1]}"
        return None if held else web.Response(status=401)

    async def upsert(self, request: web.Request) -> web.Response:
        if fault := self._fault(request):
            return fault
        text = await request.text()
        known = text in self.texts
        self.texts += [] if known else [text]
        return web.Response(status=200 if known else 201, text=text, content_type=request.content_type)

    async def credentials(self, request: web.Request) -> web.Response:
        if fault := self._fault(request):
            return fault
        offset = int(request.query["offset"])
        limit = len(self.texts) if self.sends_all else int(request.query["limit"])
        if offset in self.faults_of_pages:
            return web.Response(status=self.faults_of_pages[offset])
        page = self.texts[offset : offset + limit]
        body = {
            "credential": [json.loads(text) for text in page if text.startswith("{")],
            "compactJwsString": [text for text in page if not text.startswith("{")],
        }
        headers = {"Link": '<x>; rel="next"'} if offset + limit < len(self.texts) else {}
        return web.json_response(body, headers=headers)

    async def about(self, request: web.Request) -> web.Response:
        """The person's profile."""
        if fault := self._fault(request):
            return fault
        return web.Response(status=404) if self.profile is None else web.json_response(self.profile)


@asynccontextmanager
async def elsewhere(certificate: Certificate) -> AsyncIterator[Elsewhere]:
    """Such a host for as long as the context lasts."""
    host, app = Elsewhere(), web.Application()
    app.router.add_get(f"{API}/discovery", host.discover)
    app.router.add_post("/register", host.register)
    app.router.add_post("/token", host.token)
    app.router.add_get("/.well-known/oauth-authorization-server", host.server)
    app.router.add_post("/revoke", host.revoke)
    app.router.add_get(f"{API}/credentials", host.credentials)
    app.router.add_post(f"{API}/credentials", host.upsert)
    app.router.add_get(f"{API}/profile", host.about)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate.chain, certificate.private_key)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
    host.origin = f"https://localhost:{runner.addresses[0][1]}"
    try:
        yield host
    finally:
        await runner.cleanup()
