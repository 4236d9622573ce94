"""Structured logs on standard output: one event name per line, fields not sentences, secrets and people left out."""

import json
import logging
import re
import sys
import time
import traceback
from collections.abc import Callable
from contextvars import ContextVar
from functools import lru_cache
from typing import Any, TextIO

import orjson
import structlog
from structlog.typing import EventDict, WrappedLogger

from service_kit.clock import utc_now
from service_kit.settings import LogSettings

AUDIT = "audit"
KAFKA_CLIENT = "aiokafka"
EVENT_LOOP = "asyncio"
SAME_AGAIN_S = 10.0
MOST_KINDS = 1000
REQUEST_ID: ContextVar[str | None] = ContextVar("request_id", default=None)
"""Of the request that is being answered: stands in each line that is written meanwhile."""
REDACTED = "[redacted]"
SENSITIVE = re.compile(
    r"authori[sz]ation|token|secret|password|passwd|cookie|private|seed|api_?key|encryption|assertion|email|e_mail|"
    r"^name$|given_?name|family_?name|recipient|subject_name|salt",
    re.IGNORECASE,
)
SAFE = frozenset({"token_id", "key_id", "client_id"})
SCHEMES = ("bearer", "basic", "dpop")
BEARER = re.compile(rf"(?i)\b({'|'.join(SCHEMES)})\s+[A-Za-z0-9._~+/=-]+")
JWT = re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*")
# Begins at the start of a word only, or a long word without an @ would take quadratic time.
EMAIL = re.compile(r"""(?<![^\s@"<>(),;:])[^\s@"<>(),;:]+@[^\s@"<>(),;:/]+\.[^\s@"<>(),;:/]+""")


def configure_logs(settings: LogSettings, service: str) -> None:
    """Set up structlog, and give the standard library's loggers (uvicorn, aiokafka, alembic) the same form.

    Our own lines go to standard output at once: the way through the standard library costs three times as much.
    """
    level, output = settings.level.upper(), sys.stdout
    shared: list[structlog.typing.Processor] = [
        _add_request,
        structlog.processors.format_exc_info,
        redact,
        structlog.stdlib.add_log_level,
        _circumstances(service),
    ]
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer() if settings.pretty else structlog.processors.JSONRenderer(serializer=_json)
    )
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *names: Lines(output, must_be_written=AUDIT in names),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.addFilter(Seldom())
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for name, level in {"uvicorn": "WARNING", "uvicorn.access": "ERROR", KAFKA_CLIENT: "ERROR"}.items():
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [], True
        logger.setLevel(level)


class Seldom(logging.Filter):
    """Lets a line of the Kafka client's or the event loop's pass once in ten seconds.

    Of a broker that is away the one tells all the time, and the other of each host of somebody's that breaks TLS.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._said: dict[tuple[str, str, str], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether it passes; it then tells how many like it did not."""
        if not record.name.startswith((KAFKA_CLIENT, EVENT_LOOP)):
            return True
        kind, now = _kind(record), self._clock()
        until, passed_over = self._said.get(kind, (now, 0))
        if now < until:
            self._said[kind] = until, passed_over + 1
            return False
        if len(self._said) >= MOST_KINDS:  # some lines differ each time
            self._said.clear()
        self._said[kind] = now + SAME_AGAIN_S, 0
        if passed_over:
            record.msg, record.args = f"{record.getMessage()} (and {passed_over} more like it)", ()
        return True


def _kind(record: logging.LogRecord) -> tuple[str, str, str]:
    """The event loop says the same of every task that fails unseen: the errors tell them apart, and where they are."""
    error, where = record.exc_info[1] if record.exc_info else None, ""
    if error is not None:
        steps = traceback.extract_tb(error.__traceback__, limit=-1)
        where = f"{type(error).__qualname__} {steps[0].name if steps else ''}"
    return record.name, str(record.msg).partition("\n")[0], where


class TrailUnwritten(OSError):
    """The audit trail cannot be written, so what was asked for is not done, or not answered as done."""


class Lines(structlog.WriteLogger):
    """Writes lines. Only the audit trail's must be written: nothing else ends because a disk is full."""

    def __init__(self, output: TextIO, *, must_be_written: bool) -> None:
        super().__init__(output)
        self._must = must_be_written

    def msg(self, message: str) -> None:
        """One line. Raises TrailUnwritten for the audit trail, if it cannot be written."""
        try:
            super().msg(message)
        except OSError as error:
            if self._must:
                raise TrailUnwritten(*error.args) from error

    log = debug = info = warn = warning = error = critical = exception = fatal = failure = msg


def _json(event: EventDict, default: Callable[[Any], Any]) -> str:
    try:
        return orjson.dumps(event, default, orjson.OPT_NON_STR_KEYS).decode()
    except orjson.JSONEncodeError:  # half a surrogate pair, an enormous integer: a line must be written nevertheless
        return json.dumps(event, default=default)


def _add_request(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    request_id = REQUEST_ID.get()
    if request_id is not None:
        event.setdefault("request_id", request_id)
    return event


def _circumstances(service: str) -> structlog.typing.Processor:
    def add(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        event["timestamp"] = utc_now().isoformat().replace("+00:00", "Z")
        event["service"] = service
        return event

    return add


def get_logger(name: str) -> Any:
    """A bound logger. Use `logger.info("event_name", field=value)`."""
    return structlog.get_logger(name)


def redact(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Drop values whose field name is sensitive, and token or e-mail shapes inside other text."""
    return {name: _redact_field(name, value) for name, value in event.items()}


def _redact_field(name: str, value: Any) -> Any:
    if _is_sensitive(name):
        return REDACTED
    return _redact_value(value)


@lru_cache(maxsize=4096)
def _is_sensitive(name: str) -> bool:
    return name != "event" and name not in SAFE and SENSITIVE.search(name) is not None


def _redact_text(text: str) -> str:
    """Each pattern is looked for only where what it cannot do without is there: there are many fields in a second."""
    if len(text.split(None, 1)) > 1:
        folded = text.casefold()
        if any(scheme in folded for scheme in SCHEMES):
            text = BEARER.sub(REDACTED, text)
    if "eyJ" in text:
        text = JWT.sub(REDACTED, text)
    return EMAIL.sub(REDACTED, text) if "@" in text else text


def _redact_value(value: Any) -> Any:
    if isinstance(value, str):
        return _redact_text(value)
    if isinstance(value, dict):
        return {name: _redact_field(str(name), member) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [_redact_value(item) for item in value]
    return value
