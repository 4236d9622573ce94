"""What a person's roles in an organization lend: a person's token carries no scope beyond them."""

from collections.abc import Iterable
from enum import StrEnum

from gateway.core.scopes import PERSONAL, Kind, allowed


class Role(StrEnum):
    """What a person is for in an organization. One may have several."""

    OWNER = "owner"
    ISSUER = "issuer"
    CATALOG_EDITOR = "catalog_editor"
    AUDITOR = "auditor"
    VERIFIER = "verifier"
    LEARNER = "learner"


# Scopes about the person itself (OpenID Connect Core §5.4, §11). Every client may ask for them, no role is needed.
IDENTITY = ("openid", "profile", "email", "offline_access")

# An owner has whatever the organization's kind may have; so has nobody else by mistake when a scope is added.
LENT: dict[Role, frozenset[str]] = {
    Role.ISSUER: frozenset({"credentials:issue", "credentials:revoke", "credentials:read", "verifications:create"}),
    Role.CATALOG_EDITOR: frozenset({"catalog:write"}),
    Role.AUDITOR: frozenset({"credentials:read", "audit:read"}),
    Role.VERIFIER: frozenset({"verifications:create", "monitors:manage"}),
    Role.LEARNER: frozenset(),
}


def lent(kind: Kind, roles: Iterable[Role]) -> frozenset[str]:
    """The scopes that these roles give within an organization of this kind."""
    held = set(roles)
    if Role.OWNER in held:
        return allowed(kind)
    return allowed(kind) & {scope for role in held for scope in LENT[role]}


def narrowed(scopes: Iterable[str], kind: Kind, roles: Iterable[Role]) -> tuple[str, ...]:
    """Those of the scopes that these roles give, and those about the person and what is the person's own, in order."""
    given = lent(kind, roles).union(IDENTITY, PERSONAL)
    return tuple(scope for scope in scopes if scope in given)
