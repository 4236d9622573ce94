"""Partners that are not on this fleet: they sign, decline and end by a key of their DID.

The signature is a compact JWS (RFC 7515) over the agreement's address and digest, of a type of its own, so that nothing
else that the key ever signed is one (RFC 8725 §3.11). Whoever brings it adds nothing to it.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from credential_core.did import did_web_url
from credential_core.errors import CredentialError, DidError
from credential_core.jose import Jws
from credential_core.jose.key_source import KeySource
from issuer.core.addresses import Addresses
from issuer.core.backpack_arrival import Examine, Offload
from issuer.core.recognition.agreement import Agreement
from service_kit.clock import Clock
from service_kit.errors import Invalid, invalid_field

TYPE = "recognition-agreement+jws"
PURPOSE = "assertionMethod"


def may_be_outside(did: str, own_origin: str) -> bool:
    """Whether somebody elsewhere can have this DID, whose keys can be found by it."""
    if did.startswith(("did:key:", "did:jwk:")):
        return True
    try:
        return not f"{did_web_url(did)}/".startswith(f"{own_origin}/")
    except DidError:
        return False


class PartnerKeys:
    """Finds which of a partner's keys signed, among those that it publishes now. Outside any transaction."""

    def __init__(self, *, examine: Examine, offload: Offload, clock: Clock) -> None:
        self._examine = examine
        self._offload = offload
        self._clock = clock

    async def __call__(self, jws: Jws, partner: str) -> str:
        """The name of the key. Raises CredentialError."""
        controller = await self._examine.controller(partner)
        key: str = await self._offload(_signed_by, jws, partner, controller, self._clock())
        return key


class CheckSignature:
    """Verifies a partner's signature under an agreement. Outside any transaction."""

    def __init__(self, *, keys: PartnerKeys, addresses: Addresses) -> None:
        self._keys = keys
        self._addresses = addresses

    async def __call__(self, text: str, agreement: Agreement, member: str = "signature") -> str:
        """The name of the key that signed. Raises Invalid, about this member of the request."""
        if not agreement.is_with_outsider:
            raise invalid_field(member, "is of partners that are not on this fleet: yours signs by itself")
        try:
            jws = Jws.parse(text)
            self._check_words(jws, agreement, member)
            return await self._keys(jws, agreement.source_org)
        except CredentialError as error:
            raise refused(member, error) from error

    def _check_words(self, jws: Jws, agreement: Agreement, member: str) -> None:
        wanted = {"agreement": self._addresses.agreement(agreement.id), "digest": agreement.digest}
        said = {name: value for name, value in jws.claims.items() if name != "iat"}
        if jws.header.get("typ") != TYPE:
            raise invalid_field(member, f"has not the type {TYPE}")
        if said != wanted:
            raise invalid_field(member, "must be over this agreement's id and digest, and nothing else")


def refused(member: str, error: CredentialError) -> Invalid:
    """A text that says nothing for its partner, and why."""
    return invalid_field(member, f"was refused: {error.code}: {error.detail}")


def _signed_by(jws: Jws, partner: str, controller: Mapping[str, Any], now: datetime) -> str:
    """The first of the partner's keys that the header can mean whose signature it is."""
    keys = KeySource(jws.header, partner, PURPOSE, lambda _: controller).controlled()
    refused: CredentialError | None = None
    for key in keys:
        try:
            jws.verify(key.key)
            key.check_end(now)
        except CredentialError as error:
            refused = error
        else:
            return str(jws.header.get("kid") or partner)
    assert refused is not None  # noqa: S101 - there is a key, or the source raises
    raise refused
