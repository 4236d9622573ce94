"""A learner moves credentials between Laurel and another badge platform: Open Badges 3.0 over https, through Envoy."""

from __future__ import annotations

import json
import ssl
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing

import httpx
import pytest

from tests.e2e.badge_platform import Platform
from tools.actor import Actor, Json, last
from tools.fleet import Fleet

pytestmark = pytest.mark.fleet
PULLED: Json = {"created": 0, "replaced": 0, "older": 0, "refused": [], "nextOffset": None, "interrupted": None}
SCOPE = "https://purl.imsglobal.org/spec/ob/v3p0/scope/"


def organization(fleet: Fleet, slug: str) -> Json:
    found: Json = next(one for one in fleet.demo["organizations"] if one["slug"] == slug)
    return found


@pytest.fixture
def register(fleet: Fleet) -> Iterator[Callable[[], Platform]]:
    """Makes platforms that have registered."""
    with ExitStack() as stack:

        def make() -> Platform:
            trust = ssl.create_default_context(cafile=str(fleet.authority))
            made = stack.enter_context(closing(Platform(fleet.tls_base_url, trust)))
            made.discover()
            made.register()
            return made

        yield make


def university(http: httpx.Client, fleet: Fleet) -> Actor:
    return Actor(http, organization(fleet, "lakeside"))


def badge(fleet: Fleet) -> Json:
    """A fresh Open Badge of Lakeside."""
    with httpx.Client(base_url=fleet.base_url, timeout=30) as http:
        lakeside = university(http, fleet)
        body = {
            "name": "Network Defence",
            "description": "Segmentation, monitoring and response in a small company.",
            "criteria": {"narrative": "A practical exercise with a written report."},
            "achievementType": "MicroCredential",
        }
        draft = lakeside.post("/achievements", body)
        achievement = lakeside.post(f"/achievements/{last(draft['id'])}/publish", {})
        recipient = {"email": f"{uuid.uuid4().hex[:12]}@learners.example"}
        made: Json = lakeside.post("/credentials", {"achievement": achievement["id"], "recipient": recipient})
        return made


def as_token(fleet: Fleet, document: Json) -> str:
    """Another one like it, as a compact JWS."""
    unsigned = {name: value for name, value in document.items() if name not in {"proof", "credentialStatus"}}
    unsigned |= {"id": f"urn:uuid:{uuid.uuid4()}", "issuer": organization(fleet, "lakeside")["issuer_id"]}
    with httpx.Client(base_url=fleet.base_url, timeout=30) as http:
        enveloped = university(http, fleet).post("/vc/vc-jwt/credentials/issue", {"credential": unsigned})
    return str(enveloped["verifiableCredential"]["id"].partition(",")[2])


def test_a_platform_reads_and_writes_a_learners_backpack(fleet: Fleet, register: Callable[[], Platform]) -> None:
    ours = register()
    given = ours.allow(organization(fleet, "lakeside")["owner"], *ours.scopes, "backpack:manage")
    assert set(given.split()) == {*ours.scopes, "backpack:manage"}
    assert ours.http.delete(f"{fleet.tls_base_url}/learners/me/backpack", headers=ours.headers).status_code == 204

    issued = badge(fleet)
    document, token = issued["credential"], as_token(fleet, issued["credential"])
    text = json.dumps(document)
    assert [ours.push(text, "application/vc+ld+json").status_code for _ in range(2)] == [201, 200]
    kept = ours.push(token, "text/plain")
    assert (kept.status_code, kept.text) == (201, token)
    ours.refresh()
    page = ours.call("GET", "/credentials", params={"limit": 1})
    assert page.headers["x-total-count"] == "2"
    assert page.json() == {"credential": [document], "compactJwsString": []}
    following = page.links["next"]["url"].replace(fleet.base_url, fleet.tls_base_url)
    rest = ours.http.get(following, headers=ours.headers)
    assert rest.json() == {"credential": [], "compactJwsString": [token]}
    assert {"first", "last", "prev"} == set(rest.links)

    profile = {"id": "https://1edtech.org/issuers/cert", "type": ["Profile"], "name": "Ada"}
    assert ours.call("GET", "/profile").status_code == 404
    assert ours.call("PUT", "/profile", json=profile).json() == profile
    assert ours.call("GET", "/profile").json() == profile

    listed = ours.http.get(f"{fleet.tls_base_url}/learners/me/backpack", headers=ours.headers).json()["items"]
    assert [one["notation"] for one in listed] == ["compact_jws", "document"]
    address = f"{fleet.tls_base_url}/learners/me/backpack/{listed[0]['id']}"
    assert ours.http.delete(address, headers=ours.headers).status_code == 204
    assert ours.call("GET", "/credentials").json()["compactJwsString"] == []


