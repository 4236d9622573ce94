"""Tokens and repetition, against a server that answers as told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest

from laurel import (
    ClientSecret,
    Conflict,
    Forbidden,
    Invalid,
    Laurel,
    LaurelError,
    LoginFailed,
    NotFound,
    Problem,
    RateLimited,
    Recipient,
    Unavailable,
    clock,
)
from laurel.batches import Batch
from laurel.cli.batch import see_through
from laurel.errors import UnexpectedAnswer, UnusableAddress

ID = "https://laurel.test/credentials/0199"
ISSUED = {"id": ID, "status": "issued", "credential": {"type": ["VerifiableCredential"]}}


class Server:
    """Answers the token endpoint itself, everything else from a script."""

    def __init__(self, *script: httpx.Response | Exception) -> None:
        self.script = list(script)
        self.requests: list[httpx.Request] = []
        self.tokens = 0
        self.lifetime: Any = 600

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/oauth/token":
            self.tokens += 1
            token = {"access_token": f"t{self.tokens}", "token_type": "Bearer", "expires_in": self.lifetime}
            return httpx.Response(200, json=token)
        self.requests.append(request)
        answer = self.script.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    @property
    def keys(self) -> list[str | None]:
        return [request.headers.get("Idempotency-Key") for request in self.requests]


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that were asked for; none is made."""
    asked: list[float] = []
    monkeypatch.setattr(clock, "pause", asked.append)
    return asked


def connect(server: Callable[[httpx.Request], httpx.Response]) -> Laurel:
    return Laurel("https://laurel.test/", ClientSecret("id", "secret"), transport=httpx.MockTransport(server))


def refusal(status: int, **headers: str) -> httpx.Response:
    body = {"type": "https://laurel.test/problems/x", "title": "No", "status": status, "detail": "because"}
    return httpx.Response(status, json=body, headers=headers)


def issue(laurel: Laurel, key: str | None = None) -> str:
    return laurel.credentials.issue("urn:a", Recipient(email="a@b.example"), key=key).id


def test_one_token_serves_many_requests_and_is_replaced_before_it_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr(clock, "monotonic", lambda: now)
    server = Server(*(httpx.Response(200, json={}) for _ in range(3)))
    with connect(server) as laurel:
        laurel.get("/a")
        now = 569
        laurel.get("/b")
        assert server.tokens == 1
        now = 571
        laurel.get("/c")
    assert [request.headers["Authorization"] for request in server.requests] == ["Bearer t1", "Bearer t1", "Bearer t2"]


def test_a_refused_token_is_replaced_once() -> None:
    server = Server(refusal(401), httpx.Response(200, json={}), refusal(401), refusal(401))
    with connect(server) as laurel:
        laurel.get("/a")
        with pytest.raises(Forbidden):
            laurel.get("/b")
    assert server.tokens == 3


def test_reading_is_repeated_until_it_works(pauses: list[float]) -> None:
    server = Server(httpx.ConnectError("no route"), refusal(503, **{"Retry-After": "7"}), httpx.Response(200, json={}))
    with connect(server) as laurel:
        assert laurel.get("/a") == {}
    assert len(pauses) == 2
    assert pauses[1] == 7


def test_a_post_is_repeated_under_its_key_alone(pauses: list[float]) -> None:
    server = Server(httpx.ReadTimeout("slow"), refusal(429), refusal(408), httpx.Response(201, json=ISSUED))
    with connect(server) as laurel:
        assert issue(laurel, "k-1") == ID
    assert server.keys == ["k-1"] * 4
    assert len(pauses) == 3


def test_what_came_too_soon_is_asked_again(pauses: list[float]) -> None:
    server = Server(refusal(409, **{"Retry-After": "1"}), httpx.Response(201, json=ISSUED))
    with connect(server) as laurel:
        assert issue(laurel, "k-1") == ID
    assert pauses == [1]


@pytest.mark.parametrize("headers", [{}, {"Retry-After": "86400"}], ids=["never", "tomorrow"])
def test_what_waiting_does_not_help_is_told_at_once(pauses: list[float], headers: dict[str, str]) -> None:
    with connect(Server(refusal(409, **headers))) as laurel, pytest.raises(Conflict):
        issue(laurel, "k-1")
    assert pauses == []


