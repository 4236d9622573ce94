"""Other people's documents over real HTTPS: kept a short while, fetched once for many, never waited for too long."""

from __future__ import annotations

import asyncio
import ssl
from collections import Counter
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web

from credential_core import cbor, jose
from credential_core.report import Report
from credential_core.verify import Failure, Resolution
from service_kit.clock import utc_now
from service_kit.database import Database
from service_kit.fetcher import Fetcher, open_fetcher
from service_kit.offload import offload
from service_kit.settings import FetcherSettings
from tests.verifier.conftest import ORG
from tests.verifier.world import NOW, ORIGIN, Issuer, Json, entry
from tools.certificates import Certificate, localhost
from verifier.adapters import web as module
from verifier.adapters.unit_of_work import UnitOfWork
from verifier.adapters.web import CachedWeb
from verifier.core.evidence import AT_ONCE_OF_ORG, Gather
from verifier.core.fleet import Fleet
from verifier.core.judgement import Options, Readable, judge, wanted
from verifier.core.model import ReadList

pytestmark = [pytest.mark.asyncio]


@dataclass
class Site:
    """A web server on this machine with documents to be had, and what was asked of it."""

    origin: str = ""
    documents: dict[str, Any] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked[request.path] += 1
        await self.gate.wait()
        document = self.documents.get(request.path)
        if document is None:
            return web.Response(status=404)
        return document if isinstance(document, web.Response) else web.json_response(document)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return localhost(Path(tmp_path_factory.mktemp("tls")))


@pytest_asyncio.fixture
async def site(certificate: Certificate) -> AsyncIterator[Site]:
    site = Site()
    site.gate.set()
    app = web.Application()
    app.router.add_get("/{path:.*}", site.answer)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate.chain, certificate.private_key)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
    site.origin = f"https://localhost:{runner.addresses[0][1]}"
    yield site
    await runner.cleanup()


@pytest_asyncio.fixture
async def fetcher(certificate: Certificate) -> AsyncIterator[Fetcher]:
    settings = FetcherSettings(allow_private=True, ca_file=str(certificate.authority), total_s=2)
    async with open_fetcher(settings) as fetcher:
        yield fetcher


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest_asyncio.fixture
async def cached(fetcher: Fetcher, clock: Clock) -> AsyncIterator[CachedWeb]:
    cached = CachedWeb(fetcher, offload, utc_now, clock)
    yield cached
    await cached.close()


@pytest.fixture
def abroad(site: Site) -> Issuer:
    """An issuer whose DID document lies on the site."""
    issuer = Issuer("abroad", f"did:web:{site.origin.removeprefix('https://').replace(':', '%3A')}:issuers:one")
    site.documents["/issuers/one/did.json"] = issuer.did_document
    return issuer


def code(found: Resolution) -> str:
    assert isinstance(found, Failure), found
    return found.code


async def test_many_at_once_are_one_request(cached: CachedWeb, site: Site) -> None:
    site.documents["/1"] = {"id": 1}
    site.gate.clear()
    waiting = [asyncio.create_task(cached.controller(f"{site.origin}/1")) for _ in range(20)]
    await asyncio.sleep(0.1)
    site.gate.set()
    assert await asyncio.gather(*waiting) == [{"id": 1}] * 20
    assert site.asked["/1"] == 1


async def test_one_who_gives_up_does_not_end_it_for_the_others(cached: CachedWeb, site: Site) -> None:
    site.documents["/1"] = {"id": 1}
    site.gate.clear()
    first, second = [asyncio.create_task(cached.controller(f"{site.origin}/1")) for _ in range(2)]
    await asyncio.sleep(0.1)
    first.cancel()
    site.gate.set()
    assert await second == {"id": 1}


async def test_a_controller_is_read_again_after_a_minute(cached: CachedWeb, site: Site, clock: Clock) -> None:
    url = f"{site.origin}/1"
    site.documents["/1"] = {"id": 1}
    for clock.now, times in ((0, 1), (module.CONTROLLER_S - 1, 1), (module.CONTROLLER_S + 1, 2)):
        await cached.controller(url)
        assert site.asked["/1"] == times


