"""Every route, from the API's own description: who may call it, whose things it shows, what is public."""

from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest
import pytest_asyncio
from openapi_spec_validator import validate

from gateway.core.scopes import Kind
from gateway.main import create_openapi_app
from tests.gateway.harness import BASE, Gateway, Member
from tests.gateway.people import person

CODE = {"code": "not-found"}
PUBLIC = {
    ("get", "/problems"),
    ("get", "/problems/{code}"),
    ("get", "/.well-known/oauth-authorization-server"),
    ("get", "/.well-known/openid-configuration"),
    ("get", "/.well-known/oauth-protected-resource"),
    ("get", "/oauth/jwks"),
}
OF_A_FILE = {("get", "/sandbox"), ("get", "/sandbox/{name}")}
"""Public as well, where the operator has put a file: tested in test_sandbox."""
CLIENT = {
    *((method, "/oauth/register/{client}") for method in ("get", "put", "delete")),
    ("post", "/oauth/register"),
    ("post", "/oauth/par"),
    ("post", "/oauth/token"),
    ("post", "/oauth/introspect"),
    ("post", "/oauth/revoke"),
}
BODIES: dict[tuple[str, str], Any] = {
    ("post", "/organizations"): {"name": "New", "slug": "new", "kind": "employer"},
    ("patch", "/organizations/{organization}"): {"name": "Taken over"},
    ("post", "/organizations/{organization}/invitations"): {"email": "eve@harbour.example", "roles": ["owner"]},
    ("patch", "/organizations/{organization}/members/{member}"): {"roles": ["owner"]},
    ("post", "/clients"): {"name": "New", "scopes": ["credentials:issue"]},
    ("patch", "/clients/{client}"): {"name": "Taken over"},
    ("post", "/clients/{client}/secret"): {"graceSeconds": 0},
}
NEEDS = {
    ("post", "/organizations"): "organizations:manage",
    ("patch", "/organizations/{organization}"): "organizations:manage",
    ("get", "/organizations/{organization}/members"): "organizations:manage",
    ("get", "/organizations/{organization}/members/{member}"): "organizations:manage",
    ("patch", "/organizations/{organization}/members/{member}"): "organizations:manage",
    ("delete", "/organizations/{organization}/members/{member}"): "organizations:manage",
    ("get", "/organizations/{organization}/invitations"): "organizations:manage",
    ("post", "/organizations/{organization}/invitations"): "organizations:manage",
    ("delete", "/organizations/{organization}/invitations/{invitation}"): "organizations:manage",
    ("get", "/clients"): "clients:manage",
    ("post", "/clients"): "clients:manage",
    ("get", "/clients/{client}"): "clients:manage",
    ("patch", "/clients/{client}"): "clients:manage",
    ("delete", "/clients/{client}"): "clients:manage",
    ("post", "/clients/{client}/secret"): "clients:manage",
    ("get", "/oauth/userinfo"): "openid",
    ("post", "/oauth/userinfo"): "openid",
}
WITHOUT_BODY = {
    ("delete", "/organizations/{organization}/members/{member}"),
    ("delete", "/organizations/{organization}/invitations/{invitation}"),
    ("delete", "/clients/{client}"),
    ("post", "/oauth/userinfo"),
}
ROUTES = [(method, path) for path, methods in create_openapi_app().openapi()["paths"].items() for method in methods]
PROTECTED = [route for route in ROUTES if route not in PUBLIC | OF_A_FILE | CLIENT]
OWNED = [route for route in PROTECTED if "{" in route[1]]


@dataclass
class Tenants:
    """An owner whose things are asked for, a stranger of another organization, and the owner's own rights."""

    gateway: Gateway
    owner: Member
    stranger: Member
    theirs: dict[str, str]

    async def call(self, route: tuple[str, str], headers: dict[str, str] | None = None) -> httpx.Response:
        method, template = route
        path = template.format(organization=self.owner.organization, client=self.owner.client_id, **self.theirs, **CODE)
        return await self.gateway.http.request(method.upper(), path, headers=headers, json=BODIES.get(route))


@pytest_asyncio.fixture(scope="module")
async def tenants(standing_gateway: Gateway) -> Tenants:
    owner, stranger = await standing_gateway.member("lakeside"), await standing_gateway.member("harbour")
    member = await person(standing_gateway, owner, "ada@lakeside.example")
    asked = {"email": "ben@lakeside.example", "roles": ["issuer"]}
    invited = await standing_gateway.http.post(
        f"/organizations/{owner.organization}/invitations", json=asked, headers=await standing_gateway.headers(owner)
    )
    theirs = {"member": member.id, "invitation": invited.json()["invitation"]["id"]}
    return Tenants(standing_gateway, owner, stranger, theirs)


