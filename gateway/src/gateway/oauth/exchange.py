"""Token exchange (RFC 8693): a client that was handed a token gets a narrower one of its own, and stands in it."""

from collections.abc import Mapping
from typing import Any, NoReturn

from authlib.oauth2.rfc6749 import BaseGrant, InvalidRequestError, InvalidScopeError, UnauthorizedClientError
from authlib.oauth2.rfc6749.grants import TokenEndpointMixin

from gateway.core.model import GrantType, KnownClient, OrganizationId
from gateway.core.people import UserId
from gateway.core.roles import narrowed
from gateway.oauth.access_token import AccessToken, Holder, read
from gateway.oauth.targets import InvalidTarget, targets

ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105 - the name of a type
MAX_ACTORS = 3


class TokenExchange(BaseGrant, TokenEndpointMixin):  # type: ignore[misc]  # Authlib has no types
    """Delegation within one organization, narrowing only (ADR 0037). The client itself is the actor.

    `server` is gateway.oauth.server.Server.
    """

    GRANT_TYPE = GrantType.TOKEN_EXCHANGE

    def validate_token_request(self) -> None:
        """Raises OAuth2Error for anything that would give more than the subject token does."""
        client = self.authenticate_token_endpoint_client()
        if not client.check_grant_type(self.GRANT_TYPE):
            raise UnauthorizedClientError("the client is not registered for token exchange")
        self.request.client = client
        _check_types(self.request.form)
        self.subject = self._subject(client.known)
        _check_key(self.subject, client.known, self.server.key)
        self.scopes = self._scopes(client.known)
        self.targets = self._targets()

    def create_token_response(self) -> tuple[int, dict[str, Any], Any]:
        """The answer of RFC 8693 §2.2.1."""
        client: KnownClient = self.request.client.known
        holder = _holder(self.subject, client, self.server.key)
        answer = self.server.tokens.access(holder, self.scopes, self.targets, heir_of=self.subject)
        self.server.record("token.exchanged", client, subject=self.subject.subject, subject_token=self.subject.id)
        return 200, answer | {"issued_token_type": ACCESS_TOKEN}, self.TOKEN_RESPONSE_HEADER

    def _subject(self, client: KnownClient) -> AccessToken:
        """The token that is exchanged: ours, active, the client's own organization's."""
        server = self.server
        token = read(self.request.form["subject_token"], server.policy, server.keys)
        if token is None or token.expires_at <= server.now.timestamp() or token.organization != client.organization:
            _refuse()
        if server.grants.is_revoked(token.id, token.client_id, token.subject, token.grant):
            _refuse()
        if _depth(token.actors) >= MAX_ACTORS:
            raise InvalidRequestError(f"the token was handed on {MAX_ACTORS} times already")
        return token

    def _scopes(self, client: KnownClient) -> tuple[str, ...]:
        """Those asked for, or all: of the subject's, what this client holds and the person's roles still give."""
        left = tuple(scope for scope in self.subject.scopes if scope in client.scopes)
        if self.subject.grant:
            found = self.server.grants.membership(UserId(self.subject.subject), self.subject.organization)
            left = narrowed(left, found.kind, found.roles) if found else ()
        asked = self.request.form.get("scope")
        chosen = left if asked is None else tuple(dict.fromkeys(asked.split(" ")))
        if not chosen or not set(chosen) <= set(left):
            raise InvalidScopeError("the subject token and the client do not both hold every scope")
        return chosen

    def _targets(self) -> tuple[str, ...]:
        """Those asked for, or the subject's: each is one of its audiences, or an address beneath one."""
        held = tuple(self.subject.claims["aud"])
        asked = targets(self.request, self.server.policy)
        if not all(any(target == one or target.startswith(f"{one}/") for one in held) for target in asked):
            raise InvalidTarget
        return asked or held


def _check_types(form: Mapping[str, str]) -> None:
    """RFC 8693 §2.1: access tokens for access tokens. Refresh and ID tokens are not for handing on."""
    if "subject_token" not in form or form.get("subject_token_type") != ACCESS_TOKEN:
        raise InvalidRequestError("subject_token must be there, and subject_token_type must say access_token")
    if form.get("requested_token_type", ACCESS_TOKEN) != ACCESS_TOKEN:
        raise InvalidRequestError("requested_token_type may only be access_token")
    if "actor_token" in form or "actor_token_type" in form:
        raise InvalidRequestError("there is no actor_token: the client that asks is the actor")


def _check_key(subject: AccessToken, client: KnownClient, key: str | None) -> None:
    """What was bound stays bound: to the same key for the client it was given to, else to the new client's own."""
    if subject.key is None:
        return
    if key is None or (subject.client_id == client.id and subject.key != key):
        raise InvalidRequestError("the subject token is bound to a key: send a DPoP proof")


def _holder(subject: AccessToken, client: KnownClient, key: str | None) -> Holder:
    assert client.organization is not None and client.kind is not None  # noqa: S101 - it has the token's organization
    actors = {"sub": client.id} | ({"act": subject.actors} if subject.actors else {})
    organization = OrganizationId(subject.organization)
    return Holder(subject.subject, client.id, organization, client.kind, subject.grant, key, actors)


def _depth(actors: Mapping[str, Any] | None) -> int:
    depth = 0
    while actors:
        depth, actors = depth + 1, actors.get("act")
    return depth


def _refuse() -> NoReturn:
    raise InvalidRequestError("the subject token is not an active access token that this client may exchange")
