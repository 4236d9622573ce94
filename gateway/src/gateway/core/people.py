"""People: who they are, what they are in which organization, and their sessions."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NewType

from gateway.core.model import OrganizationId
from gateway.core.roles import Role
from gateway.core.scopes import Kind
from service_kit.internet_names import ascii_address

UserId = NewType("UserId", str)
FRESH = timedelta(minutes=15)  # whoever comes by an open browser later changes no way to sign in


@dataclass(frozen=True, slots=True)
class User:
    """A person. `password` is an Argon2id hash; `email` is in lower case, and unique.

    `email_verified_at`: when the person proved to read that mailbox; None for an address that was only said.
    """

    id: UserId
    email: str
    name: str
    password: str
    created_at: datetime
    email_verified_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Membership:
    """What a person is in one organization."""

    user: UserId
    organization: OrganizationId
    organization_name: str
    kind: Kind
    roles: tuple[Role, ...]


@dataclass(frozen=True, slots=True)
class Session:
    """A person who signed in with this browser. `methods` says how, in the words of RFC 8176.

    `id` is what programs know it by.
    """

    user: User
    authenticated_at: datetime
    expires_at: datetime
    methods: tuple[str, ...] = ()
    id: str = ""

    def is_fresh(self, now: datetime) -> bool:
        """Whether the person signed in a short while ago."""
        return now < self.authenticated_at + FRESH


@dataclass(frozen=True, slots=True)
class Member:
    """A person in one organization, for its owners to see."""

    user: User
    membership: Membership


@dataclass(frozen=True, slots=True)
class Invitation:
    """Whoever holds the link, whose digest is stored, and signs in with this address becomes a member.

    `by_mail`: it was found by the link that was mailed to the address, not by the one that an owner hands over.
    """

    id: str
    organization: OrganizationId
    organization_name: str
    email: str
    roles: tuple[Role, ...]
    created_at: datetime
    expires_at: datetime
    by_mail: bool = False


def plain_address(email: str) -> str:
    """The form in which e-mail addresses are kept and compared. What is none stays some text that nobody has."""
    plain = email.strip().lower()
    with suppress(ValueError):
        return ascii_address(plain)
    return plain
