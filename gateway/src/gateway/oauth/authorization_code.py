"""The authorization code grant (RFC 6749 §4.1) with PKCE (RFC 7636), S256 and nothing else."""

import re
from datetime import timedelta
from typing import Any

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import AuthorizationCodeGrant, AuthorizationCodeMixin, InvalidRequestError
from authlib.oauth2.rfc7636 import CodeChallenge

from gateway.core.authorization import Code, Grant, Person
from gateway.core.people import Membership, Session
from gateway.core.scopes import OPEN_BADGES
from gateway.core.secret import SecretKind, digest, new_secret
from gateway.oauth import claims_request, possession
from gateway.oauth.client import OAuthClient
from gateway.oauth.form import FormRequest
from gateway.oauth.policy import Policy
from gateway.oauth.targets import targets
from service_kit import compact_jws

METHOD = "S256"
# OpenID Connect Core §3.1.2.6
NOT_SUPPORTED = {"request": "request_not_supported", "registration": "registration_not_supported"}
FORM_POST = "form_post"
RESPONSE_MODES = ("query", FORM_POST)
WEB = ("https:", "http:")
MAX_LENGTH = 2048
MAX_LENGTHS = {"id_token_hint": compact_jws.MAX_BYTES, "claims": claims_request.MAX_LENGTH}
SECONDS = re.compile(r"[0-9]{1,9}")
THUMBPRINT = re.compile(r"[A-Za-z0-9_-]{43}")


class Consent:
    """A person's yes: who, when authenticated, and which of the scopes. Authlib calls it the user.

    `renews` is the grant in which the person said so, if that was before this request.
    """

    def __init__(
        self, session: Session, membership: Membership, scopes: tuple[str, ...], *, renews: Grant | None = None
    ) -> None:
        self.person = Person(session.user, membership)
        self.scopes = scopes
        self.session = session
        self.renews = renews


class PresentedCode(AuthorizationCodeMixin):  # type: ignore[misc]  # Authlib has no types
    """A stored code as Authlib sees it."""

    code_challenge_method = METHOD

    def __init__(self, digest: bytes, code: Code) -> None:
        self.digest = digest
        self.code = code
        self.code_challenge = code.challenge

    def get_redirect_uri(self) -> str:
        """What the request said; the token request says the same."""
        return self.code.redirect_uri

    def get_scope(self) -> str:
        """What the person allowed."""
        return " ".join(self.code.grant.scopes)


class S256(CodeChallenge):  # type: ignore[misc]  # Authlib has no types
    """PKCE for every client (RFC 9700 §2.1.1), but one that registered to do without. `plain` is never taken."""

    SUPPORTED_CODE_CHALLENGE_METHOD = (METHOD,)

    def validate_code_challenge(self, grant: Any, redirect_uri: str) -> None:
        """Raises InvalidRequestError."""
        sent, flow = grant.request.payload.data, grant.request.client.known.flow
        if not flow.requires_proof_key and sent.keys().isdisjoint({"code_challenge", "code_challenge_method"}):
            return
        if "code_challenge" not in sent or sent.get("code_challenge_method") != METHOD:
            raise InvalidRequestError("code_challenge is needed, with code_challenge_method=S256")
        super().validate_code_challenge(grant, redirect_uri)


def _lifetime(policy: Policy, grant: Grant) -> timedelta:
    is_open_badges = not set(OPEN_BADGES).isdisjoint(grant.scopes)
    return policy.open_badges_code_lifetime if is_open_badges else policy.code_lifetime