def test_a_key_is_made_up_for_each_credential(pauses: list[float]) -> None:
    server = Server(httpx.ReadTimeout("slow"), httpx.Response(201, json=ISSUED), httpx.Response(201, json=ISSUED))
    with connect(server) as laurel:
        issue(laurel)
        issue(laurel)
    first, again, second = server.keys
    assert first == again != second


def test_one_request_too_many_was_not_done(pauses: list[float]) -> None:
    verdict = {"id": "urn:uuid:1", "verdict": "valid", "checks": []}
    server = Server(refusal(429, **{"Retry-After": "2"}), httpx.Response(200, json=verdict))
    with connect(server) as laurel:
        assert laurel.verifications.verify("{}").verdict == "valid"
    assert pauses == [2]


def test_without_a_key_a_post_is_sent_once(pauses: list[float]) -> None:
    server = Server(httpx.ReadTimeout("slow"))
    with connect(server) as laurel, pytest.raises(Unavailable):
        laurel.verifications.verify("{}")
    assert len(server.requests) == 1
    assert pauses == []


@pytest.mark.parametrize(
    ("statuses", "kind"),
    [
        ([400, 413, 415, 422], Invalid),
        ([401, 403], Forbidden),
        ([404, 410], NotFound),
        ([409, 412], Conflict),
        ([429], RateLimited),
        ([500, 503], Problem),
    ],
)
def test_a_refusal_is_an_error_that_says_why(pauses: list[float], statuses: list[int], kind: type[LaurelError]) -> None:
    for status in statuses:
        with connect(Server(*(refusal(status) for _ in range(4)))) as laurel, pytest.raises(kind, match="because"):
            laurel.get("/a")


def test_wrong_fields_are_named() -> None:
    body = {"title": "Unprocessable", "errors": [{"field": "recipient.email", "detail": "no address"}]}
    with connect(Server(httpx.Response(422, json=body))) as laurel, pytest.raises(Invalid) as caught:
        issue(laurel)
    assert [(error.field, error.detail) for error in caught.value.errors] == [("recipient.email", "no address")]
    assert "recipient.email: no address" in str(caught.value)


@pytest.mark.parametrize("answer", [httpx.Response(200, text="<p>hello"), httpx.Response(200, json=[1])])
def test_an_answer_of_somebody_else_is_no_answer(answer: httpx.Response) -> None:
    with connect(Server(answer)) as laurel, pytest.raises(UnexpectedAnswer):
        laurel.get("/a")


@pytest.mark.parametrize("body", [{}, {"id": 7, "credential": {}}, {"id": ID, "credential": "x"}])
def test_an_answer_without_what_is_needed_is_no_answer(body: dict[str, Any]) -> None:
    with connect(Server(httpx.Response(201, json=body))) as laurel, pytest.raises(UnexpectedAnswer):
        issue(laurel)


def test_a_badge_is_an_image(pauses: list[float]) -> None:
    shown = httpx.Response(200, content=b"<svg/>", headers={"Content-Type": "image/svg+xml"})
    server = Server(shown, httpx.Response(200, json={}))
    with connect(server) as laurel:
        found = laurel.credentials.badge(ID)
        assert (found.content, found.media_type) == (b"<svg/>", "image/svg+xml")
        with pytest.raises(UnexpectedAnswer, match="no image"):
            laurel.credentials.badge(ID, "image/png")
    assert [request.headers["Accept"] for request in server.requests] == ["image/svg+xml", "image/png"]
    assert server.requests[0].url.path == "/credentials/0199"


def test_a_list_is_read_page_after_page() -> None:
    pages = [
        httpx.Response(200, json={"items": [item], "next": cursor})
        for item, cursor in (({"n": 1}, "c1"), ({"n": 2}, None))
    ]
    server = Server(*pages)
    with connect(server) as laurel:
        assert list(laurel._transport.pages("/things", {"a": "b"})) == [{"n": 1}, {"n": 2}]
    assert [str(request.url.query, "ascii") for request in server.requests] == ["a=b", "a=b&cursor=c1"]


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (httpx.Response(401, json={"error": "invalid_client", "error_description": "who?"}), LoginFailed),
        (httpx.Response(200, text="hello"), UnexpectedAnswer),
        (httpx.Response(200, json={"access_token": 5}), UnexpectedAnswer),
    ],
)
def test_a_failed_login_says_so(answer: httpx.Response, kind: type[LaurelError]) -> None:
    with connect(lambda _: answer) as laurel, pytest.raises(kind):
        laurel.access_token()


