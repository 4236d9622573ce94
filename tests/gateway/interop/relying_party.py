"""A relying party as the OpenID conformance suite plays it, over https against the running server."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
import ssl
import time
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx
from joserfc import jws, jwt
from joserfc.jwk import ECKey, Key, KeySet

from service_kit.ids import new_id
from tests.gateway.interop.conftest import PERSON, Running
from tests.proofs import proof

REDIRECT = "https://app.example/callback"
AFTER = "https://app.example/signed-out"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
PKCE = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}
FORM = re.compile(r'<form method="post" action="([^"]+)".*?</form>', re.DOTALL)
ONWARD = re.compile(r'<a href="([^"]+)" rel="nofollow noreferrer">')
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')
JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
Said = dict[str, str]


def present(parameters: dict[str, str | None]) -> Said:
    """Those that are not None."""
    return {name: value for name, value in parameters.items() if value is not None}


@dataclass(frozen=True)
class Back:
    """Where a browser ended: at the client, with what it was told, or on a page of the server's (`status`, `text`)."""

    said: Said = field(default_factory=dict)
    status: int = 0
    text: str = ""
    asked: tuple[str, ...] = ()  # what the person was asked for on the way
    posted: bool = False

    @property
    def error(self) -> str:
        return self.said.get("error", "")

    @property
    def was_asked_to_sign_in(self) -> bool:
        return "password" in self.asked


class Person:
    """Somebody at a browser, who signs in and agrees wherever that is asked."""

    def __init__(self, running: Running, answer: str = "yes") -> None:
        context = ssl.create_default_context(cafile=running.authority)
        self.http = httpx.Client(verify=context, base_url=running.issuer)
        self._origin = running.issuer
        self._answer = answer

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def visit(self, path: str, parameters: Said, *, post: bool = False) -> Back:
        """As far as the browser gets."""
        sent = {"data": parameters} if post else {"params": parameters}
        answer = self.http.request("POST" if post else "GET", path, **sent)  # type: ignore[arg-type]
        asked: list[str] = []
        for _ in range(12):
            here = str(answer.request.url)
            if answer.status_code == 303:
                onward = urljoin(here, answer.headers["location"])
                if not onward.startswith(self._origin):
                    return Back(_query(onward), asked=tuple(asked))
                answer = self.http.get(onward)
                continue
            if link := ONWARD.search(answer.text):  # nobody vouches for the program: the person decides
                return Back(_query(html.unescape(link[1])), asked=(*asked, "onward"))
            found = FORM.search(answer.text)
            if found is None or (answer.status_code != 200 and f'action="{self._origin}' in found[0]):
                return Back(status=answer.status_code, text=answer.text, asked=tuple(asked))
            action, fields = html.unescape(found[1]), _hidden(found[0])
            if not urljoin(here, action).startswith(self._origin):
                return Back(fields, asked=tuple(asked), posted=True)
            said = self._says(action)
            asked += list(said)
            answer = self.http.post(urljoin(here, action), data=fields | said, headers={"Origin": self._origin})
        raise AssertionError("the way does not end")

    def _says(self, action: str) -> Said:
        if "/consent" in action:
            return {"answer": self._answer}
        return {name: PERSON[name] for name in ("email", "password")} if action == "/login" else {}


def _query(address: str) -> Said:
    return {name: value for name, (value,) in parse_qs(urlsplit(address).query, keep_blank_values=True).items()}


def _hidden(form: str) -> Said:
    return {html.unescape(name): html.unescape(value) for name, value in HIDDEN.findall(form)}


