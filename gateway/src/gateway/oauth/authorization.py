"""The authorization endpoint (RFC 6749 §4.1.1), with a person in the middle: a request begins, waits, is decided.

A request that was begun waits in the database, bound to its browser. Answers say who gives them (RFC 9207).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from authlib.common.urls import add_params_to_uri
from authlib.oauth2 import OAuth2Error

from gateway.core.authorization import AuthorizationRequest
from gateway.core.model import KnownClient
from gateway.core.people import Membership, Session
from gateway.core.scopes import OPEN_BADGES
from gateway.core.secret import SecretKind, digest, new_secret
from gateway.oauth.authorization_code import FORM_POST, WEB, Consent
from gateway.oauth.authorization_request import at_client, check, check_reference, kept
from gateway.oauth.claims_request import read_claims_request
from gateway.oauth.client import OAuthClient
from gateway.oauth.form import Form, FormRequest
from gateway.oauth.id_token import read_hint
from gateway.oauth.pushed import mark, pull, use_up
from gateway.oauth.server import Server
from gateway.oauth.silent import consent_of_before, is_stranger
from gateway.oauth.waiting import EXPECTED, Waiting
from service_kit.errors import Invalid, NotFound
from service_kit.logs import get_logger

log = get_logger(__name__)

PROMPTS = frozenset({"none", "login", "consent", "select_account"})


@dataclass(frozen=True, slots=True)
class Begun:
    """A good request waits for its person under this handle."""

    handle: str


@dataclass(frozen=True, slots=True)
class Redirection:
    """Where the browser goes next: an address of the client.

    With `fields` it sends them there by POST (OAuth 2.0 Form Post Response Mode). `unvouched`: not by itself, for the
    person did not agree to it, and nobody vouches for this client (RFC 9700 §4.11.2).
    """

    location: str
    fields: Mapping[str, str] | None = None
    unvouched: KnownClient | None = None


@dataclass(frozen=True, slots=True)
class Unusable:
    """The request is not safe to answer by redirection: the person is told, not the client."""

    reason: str


def begin(
    server: Server, form: Form, browser: bytes, session: Session | None, *, top_level: bool
) -> Begun | Redirection | Unusable:
    """Check a request and let it wait for its person; or answer it at once, where it wants no page.

    `top_level`: a browser says that its window shows the answer.
    """
    request = FormRequest(form)
    try:
        if "request_uri" in form.fields:
            check_reference(server, request)
            request = FormRequest(pull(server, form))
        grant = check(server, request)
        if request.client.known.flow.pushed_only and "request_uri" not in form.fields:
            raise at_client(request, "invalid_request", "this client pushes its requests (RFC 9126)")
        asked = _asked(server, request, browser, mark(form))
        if not asked.can_be_met:
            raise at_client(request, "unmet_authentication_requirements", "nobody signs in here in such a way")
        if asked.is_for_nobody:
            raise at_client(request, "login_required", "id_token_hint and claims leave no person")
        if _wants_no_page(request):
            consent = consent_of_before(server, request, asked, session)
            use_up(server, asked.request)
            return _answered(server, request, grant, consent)
    except OAuth2Error as error:
        answer = refused(server, request, error)
        # No page where nobody would see it (OpenID Connect Core §3.1.2.6), or to somebody who knows the program.
        if request.form.get("prompt") == "none" and not (top_level and is_stranger(server, request, session)):
            return answer
        return _to_somebody_known(server, request, answer)
    handle = new_secret(SecretKind.REQUEST)
    server.grants.keep_request(digest(handle), asked.request)
    return Begun(handle)


def _to_somebody_known(server: Server, request: FormRequest, answer: Redirection | Unusable) -> Redirection | Unusable:
    """Anybody registers a program, and makes a link here that is refused: it must not be a redirector for them."""
    if isinstance(answer, Unusable):
        return answer
    client = server.query_client(request.form.get("client_id", ""))
    return replace(answer, unvouched=client.known) if client and client.known.organization is None else answer


def _wants_no_page(request: FormRequest) -> bool:
    """Raises OAuth2Error for prompts that do not go together (OpenID Connect Core §3.1.2.1)."""
    prompts = set(request.form.get("prompt", "").split())
    if not prompts <= PROMPTS:
        raise at_client(request, "invalid_request", "prompt is unknown")
    if "none" in prompts and len(prompts) > 1:
        raise at_client(request, "invalid_request", "prompt says none and something else")
    return "none" in prompts


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
        consent = Consent(session, membership, scopes)
    try:
        use_up(server, waited.request)
        grant = check(server, request)
        if consent and not waited.is_for(session):
            raise at_client(request, "login_required", "another person signed in than the one that was asked for")
        if consent and not waited.is_met_by(session):
            raise at_client(request, "unmet_authentication_requirements", "the person signed in in another way")
        return _answered(server, request, grant, consent)
    except OAuth2Error as error:
        return refused(server, request, error)


def _answered(server: Server, request: FormRequest, grant: Any, consent: Consent | None) -> Redirection:
    """Authlib's answer for a yes, or a no. Raises OAuth2Error."""
    answer = server.create_authorization_response(request, grant_user=consent, grant=grant)
    return _redirection(server, request, dict(answer.headers)["Location"], consent.scopes if consent else ())


