"""All five services in one process on one event loop, behind a small dispatcher that follows the edge's route table.

Real PostgreSQL, real Kafka, real tokens; only Envoy and the process borders are missing. It runs in a thread of its
own, so that the same synchronous stories play here and against the fleet.
"""

import asyncio
import importlib
import json
import re
import threading
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.edge.routes import ROUTES, Pattern, Route, Under
from service_kit.migrations import migrate
from tools import seed
from tools.kafka import Kafka, fleet_topics
from tools.ports import free_ports
from tools.postgres import Server
from tools.rooms import ROOMS
from tools.secret_store import key


class InProcess:
    """`with InProcess(...) as world: world.base_url, world.demo`."""

    def __init__(self, postgres: Server, kafka: Kafka, home: Path, authority: Path | None = None) -> None:
        self._postgres = postgres
        self._kafka = kafka
        self._home = home
        self._authority = authority
        self._port = free_ports(1)[0]
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run, name="in-process fleet")
        self._stop: asyncio.Event
        self._loop: asyncio.AbstractEventLoop
        self._failure: BaseException | None = None
        self.base_url = f"http://localhost:{self._port}"
        self.mail = home / "mail"
        self.demo: dict[str, Any] = {}

    def __enter__(self) -> Self:
        self._kafka.create_topics(fleet_topics())
        self.databases = {room: self._postgres.create_database(f"{room}_{self._port}") for room in ROOMS}
        self._thread.start()
        self._started.wait(60)
        if self._failure:
            raise self._failure
        self._seed()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(30)
        assert not self._thread.is_alive(), "the services did not stop"

    def _seed(self) -> None:
        known = self._home / "clients.json"
        seed.clients(known)
        future = asyncio.run_coroutine_threadsafe(self._seed_gateway(known), self._loop)
        future.result(30)
        self.demo = seed.seed(self.base_url, self.base_url, known, self._home / "demo.json")

    async def _seed_gateway(self, known: Path) -> None:
        service = importlib.import_module("gateway.main").SERVICE
        await service.commands["seed"](self._settings("gateway"), ["--file", str(known)])

    def _settings(self, room: str) -> Any:
        service = importlib.import_module(f"{room}.main").SERVICE
        urls = self.databases[room]
        values: Mapping[str, Any] = {
            "environment": "development",
            "public_base_url": self.base_url,
            "did_web_origin": f"https://localhost:{self._port}",
            "http": {"port": self._port},
            "database": {"url": urls.app_url, "migrate_url": urls.migrate_url, "pool_size": 8},
            "kafka": {"bootstrap_servers": self._kafka.bootstrap_servers, "idempotent": self._kafka.idempotent},
            "auth": {
                "issuer": self.base_url,
                "jwks_url": f"{self.base_url}/oauth/jwks",
                "audiences": [self.base_url],
            },
            "fetcher": {"allow_private": True, "ca_file": str(self._authority) if self._authority else None},
            "mail": {"directory": str(self.mail)},
            "key_wait_s": 1,
            "key_encryption_key": KEYS.setdefault(room, key()),
        }
        known = service.settings.model_fields
        return service.settings(**{name: value for name, value in values.items() if name in known})

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:  # handed over to the thread that waits
            self._failure = error
        finally:
            self._started.set()

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        async with AsyncExitStack() as stack:
            apps: dict[str, ASGIApp] = {}
            tasks = []
            for room in ROOMS:
                settings = self._settings(room)
                await asyncio.to_thread(migrate, room, settings.database)
                service = importlib.import_module(f"{room}.main").SERVICE
                components = await stack.enter_async_context(service.build(settings))
                apps[room] = components.app
                tasks += [*components.answering, *components.serve, *components.relay, *components.consume]
            config = uvicorn.Config(Dispatcher(apps), port=self._port, log_config=None, lifespan="off")
            server = uvicorn.Server(config)
            server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
            async with asyncio.TaskGroup() as group:
                background = [group.create_task(task(self._stop)) for task in tasks]
                serving = group.create_task(server.serve())
                while not server.started:
                    await asyncio.sleep(0.01)
                self._started.set()
                await self._stop.wait()
                await asyncio.wait(background, timeout=15)
                server.should_exit = True
                await serving


KEYS: dict[str, str] = {}


class Dispatcher:
    """The edge's routing, without the edge: the first row that matches names the room."""

    def __init__(self, apps: Mapping[str, ASGIApp]) -> None:
        self._apps = apps

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        route = next((route for route in ROUTES if _matches(route, scope)), None)
        if scope["path"] == "/healthz" or route is None:
            status = 200 if route is None and scope["path"] == "/healthz" else 404
            await send({"type": "http.response.start", "status": status, "headers": []})
            await send({"type": "http.response.body", "body": json.dumps({"status": status}).encode()})
            return
        if route.rewrite:
            scope = {**scope, "path": route.rewrite, "raw_path": route.rewrite.encode()}
        await self._apps[route.room.value](scope, receive, send)


def _matches(route: Route, scope: Scope) -> bool:
    path: str = scope["raw_path"].decode().partition("?")[0]
    if route.methods and scope["method"] not in route.methods:
        return False
    match = route.match
    if isinstance(match, Pattern):
        return re.fullmatch(match.value, path) is not None
    if isinstance(match, Under):
        return path == match.value or path.startswith(f"{match.value}/")
    return path == match.value
