"""The demonstration's organizations: who they are, their client secrets, their issuers, and var/demo.json.

Secrets are made once and kept, so that a second start finds the same clients.
"""

import json
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import httpx

SCOPES = {
    "university": "catalog:write issuers:manage credentials:issue credentials:issue-any credentials:revoke "
    "credentials:read verifications:create clients:manage organizations:manage",
    "employer": "verifications:create monitors:manage clients:manage organizations:manage",
    "accreditor": "registry:accredit verifications:create clients:manage organizations:manage",
    "operator": "organizations:manage clients:manage audit:read",
}
ORGANIZATIONS: tuple[dict[str, Any], ...] = (
    {
        "name": "Lakeside University",
        "slug": "lakeside",
        "kind": "university",
        "issuers": (
            {"slug": "lakeside", "keys": ["Ed25519", "P-256", "P-384"]},
            # What the VC-API issues by this one gets a status of its own.
            {"slug": "lakeside-status", "keys": ["Ed25519", "P-256", "P-384"], "policy": {"addsStatus": True}},
        ),
    },
    {
        "name": "Harbour Institute of Technology",
        "slug": "harbour",
        "kind": "university",
        "issuers": ({"slug": "harbour", "method": "key"},),
    },
    {"name": "Meridian Works", "slug": "meridian", "kind": "employer"},
    {"name": "Learning Quality Agency", "slug": "quality-agency", "kind": "accreditor"},
    {"name": "Laurel Operations", "slug": "operations", "kind": "operator"},
    # Its credentials fail on purpose: see tools/sandbox.
    {"name": "Sandbox University", "slug": "sandbox", "kind": "university", "issuers": ({"slug": "sandbox"},)},
)
TIMEOUT_S = 15


def clients(path: Path) -> list[dict[str, Any]]:
    """The organizations with their client credentials; written to `path` (0600) the first time, read afterwards."""
    if path.exists():
        known: list[dict[str, Any]] = json.loads(path.read_text())
        return _completed(path, known)
    made = [_client(organization) for organization in ORGANIZATIONS]
    write_private(path, made)
    return made


def _client(organization: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": organization["name"],
        "slug": organization["slug"],
        "kind": organization["kind"],
        "client_id": f"demo-{organization['slug']}",
        "client_secret": f"laurel_secret_{secrets.token_urlsafe(32)}",
        "scopes": SCOPES[organization["kind"]],
        "owner": owner(organization),
    }


def _completed(path: Path, known: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A demonstration from before gets the organizations, the people and the scopes of today."""
    completed = [{"owner": owner(entry), **entry, "scopes": SCOPES[entry["kind"]]} for entry in known]
    slugs = {entry["slug"] for entry in known}
    completed += [_client(organization) for organization in ORGANIZATIONS if organization["slug"] not in slugs]
    if completed != known:
        write_private(path, completed)
    return completed


def owner(organization: dict[str, str]) -> dict[str, str]:
    """A person of the organization, for the login page."""
    return {
        "email": f"owner@{organization['slug']}.example",
        "name": f"Owner of {organization['name']}",
        "password": secrets.token_urlsafe(12),
    }


def write_private(path: Path, content: Any) -> None:
    """Write JSON that only its owner may read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text(json.dumps(content, indent=2) + "\n")


def access_token(http: httpx.Client, client: dict[str, Any]) -> str:
    """A token for everything the client may do. Raises httpx.HTTPStatusError."""
    answer = http.post(
        "/oauth/token",
        data={"grant_type": "client_credentials"},
        auth=(client["client_id"], client["client_secret"]),
    ).raise_for_status()
    token: str = answer.json()["access_token"]
    return token


def seed(base_url: str, tls_base_url: str, secrets_file: Path, demo_file: Path) -> dict[str, Any]:
    """Make sure every university has its issuer, and write the demonstration's facts. Safe to repeat."""
    organizations = []
    with httpx.Client(base_url=base_url, timeout=TIMEOUT_S) as http:
        for client, organization in zip(clients(secrets_file), ORGANIZATIONS, strict=True):
            facts = dict(client)
            if "issuers" in organization:
                facts["issuer_id"], *others = issuers(http, client, organization["issuers"])
                facts["other_issuer_ids"] = others
            organizations.append(facts)
    demo = {"base_url": base_url, "tls_base_url": tls_base_url, "organizations": organizations}
    write_private(demo_file, demo)
    return demo


def issuers(http: httpx.Client, client: dict[str, Any], wanted: Iterable[dict[str, Any]]) -> list[str]:
    """The DIDs of the client's issuers in this order, those that are missing made."""
    headers = {"Authorization": f"Bearer {access_token(http, client)}"}
    listed = http.get("/issuers", headers=headers).raise_for_status().json()["items"]
    known = {one["slug"]: str(one["id"]) for one in listed}
    return [known.get(one["slug"]) or _issuer(http, client, one, headers) for one in wanted]


def _issuer(http: httpx.Client, client: dict[str, Any], wanted: dict[str, Any], headers: dict[str, str]) -> str:
    profile = {
        "name": client["name"],
        "slug": wanted["slug"],
        "method": wanted.get("method", "web"),
        "keys": wanted.get("keys", ["Ed25519"]),
        "url": f"https://{client['slug']}.example",
        "description": f"{client['name']}, a fictional university of Laurel's demonstration.",
    }
    made = http.post("/issuers", headers=headers, json=profile).raise_for_status().json()
    if "policy" in wanted:
        where = f"/issuers/{wanted['slug']}/policy"
        http.put(where, headers=headers, json=wanted["policy"]).raise_for_status()
    return str(made["id"])