def test_a_token_is_asked_for_again_as_long_as_that_may_help(pauses: list[float]) -> None:
    script: list[httpx.Response | Exception] = [
        httpx.ConnectError("refused"),
        refusal(429, **{"Retry-After": "3"}),
        httpx.Response(200, json={"access_token": "t", "expires_in": 600}),
    ]
    with connect(_told(script)) as laurel:
        assert laurel.access_token() == "t"
    assert len(pauses) == 2
    assert pauses[1] == 3


@pytest.mark.parametrize(
    "error",
    [httpx.ConnectTimeout("slow"), httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED]"), httpx.TooManyRedirects("x")],
)
def test_a_token_is_not_asked_for_in_vain(pauses: list[float], error: httpx.RequestError) -> None:
    with connect(_told([error])) as laurel, pytest.raises(Unavailable, match=r"https://laurel\.test does not answer"):
        laurel.access_token()
    assert pauses == []


def test_no_token_for_now_is_no_strange_answer(pauses: list[float]) -> None:
    with connect(_told([refusal(503)] * 4)) as laurel, pytest.raises(Unavailable, match="answered 503"):
        laurel.access_token()
    assert len(pauses) == 3


def _told(script: Sequence[httpx.Response | Exception]) -> Callable[[httpx.Request], httpx.Response]:
    rest = list(script)

    def answer(request: httpx.Request) -> httpx.Response:
        found = rest.pop(0)
        if isinstance(found, Exception):
            raise found
        return found

    return answer


@pytest.mark.parametrize(
    "address", ["laurel.test", "localhost:8080", "ftp://laurel.test", "https://", "https://a:b", ""]
)
def test_an_address_that_is_none_is_told_at_once(address: str) -> None:
    with pytest.raises(UnusableAddress, match="must begin with https://"):
        Laurel(address, ClientSecret("id", "secret"))


def test_a_file_of_authorities_is_one(tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("nothing")
    for name, why in (("empty.pem", "no certificate"), ("missing.pem", "No such file")):
        with pytest.raises(UnusableAddress, match=why):
            Laurel("https://laurel.test", ClientSecret("id", "secret"), ca=tmp_path / name)


def test_secrets_are_in_no_representation() -> None:
    assert "secret" not in repr(ClientSecret("id", "hush-hush")).replace("client_secret", "")
    assert "hush" not in repr(ClientSecret("id", "hush-hush"))


RUNNING = {"id": "https://laurel.test/batches/0199", "action": "issue", "status": "running", "rows": 2, "counts": {}}


@pytest.mark.parametrize("end", [KeyboardInterrupt(), refusal(403)])
def test_who_stops_watching_a_batch_is_told_how_to_go_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], end: KeyboardInterrupt | httpx.Response
) -> None:
    def pause(_: float) -> None:
        if isinstance(end, KeyboardInterrupt):
            raise end

    monkeypatch.setattr(clock, "pause", pause)
    rest = [] if isinstance(end, KeyboardInterrupt) else [end, end]
    with connect(Server(httpx.Response(200, json=RUNNING), *rest)) as laurel:
        opened = Batch.from_json(RUNNING)
        with pytest.raises((KeyboardInterrupt, Forbidden)):
            see_through(laurel.batches, opened, detach=False, out=None, as_json=False)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "`laurel follow https://laurel.test/batches/0199`" in shown.err


@pytest.mark.parametrize(
    ("name", "media_type"),
    [("a.CSV", "text/csv"), ("a.tsv", "text/tab-separated-values"), ("a", "application/octet-stream")],
)
def test_a_file_says_what_it_is_by_its_ending_or_the_server_looks(tmp_path: Path, name: str, media_type: str) -> None:
    (tmp_path / name).write_text("email\n")
    server = Server(httpx.Response(202, json=RUNNING))
    with connect(server) as laurel:
        laurel.batches.open("urn:a", tmp_path / name)
    assert server.requests[0].headers["Content-Type"] == media_type
