"""Dynamic client registration (RFC 7591) and its management (RFC 7592)."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from gateway.core.roles import Role
from gateway.settings import GatewaySettings
from tests.gateway.conftest import serving
from tests.gateway.harness import BASE, Gateway
from tests.gateway.people import REDIRECT, App, Visitor, person, tokens
from tests.gateway.signing import EC

pytestmark = [pytest.mark.db, pytest.mark.asyncio]
EMAIL = "ada@lakeside.example"
OPEN: dict[str, Any] = {
    "client_name": "Badge Studio",
    "redirect_uris": [REDIRECT],
    "grant_types": ["authorization_code", "refresh_token"],
    "scope": "openid credentials:issue",
    "client_uri": "https://app.example",
    "logo_uri": "https://app.example/logo.png",
    "tos_uri": "https://app.example/terms",
    "policy_uri": "https://app.example/privacy",
    "software_id": "studio",
    "software_version": "1.0",
    "contacts": ["ops@app.example"],
    "something_else": {"ignored": True},
}


async def register(gateway: Gateway, metadata: Any = None, **options: Any) -> httpx.Response:
    return await gateway.http.post("/oauth/register", json=OPEN if metadata is None else metadata, **options)


async def made(gateway: Gateway, metadata: Any = None, **options: Any) -> dict[str, Any]:
    answer = await register(gateway, metadata, **options)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


class TestRegistering:
    async def test_a_program_that_nobody_vouches_for(self, gateway: Gateway) -> None:
        answer = await register(gateway)
        assert answer.status_code == 201
        assert answer.headers["cache-control"] == "no-store"
        body = answer.json()
        assert body["client_secret"].startswith("laurel_secret_")
        assert body["client_secret_expires_at"] == 0
        assert body["client_id_issued_at"] == int(gateway.clock.now.timestamp())
        assert body["registration_client_uri"] == f"{BASE}/oauth/register/{body['client_id']}"
        assert body["scope"] == "openid profile email offline_access credentials:issue"
        assert {name: body[name] for name in OPEN.keys() - {"scope", "something_else"}} == {
            name: value for name, value in OPEN.items() if name not in {"scope", "something_else"}
        }
        assert "something_else" not in body

    async def test_it_acts_for_people_within_their_roles(self, gateway: Gateway) -> None:
        member = await gateway.member("lakeside")
        await person(gateway, member, EMAIL, Role.ISSUER)
        body = await made(gateway, OPEN | {"scope": "credentials:issue catalog:write"})
        studio = App(gateway, body["client_id"], (body["client_id"], body["client_secret"]))
        shown = await Visitor(gateway).consent_page(studio.parameters(), EMAIL)
        assert "Nobody vouches for this program" in shown.text
        found = await tokens(Visitor(gateway), studio, EMAIL, scope="credentials:issue catalog:write")
        assert found["scope"] == "credentials:issue"
        assert await studio.is_active(found["access_token"])
        others = await gateway.token(member)
        assert not await studio.is_active(others)

    async def test_it_never_acts_for_an_organization(self, gateway: Gateway) -> None:
        refused = await register(gateway, OPEN | {"grant_types": ["client_credentials", "authorization_code"]})
        assert refused.json()["error"] == "invalid_client_metadata"
        body = await made(gateway)
        answer = await gateway.ask({}, auth=(body["client_id"], body["client_secret"]))
        assert answer.json()["error"] == "unauthorized_client"

    async def test_with_an_organizations_token_it_is_the_organizations(self, gateway: Gateway) -> None:
        headers = await gateway.headers(await gateway.member("lakeside"))
        metadata = OPEN | {"grant_types": ["client_credentials"], "redirect_uris": []}
        body = await made(gateway, metadata, headers=headers)
        answer = await gateway.ask({}, auth=(body["client_id"], body["client_secret"]))
        assert answer.json()["scope"] == "credentials:issue"
        listed = (await gateway.http.get("/clients", headers=headers)).json()["items"]
        assert body["client_id"] in [one["clientId"] for one in listed]

    async def test_an_organization_gives_what_its_kind_may_have(self, gateway: Gateway) -> None:
        headers = await gateway.headers(await gateway.member("lakeside"))
        answer = await register(gateway, OPEN | {"scope": "registry:accredit"}, headers=headers)
        assert answer.json()["error"] == "invalid_client_metadata"

    async def test_the_defaults_are_the_specifications(self, gateway: Gateway) -> None:
        body = await made(gateway, {"redirect_uris": [REDIRECT]})
        assert body["grant_types"] == ["authorization_code"]
        assert body["response_types"] == ["code"]
        assert body["token_endpoint_auth_method"] == "client_secret_basic"
        assert body["application_type"] == "web"
        assert body["id_token_signed_response_alg"] == "RS256"

    async def test_what_signs_its_id_tokens_is_its_choice(self, gateway: Gateway) -> None:
        body = await made(gateway, OPEN | {"id_token_signed_response_alg": "ES256"})
        assert body["id_token_signed_response_alg"] == "ES256"
        address = f"/oauth/register/{body['client_id']}"
        again = await gateway.http.put(address, json=OPEN, headers=bearer(body["registration_access_token"]))
        assert again.json()["id_token_signed_response_alg"] == "RS256"

    async def test_a_program_may_be_at_several_addresses(self, gateway: Gateway) -> None:
        several = [REDIRECT, "https://test.app.example/callback"]
        body = await made(gateway, {"redirect_uris": several})
        assert body["redirect_uris"] == several
        refused = await register(gateway, {"redirect_uris": several, "logo_uri": "https://app.example/logo.png"})
        assert refused.json()["error"] == "invalid_client_metadata"

    async def test_keys_of_a_client_that_does_not_sign_are_passed_over(self, gateway: Gateway) -> None:
        for keys in ({"jwks": {"keys": [{"kty": "XX"}]}}, {"jwks_uri": "https://keys.example/jwks"}):
            body = await made(gateway, OPEN | keys)
            assert body["token_endpoint_auth_method"] == "client_secret_basic"
            assert body.keys().isdisjoint({"jwks", "jwks_uri"})

    async def test_null_says_as_much_as_nothing(self, gateway: Gateway) -> None:
        body = await made(
            gateway, OPEN | {"scope": None, "application_type": None, "logo_uri": None, "software_statement": None}
        )
        assert body["application_type"] == "web"
        assert "logo_uri" not in body

    async def test_a_public_client_gets_no_secret(self, gateway: Gateway) -> None:
        body = await made(
            gateway,
            {
                "redirect_uris": ["http://127.0.0.1/cb", "com.example.app:/cb"],
                "token_endpoint_auth_method": "none",
                "application_type": "native",
            },
        )
        assert "client_secret" not in body


class TestWhatOpenIdConnectHasBesides:
    async def test_it_is_kept_and_told(self, gateway: Gateway) -> None:
        """What idpyoidc sends unless told otherwise, and what other certified clients may."""
        said = {
            "default_max_age": 86400,
            "require_auth_time": True,
            "initiate_login_uri": "https://app.example/login",
            "userinfo_signed_response_alg": "ES256",
            "require_proof_key": False,
        }
        body = await made(gateway, OPEN | said | {"request_object_signing_alg": "RS256"})
        assert said.items() <= body.items()
        assert "request_object_signing_alg" not in body

    async def test_pkce_is_a_must_unless_said_otherwise(self, gateway: Gateway) -> None:
        assert (await made(gateway))["require_proof_key"] is True

    async def test_an_installation_may_leave_it_to_web_programs_that_authenticate_themselves(
        self, gateway_settings: GatewaySettings
    ) -> None:
        async with serving(gateway_settings.model_copy(update={"require_proof_key": False})) as gateway:
            own = {"application_type": "native", "redirect_uris": ["com.example.app:/cb"]}
            alike = {"redirect_uris": ["https://app.example/cb"]}
            for changes in (own, {"token_endpoint_auth_method": "none"}, {"dpop_bound_access_tokens": True}):
                assert (await made(gateway, alike | changes))["require_proof_key"] is True
            assert (await made(gateway, alike))["require_proof_key"] is False


class TestRefusals:
    @pytest.mark.parametrize("authorization", ["Bearer x.y.z", "Basic eDp5", "Bearer laurel_registration_x"])
    async def test_a_bad_initial_token_is_no_token(self, gateway: Gateway, authorization: str) -> None:
        answer = await register(gateway, headers={"Authorization": authorization})
        assert answer.status_code == 401
        assert "www-authenticate" in answer.headers

    async def test_an_initial_token_needs_the_scope(self, gateway: Gateway) -> None:
        headers = await gateway.headers(await gateway.member("lakeside"), scope="credentials:issue")
        assert (await register(gateway, headers=headers)).status_code == 403

    @pytest.mark.parametrize(
        ("changes", "error"),
        [
            ({"redirect_uris": ["http://app.example/cb"]}, "invalid_redirect_uri"),
            ({"redirect_uris": ["https://app.example/cb#x"]}, "invalid_redirect_uri"),
            ({"redirect_uris": ["javascript:alert(1)"]}, "invalid_redirect_uri"),
            ({"redirect_uris": ["http://127.0.0.1/cb"]}, "invalid_redirect_uri"),
            ({"redirect_uris": []}, "invalid_redirect_uri"),
            ({"redirect_uris": "https://app.example/cb"}, "invalid_redirect_uri"),
            ({"redirect_uris": ["https://elsewhere.example/cb"]}, "invalid_client_metadata"),
            ({"logo_uri": "https://elsewhere.example/logo.png"}, "invalid_client_metadata"),
            ({"tos_uri": "http://app.example/terms"}, "invalid_client_metadata"),
            ({"client_uri": "javascript:alert(1)"}, "invalid_client_metadata"),
            ({"grant_types": ["password"]}, "invalid_client_metadata"),
            ({"grant_types": ["implicit"]}, "invalid_client_metadata"),
            ({"response_types": ["token"]}, "invalid_client_metadata"),
            ({"token_endpoint_auth_method": "tls_client_auth"}, "invalid_client_metadata"),
            ({"token_endpoint_auth_method": "private_key_jwt"}, "invalid_client_metadata"),
            (
                {
                    "token_endpoint_auth_method": "private_key_jwt",
                    "jwks": {"keys": []},
                    "jwks_uri": "https://app.example/",
                },
                "invalid_client_metadata",
            ),
            ({"token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": ["x"]}}, "invalid_client_metadata"),
            ({"scope": "made-up"}, "invalid_client_metadata"),
            # The id is written out: the key is another one in each process.
            pytest.param(
                {
                    "token_endpoint_auth_method": "private_key_jwt",
                    "jwks": {"keys": [EC.as_dict(private=False)]},
                    "token_endpoint_auth_signing_alg": "HS256",
                },
                "invalid_client_metadata",
                id="HS256 with a public key",
            ),
            ({"id_token_signed_response_alg": "none"}, "invalid_client_metadata"),
            ({"subject_type": "pairwise"}, "invalid_client_metadata"),
            ({"userinfo_signed_response_alg": "HS256"}, "invalid_client_metadata"),
            ({"userinfo_encrypted_response_alg": "RSA-OAEP"}, "invalid_client_metadata"),
            ({"id_token_signed_response_alg": "none"}, "invalid_client_metadata"),
            ({"id_token_signed_response_alg": "HS256"}, "invalid_client_metadata"),
            ({"id_token_encrypted_response_alg": "ECDH-ES"}, "invalid_client_metadata"),
            ({"request_object_encryption_alg": "ECDH-ES"}, "invalid_client_metadata"),
            ({"require_signed_request_object": True}, "invalid_client_metadata"),
            ({"tls_client_certificate_bound_access_tokens": True}, "invalid_client_metadata"),
            ({"default_max_age": -1}, "invalid_client_metadata"),
            ({"initiate_login_uri": "http://app.example/login"}, "invalid_client_metadata"),
            ({"require_proof_key": False, "token_endpoint_auth_method": "none"}, "invalid_client_metadata"),
            ({"require_proof_key": False, "dpop_bound_access_tokens": True}, "invalid_client_metadata"),
            ({"client_name": "a\u202eb"}, "invalid_client_metadata"),
            ({"client_name": ""}, "invalid_client_metadata"),
            ({"contacts": ["x"] * 11}, "invalid_client_metadata"),
            ({"software_statement": "e30.e30."}, "unapproved_software_statement"),
        ],
        ids=str,
    )
    async def test_what_a_client_may_not_say(self, gateway: Gateway, changes: dict[str, Any], error: str) -> None:
        answer = await register(gateway, OPEN | changes)
        assert (answer.status_code, answer.json()["error"]) == (400, error)
        assert answer.headers["cache-control"] == "no-store"

    @pytest.mark.parametrize("body", [b"", b"[]", b"x", b'{"a":1,"a":2}', b"null"])
    async def test_what_is_no_metadata_at_all(self, gateway: Gateway, body: bytes) -> None:
        headers = {"Content-Type": "application/json"}
        answer = await gateway.http.post("/oauth/register", content=body, headers=headers)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client_metadata")

    async def test_an_installation_may_close_the_door(self, gateway_settings: GatewaySettings) -> None:
        closed = gateway_settings.model_copy(update={"open_registration": False})
        async with serving(closed) as gateway:
            assert (await register(gateway)).status_code == 401
            headers = await gateway.headers(await gateway.member("lakeside"))
            assert (await register(gateway, headers=headers)).status_code == 201
