"""Documents of other issuers: fetched under guard, kept a short while, asked for once."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from credential_core.did import holds_method
from credential_core.errors import CredentialError, StatusError
from credential_core.timestamps import parse_timestamp
from credential_core.token_status_list import said_by
from credential_core.verify import Failure, Resolution, parse
from service_kit.clock import Clock
from service_kit.fetcher import Document, Fetcher, FetchError
from verifier.core.model import Json, ReadList
from verifier.core.ports import Processor

CONTROLLER_S = 60.0  # how long a key that its owner withdrew may still be believed
LIST_S = 300.0  # Bitstring Status List §2.2: the default ttl, and our most; less where a list's address says so
SCHEMA_S = 300.0
PATHWAY_S = 300.0
UNUSABLE_S = 1.0  # a list that is past its time, whoever asks for it
FAILURE_S = 5.0
UNKNOWN_KEY_S = 5.0  # how often somebody who names keys that do not exist can make us ask
ROOM = 32 * 1024 * 1024  # bytes of documents
OVERHEAD = 1024  # bytes charged for any entry
CONTROLLER_TYPES = "application/did+json, application/did+ld+json, application/ld+json, application/json"
SIGNED_LIST_TYPES = "application/statuslist+jwt, application/statuslist+cwt;q=0.9"
CWT = b"\xd2"  # how a tagged COSE_Sign1 begins, and no text
LIST_TYPES = "application/vc, application/vc+ld+json, application/ld+json, application/json"
PATHWAY_TYPES = "application/json"
SCHEMA_TYPES = "application/schema+json, application/json"

Life = Callable[[Json, datetime, float], float]  # of a document, read at this moment, whose address says how long
Reader = Callable[[bytes], Json]


@dataclass(frozen=True, slots=True)
class Entry:
    """A document or a failure, when it came, until when it counts, and the room it takes."""

    found: Resolution
    at: datetime
    until: float
    size: int


class CachedWeb:
    """See core.ports.Web."""

    def __init__(
        self, fetcher: Fetcher, processor: Processor, clock: Clock, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._fetcher = fetcher
        self._processor = processor
        self._clock = clock
        self._monotonic = monotonic
        self._entries: OrderedDict[str, Entry] = OrderedDict()
        self._room = ROOM
        self._flights: dict[str, asyncio.Task[Entry]] = {}

    async def controller(self, url: str, methods: Collection[str] = ()) -> Resolution:
        """A controller document, at most a minute old; if it lacks one of these methods, at most some seconds."""
        name = _name(url, CONTROLLER_TYPES)
        entry = self._entries.get(name)
        if entry is not None and self._age(entry) >= UNKNOWN_KEY_S and not _holds(entry.found, methods):
            self._drop(name)
        return (await self._get(url, CONTROLLER_TYPES, lambda *_: CONTROLLER_S)).found

    async def status_list(self, url: str) -> ReadList:
        """A status list credential, no older than its own ttl, or else its address says, and five minutes."""
        entry = await self._get(url, LIST_TYPES, _life_of_list)
        return ReadList(entry.found, entry.at)

    async def status_token(self, url: str) -> ReadList:
        """The same of a status list that is a JWT or a CWT."""
        entry = await self._get(url, SIGNED_LIST_TYPES, _life_of_token, held_token)
        return ReadList(entry.found, entry.at)

    async def schema(self, url: str) -> Resolution:
        """A JSON Schema, at most five minutes old."""
        return (await self._get(url, SCHEMA_TYPES, lambda *_: SCHEMA_S)).found

    async def pathway(self, url: str) -> Resolution:
        """A version of a pathway, at most five minutes old."""
        return (await self._get(url, PATHWAY_TYPES, lambda *_: PATHWAY_S)).found

    async def close(self) -> None:
        """Give up what is still being fetched."""
        flights = list(self._flights.values())
        for flight in flights:
            flight.cancel()
        await asyncio.gather(*flights, return_exceptions=True)

    async def _get(self, url: str, accept: str, life: Life, reader: Reader = parse) -> Entry:
        """From the cache, or from the one fetch under way. A caller that gives up does not end it for the others."""
        name = _name(url, accept)
        entry = self._entries.get(name)
        if entry is not None and entry.until > self._monotonic():
            self._entries.move_to_end(name)
            return entry
        flight = self._flights.get(name)
        if flight is None:
            flight = self._flights[name] = asyncio.create_task(self._fetch(name, url, accept, life, reader))
            flight.add_done_callback(lambda _: self._flights.pop(name, None))
        return await asyncio.shield(flight)

    async def _fetch(self, name: str, url: str, accept: str, life: Life, reader: Reader) -> Entry:
        try:
            fetched = await self._fetcher.get(url, accept=accept)
            document = await self._processor(reader, fetched.body)
        except FetchError as error:
            return self._keep(name, _failure(error), FAILURE_S)
        except CredentialError as error:
            return self._keep(name, Failure(error.code, f"it is not a document we read: {error.detail}"), FAILURE_S)
        said = LIST_S if fetched.max_age is None else fetched.max_age
        return self._keep(name, document, life(document, self._clock(), said), fetched)

    def _keep(self, name: str, found: Resolution, seconds: float, fetched: Document | None = None) -> Entry:
        self._drop(name)
        size = OVERHEAD + (len(fetched.body) if fetched else 0)
        entry = Entry(found, self._clock(), self._monotonic() + seconds, size)
        self._entries[name] = entry
        self._room -= entry.size
        while self._room < 0:
            self._drop(next(iter(self._entries)))
        return entry

    def _age(self, entry: Entry) -> float:
        return self._monotonic() - (entry.until - CONTROLLER_S)

    def _drop(self, name: str) -> None:
        entry = self._entries.pop(name, None)
        if entry is not None:
            self._room += entry.size


def _name(url: str, accept: str) -> str:
    """By what it was asked for as, too: who has keys asked for as a schema must not have them kept as long as one."""
    return f"{accept} {url}"


def _holds(found: Resolution, methods: Collection[str]) -> bool:
    return isinstance(found, Failure) or all(holds_method(found, method) for method in methods)


def _failure(error: FetchError) -> Failure:
    """Only an answer that the document is not there is final; all else, our own refusal included, leaves it open."""
    return Failure(error.code, error.detail, transient=error.transient or error.code != "status")


def held_token(body: bytes) -> Json:
    """A JWT as text or a CWT as bytes, with the ttl it claims. CredentialError if it is neither."""
    try:
        token = body if body.startswith(CWT) else body.decode("ascii").strip()
    except UnicodeDecodeError:
        raise StatusError("status_list_malformed", "a status list token is a JWT or a CWT") from None
    return {"token": token, "ttl": said_by(token).ttl}


def _life_of_token(held: Json, _now: datetime, said: float) -> float:
    """Seconds: what it claims, never more than five minutes. Its signature is judged with each credential."""
    ttl = held["ttl"]
    usable = min(ttl if isinstance(ttl, int | float) and not isinstance(ttl, bool) else said, LIST_S)
    return usable if usable > 0 else UNUSABLE_S


def _life_of_list(document: Json, now: datetime, said: float) -> float:
    """Seconds: its ttl (milliseconds) or as its address says, at most five minutes, never past its validUntil."""
    subject = document.get("credentialSubject")
    ttl = subject.get("ttl") if isinstance(subject, dict) else None
    life = ttl / 1000 if isinstance(ttl, int | float) and not isinstance(ttl, bool) else said
    try:
        left = (parse_timestamp(document["validUntil"]) - now).total_seconds()
    except (KeyError, CredentialError):
        left = LIST_S
    usable = min(life, left, LIST_S)
    return usable if usable > 0 else UNUSABLE_S


@asynccontextmanager
async def open_web(fetcher: Fetcher, processor: Processor, clock: Clock) -> AsyncIterator[CachedWeb]:
    """A CachedWeb whose fetches end with it."""
    web = CachedWeb(fetcher, processor, clock)
    try:
        yield web
    finally:
        await web.close()
