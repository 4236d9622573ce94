"""Two independent certified clients drive the running server over https, from registration to revocation."""

from __future__ import annotations

import ssl
from typing import Any

import httpx
import pytest

from tests.gateway.interop.conftest import PERSON, Running

pytestmark = [pytest.mark.db, pytest.mark.node]
REDIRECT = "https://app.example/callback"


def drive(running: Running, script: str, **more: Any) -> Any:
    given = {
        "issuer": running.issuer,
        "redirectUri": REDIRECT,
        "person": PERSON,
        "resource": f"{running.issuer}/oauth/userinfo",
    }
    return running.node.run(script, given | more)


def test_openid_client_from_registration_to_revocation(running: Running) -> None:
    found = drive(running, "openid-client.mjs")
    assert found.pop("registered")
    subject = found.pop("subject")
    assert found == {
        "pushed": True,
        "iss": running.issuer,
        "type": "dpop",
        "scope": "openid profile email credentials:issue",
        "person": {"sub": subject, "name": PERSON["name"], "email": PERSON["email"], "email_verified": False},
        "used": 200,
        "stolen": 401,
        "rotated": True,
        "active": True,
        "activeAfterRevocation": False,
        "afterRevocation": "invalid_grant",
    }


def test_oauth4webapi_from_registration_to_revocation(running: Running) -> None:
    found = drive(running, "oauth4webapi.mjs", initialToken=initial_token(running))
    subject = found.pop("subject")
    assert found == {
        "discovered": [running.issuer] * 2,
        "resource": [running.issuer],
        "nonceWasAskedFor": True,
        "type": "dpop",
        "person": {"sub": subject},
        "bound": "string",
        "rotated": True,
        "active": True,
        "activeAfterRevocation": False,
        "reused": "invalid_grant",
        "refreshActiveAfterReuse": False,
        "machine": ["bearer", "credentials:issue"],
    }


def initial_token(running: Running) -> str:
    """An access token of the organization's administration."""
    answer = httpx.post(
        f"{running.issuer}/oauth/token",
        data={"grant_type": "client_credentials", "scope": "clients:manage"},
        auth=(running.client_id, running.client_secret),
        verify=ssl.create_default_context(cafile=running.authority),
    )
    token: str = answer.json()["access_token"]
    return token
