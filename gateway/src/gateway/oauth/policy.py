"""What the authorization server promises: its name, the audiences it signs for, and how long things last."""

from dataclasses import dataclass
from datetime import timedelta

AUTHORIZATION_PATH = "/oauth/authorize"
END_SESSION_PATH = "/oauth/logout"
USERINFO_PATH = "/oauth/userinfo"
REGISTRATION_PATH = "/oauth/register"
PAR_PATH = "/oauth/par"
TOKEN_PATH = "/oauth/token"  # noqa: S105 - an address
REVOCATION_PATH = "/oauth/revoke"
INTROSPECTION_PATH = "/oauth/introspect"
JWKS_PATH = "/oauth/jwks"
GRANT_LIFETIME = timedelta(days=90)
MAX_TARGETS = 5
MAX_TARGET_LENGTH = 512


@dataclass(frozen=True, slots=True)
class Policy:
    """`origins` are all addresses the fleet is reached at, the issuer among them."""

    issuer: str
    origins: tuple[str, ...]
    token_lifetime: timedelta = timedelta(minutes=10)
    assertion_lifetime: timedelta = timedelta(hours=1)  # Authlib's and Zitadel's clients make them for an hour
    leeway: timedelta = timedelta(seconds=30)
    proof_lifetime: timedelta = timedelta(minutes=3)  # longer than a proof is good for
    pushed_lifetime: timedelta = timedelta(seconds=60)
    request_lifetime: timedelta = timedelta(minutes=15)
    code_lifetime: timedelta = timedelta(seconds=60)
    open_badges_code_lifetime: timedelta = timedelta(minutes=10)  # as Open Badges 3.0 has it; people may carry it over
    refresh_idle: timedelta = timedelta(days=30)
    grant_lifetime: timedelta = GRANT_LIFETIME

    def is_target(self, target: str) -> bool:
        """Whether a token may be asked for this resource: one of our origins, or an address beneath it."""
        if len(target) > MAX_TARGET_LENGTH or not target.isascii() or not target.isprintable():
            return False
        if any(character in target for character in ' #\\"<>'):
            return False
        return any(target == origin or target.startswith(f"{origin}/") for origin in self.origins)
