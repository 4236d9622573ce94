"""Running a service: `serve`, `relay`, `consume` or all in one process, until a signal, then an orderly stop."""

import argparse
import asyncio
import gc
import inspect
import json
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import uvicorn
from fastapi import FastAPI
from pydantic import ValidationError
from pydantic_settings import SettingsError

from service_kit import problems
from service_kit.app import Check, health_router
from service_kit.database import Database
from service_kit.logs import configure_logs, get_logger
from service_kit.migrations import migrate
from service_kit.settings import Settings, StoreSettings
from service_kit.timekeeper import Timekeeper
from service_kit.wrong_settings import told

log = get_logger(__name__)

CLOSING = (b"connection", b"close")
COLLECT_AFTER = (7_000, 20, 20)  # objects, young collections, middle ones

STANDARD = {
    "serve": "Answer requests.",
    "relay": "Publish events, and what else one process does for all.",
    "consume": "Hear what other rooms say.",
    "run": "All of these in one process.",
    "migrate": "Bring the database's schema up to this release.",
    "openapi": "Print the description of the API.",
}
HELP = frozenset({"-h", "--help"})
WRONG_SETTINGS = 78  # EX_CONFIG of sysexits.h

S = TypeVar("S", bound=StoreSettings)
Task = Callable[[asyncio.Event], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Components:
    """What a composition root builds: the application, the background tasks of each role, the readiness checks.

    `answering` belongs to the role `serve` and goes on until the last answer: what these depend on. The process goes by
    the time of the database (Timekeeper).
    """

    app: FastAPI
    database: Database
    answering: Sequence[Task] = ()
    serve: Sequence[Task] = ()
    relay: Sequence[Task] = ()
    consume: Sequence[Task] = ()
    ready: Mapping[str, Check] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Service(Generic[S]):
    """A deployable: its package name, its settings, its composition root, and commands of its own."""

    name: str
    settings: type[S]
    build: Callable[[S], AbstractAsyncContextManager[Components]]
    openapi: Callable[[], FastAPI]
    commands: Mapping[str, Callable[[S, Sequence[str]], Awaitable[int]]] = field(default_factory=dict)


def main(service: Service[S], argv: Sequence[str] | None = None) -> int:
    """The command line of a service. Returns the exit code."""
    chosen = _parser(service).parse_args(argv)
    if chosen.command == "openapi":
        json.dump(service.openapi().openapi(), sys.stdout, indent=2, sort_keys=True)
        return 0
    if chosen.command in service.commands and not HELP.isdisjoint(chosen.arguments):
        # Every command parses its arguments first, and leaves: no setting is looked at.
        return asyncio.run(_command(service.commands[chosen.command](service.settings.model_construct(), ["--help"])))
    try:
        settings = service.settings()  # type: ignore[call-arg]  # read from the environment
    except (ValidationError, SettingsError) as error:
        lines = [*told(error, service.settings), "all settings: docs/settings.md"]
        sys.stderr.writelines(f"{service.name}: {line}\n" for line in lines)
        return WRONG_SETTINGS
    configure_logs(settings.log, service.name)
    if chosen.command == "migrate":
        migrate(service.name, settings.database)
        return 0
    if chosen.command in service.commands:
        return asyncio.run(_command(service.commands[chosen.command](settings, chosen.arguments)))
    uvloop_run(_run(service, settings, chosen.command))
    return 0


def _parser(service: Service[S]) -> argparse.ArgumentParser:
    own = {name: (inspect.getdoc(command) or "").partition("\n")[0] for name, command in service.commands.items()}
    listed = "\n".join(f"  {name:<16} {what}" for name, what in (STANDARD | own).items())
    parser = argparse.ArgumentParser(
        prog=service.name,
        usage=f"{service.name} COMMAND ...",
        epilog=f"commands:\n{listed}\n\nSettings come from the environment: docs/settings.md.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", choices=[*STANDARD, *own], metavar="COMMAND", help="one of those below")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, metavar="...", help="its own; --help lists them")
    return parser


