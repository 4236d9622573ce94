"""What is signed before a transaction and stored in it: the key must still be active then, and stay so to the end."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

from issuer.core.model import IssuerKey
from issuer.core.ports import UnitOfWork
from service_kit.errors import Conflict

ATTEMPTS = 5
T = TypeVar("T")


class KeyChanged(Conflict):
    """The key that signed stopped being active before its signature was stored. Another will sign."""

    code = "changed-meanwhile"

    def __init__(self) -> None:
        super().__init__("the issuer's keys change all the time; try again")


async def hold(work: UnitOfWork, *keys: IssuerKey) -> None:
    """Keep these keys active until the end of the transaction. Raises KeyChanged when one is not.

    After idempotency keys are claimed, and before anything else that others may wait for. Only those of
    `POST /credentials` are claimed by everybody after that.
    """
    held = await work.issuers.hold_keys(keys)
    if any(key.id not in held for key in keys):
        raise KeyChanged


async def signed_anew(attempt: Callable[[], Awaitable[T]]) -> T:
    """What the attempt gives, which reads, signs and stores; from the beginning where the key changed meanwhile."""
    for _ in range(ATTEMPTS - 1):
        with suppress(KeyChanged):
            return await attempt()
    return await attempt()
