"""Naming a learner: a DID as the subject's id, or an identifier, hashed with a salt unless plain text is asked for."""

import hashlib
from contextlib import suppress
from dataclasses import dataclass

from credential_core.model import hashed_identity, plain_identity
from issuer.core.model import Json
from service_kit.internet_names import ascii_address

EMAIL = "emailAddress"
DID = "did"
SALT_BYTES = 16


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who receives a credential. `kind` is `did`, or an Open Badges identityType such as `emailAddress`."""

    kind: str
    identifier: str
    name: str | None = None
    plaintext: bool = False


@dataclass(frozen=True, slots=True)
class Subject:
    """How the credential names its learner."""

    id: str | None
    identifiers: tuple[Json, ...]


def normalized(kind: str, identifier: str) -> str:
    """The form that is hashed, without outer spaces: e-mail addresses in lower case and with domains as `xn--`."""
    trimmed = identifier.strip()
    if kind != EMAIL:
        return trimmed
    with suppress(ValueError):
        return ascii_address(trimmed.lower())
    return trimmed.lower()


def subject_of(recipient: Recipient, salt: str) -> Subject:
    """The subject's id and identifiers. A name, when given, is always in plain text: it is there to be read."""
    identifier = normalized(recipient.kind, recipient.identifier)
    name = (plain_identity(recipient.name, "name"),) if recipient.name else ()
    if recipient.kind == DID:
        return Subject(identifier, name)
    if recipient.plaintext:
        return Subject(None, (plain_identity(identifier, recipient.kind), *name))
    return Subject(None, (hashed_identity(identifier, recipient.kind, salt), *name))


def fingerprint(recipient: Recipient) -> str:
    """SHA-256 of the normalized identifier, in hexadecimal: what a client may search its own credentials by."""
    return hashlib.sha256(normalized(recipient.kind, recipient.identifier).encode()).hexdigest()