def refused(server: Server, request: FormRequest, error: OAuth2Error) -> Redirection | Unusable:
    """An error goes to the client only where its redirect URI was checked (RFC 9700 §4.11.2)."""
    log.info("authorization_refused", error=error.error, client_id=request.form.get("client_id", "")[:128])
    if not error.redirect_uri:
        return Unusable(error.description or error.error)
    error.state = request.payload.state
    return _redirection(server, request, dict(error()[2])["Location"])


def _waiting(server: Server, found: AuthorizationRequest | None, browser: bytes) -> Waiting:
    client = server.query_client(found.client) if found and found.browser == browser else None
    if found is None or client is None:
        raise NotFound("this request has ended, or was begun in another browser; go back and start again")
    return _with_scopes(client, found)


def _asked(server: Server, request: FormRequest, browser: bytes, own: Mapping[str, str]) -> Waiting:
    client = request.client
    parameters = {**kept(request), **own, "begun": str(server.now.timestamp())}
    parameters.pop("id_token_hint", None)  # it holds a name; whom it means is all that is needed
    hint = read_hint(request.form.get("id_token_hint", ""), server.policy, server.keys)
    subjects = read_claims_request(parameters.get("claims")).subjects or ()
    if len(subjects) == 1:  # a process of the release before looks nowhere else
        parameters[EXPECTED] = subjects[0]
    if hint and hint.client == client.known.id:
        parameters[EXPECTED] = hint.subject
    until = server.now + server.policy.request_lifetime
    return _with_scopes(client, AuthorizationRequest(client.known.id, parameters, request.resources, until, browser))


def _with_scopes(client: OAuthClient, request: AuthorizationRequest) -> Waiting:
    scopes = (client.get_allowed_scope(request.parameters.get("scope")) or "").split()
    asked = read_claims_request(request.parameters.get("claims"))
    shown = asked.scopes if "openid" in scopes else ()
    return Waiting(client.known, request, tuple(dict.fromkeys((*scopes, *shown))), asked.classes, asked.subjects)


def _redirection(server: Server, request: FormRequest, location: str, allowed: tuple[str, ...] = ()) -> Redirection:
    """With `iss`, so that a client of several servers knows whose answer it is (RFC 9207 §2).

    With `scope` where an Open Badges client is told what it was allowed (Open Badges 3.0).
    """
    scope = [("scope", " ".join(allowed))] if not set(OPEN_BADGES).isdisjoint(allowed) else []
    whole = add_params_to_uri(location, [("iss", server.policy.issuer), *scope])
    asked = request.payload.redirect_uri
    if request.form.get("response_mode") != FORM_POST or not asked.startswith(WEB):
        return Redirection(whole)
    own, answer = (parse_qsl(urlsplit(one).query, keep_blank_values=True) for one in (asked, whole))
    return Redirection(asked, dict(answer[len(own) :]))
