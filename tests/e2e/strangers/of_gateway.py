"""What strangers ask of the authorization server."""

from __future__ import annotations

from tests.e2e.strangers.asks import Json, Judged, Table, Things, Try, always, hidden, listed, own, public, refused


def with_token(things: Things) -> Json:
    return {"token": things["token"]}


GATEWAY: Table = {
    **{
        f"GET /.well-known/{name}": (public(),)
        for name in ("oauth-authorization-server", "oauth-protected-resource", "openid-configuration")
    },
    "GET /oauth/jwks": (public(),),
    "GET /problems": (public(),),
    "GET /problems/{code}": (public(),),
    "GET /sandbox": (public(),),
    "GET /sandbox/{name}": (public(name="sandbox_name"),),
    "GET /organizations": (listed(),),
    "POST /organizations": (
        refused(403, "?", always({"name": "New", "slug": "of-the-stranger", "kind": "operator"}), as_nobodys=False),
    ),
    "GET /organizations/{organization}": (hidden(),),
    "PATCH /organizations/{organization}": (hidden(always({"name": "Taken over"})),),
    "GET /organizations/{organization}/invitations": (hidden(),),
    "POST /organizations/{organization}/invitations": (
        hidden(always({"email": "eve@strangers.example", "roles": ["owner"]})),
    ),
    "DELETE /organizations/{organization}/invitations/{invitation}": (
        hidden(),
        hidden(organization="their_organization"),
    ),
    "GET /organizations/{organization}/members": (hidden(),),
    "GET /organizations/{organization}/members/{member}": (hidden(), hidden(organization="their_organization")),
    "PATCH /organizations/{organization}/members/{member}": (
        hidden(always({"roles": ["owner"]})),
        hidden(always({"roles": ["owner"]}), organization="their_organization"),
    ),
    "DELETE /organizations/{organization}/members/{member}": (hidden(), hidden(organization="their_organization")),
    "GET /clients": (listed(), refused(404, "?", query="?organization={organization}")),
    "POST /clients": (
        refused(
            422,
            "?",
            lambda things: {"name": "New", "scopes": ["credentials:issue"], "organization": things["organization"]},
        ),
        refused(
            403,
            "?",
            lambda things: {"name": "New", "scopes": ["credentials:read"], "audiences": [things["base_url"]]},
            as_nobodys=False,
        ),
    ),
    "GET /clients/{client}": (hidden(), hidden(client="registered")),
    "PATCH /clients/{client}": (hidden(always({"name": "Taken over"})),),
    "DELETE /clients/{client}": (hidden(), hidden(client="registered")),
    "POST /clients/{client}/secret": (hidden(always({"graceSeconds": 0})),),
    "GET /oauth/userinfo": (own(),),
    "POST /oauth/userinfo": (own(),),
    "POST /oauth/register": (
        own(always({"client_name": "Of the stranger", "redirect_uris": ["https://b.example/cb"]})),
    ),
    **{
        f"{method} /oauth/register/{{client}}": (
            refused(401, "?", body, names={"client": "registered"}),
            refused(401, "?", body, names={"client": "client"}),
        )
        for method, body in (
            ("GET", None),
            ("PUT", always({"client_name": "Taken over", "redirect_uris": ["https://eve.example/cb"]})),
            ("DELETE", None),
        )
    },
}

BY_CLIENTS: Table = {
    "POST /oauth/token": (
        Try(
            Judged.REFUSED,
            form=lambda things: {"grant_type": "refresh_token", "refresh_token": things["refresh_token"]},
            refusal=(400, "invalid_grant"),
        ),
        Try(
            Judged.REFUSED,
            form=lambda things: {
                "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
                "subject_token": things["token"],
                "subject_token_type": "urn:ietf:params:oauth:token-type:access_token",
            },
            refusal=(400, "invalid_request"),
        ),
    ),
    "POST /oauth/par": (
        Try(
            Judged.REFUSED,
            form=lambda things: {"client_id": things["registered"], "response_type": "code"},
            refusal=(400, "invalid_request"),
        ),
    ),
    "POST /oauth/introspect": (
        Try(Judged.OWN, form=with_token),
        Try(Judged.OWN, form=lambda things: {"token": things["refresh_token"]}),
    ),
    "POST /oauth/revoke": (
        Try(Judged.REFUSED, form=with_token, refusal=(400, "invalid_grant"), as_nobodys=False),
        Try(
            Judged.REFUSED,
            form=lambda things: {"token": things["refresh_token"]},
            refusal=(400, "invalid_grant"),
            as_nobodys=False,
        ),
    ),
}
"""Asked with a client's own secret: here the stranger is another university's client."""
