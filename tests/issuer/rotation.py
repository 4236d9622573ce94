"""An issuer with a key in reserve, and a moment to change keys: when something is signed and nothing of it stored."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest

from issuer.adapters.keys.key_store import LocalKeyStore
from issuer.settings import IssuerSettings
from tests.issuer.world import Json, World

Action = Callable[[], Awaitable[None]]


def without_a_wait(settings: IssuerSettings) -> IssuerSettings:
    """New keys may sign at once."""
    return settings.model_copy(update={"key_wait_s": 0})


class Rotation:
    """An issuer with a key in use and another in reserve, which takes over when the first is revoked."""

    def __init__(self, world: World, path: str, old: Json, new: Json) -> None:
        self.world = world
        self.path = path
        self.old, self.new = old, new

    async def __call__(self) -> None:
        await self.act(self.new, "activate")
        await self.act(self.old, "revoke")

    async def act(self, key: Json, action: str) -> None:
        answer = await self.world.send("POST", f"{self.path}/{key['keyId']}/{action}")
        assert answer.status_code == 200, answer.text


async def rotation(world: World) -> Rotation:
    path = f"/issuers/{(await world.issuer())['slug']}/keys"
    (old,) = (await world.send("GET", path)).json()["items"]
    return Rotation(world, path, old, (await world.send("POST", path, {})).json())


@contextlib.contextmanager
def after_signing(monkeypatch: pytest.MonkeyPatch, action: Action, *names: str) -> Iterator[list[str]]:
    """The action happens once, when something has been signed and nothing of it is stored."""
    happened: list[str] = []

    def interrupted(name: str) -> Callable[..., Awaitable[Any]]:
        sign = getattr(LocalKeyStore, name)

        async def signed(*arguments: Any) -> Any:
            made = await sign(*arguments)
            if not happened:
                happened.append(name)
                await action()
            return made

        return signed

    with monkeypatch.context() as patched:
        for name in names or ("sign", "seal", "secure"):
            patched.setattr(LocalKeyStore, name, interrupted(name))
        yield happened
    assert happened


def signer(document: Json) -> str:
    return str(document["proof"]["verificationMethod"])


async def of(world: World, key: Json) -> int:
    """How many credentials that are stored were signed by this key."""
    query = "SELECT count(*) FROM credentials WHERE document::json -> 'proof' ->> 'verificationMethod' = :method"
    [(count,)] = await world.rows(query, method=key["id"])
    return int(count)
