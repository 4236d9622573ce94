"""Signing keys in SQL, and their encryption at rest."""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateNumbers, RSAPublicNumbers
from joserfc.jwk import ECKey, Key, RSAKey, import_key
from joserfc.util import base64_to_int
from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.adapters.tables import SIGNING_KEYS as TABLE
from gateway.core.ports import NewSigningKey, Vault
from gateway.core.signing_key import Algorithm, KeyId, KeyState, SigningKey
from service_kit.errors import Unavailable
from service_kit.offload import offload

LOCK = 0x6C61_7265_6C6B_6579  # "laurelkey": one process changes keys at a time
RSA_BITS = 2048
MOMENT = {KeyState.ACTIVE: "activated_at", KeyState.RETIRED: "retired_at", KeyState.REMOVED: "removed_at"}


class SqlSigningKeys:
    """See core.ports.SigningKeys."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def lock(self) -> None:
        await self._session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})

    async def present(self) -> Sequence[SigningKey]:
        query = select(TABLE).where(TABLE.c.state != KeyState.REMOVED).order_by(TABLE.c.created_at, TABLE.c.id)
        rows = (await self._session.execute(query)).mappings().all()
        return [
            SigningKey(
                id=KeyId(row["id"]),
                public=row["public"],
                sealed=row["sealed"],
                state=KeyState(row["state"]),
                created_at=row["created_at"],
                retired_at=row["retired_at"],
                algorithm=Algorithm(row["algorithm"]),
            )
            for row in rows
        ]

    async def add(self, key: SigningKey) -> None:
        values: dict[str, object] = {"id": key.id, "public": dict(key.public), "sealed": key.sealed, "state": key.state}
        values["algorithm"] = key.algorithm
        if key.state in MOMENT:
            values[MOMENT[key.state]] = key.created_at
        await self._session.execute(insert(TABLE).values(**values, created_at=key.created_at))

    async def move(self, key: KeyId, before: KeyState, after: KeyState, at: datetime) -> None:
        values: dict[str, object] = {"state": after, MOMENT[after]: at}
        if after is not KeyState.ACTIVE:
            values["sealed"] = None
        await self._session.execute(update(TABLE).where(TABLE.c.id == key, TABLE.c.state == before).values(values))


def key_maker(vault: Vault) -> NewSigningKey:
    """Makes keys whose id is their thumbprint (RFC 7638) and whose private half is sealed at once."""

    async def make(algorithm: Algorithm, state: KeyState, now: datetime) -> SigningKey:
        key = await offload(generate, algorithm)  # of RSA it takes a good part of a second
        key_id = KeyId(key.thumbprint())
        public = {**key.as_dict(private=False), "kid": key_id, "use": "sig", "alg": algorithm.value}
        sealed = vault.seal(json.dumps(key.as_dict(private=True)).encode(), _purpose(key_id))
        return SigningKey(key_id, public, sealed, state, now, algorithm=algorithm)

    return make


def generate(algorithm: Algorithm) -> Key:
    """A key of its own, with its private half."""
    if algorithm is Algorithm.RS256:
        return RSAKey.generate_key(RSA_BITS)
    return ECKey.generate_key("P-256")


def key_opener(vault: Vault) -> Callable[[SigningKey], Key]:
    """Gives back the private key. Raises ValueError when the key-encryption key is another one."""

    def open_key(key: SigningKey) -> Key:
        if key.sealed is None:
            raise ValueError("this key no longer signs")
        return _read(json.loads(vault.open(key.sealed, _purpose(key.id))))

    return open_key


def _read(jwk: Mapping[str, str]) -> Key:
    """Its primes are not proved again, which takes forty milliseconds: the seal says that the key is one of ours."""
    if jwk["kty"] != "RSA":
        return import_key(dict(jwk))
    n, e, d, p, q, dp, dq, qi = (base64_to_int(jwk[name]) for name in ("n", "e", "d", "p", "q", "dp", "dq", "qi"))
    numbers = RSAPrivateNumbers(p, q, d, dp, dq, qi, RSAPublicNumbers(e, n))
    return RSAKey.import_key(numbers.private_key(unsafe_skip_rsa_key_validation=True))


def loader(ensure: Callable[[], Awaitable[Sequence[SigningKey]]]) -> Callable[[], Awaitable[Sequence[SigningKey]]]:
    """Reads the keys and says Unavailable when the database does not answer."""

    async def load() -> Sequence[SigningKey]:
        try:
            return await ensure()
        except (DBAPIError, PoolTimeout, OSError) as error:
            raise Unavailable(f"the database cannot be read: {type(error).__name__}") from error

    return load


def _purpose(key: KeyId) -> str:
    return f"signing-key:{key}"
