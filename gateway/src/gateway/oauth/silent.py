"""`prompt=none` (OpenID Connect Core §3.1.2.1): an answer without a page, where the person has agreed before.

Only to a client that nothing else can pretend to be: one that authenticates itself, or whose answer goes to an https
address that it registered (RFC 6749 §10.2, RFC 8252 §8.6). Anybody can take the scheme or the port of a native one.
"""

from collections.abc import Sequence

from gateway.core.authorization import Grant
from gateway.core.model import ClientId
from gateway.core.people import Session
from gateway.oauth.authorization_code import Consent
from gateway.oauth.authorization_request import at_client
from gateway.oauth.form import FormRequest
from gateway.oauth.server import Server
from gateway.oauth.targets import targets
from gateway.oauth.waiting import EXPECTED, Waiting


def consent_of_before(server: Server, request: FormRequest, asked: Waiting, session: Session | None) -> Consent:
    """What the person allowed this client before covers what it asks for now, in the same organization.

    Raises OAuth2Error for the client: login_required or consent_required.
    """
    suits = session and asked.is_for(session) and asked.is_met_by(session)
    if session is None or not suits or asked.needs_sign_in(session, server.now.timestamp()):
        raise at_client(request, "login_required", "the person has to sign in")
    if "id_token_hint" in request.form and EXPECTED not in asked.request.parameters:
        raise at_client(request, "login_required", "id_token_hint is no ID token of this server for this client")
    if asked.client.is_recognisable:
        for grant in _standing(server, asked.client.id, session):
            if found := _covered(server, request, asked, session, grant):
                return found
    raise at_client(request, "consent_required", "the person has to agree")


def is_stranger(server: Server, request: FormRequest, session: Session | None) -> bool:
    """Whether nobody who is signed in here has agreed to this client."""
    return session is None or not _standing(server, ClientId(request.form.get("client_id", "")), session)


def _standing(server: Server, client: ClientId, session: Session) -> Sequence[Grant]:
    return server.grants.standing(client, session.user.id, server.now - server.policy.grant_lifetime)


def _covered(server: Server, request: FormRequest, asked: Waiting, session: Session, grant: Grant) -> Consent | None:
    membership = server.grants.membership(session.user.id, grant.organization)
    scopes = asked.offers(membership) if membership else ()
    wanted = targets(request, server.policy)
    covers_targets = not grant.targets or (bool(wanted) and set(wanted) <= set(grant.targets))
    if membership is None or not scopes or not set(scopes) <= set(grant.scopes) or not covers_targets:
        return None
    return Consent(session, membership, scopes, renews=grant)
