"""Redirect URIs: which ones a client may register, and when one that is asked for is a registered one."""

import re
from urllib.parse import urlsplit

from gateway.core.model import ApplicationType, AuthMethod, Flow, GrantType
from service_kit.errors import Invalid, invalid_field

MAX_REDIRECTS = 10
MAX_LENGTH = 500
PRINTABLE = re.compile(r"[!-~]+")
LABEL = r"[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?"
# What browsers and servers read alike, and what a Content-Security-Policy may name.
AUTHORITY = re.compile(rf"({LABEL}(\.{LABEL})*\.?|\[[0-9A-Fa-f:.]+\])(:[0-9]{{1,5}})?")
PRIVATE_SCHEME = re.compile(r"[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+")
LOOPBACK = frozenset({"127.0.0.1", "::1"})
LOCAL = LOOPBACK | {"localhost"}
CALLED_PORTS = frozenset({None, 443, 8443})
LOOPBACK_PORT = re.compile(r"^(http://(?:127\.0\.0\.1|\[::1\])):\d{1,5}(?=[/?]|$)")


def fits(asked: str, registered: str, *, native: bool) -> bool:
    """Simple string comparison (RFC 9700 §2.1); only a native client's loopback address may have any port.

    The port is the operating system's choice at the moment of the request (RFC 8252 §7.3). `localhost` has no such
    freedom (§8.3).
    """
    if asked == registered:
        return True
    return native and _without_port(asked) == _without_port(registered) and _is_loopback(registered)


def check_flow(flow: Flow, method: AuthMethod) -> None:
    """Whether grants, redirect URIs and authentication make sense together. Raises Invalid."""
    with_people = GrantType.AUTHORIZATION_CODE in flow.grant_types
    if GrantType.REFRESH_TOKEN in flow.grant_types and not with_people:
        raise invalid_field("grantTypes", "refresh_token comes with authorization_code")
    if GrantType.CLIENT_CREDENTIALS in flow.grant_types and method is AuthMethod.NONE:
        raise invalid_field("grantTypes", "client_credentials needs a client that authenticates itself")
    if GrantType.TOKEN_EXCHANGE in flow.grant_types and method is AuthMethod.NONE:
        raise invalid_field("grantTypes", "token exchange needs a client that authenticates itself")
    if with_people != bool(flow.redirect_uris):
        raise invalid_field("redirectUris", "are needed for authorization_code, and only there")
    if not flow.requires_proof_key and _must_prove(flow, method):
        raise invalid_field("requireProofKey", "only a web client that authenticates itself may do without")
    if flow.token_endpoint_audience and not _may_name_endpoint(flow, method):
        raise invalid_field("tokenEndpointAudience", "is for private_key_jwt, without pushed requests and DPoP only")
    if (address := flow.backchannel_logout_uri) and not (with_people and _allowed(address, ApplicationType.WEB)):
        raise invalid_field("backchannelLogoutUri", "must be https, without a fragment; comes with authorization_code")
    if flow.backchannel_logout_uri and not _is_called(flow.backchannel_logout_uri):
        raise invalid_field("backchannelLogoutUri", "must have port 443 or 8443")
    if flow.post_logout_redirect_uris and not with_people:
        raise invalid_field("postLogoutRedirectUris", "come with authorization_code")
    check_redirects(flow.redirect_uris, flow.application_type)
    check_redirects(flow.post_logout_redirect_uris, flow.application_type, "postLogoutRedirectUris")


def check_own_host(flow: Flow) -> None:
    """For a program that nobody vouches for: it has nobody called but the host it leads people to. Raises Invalid."""
    hosts = {urlsplit(uri).hostname for uri in flow.redirect_uris if uri.startswith("https:")}
    if (address := flow.backchannel_logout_uri) and urlsplit(address).hostname not in hosts:
        raise invalid_field("backchannelLogoutUri", "must be of the host of one of redirectUris")


def _is_called(uri: str) -> bool:
    """Whether its port is one that is called from here. On this machine any is, in development."""
    parts = urlsplit(uri)
    return parts.port in CALLED_PORTS or parts.hostname in LOCAL


def _must_prove(flow: Flow, method: AuthMethod) -> bool:
    """Public and native clients (RFC 9700 §2.1.1, RFC 8252 §6), and those of the FAPI 2.0 Security Profile."""
    is_web = flow.application_type is ApplicationType.WEB
    return method is AuthMethod.NONE or not is_web or flow.pushed_only or flow.dpop_bound


def _may_name_endpoint(flow: Flow, method: AuthMethod) -> bool:
    """Clients of the FAPI 2.0 Security Profile may not: it takes the issuer alone (§5.3.2.1)."""
    return method is AuthMethod.PRIVATE_KEY_JWT and not (flow.pushed_only or flow.dpop_bound)


def check_redirects(uris: tuple[str, ...], application: ApplicationType, field: str = "redirectUris") -> None:
    """Raises Invalid for one that a client of this type may not have."""
    if len(uris) > MAX_REDIRECTS:
        raise invalid_field(field, f"at most {MAX_REDIRECTS}")
    for index, uri in enumerate(uris):
        if not _allowed(uri, application):
            raise _unfit(f"{field}.{index}", application)


def _allowed(uri: str, application: ApplicationType) -> bool:
    if len(uri) > MAX_LENGTH or not PRINTABLE.fullmatch(uri) or "#" in uri or "\\" in uri:
        return False
    try:
        parts = urlsplit(uri)
        host, port = parts.hostname, parts.port
    except ValueError:
        return False
    if parts.netloc and not AUTHORITY.fullmatch(parts.netloc):
        return False
    if parts.scheme == "https":
        return bool(host) and port != 0
    is_local = host in LOCAL if parts.scheme == "http" else bool(PRIVATE_SCHEME.fullmatch(parts.scheme))
    return application is ApplicationType.NATIVE and is_local


def _is_loopback(uri: str) -> bool:
    parts = urlsplit(uri)
    return parts.scheme == "http" and parts.hostname in LOOPBACK


def _without_port(uri: str) -> str:
    return LOOPBACK_PORT.sub(r"\1", uri)


def _unfit(path: str, application: ApplicationType) -> Invalid:
    rule = "https, without a fragment"
    if application is ApplicationType.NATIVE:
        rule += "; http on 127.0.0.1, [::1] or localhost; or a scheme of its own such as com.example.app:"
    return invalid_field(path, f"must be {rule}")


def origin(uri: str) -> str:
    """Scheme and authority, for a page that may lead there; the scheme alone where there is no authority."""
    parts = urlsplit(uri)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else f"{parts.scheme}:"