async def test_keys_asked_for_as_something_else_are_kept_no_longer(cached: CachedWeb, site: Site, clock: Clock) -> None:
    """Who lost a key could have it believed longer by naming its document as a schema."""
    site.documents["/did.json"] = {"id": "did:web:x"}
    await cached.schema(f"{site.origin}/did.json")
    clock.now = module.CONTROLLER_S + 1
    site.documents["/did.json"] = {"id": "did:web:x", "assertionMethod": []}
    assert await cached.controller(f"{site.origin}/did.json") == site.documents["/did.json"]


async def test_a_controller_that_lacks_a_key_is_read_again_after_some_seconds(
    cached: CachedWeb, site: Site, clock: Clock, abroad: Issuer
) -> None:
    url, path = f"{site.origin}/issuers/one/did.json", "/issuers/one/did.json"
    for method, times in ((abroad.method, 1), (f"{abroad.identifier}#new", 2)):
        for clock.now in (0, module.UNKNOWN_KEY_S - 1, module.UNKNOWN_KEY_S + 1):
            await cached.controller(url, [method])
        assert site.asked[path] == times


async def test_a_failure_is_remembered_a_few_seconds(cached: CachedWeb, site: Site, clock: Clock) -> None:
    url = f"{site.origin}/1"
    assert [code(await cached.controller(url)) for _ in range(3)] == ["status"] * 3
    assert site.asked["/1"] == 1
    site.documents["/1"] = {"id": 1}
    clock.now += module.FAILURE_S + 1
    assert await cached.controller(url) == {"id": 1}


@pytest.mark.parametrize(
    ("members", "seconds"),
    [
        ({"credentialSubject": {"ttl": 10_000}}, 10),
        ({"credentialSubject": {"ttl": 10**12}}, 300),
        ({"credentialSubject": {"ttl": -5}}, 1),
        ({"credentialSubject": {"ttl": "10"}}, 300),
        ({"credentialSubject": {"ttl": True}}, 300),
        ({"credentialSubject": []}, 300),
        ({}, 300),
        ({"validUntil": (NOW - timedelta(days=1)).isoformat()}, 1),
        ({"validUntil": "soon"}, 300),
        ({"validUntil": 5}, 300),
    ],
)
async def test_a_list_is_read_again_when_its_ttl_is_over(
    cached: CachedWeb, site: Site, clock: Clock, members: Json, seconds: float
) -> None:
    url = f"{site.origin}/list"
    site.documents["/list"] = members
    for clock.now, times in ((0, 1), (seconds - 0.5, 1), (seconds + 0.5, 2)):
        await cached.status_list(url)
        assert site.asked["/list"] == times


@pytest.mark.parametrize(
    ("members", "said", "seconds"),
    [
        ({}, "public, max-age=60", 60),
        ({}, "MAX-AGE=20", 20),
        ({}, "max-age=86400, must-revalidate", 300),
        ({}, "max-age=0", 1),
        ({}, "s-maxage=60", 300),
        ({}, "max-age=soon", 300),
        ({"credentialSubject": {"ttl": 120_000}}, "max-age=60", 120),
        ({"credentialSubject": {"ttl": "120000"}}, "max-age=60", 60),
    ],
)
async def test_a_list_without_a_ttl_is_kept_as_long_as_its_address_says(
    cached: CachedWeb, site: Site, clock: Clock, members: Json, said: str, seconds: float
) -> None:
    url = f"{site.origin}/list"
    for clock.now, times in ((0, 1), (seconds - 0.5, 1), (seconds + 0.5, 2)):
        site.documents["/list"] = web.json_response(members, headers={"Cache-Control": said})
        await cached.status_list(url)
        assert site.asked["/list"] == times


