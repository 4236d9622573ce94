"""Showing a part of a credential, as its holder would (ECDSA Cryptosuites 1.0 §3.4)."""

from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from credential_core import proof
from credential_core.errors import CredentialError
from credential_core.json_input import parse
from issuer.core.model import Json
from service_kit.errors import Malformed

Offload = Callable[..., Coroutine[Any, Any, Json]]


class Derive:
    """Derives a proof. Nothing is stored, and whose credential it is does not matter: the base proof is the right."""

    def __init__(self, offload: Offload) -> None:
        self._offload = offload

    async def __call__(self, document: Json, pointers: Sequence[str]) -> Json:
        """What is mandatory and what the pointers name. Raises Malformed."""
        try:
            return await self._offload(_derived, document, pointers)
        except CredentialError as error:
            raise Malformed(f"the credential cannot be shown so: {error.detail}", code="not-derivable") from error


def _derived(document: Json, pointers: Sequence[str]) -> Json:
    return proof.derive(parse(document), pointers, inline_contexts=True)