class AuthorizationCode(AuthorizationCodeGrant):  # type: ignore[misc]  # Authlib has no types
    """What is remembered of a request, and who gets tokens for a code."""

    @staticmethod
    def validate_authorization_redirect_uri(request: FormRequest, client: OAuthClient) -> str:
        """Authlib's own quotes the input. Raises InvalidRequestError, which must not be sent by redirection."""
        asked = request.payload.redirect_uri
        if not asked or not client.check_redirect_uri(asked):
            raise InvalidRequestError("redirect_uri is not one that this client has registered")
        return str(asked)

    def validate_requested_scope(self) -> None:
        """Called once the client is known; scopes are OAuthClient's. Raises InvalidRequestError or InvalidTarget."""
        sent = self.request.payload.data
        for name, error in NOT_SUPPORTED.items():
            if name in sent:
                raise OAuth2Error(f"this server takes no parameter {name}", error=error)
        if sent.get("response_mode", RESPONSE_MODES[0]) not in RESPONSE_MODES:
            raise InvalidRequestError("response_mode must be query or form_post")
        if sent.get("response_mode") == FORM_POST and not sent.get("redirect_uri", "").startswith(WEB):
            raise InvalidRequestError("form_post needs a redirect_uri of the web")
        if any(len(value) > MAX_LENGTHS.get(name, MAX_LENGTH) for name, value in sent.items()):
            raise InvalidRequestError("a parameter is too long")
        if not SECONDS.fullmatch(sent.get("max_age", "0")):
            raise InvalidRequestError("max_age must be a number of seconds")
        if "dpop_jkt" in sent and not THUMBPRINT.fullmatch(sent["dpop_jkt"]):
            raise InvalidRequestError("dpop_jkt must be a thumbprint of RFC 7638")
        claims_request.read_claims_request(sent.get("claims"))
        targets(self.request, self.server.policy)

    def generate_authorization_code(self) -> str:
        """256 random bits."""
        return new_secret(SecretKind.CODE)

    def save_authorization_code(self, code: str, request: FormRequest) -> None:
        """The person said yes: keep the grant, and the code by its digest."""
        server, consent = self.server, request.user
        grant = Grant(
            id=server.ids(),
            client=request.client.known.id,
            user=consent.person.user.id,
            organization=consent.person.membership.organization,
            scopes=consent.scopes,
            targets=targets(request, server.policy),
            authenticated_at=consent.session.authenticated_at,
            methods=consent.session.methods,
            session=consent.session.id or None,
            created_at=consent.renews.created_at if consent.renews else server.now,  # it ends when that would have
            renews=consent.renews.id if consent.renews else None,
        )
        sent = request.payload.data
        kept = Code(
            grant=grant,
            redirect_uri=sent["redirect_uri"],
            challenge=sent.get("code_challenge"),
            nonce=sent.get("nonce"),
            expires_at=server.now + _lifetime(server.policy, grant),
            key=sent.get("dpop_jkt"),
        )
        server.grants.add_grant(grant)
        server.grants.add_code(digest(code), kept)
        detail = {"grant_id": grant.id, "scopes": list(grant.scopes)}
        detail |= {"renews": grant.renews} if grant.renews else {}
        server.record("grant.given", request.client.known, by=f"user:{grant.user}", **detail)

    def query_authorization_code(self, code: str, client: OAuthClient) -> PresentedCode | None:
        """A code of this client that is fresh. One that comes again ends everything that came from it (§4.1.2)."""
        server = self.server
        presented = digest(code)
        found = server.grants.lock_code(presented)
        if found is None or found.grant.client != client.known.id:
            return None
        if found.used_at is not None:
            server.grants.revoke_grant(found.grant.id, server.now)
            server.record("code.reused", client.known, grant_id=found.grant.id)
            return None
        possession.check_code(found.key, server.key)
        is_good = found.expires_at > server.now and found.grant.revoked_at is None
        return PresentedCode(presented, found) if is_good else None

    def delete_authorization_code(self, authorization_code: PresentedCode) -> None:
        """Used, not deleted: it is recognised when it comes again."""
        self.server.grants.use_code(authorization_code.digest, self.server.now)

    def authenticate_user(self, authorization_code: PresentedCode) -> Person | None:
        """The person, if still a member."""
        person: Person | None = self.server.tokens.person(authorization_code.code.grant)
        return person

    def generate_token(self, user: Person, scope: str, include_refresh_token: bool, **_: Any) -> dict[str, Any]:
        """Access token, ID token, and a refresh token for a client that registered for it."""
        code = self.request.authorization_code.code
        answer: dict[str, Any] = self.server.tokens.for_person(
            self.request,
            code.grant,
            user,
            code.grant.scopes,
            key=self.server.key,
            nonce=code.nonce,
            refreshable=include_refresh_token,
        )
        return answer