async def test_a_list_that_is_a_token_too(cached: CachedWeb, site: Site, clock: Clock) -> None:
    token = b"\xd2" + cbor.encode([cbor.encode({1: -7}), {}, cbor.encode({2: "urn:x"}), b"unverified"])
    for clock.now, times in ((0, 1), (59.5, 1), (60.5, 2)):
        site.documents["/list"] = web.Response(body=token, headers={"Cache-Control": "max-age=60"})
        await cached.status_token(f"{site.origin}/list")
        assert site.asked["/list"] == times


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", "json_malformed"),
        (b"<html>", "json_malformed"),
        (b"[]", "json_not_object"),
        (b"[" * 100_000, "json_malformed"),
        (b'{"a": "' + b"x" * 300_000 + b'"}', "document_too_large"),
        (b"x" * 2_000_000, "too_large"),
        (b"\xff\xfe", "json_malformed"),
    ],
)
async def test_what_is_no_document_is_a_failure(cached: CachedWeb, site: Site, body: bytes, expected: str) -> None:
    site.documents["/1"] = web.Response(body=body)
    assert code((await cached.status_list(f"{site.origin}/1")).found) == expected


@pytest.mark.parametrize("url", ["", "x", "ftp://x/", "https://", "https://user@localhost/", "https://localhost:1/"])
async def test_what_is_no_address_is_a_failure(cached: CachedWeb, url: str) -> None:
    assert code((await cached.status_list(url)).found) in {"url_refused", "unreachable"}


async def test_the_room_is_bounded(cached: CachedWeb, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cached, "_room", 5 * module.OVERHEAD)
    for n in range(20):
        site.documents[f"/{n}"] = {"n": n}
        await cached.controller(f"{site.origin}/{n}")
    assert len(cached._entries) <= 5
    await cached.controller(f"{site.origin}/19")
    assert site.asked["/19"] == 1


async def test_closing_ends_what_is_under_way(fetcher: Fetcher, site: Site) -> None:
    cached = CachedWeb(fetcher, offload, utc_now)
    site.gate.clear()
    waiting = asyncio.create_task(cached.controller(f"{site.origin}/1"))
    await asyncio.sleep(0.05)
    await cached.close()
    with pytest.raises(asyncio.CancelledError):
        await waiting


