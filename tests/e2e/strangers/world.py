"""Both universities at one fleet, and what its description says of its operations."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx

from tests.e2e.strangers.asks import Try, Whose
from tests.e2e.strangers.first import First
from tests.e2e.strangers.people import Place
from tests.e2e.strangers.second import Second
from tests.e2e.strangers.tokens import Authority
from tests.e2e.strangers.walk import Walker
from tools.actor import Actor


class World:
    """Both universities at one fleet."""

    def __init__(self, place: Any) -> None:
        self.place, self.at_gateway = Place.of(place), gateway_of(place)
        self.http = httpx.Client(base_url=self.place.base_url, timeout=60)
        operator = Actor(self.http, self.place.organization("operations"))
        partner = Actor(self.http, self.place.organization("lakeside"))
        host = self.place.organization("harbour")["owner"] if self.place.host != self.place.base_url else None
        self.first = First(self.place, self.http, operator, partner, host)
        self.second = Second(self.place, self.http, operator, self.first)
        self.owner = self.first.university.program(self.first.owner, *self.second.scopes)
        self.things = self.first.things | self.second.things
        self.things["token"] = self.first.actor.headers["Authorization"].removeprefix("Bearer ")
        self.things["refresh_token"] = self.owner.refresh_token
        self.described = self.http.get("/openapi.json").json()["paths"]

    @property
    def operations(self) -> set[str]:
        return {f"{method.upper()} {path}" for path, methods in self.described.items() for method in methods}

    def operation(self, name: str) -> dict[str, Any]:
        method, _, path = name.partition(" ")
        found: dict[str, Any] = self.described[path][method.lower()]
        return found

    def scopes_of(self, name: str) -> list[str]:
        """Those of which one is needed; none where no access token is."""
        needed = [one["oauth2"] for one in self.operation(name).get("security", []) if "oauth2" in one]
        return [scope for scopes in needed for scope in scopes]

    def is_guarded(self, name: str) -> bool:
        security = self.operation(name).get("security", [])
        return {} not in security and any("oauth2" in one for one in security)

    def takes(self, name: str, parameter: str) -> bool:
        return any(one.get("name") == parameter for one in self.operation(name).get("parameters", []))

    def forms(self, name: str) -> set[str]:
        """In which it is described to be shown, besides JSON; and as a page."""
        described = self.operation(name)["responses"].get("200", {}).get("content", {})
        return {"text/html", *described} - {"application/json"}

    def owner_of(self, one: Try) -> dict[str, str]:
        return self.first.program.headers if one.whose is Whose.PERSON else self.owner.headers

    async def authority(self) -> Authority:
        """The authorization server's key, from its database."""
        return await Authority.open(*self.at_gateway)

    def walk(self, work: Any) -> Any:
        """Run a coroutine function with a walker."""

        async def run() -> Any:
            limits = httpx.Limits(max_connections=20)
            async with httpx.AsyncClient(base_url=self.place.base_url, timeout=60, limits=limits) as http:
                return await work(Walker(http))

        return asyncio.run(run())


def gateway_of(place: Any) -> tuple[str, str]:
    """Its database's address, and the key that its secrets are sealed with."""
    told = place.environment("gateway")
    return told["LAUREL_DATABASE__URL"], told["LAUREL_KEY_ENCRYPTION_KEY"]
