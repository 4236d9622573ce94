"""What the userinfo endpoint tells of a person (OpenID Connect Core §5.3.2), signed where its client wants so."""

from collections.abc import Sequence
from typing import Any

from gateway.core.people import UserId
from gateway.oauth.id_token import Unsigned, facts
from gateway.oauth.server import Server


def userinfo(server: Server, subject: str, client: str, scopes: Sequence[str]) -> dict[str, Any] | Unsigned | None:
    """The claims that these scopes show to this client; None where the person is gone."""
    user = server.grants.user(UserId(subject))
    if user is None:
        return None
    found, known = facts(user, scopes), server.query_client(client)
    algorithm = known.known.flow.userinfo_algorithm if known else None
    if algorithm is None:
        return found
    claims = found | {"iss": server.policy.issuer, "aud": client}
    return Unsigned(claims, algorithm, server.keys.signing(algorithm))
