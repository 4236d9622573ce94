"""What the running fleet issues is accepted by Digital Bazaar's libraries, read from public addresses alone."""

from __future__ import annotations

import json
import ssl
import uuid
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import httpx
import pytest

from credential_core.contexts import frozen_contexts, load_context
from credential_core.did import resolve_did_key
from tests.micro_credentials import CREATOR, MEMBERS
from tools.actor import Actor, Json, last, until
from tools.fleet import Fleet

pytestmark = [pytest.mark.node, pytest.mark.fleet, pytest.mark.kafka]

Node = Callable[[str, dict[str, Any]], Any]
CONTEXTS = {url: load_context(url) for url in frozen_contexts()}


def issue(university: Actor) -> Json:
    body = {"name": "Conformity", "description": "For others to check.", "criteria": {"narrative": "Pass."}}
    draft = university.post("/achievements", body | {"kind": "MicroCredential", "creator": CREATOR, **MEMBERS})
    achievement = university.post(f"/achievements/{last(draft['id'])}/publish", {})["id"]
    recipient = {"email": f"{uuid.uuid4().hex}@students.example"}
    issued: Json = university.post("/credentials", {"achievement": achievement, "recipient": recipient})
    return issued


def controllers(fleet: Fleet, credential: Json) -> dict[str, Any]:
    """The did:web document as anyone on the web reads it: over TLS, at the address the DID itself says."""
    issuer: str = credential["issuer"]["id"]
    if not issuer.startswith("did:web:"):
        return {issuer: resolve_did_key(issuer)}
    host, *path = issuer.removeprefix("did:web:").split(":")
    url = f"https://{host.replace('%3A', ':')}/{'/'.join(path)}/did.json"
    with httpx.Client(verify=ssl.create_default_context(cafile=fleet.authority)) as http:
        found = until(lambda: http.get(url), lambda answer: answer.status_code == 200)
    return {issuer: json.loads(found.content)}


@pytest.mark.parametrize("slug", ["lakeside", "harbour"], ids=["did:web", "did:key"])
def test_the_other_implementation_agrees_with_the_fleet(fleet: Fleet, node: Node, slug: str) -> None:
    organization = next(o for o in fleet.demo["organizations"] if o["slug"] == slug)
    trusted = ssl.create_default_context(cafile=fleet.authority)
    with httpx.Client(base_url=fleet.base_url, timeout=30, verify=trusted) as http:
        university = Actor(http, organization)
        issued = issue(university)
        credential = issued["credential"]
        url = credential["credentialStatus"]["statusListCredential"]

        def status_list() -> Json:
            return dict(until(lambda: http.get(url), lambda answer: answer.status_code == 200).json())

        own = credential["@context"][2]
        served = {**CONTEXTS, own: http.get(own).raise_for_status().json()}
        shown = {"contexts": served, "controllers": controllers(fleet, credential)}
        fresh = {**shown, "statusLists": {url: status_list()}}
        assert node("verify.mjs", {**fresh, "credential": credential}) == {"verified": True, "error": None}

        forged = deepcopy(credential)
        forged["credentialSubject"]["achievement"]["name"] = "Mastery"
        assert node("verify.mjs", {**fresh, "credential": forged})["verified"] is False

        before = status_list()["credentialSubject"]["encodedList"]
        university.post(f"/credentials/{last(issued['id'])}/revoke", {"reason": "a test"})
        later = until(status_list, lambda found: found["credentialSubject"]["encodedList"] != before)
        revoked = node("verify.mjs", {**shown, "statusLists": {url: later}, "credential": credential})
        assert revoked["verified"] is False
        assert "status" in revoked["error"]
