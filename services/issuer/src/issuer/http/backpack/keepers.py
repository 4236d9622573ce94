"""Who may reach into a backpack: a program that its keeper allowed to, and nobody else."""

from fastapi import Request

from issuer.core.backpack.model import PersonId
from issuer.core.progress.model import Learner
from service_kit.auth import Caller, Scope
from service_kit.errors import Forbidden


class PersonScope(Scope):
    """Dependency: as Scope, and the token comes from a person's consent. No organization has a backpack."""

    async def __call__(self, request: Request) -> Caller:
        caller = await super().__call__(request)
        if caller.grant_id is None:
            raise Forbidden("a backpack is a person's: this needs a token that a person allowed", code="not-a-person")
        return caller


def keeper(caller: Caller) -> PersonId:
    """Whose backpack it is."""
    return PersonId(caller.subject)


def digest_of(caller: Caller) -> str:
    """The SHA-256 of the person's confirmed address. Raises Forbidden where the token does not say it."""
    if caller.email_sha256 is None:
        raise Forbidden(
            "the token says no confirmed e-mail address: ask for the scope email too, and confirm the address",
            code="address-not-confirmed",
        )
    return caller.email_sha256


def learner(caller: Caller) -> Learner:
    """Whose progress it is. Raises Forbidden as `digest_of` does."""
    return Learner(keeper(caller), digest_of(caller))
