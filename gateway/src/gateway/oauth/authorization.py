"""The authorization endpoint (RFC 6749 §4.1.1), with a person in the middle: a request begins, waits, is decided.

A request that was begun waits in the database, bound to its browser. Answers say who gives them (RFC 9207).
"""

from dataclasses import dataclass

from authlib.common.urls import add_params_to_uri
from authlib.oauth2 import OAuth2Error

from gateway.core.authorization import AuthorizationRequest, Person
from gateway.core.model import KnownClient
from gateway.core.people import Membership, Session
from gateway.core.redirects import origin
from gateway.core.roles import narrowed
from gateway.core.scopes import OPEN_BADGES
from gateway.core.secret import SecretKind, digest, new_secret
from gateway.oauth.authorization_code import Consent
from gateway.oauth.authorization_request import at_client, check, check_reference, kept
from gateway.oauth.form import Form, FormRequest
from gateway.oauth.pushed import pull
from gateway.oauth.server import Server
from service_kit.errors import Invalid, NotFound
from service_kit.logs import get_logger

log = get_logger(__name__)

PROMPTS = frozenset({"none", "login", "consent", "select_account"})
ASK_WHO = frozenset({"login", "select_account"})  # an account is chosen by signing in to it
MAX_HINT = 254


@dataclass(frozen=True, slots=True)
class Begun:
    """A good request waits for its person under this handle."""

    handle: str


@dataclass(frozen=True, slots=True)
class Redirection:
    """Where the browser goes next: an address of the client."""

    location: str


@dataclass(frozen=True, slots=True)
class Unusable:
    """The request is not safe to answer by redirection: the person is told, not the client."""

    reason: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """What the pages need to know of a request."""

    client: KnownClient
    request: AuthorizationRequest
    scopes: tuple[str, ...]

    @property
    def leads_to(self) -> str:
        """The origin that the browser will be sent to."""
        return origin(self.request.parameters["redirect_uri"])

    def needs_sign_in(self, session: Session | None, now: float) -> bool:
        """Whether the person has to show a password, and not only to agree."""
        if session is None:
            return True
        authenticated_at = session.authenticated_at.timestamp()
        if authenticated_at >= float(self.request.parameters["begun"]):
            return False
        is_old = now - authenticated_at > float(self.request.parameters.get("max_age", "inf"))
        return is_old or not ASK_WHO.isdisjoint(self.request.parameters.get("prompt", "").split())

    @property
    def hint(self) -> str:
        """Whom the program expects: a text of its own, for a field that the person sees."""
        return self.request.parameters.get("login_hint", "")[:MAX_HINT]

    def offers(self, membership: Membership) -> tuple[str, ...]:
        """What of it this membership may lend."""
        return narrowed(self.scopes, membership.kind, membership.roles)


def begin(server: Server, form: Form, browser: bytes, *, is_signed_in: bool) -> Begun | Redirection | Unusable:
    """Check a request and let it wait for its person."""
    request = FormRequest(form)
    try:
        if "request_uri" in form.fields:
            check_reference(server, request)
            request = FormRequest(pull(server, form))
        check(server, request)
        if request.client.known.flow.pushed_only and "request_uri" not in form.fields:
            raise at_client(request, "invalid_request", "this client pushes its requests (RFC 9126)")
        _check_prompts(request, is_signed_in=is_signed_in)
    except OAuth2Error as error:
        return refused(server, request, error)
    return Begun(_keep(server, request, browser))


def _check_prompts(request: FormRequest, *, is_signed_in: bool) -> None:
    """OpenID Connect Core §3.1.2.1 and §3.1.2.6: without a page nobody can sign in or agree."""
    prompts = set(request.form.get("prompt", "").split())
    if not prompts <= PROMPTS:
        raise at_client(request, "invalid_request", "prompt is unknown")
    if "none" in prompts:
        if len(prompts) > 1:
            raise at_client(request, "invalid_request", "prompt says none and something else")
        error = "interaction_required" if is_signed_in else "login_required"
        raise at_client(request, error, "a person is always asked")


def waiting(server: Server, handle: str, browser: bytes) -> Waiting:
    """A request that waits in this browser. Raises NotFound."""
    found = server.grants.find_request(digest(handle), server.now)
    return _waiting(server, found, browser)


def decide(
    server: Server, handle: str, browser: bytes, session: Session, membership: Membership | None
) -> Redirection | Unusable:
    """Answer the client: a code for what this membership may lend, or that the person refused (None).

    Raises NotFound for a request that was answered before, and Invalid where nothing may be lent.
    """
    waited = _waiting(server, server.grants.take_request(digest(handle), server.now), browser)
    request = FormRequest(Form(waited.request.parameters, waited.request.resources))
    consent = None
    if membership is not None:
        scopes = waited.offers(membership)
        if not scopes:
            raise Invalid("your roles in this organization allow nothing of what was asked")
        consent = Consent(Person(session.user, membership), scopes, session.authenticated_at)
    try:
        answer = server.create_authorization_response(request, grant_user=consent, grant=check(server, request))
    except OAuth2Error as error:
        return refused(server, request, error)
    allowed = consent.scopes if consent else ()
    return _redirection(server, dict(answer.headers)["Location"], allowed)


def refused(server: Server, request: FormRequest, error: OAuth2Error) -> Redirection | Unusable:
    """An error goes to the client only where its redirect URI was checked (RFC 9700 §4.11.2)."""
    log.info("authorization_refused", error=error.error, client_id=request.form.get("client_id", "")[:128])
    if not error.redirect_uri:
        return Unusable(error.description or error.error)
    error.state = request.payload.state
    return _redirection(server, dict(error()[2])["Location"])


def _waiting(server: Server, found: AuthorizationRequest | None, browser: bytes) -> Waiting:
    client = server.query_client(found.client) if found and found.browser == browser else None
    if found is None or client is None:
        raise NotFound("this request has ended, or was begun in another browser; go back and start again")
    scopes = client.get_allowed_scope(found.parameters.get("scope")) or ""
    return Waiting(client.known, found, tuple(scopes.split()))


def _keep(server: Server, request: FormRequest, browser: bytes) -> str:
    handle = new_secret(SecretKind.REQUEST)
    parameters = {**kept(request), "begun": str(server.now.timestamp())}
    until = server.now + server.policy.request_lifetime
    client = request.client.known.id
    server.grants.keep_request(
        digest(handle), AuthorizationRequest(client, parameters, request.resources, until, browser)
    )
    return handle


def _redirection(server: Server, location: str, allowed: tuple[str, ...] = ()) -> Redirection:
    """With `iss`, so that a client of several servers knows whose answer it is (RFC 9207 §2).

    With `scope` where an Open Badges client is told what it was allowed (Open Badges 3.0).
    """
    scope = [("scope", " ".join(allowed))] if not set(OPEN_BADGES).isdisjoint(allowed) else []
    return Redirection(add_params_to_uri(location, [("iss", server.policy.issuer), *scope]))
