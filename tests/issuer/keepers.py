"""People with backpacks, each with a program that they allowed to reach in."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

import httpx

from service_kit.ids import new_id
from service_kit.testing import BASE_URL
from tests.issuer.world import ORG, World

OB = "/ims/ob/v3p0"
SCOPE = "https://purl.imsglobal.org/spec/ob/v3p0/scope/"
SCOPES = tuple(
    f"{SCOPE}{name}" for name in ("credential.readonly", "credential.upsert", "profile.readonly", "profile.update")
)


@dataclass
class Keeper:
    """A person. `org` is the one whose membership the token was given in."""

    world: World
    person: str = field(default_factory=new_id)
    org: str = ORG
    email: str | None = None

    def headers(self, *scopes: str) -> dict[str, str]:
        held = scopes or (*SCOPES, "backpack:manage", "backpack:connect", "consents:manage")
        digest = hashlib.sha256(self.email.encode()).hexdigest() if self.email else None
        token = self.world.mint.token(self.org, *held, sub=self.person, grant_id=new_id(), email_sha256=digest)
        return {"Authorization": f"Bearer {token}"}

    async def call(self, method: str, path: str, *scopes: str, **options: Any) -> httpx.Response:
        headers = self.headers(*scopes) | options.pop("headers", {})
        return await self.world.client.request(method, path.removeprefix(BASE_URL), headers=headers, **options)

    async def push(self, credential: Any, *, media_type: str = "") -> httpx.Response:
        """A document, as an object or as text; a token, as text."""
        text = credential if isinstance(credential, str) else json.dumps(credential)
        kind = media_type or ("application/vc+ld+json" if text.startswith("{") else "text/plain")
        return await self.call("POST", f"{OB}/credentials", content=text, headers={"Content-Type": kind})

    async def pull(self, **query: Any) -> dict[str, Any]:
        answer = await self.call("GET", f"{OB}/credentials", params=query)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def items(self) -> list[dict[str, Any]]:
        answer = await self.call("GET", "/learners/me/backpack")
        assert answer.status_code == 200, answer.text
        return list(answer.json()["items"])


def why(answer: httpx.Response) -> tuple[str, str]:
    """The minor code and the description of a refusal, which has exactly the members it may have."""
    body = answer.json()
    assert body.keys() == {"imsx_codeMajor", "imsx_severity", "imsx_description", "imsx_codeMinor"}, body
    assert (body["imsx_codeMajor"], body["imsx_severity"]) == ("failure", "error")
    assert answer.headers["content-type"] == "application/json"
    (found,) = body["imsx_codeMinor"]["imsx_codeMinorField"]
    return str(found["imsx_codeMinorFieldValue"]), str(body["imsx_description"])
