"""Requests that prove a key (RFC 9449 §5): what comes of them is bound to it."""

from collections.abc import Sequence
from datetime import datetime

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import InvalidGrantError, InvalidRequestError

from gateway.core.model import AuthMethod, KnownClient
from gateway.oauth.nonce import Nonces
from gateway.oauth.policy import Policy
from service_kit.dpop import DpopError, Proof, read_proof


class ProofRefused(OAuth2Error):  # type: ignore[misc]  # Authlib has no types
    """RFC 9449 §5."""

    error = "invalid_dpop_proof"


class NonceNeeded(OAuth2Error):  # type: ignore[misc]  # Authlib has no types
    """RFC 9449 §8. Every answer to a proof carries a nonce for the next."""

    error = "use_dpop_nonce"
    description = "the proof must hold the nonce of this answer's DPoP-Nonce"


def read(proofs: Sequence[str], path: str, policy: Policy, nonces: Nonces, now: datetime) -> Proof | None:
    """The proof of a POST to this path, good but for having come before; None where there is none.

    Raises ProofRefused or NonceNeeded.
    """
    if not proofs:
        return None
    if len(proofs) > 1:
        raise ProofRefused("there are several DPoP headers")
    try:
        proof = read_proof(proofs[0], "POST", [origin + path for origin in policy.origins], now.timestamp())
    except DpopError as error:
        raise ProofRefused(f"the proof was refused: {error}") from error
    if not nonces.is_good(proof.nonce, now):
        raise NonceNeeded
    return proof


def check_client(client: KnownClient, key: str | None) -> None:
    """A client that registered for it gets no bearer tokens (§5.2). Raises InvalidRequestError."""
    if client.flow.dpop_bound and key is None:
        raise InvalidRequestError("this client's tokens are bound to keys: send a DPoP proof")


def check_code(bound_to: str | None, key: str | None) -> None:
    """A code that was asked for with a key is redeemed with that key (§10). Raises InvalidGrantError."""
    if bound_to is not None and bound_to != key:
        raise InvalidGrantError("the code is bound to another key")


def check_refresh(bound_to: str | None, key: str | None, client: KnownClient) -> None:
    """What was bound stays bound (§5): for a public client to the same key, as that is all that proves the client.

    Raises InvalidGrantError.
    """
    if bound_to is None:
        return
    if key is None or (client.auth_method is AuthMethod.NONE and key != bound_to):
        raise InvalidGrantError("the refresh token is bound to a key")