def test_another_person_and_a_narrower_consent_see_nothing(fleet: Fleet, register: Callable[[], Platform]) -> None:
    ours, theirs = register(), register()
    ours.allow(organization(fleet, "lakeside")["owner"])
    ours.push(json.dumps(badge(fleet)["credential"]), "application/json")
    assert theirs.allow(organization(fleet, "harbour")["owner"], f"{SCOPE}credential.readonly")
    assert theirs.call("GET", "/credentials").json() == {"credential": [], "compactJwsString": []}
    for method, path in (("POST", "/credentials"), ("GET", "/profile"), ("PUT", "/profile")):
        answer = theirs.call(method, path)
        assert (answer.status_code, minor(answer)) == (403, "forbidden")


def test_what_does_not_hold_is_refused(fleet: Fleet, register: Callable[[], Platform]) -> None:
    ours, issued = register(), badge(fleet)
    ours.allow(organization(fleet, "lakeside")["owner"])
    tampered = issued["credential"] | {"name": "Brain Surgery"}
    answer = ours.push(json.dumps(tampered), "application/json")
    assert (answer.status_code, minor(answer)) == (400, "invalid_data")
    assert "signature_invalid" in answer.json()["imsx_description"]
    with httpx.Client(base_url=fleet.base_url, timeout=30) as http:
        university(http, fleet).post(f"/credentials/{last(issued['id'])}/revoke", {"reason": "a test"})
    revoked = ours.push(json.dumps(issued["credential"]), "application/json")
    assert "status_revoked" in revoked.json()["imsx_description"]
    stranger = ours.call("GET", "/credentials", headers={"Authorization": "Bearer a.b.c"})
    assert (stranger.status_code, minor(stranger)) == (401, "unauthorizedrequest")


def test_laurel_is_the_client_of_another_host(fleet: Fleet, register: Callable[[], Platform]) -> None:
    """The fleet is its own peer: Lakeside's owner keeps a backpack here, Harbour's has the account over there."""
    here, there = register(), register()
    here.allow(organization(fleet, "lakeside")["owner"], *here.scopes, "backpack:manage", "backpack:connect")
    there.allow(organization(fleet, "harbour")["owner"], *there.scopes, "backpack:manage")
    for one in (here, there):
        assert one.mine("DELETE", "/backpack").status_code == 204

    discovery = f"{fleet.tls_base_url}/ims/ob/v3p0/discovery"
    begun = here.mine("POST", "/hosts", json={"discoveryUrl": discovery})
    assert begun.status_code == 201, begun.text
    host = f"/hosts/{begun.json()['id']}"
    back = here.browse(begun.json()["authorizationUrl"], organization(fleet, "harbour")["owner"])
    page = here.http.get(f"{fleet.tls_base_url}/learners/me/hosts/return/{begun.json()['id']}", params=back)
    assert f'<code id="code">{back["code"]}</code>' in page.text
    assert here.mine("POST", f"{host}/push", json={"credential": "x"}).status_code == 404
    assert here.mine("POST", f"{host}/confirm", json={"code": back["code"]}).json()["connected"] is True

    document = badge(fleet)["credential"]
    here.push(json.dumps(document), "application/json")
    (kept,) = here.mine("GET", "/backpack").json()["items"]
    pushes = [here.mine("POST", f"{host}/push", json={"credential": kept["id"]}) for _ in range(2)]
    assert [answer.json() for answer in pushes] == [{"outcome": "created"}, {"outcome": "replaced"}]
    assert there.call("GET", "/credentials").json()["credential"] == [document]

    token = as_token(fleet, document)
    assert there.push(token, "text/plain").status_code == 201
    pulled = here.mine("POST", f"{host}/pull", json={"since": "2026-01-01T00:00:00Z"})
    assert pulled.json() == {**PULLED, "created": 1, "replaced": 1}
    assert here.call("GET", "/credentials").json() == {"credential": [document], "compactJwsString": [token]}

    said = {"id": "https://learners.example/ada", "type": ["Profile"], "name": "Ada"}
    assert there.call("PUT", "/profile", json=said).status_code == 200
    assert here.mine("GET", f"{host}/profile").json() == said
    assert here.mine("DELETE", host).status_code == 204


def minor(answer: httpx.Response) -> str:
    (found,) = answer.json()["imsx_codeMinor"]["imsx_codeMinorField"]
    return str(found["imsx_codeMinorFieldValue"])
