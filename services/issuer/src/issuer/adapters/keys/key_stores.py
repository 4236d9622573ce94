"""All stores of private keys at once: a key's sealed form says which of them has it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from credential_core.errors import ContextError, DocumentError
from credential_core.template import Filled, Sealed
from issuer.adapters.keys import key_store, openbao_key_store
from issuer.adapters.keys.key_store import LocalKeyStore
from issuer.adapters.keys.openbao_key_store import OpenBaoKeyStore
from issuer.adapters.keys.transit import AWAY
from issuer.core.credentials.securing import Manner, Secured
from issuer.core.model import Algorithm, AnyPublicKey, IssuerId, IssuerKey, Json, KeyId
from issuer.core.ports import KeyStore
from service_kit.errors import Unavailable

Kind = Literal["database", "openbao"]


class KeyStores:
    """See issuer.core.ports.KeyStore. New keys go to the one chosen; those that are elsewhere go on signing there."""

    def __init__(self, local: LocalKeyStore, remote: OpenBaoKeyStore | None, *, new_ones: Kind) -> None:
        self._local = local
        self._remote = remote
        self._new_ones = new_ones

    async def create(self, issuer_id: IssuerId, key_id: KeyId, algorithm: Algorithm) -> tuple[AnyPublicKey, bytes]:
        """A new key, where new keys are kept."""
        return await self._of(self._new_ones).create(issuer_id, key_id, algorithm)

    async def sign(self, document: Json, key: IssuerKey, created: datetime) -> Json:
        """A copy of the document with a proof by the key's rdfc suite."""
        return await self._holding(key).sign(document, key, created)

    async def seal(
        self, fills: Sequence[Filled], key: IssuerKey, created: datetime
    ) -> Sequence[Sealed | DocumentError | ContextError] | None:
        """Each of these filled templates, signed where the key is."""
        return await self._holding(key).seal(fills, key, created)

    async def secure(self, document: Json, key: IssuerKey, manner: Manner) -> Secured:
        """The document secured in some manner, and verified."""
        return await self._holding(key).secure(document, key, manner)

    async def destroy(self, key: IssuerKey) -> None:
        """Wherever it may be: the row of a key that has ended no longer says so."""
        await self._local.destroy(key)
        if self._remote is not None and not key.sealed.startswith(key_store.FORMAT):
            await self._remote.destroy(key)

    def _holding(self, key: IssuerKey) -> KeyStore:
        return self._of("openbao" if key.sealed.startswith(openbao_key_store.FORMAT) else "database")

    def _of(self, kind: Kind) -> KeyStore:
        if kind == "database":
            return self._local
        if self._remote is None:
            raise Unavailable("the key is in a key store that is not configured here", code=AWAY)
        return self._remote
