"""Authlib's authorization server over one transaction: it is built for a request and forgotten after it.

The authorization endpoint's part, with a person in the middle, is in `gateway.oauth.authorization`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import AuthorizationServer, InvalidRequestError

from gateway.core.model import AuditEntry, ClientId, KnownClient
from gateway.core.ports import Grants
from gateway.oauth import possession
from gateway.oauth.access_token import Keys
from gateway.oauth.authorization_code import S256, AuthorizationCode
from gateway.oauth.client import GRANT_TYPES, OAuthClient
from gateway.oauth.client_authentication import ClientRefused, authenticate, is_client_id
from gateway.oauth.client_credentials import ClientCredentials
from gateway.oauth.exchange import TokenExchange
from gateway.oauth.form import FormRequest
from gateway.oauth.nonce import Nonces
from gateway.oauth.policy import TOKEN_PATH, Policy
from gateway.oauth.refresh import Refresh
from gateway.oauth.token_endpoints import Introspection, Revocation
from gateway.oauth.tokens import Tokens
from service_kit.clock import Clock
from service_kit.dpop import Proof
from service_kit.ids import NewId
from service_kit.logs import get_logger

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, JSON body and headers of an OAuth endpoint. An ID token in it is not signed yet.

    `unknown_key_of` is a client that named a key we do not know, and publishes its keys at an address of its own.
    """

    status: int
    body: Mapping[str, Any]
    headers: tuple[tuple[str, str], ...] = ()
    unknown_key_of: ClientId | None = None


def refusal(error: OAuth2Error) -> Answer:
    """An error as RFC 6749 §5.2 shapes it."""
    status, body, headers = error()
    return Answer(status, body, tuple(headers))


class Server(AuthorizationServer):  # type: ignore[misc]  # Authlib has no types
    """Everything Authlib leaves to us: who the client is, what is remembered, how an answer looks."""

    def __init__(self, *, grants: Grants, keys: Keys, policy: Policy, nonces: Nonces, clock: Clock, ids: NewId) -> None:
        super().__init__()
        self.grants = grants
        self.keys = keys
        self.policy = policy
        self.ids = ids
        self.now = clock()
        self.tokens = Tokens(grants=grants, keys=keys, policy=policy, now=self.now, ids=ids)
        self.key: str | None = None  # the thumbprint of the key that this request proves
        self._nonces = nonces
        self._proof: Proof | None = None
        self._client: KnownClient | None = None
        self._endpoint = ""
        self.register_grant(ClientCredentials)
        self.register_grant(AuthorizationCode, [S256()])
        self.register_grant(Refresh)
        self.register_grant(TokenExchange)
        self.register_endpoint(Introspection)
        self.register_endpoint(Revocation)

    def token(self, request: FormRequest) -> Answer:
        """POST /oauth/token."""
        return self.answer("token", TOKEN_PATH, request, self._token)

    def answer(self, endpoint: str, path: str, request: FormRequest, handle: Callable[[FormRequest], Answer]) -> Answer:
        """The answer of an endpoint that takes proofs of keys. A client that sends one gets a nonce for its next."""
        self._endpoint = endpoint
        try:
            self._proof = possession.read(request.proofs, path, self.policy, self._nonces, self.now)
            self.key = self._proof.key if self._proof else None
            answer = handle(request)
        except OAuth2Error as error:
            answer = self.refuse(error)
        if not request.proofs:
            return answer
        return replace(answer, headers=(*answer.headers, ("DPoP-Nonce", self._nonces.new(self.now))))

    def _token(self, request: FormRequest) -> Answer:
        if "grant_type" not in request.form:
            raise InvalidRequestError("grant_type is missing")
        if request.form["grant_type"] not in GRANT_TYPES:
            raise OAuth2Error(error="unsupported_grant_type")
        answer: Answer = self.create_token_response(request)
        return answer

    def introspection(self, request: FormRequest) -> Answer:
        """POST /oauth/introspect."""
        self._endpoint = "introspection"
        answer: Answer = self.create_endpoint_response(Introspection.ENDPOINT_NAME, request)
        return answer

    def revocation(self, request: FormRequest) -> Answer:
        """POST /oauth/revoke."""
        self._endpoint = "revocation"
        answer: Answer = self.create_endpoint_response(Revocation.ENDPOINT_NAME, request)
        return answer

    def authenticate_client(self, request: FormRequest, methods: object, endpoint: str = "token") -> OAuthClient:
        """Replaces Authlib's try of one method after another: that looks a client up for each, and tells them apart."""
        self._client = client = authenticate(request, self.grants, self.policy, self.now)
        if self._proof and not self.grants.use_proof(self._proof.id, self.now + self.policy.proof_lifetime):
            raise possession.ProofRefused("the proof was used before")
        if endpoint == "token":
            possession.check_client(client, self.key)
        return OAuthClient(client)

    def query_client(self, client_id: str) -> OAuthClient | None:
        """Whom an authorization request names."""
        known = self.grants.client(client_id, self.now) if is_client_id(client_id) else None
        return OAuthClient(known) if known else None

    def create_oauth2_request(self, request: FormRequest) -> FormRequest:
        """Ours is one already."""
        return request

    def save_token(self, token: Mapping[str, Any], request: FormRequest) -> None:
        """Tokens are not stored. See `record`, which the grant calls."""

    def send_signal(self, name: str, *args: object, **kwargs: object) -> None:
        """Nobody listens."""

    def handle_response(self, status: int, body: Mapping[str, Any], headers: list[tuple[str, str]]) -> Answer:
        """What the route turns into HTTP."""
        return Answer(status, body, tuple(headers))

    def handle_error_response(self, request: FormRequest, error: OAuth2Error) -> Answer:
        """Every refusal of a known client is remembered."""
        return self.refuse(error)

    def record(self, action: str, client: KnownClient, *, by: str = "", **detail: object) -> None:
        """A line of the audit trail, in this transaction. `by` is who did it, if not the client."""
        actor = by or f"client:{client.id}"
        entry = AuditEntry(self.now, action, actor, client.organization, client.id, detail)
        self.grants.record(entry)

    def refuse(self, error: OAuth2Error) -> Answer:
        """The error as an answer; of a known client it is remembered."""
        client = error.client if isinstance(error, ClientRefused) else self._client
        reason = error.reason if isinstance(error, ClientRefused) else error.error
        log.info(
            "oauth_refused",
            endpoint=self._endpoint,
            error=error.error,
            reason=reason,
            client_id=client.id if client else None,
        )
        # Attempts on unknown clients are only logged: strangers must not be able to fill the audit trail.
        if client is not None:
            self.record(f"{self._endpoint}.denied", client, error=error.error, reason=reason)
        publishes = client.id if client and client.jwks_uri and getattr(error, "unknown_key", False) else None
        return replace(refusal(error), unknown_key_of=publishes)
