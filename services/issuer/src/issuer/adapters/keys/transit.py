"""The transit engine of an OpenBao server: keys that never leave it. Whatever goes wrong there is Unavailable here."""

import asyncio
import base64
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import orjson

from issuer.core.model import Json
from issuer.settings import OpenBaoSettings
from service_kit.errors import Unavailable
from service_kit.logs import get_logger
from service_kit.tls import trusting

log = get_logger(__name__)

AWAY = "key-store-unavailable"
RENEW_AFTER = 0.7  # of a token's life
FORBIDDEN = 403
SLOWER = 5  # an RSA key is searched for; it may take seconds on a busy server
MISSING = "found"  # OpenBao answers 400 for a key that is not there, and says so only in words


class Transit:
    """One transit engine, spoken to with a token from a file, or one that it gives for an AppRole or a JWT."""

    def __init__(self, settings: OpenBaoSettings, session: aiohttp.ClientSession) -> None:
        self._settings = settings
        self._session = session
        self._base = f"{settings.address.rstrip('/')}/v1"
        self._token = ""
        self._renew_at = 0.0
        self._login = asyncio.Lock()

    async def create(self, name: str, kind: str) -> str:
        """Make a key that cannot be exported. Returns its public part, as OpenBao writes it."""
        answer = await self._call("POST", f"keys/{name}", {"type": kind, "exportable": False})
        return str(answer["data"]["keys"]["1"]["public_key"])

    async def sign(self, name: str, data: Sequence[bytes], hash_name: str | None) -> list[bytes]:
        """The signature over each of these, in one call, as JOSE writes it: r and s for ECDSA, PKCS#1 v1.5 for RSA."""
        inputs = [{"input": base64.b64encode(one).decode()} for one in data]
        body = {"batch_input": inputs, "marshaling_algorithm": "jws", "key_version": 1}
        if hash_name is not None:
            body |= {"hash_algorithm": hash_name, "signature_algorithm": "pkcs1v15"}
        answer = await self._call("POST", f"sign/{name}", body)
        results = answer["data"]["batch_results"]
        if len(results) != len(data) or not all("signature" in one for one in results):
            log.error("key_store_signed_less", asked=len(data), answered=len(results))
            raise Unavailable("the key store did not sign", code=AWAY)
        return [_signature(str(one["signature"])) for one in results]

    async def delete(self, name: str) -> None:
        """Destroy a key with all it was. One that is not there is destroyed."""
        config = await self._call("POST", f"keys/{name}/config", {"deletion_allowed": True}, missing_is_fine=True)
        if config:
            await self._call("DELETE", f"keys/{name}", None, missing_is_fine=True)

    async def _call(self, method: str, path: str, body: Json | None, *, missing_is_fine: bool = False) -> Json:
        url = f"{self._base}/{self._settings.mount}/{path}"
        status, answer = await self._request(method, url, body, await self._current_token())
        if status == FORBIDDEN:  # the token has ended, or was replaced in its file
            self._renew_at = 0.0
            status, answer = await self._request(method, url, body, await self._current_token())
        if status < 300:
            return answer
        errors = _errors(answer)
        if missing_is_fine and status in (400, 404) and MISSING in errors:
            return {}
        log.error("key_store_refused", status=status, path=path, errors=errors)
        raise Unavailable("the key store refuses", code=AWAY)

    async def _current_token(self) -> str:
        async with self._login:
            if time.monotonic() >= self._renew_at:
                self._token, life = await self._new_token()
                self._renew_at = time.monotonic() + life * RENEW_AFTER
            return self._token

    async def _new_token(self) -> tuple[str, float]:
        settings = self._settings
        if settings.token_file is not None:
            return await _read(settings.token_file), settings.token_file_s
        if settings.jwt_file is not None:
            method, login = "kubernetes", {"role": settings.role, "jwt": await _read(settings.jwt_file)}
        else:
            method = "approle"
            login = {"role_id": await _read(settings.role_id_file), "secret_id": await _read(settings.secret_id_file)}
        url = f"{self._base}/auth/{settings.auth_mount or method}/login"
        status, answer = await self._request("POST", url, login, None)
        if status >= 300:
            log.error("key_store_login_refused", status=status, errors=_errors(answer))
            raise Unavailable("the key store does not let us in", code=AWAY)
        return str(answer["auth"]["client_token"]), float(answer["auth"]["lease_duration"])

    async def _request(self, method: str, url: str, body: Json | None, token: str | None) -> tuple[int, Json]:
        headers = {"X-Vault-Token": token} if token else {}
        if self._settings.namespace:
            headers["X-Vault-Namespace"] = self._settings.namespace
        longest = aiohttp.ClientTimeout(total=self._settings.timeout_s * (SLOWER if body and "type" in body else 1))
        options: dict[str, Any] = {"json": body, "headers": headers, "timeout": longest, "allow_redirects": False}
        try:
            async with self._session.request(method, url, **options) as response:
                text = await response.read()
                return response.status, _object(text)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            log.warning("key_store_unreachable", error=type(error).__name__)
            raise Unavailable("the key store cannot be reached", code=AWAY) from error


def _signature(text: str) -> bytes:
    """Of `vault:v1:...` in base64url."""
    encoded = text.rpartition(":")[2]
    return base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))


def _errors(answer: Json) -> str:
    return " ".join(map(str, answer.get("errors") or []))


def _object(text: bytes) -> Json:
    try:
        found: Any = orjson.loads(text) if text else {}
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


async def _read(path: Path | None) -> str:
    try:
        return (await asyncio.to_thread(Path(path or "").read_text)).strip()
    except OSError as error:
        log.warning("key_store_secret_unreadable", error=type(error).__name__)
        raise Unavailable("the key store's secret cannot be read", code=AWAY) from error


@asynccontextmanager
async def open_transit(settings: OpenBaoSettings | None) -> AsyncIterator[Transit | None]:
    """The engine that the settings name, if they name one, with its connections, closed at the end."""
    if settings is None:
        yield None
        return
    tls = trusting(settings.ca_file)
    timeout = aiohttp.ClientTimeout(total=settings.timeout_s)
    connector = aiohttp.TCPConnector(ssl=tls, limit=settings.connections)
    async with aiohttp.ClientSession(
        connector=connector, timeout=timeout, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False
    ) as session:
        yield Transit(settings, session)