class Hanging:
    """Nobody on this web ever answers."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def status_list(self, url: str) -> ReadList:
        self.asked.append(url)
        await asyncio.Event().wait()
        raise AssertionError("nothing ever comes")

    async def controller(self, url: str, _methods: Collection[str] = ()) -> Resolution:
        return (await self.status_list(url)).found

    async def schema(self, url: str) -> Resolution:
        return (await self.status_list(url)).found

    pathway, status_token = schema, status_list


@pytest.mark.db
class TestGathering:
    @pytest.fixture
    def gather(self, database: Database, cached: CachedWeb) -> Gather:
        fleet = Fleet.of(ORIGIN, "http://laurel.test")
        return Gather(
            unit_of_work=lambda: UnitOfWork(database),
            web=cached,
            fleet=fleet,
            clock=utc_now,
            patience_s=0,
            deadline_s=1,
        )

    async def judged(self, gather: Gather, credential: Json) -> Report:
        subject = Readable(credential, wanted(credential))
        evidence = await gather(ORG, subject.wanted)
        return judge(subject, evidence, Options(accept_unknown_issuer=True), utc_now())

    async def test_a_foreign_issuer_with_its_list(self, gather: Gather, abroad: Issuer, site: Site) -> None:
        url = f"{site.origin}/lists/1"
        site.documents["/lists/1"] = abroad.status_list(url, 3)
        verdicts = [(await self.judged(gather, abroad.credential(status=entry(url, n)))).verdict for n in (2, 3, 4)]
        assert verdicts == ["valid", "invalid", "valid"]
        assert site.asked == {"/lists/1": 1, "/issuers/one/did.json": 1}

    async def test_a_list_by_yet_another_issuer_needs_that_ones_key_too(
        self, gather: Gather, abroad: Issuer, site: Site
    ) -> None:
        host = Issuer("host", abroad.identifier.replace(":one", ":two"))
        url = f"{site.origin}/lists/1"
        site.documents |= {"/lists/1": host.status_list(url), "/issuers/two/did.json": host.did_document}
        report = await self.judged(gather, abroad.credential(status=entry(url)))
        assert (report.verdict, site.asked["/issuers/two/did.json"]) == ("indeterminate", 1)

    async def test_nothing_is_waited_for_past_the_deadline(self, gather: Gather, abroad: Issuer, site: Site) -> None:
        site.gate.clear()
        credential = abroad.credential(status=entry(f"{site.origin}/lists/1"))
        async with asyncio.timeout(10):
            report = await self.judged(gather, credential)
        proof = report.check("proof")
        assert proof is not None
        assert (report.verdict, proof.code) == ("indeterminate", "controller_unavailable")

    async def test_hosts_that_hang_take_turns_of_those_only_who_name_them(
        self, database: Database, abroad: Issuer
    ) -> None:
        web = Hanging()
        gather = Gather(unit_of_work=lambda: UnitOfWork(database), web=web, fleet=Fleet.of(ORIGIN), clock=utc_now)
        many = [[entry(f"https://x.example/{number}-{place}") for place in range(8)] for number in range(20)]
        hanging = [asyncio.create_task(gather("attacker", wanted(abroad.credential(status=each)))) for each in many]
        while len(web.asked) < AT_ONCE_OF_ORG:
            await asyncio.sleep(0.01)
        other = asyncio.create_task(gather(ORG, wanted(abroad.credential(status=entry("https://y.example/1")))))
        while "https://y.example/1" not in web.asked:
            await asyncio.sleep(0.01)
        assert len(web.asked) <= AT_ONCE_OF_ORG + 2  # the other's list and controller
        for one in (*hanging, other):
            one.cancel()
        await asyncio.gather(*hanging, other, return_exceptions=True)

    @pytest.mark.parametrize(
        "url",
        [
            "https://laurel.test/status-lists/1",
            "http://laurel.test/status-lists/1",
            "http://LAUREL.test:80/status-lists/1",
            "https://laurel.test:443/x",
            "https://laurel.test./x",
            "https://user@laurel.test/x",
        ],
    )
    async def test_the_fleets_own_addresses_are_never_fetched(self, gather: Gather, abroad: Issuer, url: str) -> None:
        evidence = await gather(ORG, wanted(abroad.credential(status=entry(url))))
        assert code(evidence.status_lists[url]) == "list_not_published"


async def test_a_status_list_token_is_kept_as_long_as_it_claims(site: Site, cached: CachedWeb, clock: Clock) -> None:
    key = Issuer("abroad").key
    token = jose.sign({"typ": "statuslist+jwt"}, {"sub": f"{site.origin}/list", "iat": 1, "ttl": 30}, key)
    site.documents["/list"] = web.Response(text=token + "\n", content_type="application/statuslist+jwt")
    first = await cached.status_token(f"{site.origin}/list")
    assert first.found == {"token": token, "ttl": 30}
    for seconds, asked in ((29, 1), (31, 2)):
        clock.now = seconds
        site.documents["/list"] = web.Response(text=token, content_type="application/statuslist+jwt")
        await cached.status_token(f"{site.origin}/list")
        assert site.asked["/list"] == asked


async def test_a_status_list_token_may_be_a_cwt(site: Site, cached: CachedWeb, clock: Clock) -> None:
    token = b"\xd2" + cbor.encode([cbor.encode({1: -7}), {}, cbor.encode({65534: 30}), b"unverified"])
    site.documents["/list"] = web.Response(body=token, content_type="application/statuslist+cwt")
    for seconds, asked in ((0, 1), (29, 1), (31, 2)):
        clock.now = seconds
        assert (await cached.status_token(f"{site.origin}/list")).found == {"token": token, "ttl": 30}
        assert site.asked["/list"] == asked
        site.documents["/list"] = web.Response(body=token, content_type="application/statuslist+cwt")


@pytest.mark.parametrize("body", [b"{}", b"not a token", b"\xff\xfe", b"a.b.c", b"\xd2\x80"])
async def test_what_is_no_token_is_none(site: Site, cached: CachedWeb, body: bytes) -> None:
    site.documents["/list"] = web.Response(body=body, content_type="application/json")
    assert isinstance((await cached.status_token(f"{site.origin}/list")).found, Failure)