@dataclass
class Retired:
    """A removed client, and a token of its that would be good for ten minutes more."""

    client: Member
    token: str


@pytest_asyncio.fixture(scope="module")
async def retired(standing_gateway: Gateway, tenants: Tenants) -> Retired:
    client = await standing_gateway.member("abandoned")
    token = await standing_gateway.token(client)
    operator = await standing_gateway.headers(await standing_gateway.member("operations", Kind.OPERATOR))
    removed = await standing_gateway.http.delete(f"/clients/{client.client_id}", headers=operator)
    assert removed.status_code == 204
    return Retired(client, token)


def test_the_tables_of_this_test_name_every_route() -> None:
    assert set(ROUTES) >= PUBLIC | OF_A_FILE | CLIENT | NEEDS.keys() | BODIES.keys()
    assert {route for route in PROTECTED if route[0] != "get"} == BODIES.keys() | WITHOUT_BODY


def test_the_description_is_valid_openapi() -> None:
    validate(create_openapi_app().openapi())


@pytest.mark.db
@pytest.mark.asyncio
class TestAccess:
    @pytest.mark.parametrize("route", PROTECTED, ids=" ".join)
    @pytest.mark.parametrize("header", ["", "Bearer", "Bearer x.y.z", "Basic eDp5", "Bearer ä"])
    async def test_without_a_token_it_is_401(self, tenants: Tenants, route: tuple[str, str], header: str) -> None:
        raw = {"Authorization": header.encode("latin-1")} if header else {}
        answer = await tenants.call(route, raw)  # type: ignore[arg-type]  # bytes, as they come over the wire
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith('Bearer realm="laurel"')
        assert answer.headers["content-type"] == "application/problem+json"

    @pytest.mark.parametrize("route", NEEDS, ids=" ".join)
    async def test_with_another_scope_it_is_403(self, tenants: Tenants, route: tuple[str, str]) -> None:
        answer = await tenants.call(route, await tenants.gateway.headers(tenants.owner, scope="credentials:issue"))
        assert answer.status_code == 403
        assert f'scope="{NEEDS[route]}"' in answer.headers["www-authenticate"]

    @pytest.mark.parametrize("route", OWNED, ids=" ".join)
    async def test_with_another_tenants_token_it_does_not_exist(self, tenants: Tenants, route: tuple[str, str]) -> None:
        headers = await tenants.gateway.headers(tenants.stranger)
        foreign = await tenants.call(route, headers)
        assert foreign.status_code == 404
        nowhere = Member("00000000-0000-4000-8000-000000000000", "nobody", "")
        missing = await replace(tenants, owner=nowhere).call(route, headers)
        assert missing.status_code == 404
        varying = {"instance", "requestId"}
        assert without(foreign.json(), varying) == without(missing.json(), varying)

    @pytest.mark.parametrize("route", PROTECTED, ids=" ".join)
    async def test_a_revoked_token_is_401(self, tenants: Tenants, route: tuple[str, str]) -> None:
        token, auth = await tenants.gateway.token(tenants.owner), tenants.owner.auth
        await tenants.gateway.http.post("/oauth/revoke", auth=auth, data={"token": token})
        answer = await tenants.call(route, {"Authorization": f"Bearer {token}"})
        assert answer.status_code == 401
        assert 'error="invalid_token"' in answer.headers["www-authenticate"]

    @pytest.mark.parametrize("route", PROTECTED, ids=" ".join)
    async def test_a_retired_clients_token_is_401(
        self, tenants: Tenants, retired: Retired, route: tuple[str, str]
    ) -> None:
        answer = await tenants.call(route, {"Authorization": f"Bearer {retired.token}"})
        assert answer.status_code == 401
        assert 'error="invalid_token"' in answer.headers["www-authenticate"]

    @pytest.mark.parametrize("path", ["/oauth/token", "/oauth/par", "/oauth/introspect", "/oauth/revoke"])
    async def test_a_retired_clients_secret_is_worth_nothing(
        self, tenants: Tenants, retired: Retired, path: str
    ) -> None:
        form = {"grant_type": "client_credentials", "token": retired.token, "response_type": "code"}
        answer = await tenants.gateway.http.post(path, data=form, auth=retired.client.auth)
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")

    @pytest.mark.parametrize("route", PROTECTED, ids=" ".join)
    async def test_a_token_in_the_address_is_no_token(self, tenants: Tenants, route: tuple[str, str]) -> None:
        token = await tenants.gateway.token(tenants.owner)
        method, template = route
        path = template.format(
            organization=tenants.owner.organization, client=tenants.owner.client_id, **tenants.theirs
        )
        answer = await tenants.gateway.http.request(method.upper(), path, params={"access_token": token})
        assert answer.status_code in {400, 401, 422}
        bare = await tenants.gateway.http.request(method.upper(), path)
        assert bare.status_code == 401

    async def test_the_owners_things_were_not_touched(self, tenants: Tenants) -> None:
        headers = await tenants.gateway.headers(tenants.owner)
        organization = await tenants.call(("get", "/organizations/{organization}"), headers)
        client = await tenants.call(("get", "/clients/{client}"), headers)
        assert organization.json()["name"] == client.json()["name"] == "The lakeside"

    @pytest.mark.parametrize("route", sorted(PUBLIC), ids=" ".join)
    async def test_public_documents_are_cacheable(self, tenants: Tenants, route: tuple[str, str]) -> None:
        answer = await tenants.call(route)
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "public, max-age=300"
        again = await tenants.gateway.http.get(
            answer.url, headers={"If-None-Match": f'W/{answer.headers["etag"]}, "x"'}
        )
        assert (again.status_code, again.content) == (304, b"")

    @pytest.mark.parametrize(
        "path",
        [
            "/organizations/x",
            "/organizations/%20",
            "/organizations/' OR 1=1",
            "/organizations/" + "x" * 3000,
            "/organizations/{id}/",
            "/organizations/%F0%9F%98%80",
            "/clients/%ff%fe",
            "/clients/" + "x" * 3000,
            "/clients/a/b",
            "/clients/%ED%A0%80",
        ],
    )
    async def test_odd_addresses_are_404(self, tenants: Tenants, path: str) -> None:
        operator = await tenants.gateway.member("operations", Kind.OPERATOR)
        answer = await tenants.gateway.http.get(path, headers=await tenants.gateway.headers(operator))
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"

    async def test_nul_in_an_address_is_refused(self, tenants: Tenants) -> None:
        headers = await tenants.gateway.headers(tenants.owner)
        assert (await tenants.gateway.http.get("/clients/a%00b", headers=headers)).status_code == 400
        assert (await tenants.gateway.http.get("/clients?organization=%00", headers=headers)).status_code == 400


