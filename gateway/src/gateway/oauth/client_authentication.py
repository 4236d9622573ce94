"""Client authentication at the OAuth endpoints: one method per request, one look-up, one answer to every failure."""

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import unquote_plus

from authlib.oauth2.rfc6749 import InvalidClientError, InvalidRequestError

from gateway.core.model import AuthMethod, KnownClient
from gateway.core.ports import Grants
from gateway.core.secret import matches
from gateway.oauth.assertion import ASSERTION_TYPE, Assertion, AssertionRefused, check_assertion, read_assertion
from gateway.oauth.form import FormRequest
from gateway.oauth.policy import Policy

MAX_CLIENT_ID = 128
MAX_SECRET = 512


@dataclass(frozen=True, slots=True)
class Presented:
    """What the client showed, before it is checked."""

    method: AuthMethod
    client_id: str
    secret: str = ""
    assertion: Assertion | None = None


class ClientRefused(InvalidClientError):  # type: ignore[misc]  # Authlib has no types
    """invalid_client with 401, the same for an unknown client as for a wrong secret (RFC 6749 §5.2)."""

    def __init__(
        self, reason: str, told: str = "", client: KnownClient | None = None, *, unknown_key: bool = False
    ) -> None:
        super().__init__(description=told or "client authentication failed", status_code=401)
        self.unknown_key = unknown_key
        self.reason = reason
        self.client = client

    def get_headers(self) -> list[tuple[str, str]]:
        """A 401 names a scheme, whatever method was tried (RFC 9110 §15.5.2)."""
        return [("WWW-Authenticate", 'Basic realm="laurel", charset="UTF-8"')]


def authenticate(request: FormRequest, grants: Grants, policy: Policy, now: datetime) -> KnownClient:
    """The client that proved itself. Raises InvalidRequestError or ClientRefused."""
    presented = _presented(request)
    named = request.form.get("client_id", presented.client_id)
    if named != presented.client_id:
        raise InvalidRequestError("client_id names another client than the credentials")
    client = grants.client(presented.client_id, now) if is_client_id(presented.client_id) else None
    if presented.method is AuthMethod.NONE:
        return _check_public(client)
    if presented.assertion is None:
        return _check_secret(presented, client)
    return _check_assertion(presented.assertion, client, grants, policy, now)


def _check_public(client: KnownClient | None) -> KnownClient:
    """A public client is known by its name alone; what it shows besides (a code's verifier, a key) is what counts."""
    if client is None:
        raise ClientRefused("unknown client")
    if client.auth_method is not AuthMethod.NONE:
        raise ClientRefused("no credentials", client=client)
    return client


def _check_secret(presented: Presented, client: KnownClient | None) -> KnownClient:
    good = matches(presented.secret[:MAX_SECRET], client.secret_digests if client else ())
    if client is None:
        raise ClientRefused("unknown client")
    if not client.auth_method.uses_secret:
        raise ClientRefused("registered for another method", client=client)
    if not good or len(presented.secret) > MAX_SECRET:
        raise ClientRefused("wrong secret", client=client)
    return client


def _check_assertion(
    assertion: Assertion, client: KnownClient | None, grants: Grants, policy: Policy, now: datetime
) -> KnownClient:
    if client is None:
        raise ClientRefused("unknown client")
    if client.auth_method is not AuthMethod.PRIVATE_KEY_JWT:
        raise ClientRefused("registered for another method", client=client)
    try:
        check_assertion(assertion, client, grants, policy, now)
    except AssertionRefused as refused:
        raise ClientRefused(refused.reason, refused.told, client, unknown_key=refused.unknown_key) from refused
    return client


def _presented(request: FormRequest) -> Presented:
    form = request.form
    ways = [
        request.authorization is not None,
        "client_secret" in form,
        "client_assertion" in form or "client_assertion_type" in form,
    ]
    if sum(ways) > 1:
        raise InvalidRequestError("a request uses one method of client authentication")
    if request.authorization is not None:
        return _basic(request.authorization)
    if "client_secret" in form:
        return Presented(AuthMethod.SECRET_POST, form.get("client_id", ""), form["client_secret"])
    if ways[2]:
        return _assertion(form)
    if "client_id" in form:
        return Presented(AuthMethod.NONE, form["client_id"])
    raise ClientRefused("no credentials")


def _assertion(form: dict[str, str]) -> Presented:
    if form.get("client_assertion_type") != ASSERTION_TYPE:
        raise ClientRefused("unknown assertion type", f"client_assertion_type must be {ASSERTION_TYPE}")
    try:
        assertion = read_assertion(form.get("client_assertion", ""))
    except AssertionRefused as refused:
        raise ClientRefused(refused.reason) from refused
    return Presented(AuthMethod.PRIVATE_KEY_JWT, assertion.client_id, assertion=assertion)


def _basic(header: str) -> Presented:
    """RFC 6749 §2.3.1: both halves are form-encoded before they are joined."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        raise ClientRefused("another scheme than Basic")
    try:
        client_id, colon, secret = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError) as error:
        raise ClientRefused("unreadable Basic credentials") from error
    if not colon:
        raise ClientRefused("unreadable Basic credentials")
    return Presented(AuthMethod.SECRET_BASIC, unquote_plus(client_id), unquote_plus(secret))


def is_client_id(text: str) -> bool:
    """Whether this can be a client's id at all."""
    return 1 <= len(text) <= MAX_CLIENT_ID and text.isascii() and text.isprintable()
