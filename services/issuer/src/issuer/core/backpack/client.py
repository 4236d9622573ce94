"""Laurel as a client of Open Badges: what is said to another host, and how its answers are read. Pure."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import orjson

from credential_core.errors import CredentialError
from credential_core.json_input import check_tree
from credential_core.model import validate_profile
from issuer.core.backpack.hosts_model import Endpoints, Secrets
from issuer.core.backpack.model import Notation
from service_kit.errors import Conflict, Invalid, invalid_field

DISCOVERY = "/discovery"
SCOPE = "https://purl.imsglobal.org/spec/ob/v3p0/scope/"
CREDENTIALS = (f"{SCOPE}credential.readonly", f"{SCOPE}credential.upsert")
PROFILE = f"{SCOPE}profile.readonly"
MEDIA_TYPES = {Notation.DOCUMENT: "application/vc+ld+json", Notation.COMPACT_JWS: "text/plain"}
LONGEST = 4096


@dataclass(frozen=True, slots=True)
class Pulled:
    """One page of a host's credentials."""

    texts: Sequence[tuple[Notation, str]]
    has_more: bool


def endpoints(discovery_url: str, description: Any) -> Endpoints:
    """Read a service description. Raises Invalid for one that no client could use."""
    try:
        scheme = _scheme(description)
        flow = scheme["flows"]["authorizationCode"]
        found = (scheme["x-imssf-registrationUrl"], flow["authorizationUrl"], flow["tokenUrl"])
        name = str(description["info"]["title"])[:200]
    except (LookupError, TypeError, AttributeError, StopIteration) as error:
        raise _unusable("is no service description of Open Badges 3.0") from error
    if not all(isinstance(url, str) and len(url) <= LONGEST and urlsplit(url).netloc for url in found):
        raise _unusable("its service description names addresses that cannot be used")
    return Endpoints(name, discovery_url.removesuffix(DISCOVERY), *found)


def scope(description: Any) -> str:
    """What is asked for: of what a usable host offers; of one that does not say, its credentials alone."""
    offered = _scheme(description)["flows"]["authorizationCode"].get("scopes")
    known = offered if isinstance(offered, dict) else {}
    return " ".join((*([one for one in (*CREDENTIALS, PROFILE) if one in known] or CREDENTIALS), "offline_access"))


def asked(secrets: Secrets) -> Sequence[str]:
    """The scopes that a connection was begun with."""
    return parse_qs(urlsplit(secrets.authorization_url).query).get("scope", [""])[-1].split()


def _scheme(description: Any) -> Any:
    return next(one for one in description["components"]["securitySchemes"].values() if _is_code_flow(one))


def _is_code_flow(scheme: Mapping[str, Any]) -> bool:
    return scheme.get("type") == "oauth2" and "authorizationCode" in scheme.get("flows", {})


def metadata(origin: str, redirect_uri: str, scope: str) -> bytes:
    """How we register (RFC 7591, and what Open Badges ask for): every address of one host."""
    return orjson.dumps(
        {
            "client_name": "Laurel",
            "client_uri": origin,
            "logo_uri": f"{origin}/ims/ob/v3p0/logo.svg",
            "tos_uri": origin,
            "policy_uri": origin,
            "software_id": "5f8e3a52-4c7b-4d55-9a75-2f6c1f0c7d11",
            "software_version": "1.0",
            "redirect_uris": [redirect_uri],
            "token_endpoint_auth_method": "client_secret_basic",
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "scope": scope,
        }
    )


def registered(answer: Any) -> Secrets:
    """What a registration gave. Raises Conflict."""
    found = _object(answer)
    client_id, secret = found.get("client_id"), found.get("client_secret")
    if not isinstance(client_id, str) or not isinstance(secret, str) or max(len(client_id), len(secret)) > LONGEST:
        raise refused("its registration gave no client_id and client_secret")
    return Secrets(client_id, secret)


def authorization_url(where: Endpoints, secrets: Secrets, redirect_uri: str, scope: str, state: str) -> str:
    """Where the person goes to allow it: code, PKCE S256 (RFC 7636)."""
    query = {
        "response_type": "code",
        "client_id": secrets.client_id,
        "redirect_uri": redirect_uri,
        "scope": scope,
        "state": state,
        "code_challenge": _base64url(hashlib.sha256(secrets.verifier.encode()).digest()),
        "code_challenge_method": "S256",
    }
    joint = "&" if urlsplit(where.authorization).query else "?"
    return f"{where.authorization}{joint}{urlencode(query)}"