def uvloop_run(main_task: Awaitable[None]) -> None:
    """asyncio.run on uvloop."""
    import uvloop  # noqa: PLC0415 - absent on platforms that only use the commands above

    async def run() -> None:
        await main_task

    uvloop.run(run())


async def _command(result: Awaitable[int]) -> int:
    return await result


async def _run(service: Service[S], settings: S, role: str) -> None:
    async with service.build(settings) as components:
        spare_what_stays()
        timekeeper = Timekeeper(components.database)
        await timekeeper.begin()
        answers = role in {"serve", "run"}
        app = components.app if answers else _health_app(settings, components)
        until_closed = [timekeeper.run, *(components.answering if answers else ())]
        await serve(app, settings, _tasks(components, role), service.name, until_closed)


def spare_what_stays() -> None:
    """What was loaded and built until now lives as long as the process: the collector need not look at it again.

    A request makes thousands of objects and next to no cycles, so that the collector runs a tenth as often as usual.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)


def _tasks(components: Components, role: str) -> list[Task]:
    roles = {"serve": components.serve, "relay": components.relay, "consume": components.consume}
    return [task for tasks in roles.values() for task in tasks] if role == "run" else list(roles[role])


def _health_app(settings: Settings, components: Components) -> FastAPI:
    """Health and metrics only, for processes that answer no requests."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.state.public_base_url = settings.public_base_url
    problems.install(app)
    app.include_router(health_router(components.ready))
    return app


async def serve(
    app: FastAPI, settings: Settings, tasks: Sequence[Task], name: str, until_closed: Sequence[Task] = ()
) -> None:
    """Answer requests and run the tasks until SIGTERM or SIGINT, those `until_closed` until the last is answered.

    A task that fails ends the process with an error.
    """
    stop, closed = asyncio.Event(), asyncio.Event()
    app.state.stopping = stop
    server = Server(
        uvicorn.Config(
            app,
            host=settings.http.host,
            port=settings.http.port,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=int(settings.http.shutdown_s),
            timeout_keep_alive=65,
            proxy_headers=False,
        )
    )
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    log.info("started", role=name, port=settings.http.port)
    async with asyncio.TaskGroup() as group:
        background = [group.create_task(_until(task, stop)) for task in tasks]
        beneath = [group.create_task(_until(task, closed)) for task in until_closed]
        serving = group.create_task(server.serve())
        waiting = group.create_task(stop.wait())
        await asyncio.wait([serving, waiting], return_when=asyncio.FIRST_COMPLETED)
        stop.set()
        group.create_task(server.end(settings.http.drain_s))
        await _finish(background, settings.http.shutdown_s)
        await asyncio.wait([serving])
        closed.set()
        await _finish(beneath, settings.http.shutdown_s)
    log.info("stopped", role=name)


async def _until(task: Task, stop: asyncio.Event) -> None:
    await task(stop)
    if not stop.is_set():
        raise RuntimeError("a background task ended before the service was asked to stop")


async def _finish(tasks: Sequence[asyncio.Task[None]], seconds: float) -> None:
    if not tasks:
        return
    _, late = await asyncio.wait(tasks, timeout=seconds)
    for task in late:
        task.cancel()


class Server(uvicorn.Server):
    """Uvicorn without its own signal handling: one place decides when to stop."""

    async def end(self, drain_s: float) -> None:
        """Answer for so long, then close: a proxy keeps connections, and may be sending on one that is closed.

        It is told with each answer to take another, so that those that are left then have been idle all the while.
        """
        self.config.encoded_headers.append(CLOSING)
        self.server_state.default_headers = [*self.server_state.default_headers, CLOSING]
        await asyncio.sleep(drain_s if self.started else 0)
        self.should_exit = True

    def capture_signals(self) -> "NoSignals":  # type: ignore[override]  # a context manager that does nothing
        return NoSignals()


class NoSignals:
    """A context manager that leaves signals alone."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        return None


__all__ = ["Components", "Service", "Task", "main", "serve"]
