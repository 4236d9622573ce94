"""Kinds of organizations, and the scopes that a client of each kind may hold."""

from collections.abc import Iterable
from enum import StrEnum


class Kind(StrEnum):
    """What an organization is in the fleet. It never changes."""

    UNIVERSITY = "university"
    EMPLOYER = "employer"
    ACCREDITOR = "accreditor"
    OPERATOR = "operator"


# Every organization may manage itself: these scopes reach no further than the caller's own organization,
# except for an operator, who has all of them in reach.
OWN = frozenset({"organizations:manage", "clients:manage"})

ISSUING = (
    "catalog:write",
    "issuers:manage",
    "credentials:issue",
    "credentials:issue-any",
    "credentials:revoke",
    "credentials:read",
)

USUAL: dict[Kind, tuple[str, ...]] = {
    Kind.UNIVERSITY: (*ISSUING, "verifications:create"),
    Kind.EMPLOYER: ("verifications:create", "monitors:manage"),
    Kind.ACCREDITOR: ("registry:accredit", "verifications:create"),
    Kind.OPERATOR: ("organizations:manage", "clients:manage", "audit:read"),
}

# Employers train people too. Which of their clients issue, they decide themselves.
ALSO: dict[Kind, tuple[str, ...]] = {Kind.EMPLOYER: ISSUING}

# What a person may let a program do with things of the person's own, whatever the organization and the role: the
# backpack, by the scopes of Open Badges 3.0 and two of ours, and who may see the person's progress. No program has them
# for an organization.
OPEN_BADGES = tuple(
    f"https://purl.imsglobal.org/spec/ob/v3p0/scope/{name}"
    for name in ("credential.readonly", "credential.upsert", "profile.readonly", "profile.update")
)
PERSONAL = (*OPEN_BADGES, "backpack:manage", "backpack:connect", "consents:manage")

ALL = tuple(sorted({scope for scopes in USUAL.values() for scope in scopes}.union(OWN, PERSONAL)))


def allowed(kind: Kind) -> frozenset[str]:
    """Everything a client of such an organization may hold."""
    return OWN.union(USUAL[kind], ALSO.get(kind, ()))


def beyond(kind: Kind, scopes: Iterable[str]) -> list[str]:
    """The scopes among these that such an organization's client may not hold, in order."""
    return sorted(set(scopes) - allowed(kind).union(PERSONAL))
