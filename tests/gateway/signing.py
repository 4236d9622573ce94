"""Clients that sign: their keys, their assertions, and assertions that no library would make."""

import base64
import json
from dataclasses import dataclass
from typing import Any

import httpx
from joserfc import jws
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey

from gateway.oauth.assertion import ASSERTION_TYPE
from service_kit.compact_jws import AllowList
from service_kit.ids import new_id
from tests.gateway.harness import BASE, Gateway, Member

EC = ECKey.generate_key("P-256", {"kid": "ec"})
ED = OKPKey.generate_key("Ed25519", {"kid": "ed"})
RSA = RSAKey.generate_key(2048, {"kid": "rsa"})
STRANGER = ECKey.generate_key("P-256", {"kid": "ec"})


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def signed(claims: Any, key: Key = EC, **header: Any) -> str:
    """A JWS with any header, also one that no library would make."""
    protected = {"alg": "ES256", "kid": key.kid} | header
    return jws.serialize_compact(
        {name: value for name, value in protected.items() if value is not None},
        claims if isinstance(claims, str | bytes) else json.dumps(claims),
        key,
        registry=AllowList(algorithms=["ES256", "EdDSA", "Ed25519", "RS256", "PS256", "RS384", "HS256"]),
    )


def unsigned(claims: Any, header: Any, signature: bytes = b"") -> str:
    return ".".join([b64(json.dumps(header).encode()), b64(json.dumps(claims).encode()), b64(signature)])


@dataclass
class Signer:
    """A registered client that signs, and a second one of another organization."""

    gateway: Gateway
    client_id: str
    other_id: str

    def claims(self, **changes: Any) -> dict[str, Any]:
        now = int(self.gateway.clock.now.timestamp())
        mine = {"iss": self.client_id, "sub": self.client_id, "aud": BASE}
        claims = mine | {"iat": now, "exp": now + 60, "jti": new_id()} | changes
        return {name: value for name, value in claims.items() if value is not None}

    def form(self, assertion: str) -> dict[str, str]:
        return {"client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion}

    async def send(self, assertion: str, **form: str) -> httpx.Response:
        return await self.gateway.ask(self.form(assertion) | form)


async def register_signer(gateway: Gateway, **more: Any) -> Signer:
    """`more` is what its registration says besides."""

    async def register(member: Member, *keys: Key) -> str:
        answer = await gateway.http.post(
            "/clients",
            headers=await gateway.headers(member),
            json={
                "name": "signs",
                "scopes": ["credentials:issue"],
                "tokenEndpointAuthMethod": "private_key_jwt",
                "jwks": {"keys": [key.as_dict(private=False) for key in keys]},
                **more,
            },
        )
        assert answer.status_code == 201, answer.text
        assert "clientSecret" not in answer.json()
        client_id: str = answer.json()["clientId"]
        return client_id

    other = await register(await gateway.member("harbour"), STRANGER)
    return Signer(gateway, await register(await gateway.member("lakeside"), EC, ED, RSA), other)
