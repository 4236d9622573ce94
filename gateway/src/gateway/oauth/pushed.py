"""Pushed authorization requests (RFC 9126): a client says what it wants behind the browser's back."""

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import InvalidRequestError

from gateway.core.authorization import AuthorizationRequest
from gateway.core.secret import SecretKind, digest, new_secret
from gateway.oauth.authorization_request import REFERENCE, check, kept
from gateway.oauth.form import Form, FormRequest
from gateway.oauth.policy import PAR_PATH
from gateway.oauth.possession import ProofRefused
from gateway.oauth.server import Answer, Server

PUSHED = "pushed"  # our own parameter beside the client's: which pushed request this one came by


class UnknownRequest(OAuth2Error):  # type: ignore[misc]  # Authlib has no types
    """RFC 9101 §7, RFC 9126 §2.2."""

    error = "invalid_request_uri"


def push(server: Server, request: FormRequest) -> Answer:
    """POST /oauth/par: check a request and keep it for its client."""
    return server.answer("par", PAR_PATH, request, lambda asked: _push(server, asked))


def _push(server: Server, request: FormRequest) -> Answer:
    client = server.authenticate_client(request, (), "par")
    if "request_uri" in request.form:
        raise InvalidRequestError("a pushed request has no request_uri")
    fields = {**request.form, "client_id": client.get_client_id()}
    if server.key is not None and fields.setdefault("dpop_jkt", server.key) != server.key:
        raise ProofRefused("dpop_jkt names another key than the proof")
    asked = FormRequest(Form(fields, request.resources))
    try:
        check(server, asked)
    except OAuth2Error as error:
        error.redirect_uri = None  # the client itself asks, and is told
        raise
    reference = new_secret(SecretKind.REQUEST)
    until = server.now + server.policy.pushed_lifetime
    pushed = AuthorizationRequest(client.known.id, kept(asked), asked.resources, until)
    server.grants.keep_request(digest(reference), pushed)
    lifetime = int(server.policy.pushed_lifetime.total_seconds())
    return Answer(201, {"request_uri": REFERENCE + reference, "expires_in": lifetime})


def pull(server: Server, form: Form) -> Form:
    """The request that a browser brings a reference to. What else it brings does not count (§4).

    It may be visited again until it is answered (FAPI 2.0 Security Profile §5.3.2.2): pages are loaded twice, by people
    and by what looks at links before them. Raises UnknownRequest.
    """
    found = server.grants.find_request(_digest(form), server.now)
    if found is None or found.browser is not None or found.client != form.fields.get("client_id"):
        raise UnknownRequest("request_uri is unknown, was used, or has expired")
    return Form(found.parameters, found.resources)


def mark(form: Form) -> dict[str, str]:
    """What a request keeps of the reference that it came by."""
    return {PUSHED: _digest(form).hex()} if "request_uri" in form.fields else {}


def use_up(server: Server, request: AuthorizationRequest) -> None:
    """A pushed request is answered once. Raises UnknownRequest."""
    if PUSHED not in request.parameters:
        return
    until = server.now + server.policy.request_lifetime
    if not server.grants.answer_pushed(bytes.fromhex(request.parameters[PUSHED]), request.client, until):
        raise UnknownRequest("this request was answered before")


def _digest(form: Form) -> bytes:
    return digest(form.fields["request_uri"].removeprefix(REFERENCE))
