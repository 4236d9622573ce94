"""What issuing needs from outside: what orders stand on, and one transaction for all that were signed together."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from contracts.events import CredentialIssued
from issuer.core.credentials.achievements import Reference
from issuer.core.credentials.order import Order
from issuer.core.model import Achievement, Credential, Issuer, IssuerKey
from service_kit.errors import ServiceError
from service_kit.inputs import IdempotencyKey


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """An order, the idempotency key that may have an answer, and the achievement that it names."""

    order: Order
    key: IdempotencyKey | None
    reference: Reference


@dataclass(frozen=True, slots=True)
class Basis:
    """What an order stands on. `earlier` is what an earlier request with its idempotency key gave."""

    earlier: str | None
    issuers: Sequence[Issuer]
    achievement: Achievement | None


ReadBases = Callable[[Sequence[Asked]], Awaitable[Sequence[Basis | ServiceError]]]
"""The basis of each order, or why it has none: its key stands for another request."""


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """A signed credential that nobody has seen yet: who asked for it by which key, and what signed it."""

    key: IdempotencyKey | None
    credential: Credential
    signer: IssuerKey
    event: CredentialIssued


Record = Callable[[Sequence[Made]], Awaitable[Sequence[str | Exception | None]]]
"""Stores credentials with their events and idempotency keys in one transaction, which ends before this does.

Those whose key had an answer are not stored: gives that, or why there is none. What cannot be stored does not spoil the
others: its error is given, KeyChanged when the key that signed is not active; those that are stay so until all is
stored. Storing the same again does nothing. Raises when nothing is known of any.
"""
