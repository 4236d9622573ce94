"""Commands beside `serve`: seed a demonstration, create the first operator, rotate the signing keys.

They talk to the database directly. What they print goes to standard output, as one line of JSON each.
"""

import argparse
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, field_validator

from gateway.adapters.passwords import Argon2Passwords
from gateway.adapters.signing_keys import key_maker
from gateway.adapters.unit_of_work import SqlUnitOfWork
from gateway.adapters.vault import LocalVault
from gateway.core.ports import NewUnitOfWork, Passwords
from gateway.core.rotate_keys import RotateKeys
from gateway.core.scopes import Kind
from gateway.core.secret import MIN_LENGTH
from gateway.core.seed import Owner, Seed, Seedling
from gateway.http.schemas import Email, Name, Password, Slug
from gateway.settings import GatewaySettings
from service_kit.clock import utc_now
from service_kit.database import open_database
from service_kit.errors import ServiceError
from service_kit.ids import new_id

ClientIdText = Annotated[str, Field(pattern=r"^[A-Za-z0-9._~-]{1,128}$")]


class OwnerIn(BaseModel):
    """A person who owns the organization."""

    model_config = ConfigDict(extra="ignore")

    email: Email
    name: Name
    password: Password


class SeedlingIn(BaseModel):
    """One entry of a seed file. Without a client_id the slug is it."""

    model_config = ConfigDict(extra="ignore")

    name: Name
    slug: Slug
    kind: Kind
    client_id: ClientIdText | None = None
    client_secret: Annotated[str, Field(min_length=MIN_LENGTH, max_length=512, pattern=r"^[!-~]+$")]
    scopes: tuple[str, ...]
    owner: OwnerIn | None = None

    @field_validator("scopes", mode="before")
    @classmethod
    def _space_separated(cls, value: object) -> object:
        return value.split() if isinstance(value, str) else value

    async def seedling(self, passwords: Passwords) -> Seedling:
        """As the core wants it."""
        client, owner = self.client_id or self.slug, None
        if self.owner:
            owner = Owner(self.owner.email, self.owner.name, await passwords.hash(self.owner.password))
        return Seedling(self.name, self.slug, self.kind, client, self.client_secret, self.scopes, owner)


SEED_FILE = TypeAdapter(Annotated[list[SeedlingIn], Field(min_length=1)])


@asynccontextmanager
async def _store(settings: GatewaySettings) -> AsyncIterator[NewUnitOfWork]:
    async with open_database(settings.database, "gateway-command") as database:
        yield lambda: SqlUnitOfWork(database)


async def seed(settings: GatewaySettings, arguments: Sequence[str]) -> int:
    """Create or update the organizations and clients of a file. Prints their ids, never a secret."""
    parser = argparse.ArgumentParser(prog="gateway seed")
    parser.add_argument("--file", type=Path, required=True, help="JSON: [{name, slug, kind, client_secret, scopes}]")
    path: Path = parser.parse_args(arguments).file
    try:
        entries = SEED_FILE.validate_json(path.read_bytes())  # noqa: ASYNC240 - nothing else runs here
    except ValidationError as error:
        return _failed(f"{path}: {_summary(error)}")
    except OSError as error:
        return _failed(f"{path}: {error.strerror}")
    async with _store(settings) as unit_of_work:
        passwords = Argon2Passwords(**settings.password.model_dump())
        seedlings = [await entry.seedling(passwords) for entry in entries]
        planted = await Seed(unit_of_work=unit_of_work, clock=utc_now, ids=new_id)(seedlings)
    for entry, client in zip(entries, planted, strict=True):
        _say({"slug": entry.slug, "organization": client.organization, "client_id": client.id})
    return 0


async def create_operator(settings: GatewaySettings, arguments: Sequence[str]) -> int:
    """Create the first operator organization and its client. Prints the secret, this once."""
    parser = argparse.ArgumentParser(prog="gateway create-operator")
    parser.add_argument("--name", required=True, help="the operator's name")
    name = TypeAdapter(Name).validate_python(parser.parse_args(arguments).name)
    async with _store(settings) as unit_of_work:
        client, secret = await Seed(unit_of_work=unit_of_work, clock=utc_now, ids=new_id).operator(name)
    _say({"organization": client.organization, "client_id": client.id, "client_secret": secret})
    return 0


async def rotate_keys(settings: GatewaySettings, arguments: Sequence[str]) -> int:
    """Move the signing keys along. Safe to run as often as one likes."""
    parser = argparse.ArgumentParser(prog="gateway rotate-keys")
    parser.add_argument("--compromised", action="store_true", help="remove the active keys now; their tokens end")
    compromised: bool = parser.parse_args(arguments).compromised
    async with _store(settings) as unit_of_work:
        rotate = RotateKeys(
            unit_of_work=unit_of_work,
            new_key=key_maker(LocalVault(settings.encryption_key())),
            policy=settings.rotation(),
            clock=utc_now,
        )
        rotation = await rotate(compromised=compromised)
    _say(
        {
            "changed": dict(rotation.changed),
            "keys": {key.id: key.state for key in rotation.keys},
            "next_usable_from": rotation.next_usable_from.isoformat() if rotation.next_usable_from else None,
        }
    )
    return 0


Command = Callable[[GatewaySettings, Sequence[str]], Awaitable[int]]


def _refusing(command: Command) -> Command:
    @wraps(command)
    async def run(settings: GatewaySettings, arguments: Sequence[str]) -> int:
        try:
            return await command(settings, arguments)
        except ServiceError as error:
            return _failed(error.detail)
        except ValidationError as error:
            return _failed(_summary(error))

    return run


def _summary(error: ValidationError) -> str:
    """Where and what, never the value: it may be a secret."""
    return "; ".join(f"{'.'.join(map(str, one['loc'])) or 'value'}: {one['msg']}" for one in error.errors())


def _say(facts: Mapping[str, Any]) -> None:
    sys.stdout.write(json.dumps(facts) + "\n")


def _failed(why: str) -> int:
    sys.stderr.write(f"gateway: {why}\n")
    return 1


COMMANDS: Mapping[str, Command] = {
    "seed": _refusing(seed),
    "create-operator": _refusing(create_operator),
    "rotate-keys": _refusing(rotate_keys),
}
