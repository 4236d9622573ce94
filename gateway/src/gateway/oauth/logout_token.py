"""Logout tokens (OpenID Connect Back-Channel Logout 1.0 §2.4): a person's session ended, or all of them."""

from typing import Any

from gateway.core.logout import EVERY_SESSION, LogoutNotice
from gateway.oauth.id_token import Unsigned
from gateway.oauth.server import Server

TYPE = "logout+jwt"
EVENT = "http://schemas.openid.net/event/backchannel-logout"
LIFETIME_S = 120


def logout_token(server: Server, notice: LogoutNotice) -> Unsigned:
    """A fresh one for each attempt, so that a program may refuse what it has seen."""
    issued_at = int(server.now.timestamp())
    claims: dict[str, Any] = {
        "iss": server.policy.issuer,
        "sub": notice.user,
        "aud": notice.client,
        "iat": issued_at,
        "exp": issued_at + LIFETIME_S,
        "jti": server.ids(),
        "events": {EVENT: {}},
    }
    claims |= {"sid": notice.session} if notice.session != EVERY_SESSION else {}
    return Unsigned(claims, notice.algorithm, server.keys.signing(notice.algorithm), TYPE)
