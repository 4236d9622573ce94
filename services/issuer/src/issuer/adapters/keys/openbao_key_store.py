"""Private keys in an OpenBao server: made there, never out of there, destroyed there."""

import asyncio
import base64
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from weakref import WeakValueDictionary

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from credential_core.jwk import RsaPublicKey
from credential_core.keys import PublicKey
from credential_core.template import Filled, Sealed
from credential_core.unsigned import Unsigned
from issuer.adapters.credentials.securing import (
    SUITES,
    Unsignable,
    finish,
    prepare,
    prepare_filled,
    prepare_proof,
    seal,
)
from issuer.adapters.keys.transit import Transit
from issuer.core.credentials.securing import Manner, Secured
from issuer.core.model import Algorithm, AnyPublicKey, IssuerId, IssuerKey, Json, KeyId
from service_kit.errors import Unavailable
from service_kit.offload import offload
from service_kit.together import Together

FORMAT = b"\x02"
AT_ONCE = 5  # documents prepared or checked, before others on this loop have their turn
KINDS: dict[Algorithm, str] = {
    "Ed25519": "ed25519",
    "P-256": "ecdsa-p256",
    "P-384": "ecdsa-p384",
    "RS256": "rsa-3072",
}
HASHES = {"P-256": "sha2-256", "P-384": "sha2-384", "RS256": "sha2-256"}


class OpenBaoKeyStore:
    """See issuer.core.ports.KeyStore. The sealed form is the format byte alone.

    A key is found by the ids of its issuer and of itself, so it cannot be used from another row.
    """

    def __init__(self, transit: Transit, randomness: Callable[[int], bytes]) -> None:
        self._transit = transit
        self._randomness = randomness
        self._lots: WeakValueDictionary[str, Together[bytes, bytes]] = WeakValueDictionary()

    async def create(self, issuer_id: IssuerId, key_id: KeyId, algorithm: Algorithm) -> tuple[AnyPublicKey, bytes]:
        """A new key: its public part, and the mark that its private part is not here."""
        text = await self._transit.create(_name(issuer_id, key_id), KINDS[algorithm])
        return _public(algorithm, text), FORMAT

    async def sign(self, document: Json, key: IssuerKey, created: datetime) -> Json:
        """A copy of the document with a proof by the key's rdfc suite."""
        unsigned = prepare_proof(document, key, created)
        return unsigned.signed(await self._signature(key, unsigned.data))

    async def seal(
        self, fills: Sequence[Filled], key: IssuerKey, created: datetime
    ) -> Sequence[Sealed | Unsignable] | None:
        """Each of these filled templates: prepared here, signed there in one call, checked here."""
        suite = SUITES.get(key.algorithm)
        if suite is None:
            return None
        prepared: list[Unsigned[Sealed] | Unsignable] = []
        for number, filled in enumerate(fills, 1):
            prepared.append(prepare_filled(filled, key, created, suite))
            if number % AT_ONCE == 0:
                await asyncio.sleep(0)
        data = [one.data for one in prepared if isinstance(one, Unsigned)]
        signatures = iter(await self._signatures(key, data) if data else ())
        sealed: list[Sealed | Unsignable] = []
        for number, one in enumerate(prepared, 1):
            sealed.append(seal(one, next(signatures) if isinstance(one, Unsigned) else b""))
            if number % AT_ONCE == 0:
                await asyncio.sleep(0)
        return sealed

    async def secure(self, document: Json, key: IssuerKey, manner: Manner) -> Secured:
        """The document secured in some manner, and verified."""
        unsigned = await offload(prepare, document, key, manner, random_bytes=self._randomness)
        made = unsigned.signed(await self._signature(key, unsigned.data))
        return await offload(finish, made, key, manner.form)

    async def destroy(self, key: IssuerKey) -> None:
        """Delete it there."""
        await self._transit.delete(_name(key.issuer_id, key.id))

    async def _signature(self, key: IssuerKey, data: bytes) -> bytes:
        """What is to be signed by one key while it signs, is signed in its next call."""
        name = _name(key.issuer_id, key.id)
        lot = self._lots.get(name)
        if lot is None:
            lot = self._lots[name] = Together(partial(self._lot, key))
        return await lot(data)

    async def _lot(self, key: IssuerKey, data: Sequence[bytes]) -> Sequence[bytes | Exception]:
        try:
            return await self._signatures(key, data)
        except Unavailable as error:  # for all of them: asking for each alone would keep all waiting again
            return [error for _ in data]

    async def _signatures(self, key: IssuerKey, data: Sequence[bytes]) -> list[bytes]:
        return await self._transit.sign(_name(key.issuer_id, key.id), data, HASHES.get(key.algorithm))


def _name(issuer_id: IssuerId, key_id: KeyId) -> str:
    return f"laurel-{issuer_id}-{key_id}"


def _public(algorithm: Algorithm, text: str) -> AnyPublicKey:
    if algorithm == "Ed25519":
        return PublicKey(algorithm, base64.b64decode(text))
    loaded = load_pem_public_key(text.encode())
    if isinstance(loaded, RSAPublicKey):
        numbers = loaded.public_numbers()
        return RsaPublicKey(numbers.n, numbers.e)
    assert isinstance(loaded, EllipticCurvePublicKey)  # noqa: S101 - no other kind is asked for
    return PublicKey(algorithm, loaded.public_bytes(Encoding.X962, PublicFormat.CompressedPoint))
