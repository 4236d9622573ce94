"""Partners that are not on this fleet: they sign, decline and end by a key of their DID.

The signature is a compact JWS (RFC 7515) over the agreement's address and digest, of a type of its own, so that nothing
else that the key ever signed is one (RFC 8725 §3.11). Whoever brings it adds nothing to it.
"""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from credential_core.did import did_web_url
from credential_core.errors import CredentialError, DidError, ProofError
from credential_core.jose import Jws
from credential_core.jose.algorithms import KNOWN
from credential_core.jose.key_source import KeySource
from issuer.core.addresses import Addresses
from issuer.core.backpack.arrival import Examine, Offload
from issuer.core.recognition.agreement import Agreement
from service_kit.askers import asked_by
from service_kit.clock import Clock
from service_kit.errors import Invalid, invalid_field

TYPE = "recognition-agreement+jws"
PURPOSE = "assertionMethod"
HEADER = ("alg", "kid", "typ")
KEPT_S = 5.0  # how often somebody who brings what the partner never signed can make us ask its host


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
        self._reads: dict[str, asyncio.Task[Mapping[str, Any]]] = {}

    async def __call__(self, jws: Jws, partner: str) -> str:
        """The name of the key. Raises CredentialError; before anything is read, for what no key can have signed."""
        check_shape(jws, partner)
        controller = await self._controller(partner)
        key: str = await self._offload(_signed_by, jws, partner, controller, self._clock())
        return key

    async def _controller(self, partner: str) -> Mapping[str, Any]:
        """As it is, or was some seconds ago; nobody needs an account to ask, so one read answers all who do."""
        read = self._reads.get(partner)
        if read is None:
            with asked_by(partner):  # its host is its own affair, whoever asks first
                read = self._reads[partner] = asyncio.create_task(self._examine.controller(partner))
            loop = asyncio.get_running_loop()
            read.add_done_callback(lambda _: loop.call_later(KEPT_S, self._reads.pop, partner, None))
        return await asyncio.shield(read)


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
        if "iat" in jws.claims:
            moment_of(jws.claims["iat"], member)


def check_shape(jws: Jws, partner: str) -> None:
    """Raises ProofError for a header that says more than it has to, for it is kept, or that no key of it fits."""
    kid = jws.header.get("kid")
    if not jws.header.keys() <= set(HEADER):
        raise ProofError("jws_header_malformed", "the header has alg, kid and typ alone")
    if jws.header["alg"] not in KNOWN:
        raise ProofError("jws_algorithm_mismatch", "no alg of a key that is published")
    if kid is not None and not isinstance(kid, str):
        raise ProofError("jws_header_malformed", "a kid is a string")
    if kid is not None and ":" in kid and kid.partition("#")[0] != partner:
        raise ProofError("issuer_mismatch", "the key that it names is not controlled by the partner")
    if not jws.signature:
        raise ProofError("signature_invalid", "it has no signature")


def moment_of(iat: object, member: str) -> datetime:
    """Of a NumericDate (RFC 7519 §2). Raises Invalid."""
    if isinstance(iat, bool) or not isinstance(iat, int | float):
        raise invalid_field(member, "has an iat that is no number of seconds")
    try:
        return datetime.fromtimestamp(iat, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise invalid_field(member, "has an iat that is no moment") from error


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