@pytest.mark.db
@pytest.mark.asyncio
class TestMetadata:
    async def test_the_servers_metadata_names_what_exists(self, tenants: Tenants) -> None:
        found = (await tenants.gateway.http.get("/.well-known/oauth-authorization-server")).json()
        assert found["issuer"] == BASE
        described = {path for _, path in ROUTES}
        addresses = {name: found[name] for name in found if name.endswith("_endpoint") or name == "jwks_uri"}
        assert addresses.pop("authorization_endpoint") == f"{BASE}/oauth/authorize"
        assert addresses.pop("end_session_endpoint") == f"{BASE}/oauth/logout"
        assert {address.removeprefix(BASE) for address in addresses.values()} <= described
        exchange = "urn:ietf:params:oauth:grant-type:token-exchange"
        grants = ["authorization_code", "client_credentials", "refresh_token", exchange]
        assert found["grant_types_supported"] == grants
        assert found["response_types_supported"] == ["code"]
        assert found["code_challenge_methods_supported"] == ["S256"]
        assert found["authorization_response_iss_parameter_supported"] is True
        methods = ["client_secret_basic", "client_secret_post", "private_key_jwt", "none"]
        assert found["token_endpoint_auth_methods_supported"] == methods
        assert "none" not in found["introspection_endpoint_auth_methods_supported"]

    async def test_the_openid_metadata_is_the_same_document(self, tenants: Tenants) -> None:
        found = await tenants.gateway.http.get("/.well-known/openid-configuration")
        other = await tenants.gateway.http.get("/.well-known/oauth-authorization-server")
        assert found.content == other.content
        for required in ("subject_types_supported", "id_token_signing_alg_values_supported", "userinfo_endpoint"):
            assert required in found.json()

    async def test_the_resources_metadata_names_its_server(self, tenants: Tenants) -> None:
        found = (await tenants.gateway.http.get("/.well-known/oauth-protected-resource")).json()
        assert found["resource"] == BASE
        assert found["authorization_servers"] == [BASE]
        assert "credentials:issue" in found["scopes_supported"]

    @pytest.mark.parametrize(
        "path",
        [
            "/.well-known/openid-configuration/x",
            "/.well-known/oauth-authorization-server/x",
            "/.well-known/oauth-protected-resource/x",
            "/oauth/authorize/x",
            "/login/x",
        ],
    )
    async def test_what_does_not_exist_yet_is_not_promised(self, tenants: Tenants, path: str) -> None:
        assert (await tenants.gateway.http.get(path)).status_code == 404


def without(body: dict[str, Any], names: set[str]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name not in names}