@dataclass
class Client:
    """A client that registered itself, with a secret or a key."""

    running: Running
    http: httpx.Client
    metadata: dict[str, Any]
    key: Key | None = None
    holder: Key | None = None
    nonce: str | None = None

    @property
    def id(self) -> str:
        return str(self.metadata["client_id"])

    def parameters(self, **changes: str | None) -> Said:
        """An authorization request as the suite makes it: without PKCE, unless `changes` has it."""
        usual: dict[str, str | None] = {"client_id": self.id, "response_type": "code", "redirect_uri": REDIRECT}
        return present(usual | {"scope": "openid", "state": "s", "nonce": "n"} | changes)

    def authorize(self, person: Person, **changes: str | None) -> Back:
        return person.visit("/oauth/authorize", self.parameters(**changes))

    def assertion(self, **changes: Any) -> Said:
        """How a client with a key proves itself; `changes` of the claims, None removes one."""
        assert self.key is not None
        now = int(time.time())
        claims = {"iss": self.id, "sub": self.id, "aud": self.running.issuer, "iat": now, "nbf": now, "exp": now + 60}
        said = {name: value for name, value in (claims | {"jti": new_id()} | changes).items() if value is not None}
        header = {"alg": "ES256", "kid": self.key.kid}
        signed = jws.serialize_compact(header, json.dumps(said), self.key)
        return {"client_assertion_type": JWT_BEARER, "client_assertion": signed}

    def post(self, path: str, form: dict[str, str | None], **changes: Any) -> httpx.Response:
        """With the client's proof of itself, and of its key where it holds one; a nonce that is asked for is given."""
        auth = None if self.key else (self.id, str(self.metadata["client_secret"]))
        for _ in range(2):
            sent = present({**(self.assertion() if self.key else {}), **form})
            headers = self.proved("POST", path, **changes)
            answer = self.http.post(path, data=sent, headers=headers, auth=auth or httpx.USE_CLIENT_DEFAULT)
            self.nonce = answer.headers.get("dpop-nonce", self.nonce)
            if not (self.holder and answer.json().get("error") == "use_dpop_nonce"):
                break
        return answer

    def proved(self, method: str, path: str, token: str | None = None, **changes: Any) -> Said:
        """The proof of the key that its tokens are bound to; nothing for a client of bearer tokens."""
        if self.holder is None:
            return {}
        usual: dict[str, Any] = {"key": self.holder} | ({} if token else {"nonce": self.nonce})
        return {"DPoP": proof(method, f"{self.running.issuer}{path}", time.time(), token=token, **usual | changes)}

    def exchange(self, code: str, **changes: str | None) -> httpx.Response:
        usual: dict[str, str | None] = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT}
        return self.post("/oauth/token", usual | changes)

    def tokens(self, person: Person, **changes: str | None) -> dict[str, Any]:
        """What a fresh code gives."""
        back = self.authorize(person, **changes)
        assert "code" in back.said, back
        answer = self.exchange(back.said["code"], code_verifier=VERIFIER if "code_challenge" in changes else None)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def userinfo(self, token: str, method: str = "GET", **options: Any) -> httpx.Response:
        options.setdefault("headers", {"Authorization": f"Bearer {token}"})
        return self.http.request(method, "/oauth/userinfo", **options)

    def claims(self, id_token: str) -> dict[str, Any]:
        """Verified by the key that its header names, and by that alone."""
        kid = jws.extract_compact(id_token.encode()).headers()["kid"]
        (key,) = [one for one in self.http.get("/oauth/jwks").json()["keys"] if one["kid"] == kid]
        return dict(jwt.decode(id_token, KeySet.import_key_set({"keys": [key]}), algorithms=[key["alg"]]).claims)


def registered(running: Running, http: httpx.Client, **metadata: Any) -> Client:
    """A client of the suite: of the web, with a secret, without PKCE."""
    usual = {"redirect_uris": [REDIRECT], "post_logout_redirect_uris": [AFTER], "require_proof_key": False}
    answer = http.post("/oauth/register", json=usual | metadata)
    assert answer.status_code == 201, answer.text
    return Client(running, http, answer.json())


def of_fapi(running: Running, http: httpx.Client, **metadata: Any) -> Client:
    """A client of the FAPI 2.0 Security Profile: it pushes, signs, and holds the key of its tokens."""
    key = ECKey.generate_key("P-256", {"kid": "sig", "use": "sig", "alg": "ES256"})
    strict = {
        "token_endpoint_auth_method": "private_key_jwt",
        "jwks": {"keys": [key.as_dict(private=False)]},
        "grant_types": ["authorization_code", "refresh_token"],
        "require_pushed_authorization_requests": True,
        "dpop_bound_access_tokens": True,
        "require_proof_key": True,
        "id_token_signed_response_alg": "ES256",
    }
    made = registered(running, http, **strict | metadata)
    made.key, made.holder = key, ECKey.generate_key("P-256")
    return made
