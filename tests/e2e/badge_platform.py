"""Another badge platform in plain Python: it learns all it knows of a host from the host's service description."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

import httpx

HOST = "platform.example"
REDIRECT = f"https://{HOST}/callback"
INPUT = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


@dataclass
class Platform:
    """Registers at a host, sends people to it, and calls it for them. `trust` is the host's certificate authority."""

    host: str
    trust: ssl.SSLContext
    client_id: str = ""
    client_secret: str = ""
    token: str = ""
    refresh_token: str = ""
    registration_token: str = ""

    def __post_init__(self) -> None:
        self.http = httpx.Client(verify=self.trust, timeout=30)

    def close(self) -> None:
        self.http.close()

    def discover(self) -> None:
        """Read the service description."""
        answer = self.http.get(f"{self.host}/ims/ob/v3p0/discovery")
        assert answer.status_code == 200, answer.text
        scheme = answer.json()["components"]["securitySchemes"]["OAuth2ACG"]
        self.registration = self._here(scheme["x-imssf-registrationUrl"])
        flow = scheme["flows"]["authorizationCode"]
        self.authorization = self._here(flow["authorizationUrl"])
        self.token_endpoint = self._here(flow["tokenUrl"])
        self.scopes = list(flow["scopes"])
        self.api = self._here(answer.json()["servers"][0]["url"])

    def _here(self, url: str) -> str:
        """On one machine the description names the plain port; everything here goes by TLS."""
        return self.host + urlsplit(url).path

    def register(self, more: Sequence[str] = ()) -> None:
        """RFC 7591, with what Open Badges asks for, more scopes if wanted, and no initial token."""
        metadata = {
            "client_name": "A badge platform",
            "client_uri": f"https://{HOST}",
            "logo_uri": f"https://{HOST}/logo.png",
            "tos_uri": f"https://{HOST}/terms",
            "policy_uri": f"https://{HOST}/privacy",
            "software_id": "6f1c7d0e-platform",
            "software_version": "1.0",
            "redirect_uris": [REDIRECT],
            "token_endpoint_auth_method": "client_secret_basic",
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "scope": " ".join([*self.scopes, "backpack:manage", "backpack:connect", "offline_access", *more]),
        }
        answer = self.http.post(self.registration, json=metadata)
        assert answer.status_code == 201, answer.text
        self.client_id, self.client_secret = answer.json()["client_id"], answer.json()["client_secret"]
        self.registration_token = answer.json()["registration_access_token"]

    def allow(self, person: dict[str, str], *scopes: str) -> str:
        """The person's browser goes there and back. Returns the scope that the host says it gave."""
        verifier, state = secrets.token_urlsafe(48), secrets.token_urlsafe(16)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
        query = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": REDIRECT,
            "scope": " ".join(scopes or self.scopes),
            "state": state,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        back = self.browse(f"{self.authorization}?{urlencode(query)}", person)
        assert back["state"] == state
        form = {"grant_type": "authorization_code", "code": back["code"], "redirect_uri": REDIRECT}
        self._tokens(form | {"scope": query["scope"], "code_verifier": verifier})
        return back["scope"]

    def browse(self, start: str, person: dict[str, str]) -> dict[str, str]:
        """A fresh browser signs in, agrees, and ends elsewhere; that address's query."""
        with httpx.Client(verify=self.trust, timeout=30) as browser:
            return walk(browser, start, person)

    def refresh(self) -> None:
        """A new access token without the person."""
        self._tokens({"grant_type": "refresh_token", "refresh_token": self.refresh_token})

    def _tokens(self, form: dict[str, str]) -> None:
        answer = self.http.post(self.token_endpoint, data=form, auth=(self.client_id, self.client_secret))
        assert answer.status_code == 200, answer.text
        self.token, self.refresh_token = answer.json()["access_token"], answer.json()["refresh_token"]

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        headers = self.headers | options.pop("headers", {})
        return self.http.request(method, f"{self.api}{path}", headers=headers, **options)

    def mine(self, method: str, path: str, **options: Any) -> httpx.Response:
        """What Open Badges has no words for."""
        headers = self.headers | options.pop("headers", {})
        return self.http.request(method, f"{self.host}/learners/me{path}", headers=headers, **options)

    def push(self, text: str, media_type: str) -> httpx.Response:
        return self.call("POST", "/credentials", content=text, headers={"Content-Type": media_type})


def walk(browser: httpx.Client, start: str, person: dict[str, str]) -> dict[str, str]:
    """Sign in, agree, and end at an address of the platform, whose query is returned."""
    origin, url, answer = urlsplit(start)[:2], start, browser.get(start)
    for _ in range(10):
        if answer.status_code == 303:
            url = urljoin(url, answer.headers["location"])
            if urlsplit(url)[:2] != origin:
                return {name: value for name, (value,) in parse_qs(urlsplit(url).query).items()}
            answer = browser.get(url)
            continue
        assert answer.status_code == 200, answer.text
        form = dict(INPUT.findall(answer.text))
        if 'type="password"' in answer.text:
            form |= {"email": person["email"], "password": person["password"]}
        else:
            form |= {"answer": "yes"}
        action = re.search(r'<form method="post" action="([^"]+)"', answer.text)
        assert action
        url = urljoin(url, action[1])
        answer = browser.post(url, data=form, headers={"Origin": "://".join(origin)})
    raise AssertionError("the way back to the platform does not end")