def code_form(code: str, secrets: Secrets, redirect_uri: str) -> bytes:
    """The token request for a code."""
    return urlencode(
        {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "scope": " ".join(asked(secrets)),
            "code_verifier": secrets.verifier,
        }
    ).encode()


def refresh_form(secrets: Secrets) -> bytes:
    """The token request for a refresh token."""
    return urlencode({"grant_type": "refresh_token", "refresh_token": secrets.refresh_token}).encode()


def basic(secrets: Secrets) -> str:
    """RFC 6749 §2.3.1: both are form-encoded first."""
    pair = f"{quote(secrets.client_id, safe='')}:{quote(secrets.client_secret, safe='')}"
    return f"Basic {base64.b64encode(pair.encode()).decode()}"


def form_headers(secrets: Secrets) -> dict[str, str]:
    """Of a form that says who we are."""
    return {"Authorization": basic(secrets), "Content-Type": "application/x-www-form-urlencoded"}


def server_metadata(where: Endpoints) -> str:
    """Where the server of the token endpoint describes itself (RFC 8414): Open Badges have no word for revocation."""
    parts = urlsplit(where.token)
    return f"{parts.scheme}://{parts.netloc}/.well-known/oauth-authorization-server"


def revocation(where: Endpoints, description: Any) -> str | None:
    """The revocation endpoint in such a description, if it is that of the same server."""
    if not isinstance(description, dict) or description.get("token_endpoint") != where.token:
        return None
    found = description.get("revocation_endpoint")
    return found if isinstance(found, str) and len(found) <= LONGEST else None


def revocation_forms(secrets: Secrets) -> Sequence[bytes]:
    """RFC 7009 §2.1. The refresh token first, with which most servers end the whole grant."""
    tokens = (("refresh_token", secrets.refresh_token), ("access_token", secrets.access_token))
    return [urlencode({"token": token, "token_type_hint": kind}).encode() for kind, token in tokens if token]


def with_tokens(secrets: Secrets, answer: Any) -> Secrets:
    """After a token response. A refresh token that is not renewed stays (RFC 6749 §6). Raises Conflict."""
    found = _object(answer)
    access, refresh = found.get("access_token"), found.get("refresh_token", secrets.refresh_token)
    if not isinstance(access, str) or not isinstance(refresh, str) or not access.isascii() or not access.isprintable():
        raise refused("its token endpoint gave no access token")
    if max(len(access), len(refresh)) > 4 * LONGEST:
        raise refused("its tokens are too long")
    return replace(secrets, verifier="", access_token=access, refresh_token=refresh)


def pulled(answer: Any, link: str) -> Pulled:
    """Read a page of credentials. Raises Conflict."""
    found = _object(answer)
    documents = found.get("credential", [])
    tokens = found.get("compactJwsString", found.get("compactJwsStrings", []))
    if not isinstance(documents, list) or not isinstance(tokens, list):
        raise refused("its answer is no list of credentials")
    texts = [(Notation.DOCUMENT, orjson.dumps(one).decode()) for one in documents if isinstance(one, dict)]
    texts += [(Notation.COMPACT_JWS, one) for one in tokens if isinstance(one, str)]
    return Pulled(texts, 'rel="next"' in link)


def profile(answer: Any) -> str:
    """Read what a host says of the person, as the text of its JSON. Raises Conflict."""
    found = _object(answer)
    try:
        check_tree(found)
    except CredentialError as error:
        raise refused(f"its profile cannot be read: {error.detail}") from error
    if violations := validate_profile(found):
        raise refused(f"its profile does not follow Open Badges 3.0: {violations[0].path} {violations[0].detail}")
    return orjson.dumps(found).decode()


class GrantEnded(Conflict):
    """The other host takes our tokens no more."""


def refused(why: str, *, has_ended: bool = False) -> Conflict:
    """The other host does not do its part; `has_ended`: nor will it until it is connected anew."""
    kind = GrantEnded if has_ended else Conflict
    return kind(f"the other host did not do its part: {why}", code="host-refused")


def _object(answer: Any) -> dict[str, Any]:
    if not isinstance(answer, dict):
        raise refused("its answer is no JSON object")
    return answer


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _unusable(why: str) -> Invalid:
    return invalid_field("discoveryUrl", why)
