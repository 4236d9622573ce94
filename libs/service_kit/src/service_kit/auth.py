"""Access tokens (RFC 9068) checked by every service itself, against the authorization server's cached keys."""

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.openapi.models import HTTPBearer
from fastapi.security.base import SecurityBase
from joserfc.jwk import Key

from service_kit import compact_jws
from service_kit.askers import is_asked_by
from service_kit.clock import Clock, utc_now
from service_kit.dpop import DpopError, Replays, read_proof
from service_kit.errors import Forbidden, ServiceError, Unauthorized, sent_twice
from service_kit.representation import HTML, JSON, negotiate
from service_kit.settings import AuthSettings
from service_kit.token_keys import ALGORITHMS, TokenKeys

TOKEN_TYPES = frozenset({"at+jwt", "application/at+jwt"})
REMEMBERED = 2048  # tokens, by their digests

IsRevoked = Callable[["Caller"], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is calling: the OAuth client, its organization (the tenant) and what it may do.

    `grant_id` is a person's consent that the token comes from; None where the client acts for its organization.
    `key` is the thumbprint of the key that the token is bound to, None for a bearer token.
    `email_sha256` is the digest of the person's address, in hexadecimal: there only where the person proved to read its
    mail and let this client know it.
    """

    client_id: str
    subject: str
    org: str
    org_kind: str
    scopes: frozenset[str]
    token_id: str
    grant_id: str | None = None
    key: str | None = None
    email_sha256: str | None = None

    @property
    def actor(self) -> str:
        """How this caller is named in audit entries."""
        return f"user:{self.subject}" if self.grant_id else f"client:{self.client_id}"


@dataclass(frozen=True, slots=True)
class _Known:
    """What a token says that was verified once: true for as long as its key is one of the current ones."""

    key_id: str
    key: Key
    caller: Caller
    begins: float
    ends: float


class TokenVerifier:
    """Turns a bearer token into a Caller, or says no (RFC 9068 §4, RFC 8725)."""

    def __init__(
        self, settings: AuthSettings, keys: TokenKeys, clock: Clock = utc_now, is_revoked: IsRevoked | None = None
    ) -> None:
        """`is_revoked`: whether the token ended before its time, or its client was removed."""
        self._settings = settings
        self._keys = keys
        self._clock = clock
        self._is_revoked = is_revoked
        self._replays = Replays()
        self._known: dict[bytes, _Known] = {}

    async def verify(self, token: str) -> Caller:
        """Check signature, type, issuer, audience, time, and that it was not revoked. Raises Unauthorized.

        Signature and claims are read once while the key stays; time and revocation are asked each time.
        """
        place = hashlib.sha256(token.encode(errors="replace")).digest()
        known = self._known.get(place)
        if known is None or await self._keys.get(known.key_id) is not known.key:
            known = self._known[place] = await self._read(token)
            if len(self._known) > REMEMBERED:
                del self._known[next(iter(self._known))]  # the oldest
        self._check_time(known)
        if self._is_revoked and await self._is_revoked(known.caller):
            raise Unauthorized("the token was revoked", error="invalid_token")
        return known.caller

    async def _read(self, token: str) -> _Known:
        try:
            header = compact_jws.read_header(token)
            key_id = header.get("kid", "")
            key = await self._keys.get(key_id)
            claims = compact_jws.read_claims(token, key, ALGORITHMS.get(key.key_type, frozenset()))
        except compact_jws.JwsError as error:
            raise Unauthorized("the token cannot be verified", error="invalid_token") from error
        if header.get("typ", "").lower() not in TOKEN_TYPES:
            raise Unauthorized("the token is not an access token", error="invalid_token")
        caller = self._caller(claims)
        return _Known(key_id, key, caller, begins=max(claims["iat"], claims.get("nbf", 0)), ends=claims["exp"])

    def _check_time(self, known: _Known) -> None:
        now, leeway = self._clock().timestamp(), self._settings.leeway_s
        if known.ends + leeway <= now:
            raise Unauthorized("the token has expired", error="invalid_token")
        if known.begins - leeway > now:
            raise Unauthorized("the token is not valid yet", error="invalid_token")

    def check_possession(self, caller: Caller, token: str, request: Request) -> None:
        """Whether whoever sends a bound token has its key (RFC 9449 §7). Raises Unauthorized."""
        proofs = request.headers.getlist("dpop")
        if caller.key is None or len(proofs) != 1:
            raise _unproven("a bound token, and one proof of its key, are needed")
        path = request.scope.get("raw_path", request.url.path.encode()).decode("latin-1")
        addresses = [f"{audience.rstrip('/')}{path}" for audience in self._settings.audiences]
        now = self._clock().timestamp()
        try:
            proof = read_proof(proofs[0], request.scope.get("sent_method", request.method), addresses, now, token)
        except DpopError as error:
            raise _unproven(str(error)) from error
        if proof.key != caller.key:
            raise _unproven("it is signed with another key")
        if not self._replays.is_new(proof, now):
            raise _unproven("it was used before")

    def _caller(self, claims: dict[str, Any]) -> Caller:
        if not _well_formed(claims):
            raise Unauthorized("the token lacks claims or has them in the wrong form", error="invalid_token")
        audiences = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
        if claims["iss"] != self._settings.issuer:
            raise Unauthorized("the token is from another issuer", error="invalid_token")
        if not set(self._settings.audiences).intersection(a for a in audiences if isinstance(a, str)):
            raise Unauthorized("the token is for another audience", error="invalid_token")
        return Caller(
            client_id=claims["client_id"],
            subject=claims["sub"],
            org=claims["org"],
            org_kind=str(claims.get("org_kind", "")),
            scopes=frozenset(claims.get("scope", "").split()),
            token_id=claims["jti"],
            grant_id=claims.get("grant_id"),
            key=claims["cnf"]["jkt"] if "cnf" in claims else None,
            email_sha256=claims.get("email_sha256"),
        )


def _well_formed(claims: dict[str, Any]) -> bool:
    texts = ("iss", "sub", "client_id", "org", "jti")
    times = ("exp", "iat")
    return (
        all(isinstance(claims.get(name), str) and claims[name] for name in texts)
        and all(_is_number(claims.get(name)) for name in times)
        and _is_number(claims.get("nbf", 0))
        and isinstance(claims.get("aud"), str | list)
        and isinstance(claims.get("scope", ""), str)
        and isinstance(claims.get("grant_id"), str | None)
        and isinstance(claims.get("email_sha256"), str | None)
        and ("cnf" not in claims or _is_binding(claims["cnf"]))
    )


def _is_binding(confirmation: Any) -> bool:
    """The one kind of binding we can check; a token with another is no token (RFC 7800 §3.1)."""
    return isinstance(confirmation, dict) and confirmation.keys() == {"jkt"} and isinstance(confirmation["jkt"], str)


def _unproven(why: str) -> Unauthorized:
    return Unauthorized(f"the DPoP proof was refused: {why}", error="invalid_dpop_proof", scheme="DPoP")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


async def authenticate(request: Request) -> Caller:
    """The caller of this request, found once. Raises Unauthorized, and Malformed where there are two to choose from."""
    if "caller" not in request.scope:
        request.scope["caller"] = await _authenticated(request)
    found: Caller = request.scope["caller"]
    return found


async def _authenticated(request: Request) -> Caller:
    sent = request.headers.getlist("authorization")
    if len(sent) > 1:
        raise sent_twice("Authorization")
    scheme, token = _shown("".join(sent))
    if scheme not in {"bearer", "dpop"} or not token:
        raise Unauthorized("this needs an access token")
    tokens: TokenVerifier = request.app.state.tokens
    caller = await tokens.verify(token)
    if scheme == "dpop":
        tokens.check_possession(caller, token, request)
    elif caller.key is not None:
        raise Unauthorized("this token is bound to a key: send it with DPoP and a proof", error="invalid_token")
    is_asked_by(caller.subject if caller.grant_id else caller.org)
    return caller


async def is_good_yet(request: Request) -> bool:
    """For answers that take long: whether the token of an authenticated request still holds.

    Possession of its key was proved for the whole answer.
    """
    tokens: TokenVerifier = request.app.state.tokens
    try:
        await tokens.verify(_shown(request.headers["authorization"])[1])
    except ServiceError:
        return False
    return True


def _shown(header: str) -> tuple[str, str]:
    scheme, _, token = header.partition(" ")
    return scheme.lower(), token.strip()


MAY_AUTHENTICATE = "may_authenticate"


class Scope(SecurityBase):
    """Dependency: the caller, who must hold this scope. `caller: Annotated[Caller, Depends(Scope("a:b"))]`."""

    def __init__(self, scope: str) -> None:
        self.scope = scope
        self.scheme_name = "accessToken"
        self.model = HTTPBearer(bearerFormat="JWT", description="An access token from POST /oauth/token (RFC 9068)")

    async def __call__(self, request: Request) -> Caller:
        caller = await authenticate(request)
        if self.scope not in caller.scopes:
            raise Forbidden(f"this needs the scope {self.scope}", scope=self.scope)
        return caller


class AnyScope(Scope):
    """Dependency: the caller, who must hold one of these scopes. Which of them suffices, the route finds out later."""

    def __init__(self, *scopes: str) -> None:
        super().__init__(scopes[0])
        self.scopes = scopes

    async def __call__(self, request: Request) -> Caller:
        caller = await authenticate(request)
        if not caller.scopes.intersection(self.scopes):
            raise Forbidden(f"this needs the scope {' or '.join(self.scopes)}", scope=self.scope)
        return caller


class ScopeOrBrowser(Scope):
    """Dependency: the caller as `Scope` has it, or None for a person in whose browser the address was opened."""

    async def __call__(self, request: Request) -> Caller | None:  # type: ignore[override]
        if "authorization" not in request.headers and negotiate(request, JSON, HTML) == HTML:
            return None
        return await super().__call__(request)


def may_authenticate(call: Callable[..., Any]) -> Callable[..., Any]:
    """Mark a dependency that looks at a token where one was sent and asks for none."""
    vars(call)[MAY_AUTHENTICATE] = True
    return call


def scopes_of(dependant: Dependant) -> Sequence[Scope]:
    """Those among what a route depends on."""
    own = (dependant.call,) if isinstance(dependant.call, Scope) else ()
    return [*own, *(scope for below in dependant.dependencies for scope in scopes_of(below))]
