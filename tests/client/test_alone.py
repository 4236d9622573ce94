"""A stacked credential is judged without any Laurel: by what its issuer publishes, or by a copy of that."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import Any

import httpx
import pytest

from credential_core.bitstring import entry
from credential_core.did import VerificationMethod, did_document
from credential_core.jcs import digest
from credential_core.keys import SigningKey
from credential_core.revocation_list import revocation_list
from laurel.alone import Copy, Decision, NoCopy, Web, decide
from laurel.alone.newest import newest_check
from laurel.alone.public import resolved
from laurel.cli import alone
from tests.client.test_command_alone import told
from tests.verifier import test_brought_stacks as brought
from tests.verifier.test_stacks import Series, series_of
from tests.verifier.world import NOW, Issuer

UNIVERSITY = "did:web:university.example"
DOCUMENT = "https://university.example/.well-known/did.json"
CATALOG = "https://catalog.example"


@dataclass
class Published:
    """What the web answers, and what was asked of it."""

    pages: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def web(self) -> Web:
        found = Web(transport=httpx.MockTransport(self._answer), resolve=lambda _: ["1.1.1.1"])
        found.at = NOW
        return found

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(str(request.url))
        assert "authorization" not in request.headers
        page = self.pages.get(str(request.url))
        if isinstance(page, httpx.Response):
            return page
        return httpx.Response(404) if page is None else httpx.Response(200, json=page)


@pytest.fixture
def series() -> Series:
    return series_of(Issuer("university", UNIVERSITY), catalog=CATALOG, lists="https://university.example")


@pytest.fixture
def published(series: Series) -> Published:
    return Published(
        {
            DOCUMENT: series.issuer.did_document,
            series.status_list: series.issuer.status_list(series.status_list),
            f"{series.id}/versions/1": {**series.pathway, "id": series.id, "status": "published", "version": "1"},
        }
    )


def judged(series: Series, published: Published, *components: Any) -> Decision:
    with published.web() as web:
        return decide(json.dumps(series.stack), [json.dumps(one) for one in components], web)


def stack_of(found: Decision) -> tuple[str, str]:
    [check] = [check for check in found.checks if check.check == "stack"]
    return str(found.verdict), check.code


def test_it_holds_by_what_anybody_can_read(series: Series, published: Published) -> None:
    assert stack_of(judged(series, published)) == ("valid", "stack_holds_as_stated")
    assert sorted(published.asked) == sorted(published.pages)
    assert stack_of(judged(series, published, *series.components)) == ("valid", "stack_holds")
    assert stack_of(judged(series, published, "no credential", *series.components)) == ("valid", "stack_holds")


ADDRESS = "https://university.example/{}/6a9b1f1e-0000-4000-8000-000000000001"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, ("passed", "current")),
        ({"digest": "u", "validFrom": "2099-01-01T00:00:00Z"}, ("failed", "superseded")),
        ({"digest": "u"}, ("passed", "current")),  # another form of the same document
        ({"digest": "u", "validFrom": "once"}, ("skipped", "correction_not_seen")),
        ({"issuer": {"id": "did:web:thief.example"}}, ("skipped", "correction_not_seen")),
        ({"id": "https://university.example/credentials/2"}, ("skipped", "correction_not_seen")),
        (None, ("skipped", "correction_not_seen")),
    ],
)
def test_a_document_that_was_replaced_is_told_by_the_public_record(
    series: Series, published: Published, changes: dict[str, Any] | None, expected: tuple[str, str]
) -> None:
    document = series.stack | {"id": ADDRESS.format("credentials")}
    own = {"id": document["id"], "issuer": {"id": UNIVERSITY}, "validFrom": document["validFrom"]}
    if changes is not None:
        published.pages[ADDRESS.format("records")] = own | {"digest": digest(document)} | changes
    with published.web() as web:
        check = newest_check(document, web)
        unknown = newest_check(document | {"id": "urn:uuid:1"}, web)
    assert (str(check.outcome), check.code) == expected
    assert (str(unknown.outcome), unknown.code) == ("skipped", "correction_not_seen")


def test_it_says_what_it_could_not_see(series: Series, published: Published) -> None:
    [check] = [check for check in judged(series, published).checks if check.check == "correction"]
    assert (str(check.outcome), check.code) == ("skipped", "correction_not_seen")


def test_whoever_rotates_its_keys_leaves_it_as_it_is(series: Series, published: Published) -> None:
    new = SigningKey.from_seed(b"n" * 32)
    methods = [
        VerificationMethod(series.issuer.method, UNIVERSITY, series.issuer.key.public),
        VerificationMethod(f"{UNIVERSITY}#key-2", UNIVERSITY, new.public),
    ]
    published.pages[DOCUMENT] = did_document(UNIVERSITY, methods)
    assert stack_of(judged(series, published)) == ("valid", "stack_holds_as_stated")
    published.pages[DOCUMENT] = did_document(UNIVERSITY, methods[1:])  # the old key is gone: it may have leaked
    assert stack_of(judged(series, published))[0] != "valid"


@pytest.mark.parametrize(("revoked", "code"), [(1, "stack_does_not_hold"), (9, "stack_holds_as_stated")])
def test_its_components_must_stand(series: Series, published: Published, revoked: int, code: str) -> None:
    published.pages[series.status_list] = series.issuer.status_list(series.status_list, revoked)
    assert stack_of(judged(series, published))[1] == code


def _another_pathway(series: Series, pages: dict[str, Any]) -> None:
    pages[f"{series.id}/versions/1"] = series.pathway | {"name": "Another"}


def _a_list_of_another(series: Series, pages: dict[str, Any]) -> None:
    pages[series.status_list] = Issuer("thief").status_list(series.status_list)


def _no(address: str) -> Callable[[Series, dict[str, Any]], None]:
    def leave_out(series: Series, pages: dict[str, Any]) -> None:
        pages.pop(address.format(list=series.status_list, pathway=series.id))

    return leave_out


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (_another_pathway, ("invalid", "stack_does_not_hold")),
        (_a_list_of_another, ("indeterminate", "stack_undecided")),
        (_no("{list}"), ("indeterminate", "stack_undecided")),
        (_no("{pathway}/versions/1"), ("indeterminate", "stack_undecided")),
        (_no(DOCUMENT), ("indeterminate", "stack_undecided")),
    ],
)
def test_what_cannot_be_had_leaves_it_open_and_what_is_wrong_fails_it(
    series: Series,
    published: Published,
    change: Callable[[Series, dict[str, Any]], None],
    expected: tuple[str, str],
) -> None:
    change(series, published.pages)
    assert stack_of(judged(series, published)) == expected


def test_another_document_for_a_component_fails_it(series: Series, published: Published) -> None:
    other = series.components[0] | {"name": "Something else"}
    assert stack_of(judged(series, published, other)) == ("invalid", "stack_does_not_hold")


def test_what_is_not_genuine_is_not_evaluated(series: Series, published: Published) -> None:
    series.stack["name"] = "Another"
    assert stack_of(judged(series, published)) == ("invalid", "stack_not_checked")
    with published.web() as web:
        assert str(decide("{}", (), web).verdict) == "invalid"
        assert str(decide("no JSON", (), web).verdict) == "invalid"


ACADEMY = "https://academy.example"
THEIRS, REVOKED = f"{ACADEMY}/lists/1", f"{ACADEMY}/revoked"
KINDS = {
    "in a list": dict(entry(THEIRS, 7, "revocation")),
    "in two": [dict(entry(THEIRS, 7, "revocation")), {"id": REVOKED, "type": "1EdTechRevocationList"}],
    "by its id": {"id": REVOKED, "type": "1EdTechRevocationList"},
    "nowhere": None,
}


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_learner_brought_is_looked_up_where_its_own_issuer_says(kind: str) -> None:
    """Of another institution, by an agreement that the record names."""
    university, academy = Issuer("university", UNIVERSITY), Issuer("academy", "did:web:academy.example")
    ours, pathway = "https://university.example/lists/1", f"{CATALOG}/pathways/1"
    stack, components = brought.composed(university, academy, status=KINDS[kind], address=ours, pathway=pathway)
    published = Published(
        {
            DOCUMENT: university.did_document,
            f"{ACADEMY}/.well-known/did.json": academy.did_document,
            ours: university.status_list(ours),
            THEIRS: academy.status_list(THEIRS),
            REVOKED: revocation_list(REVOKED, academy.identifier, {}),
            f"{pathway}/versions/1": brought.DOCUMENT,
        }
    )

    def found(*given: Any) -> tuple[str, str]:
        with published.web() as web:
            return stack_of(decide(json.dumps(stack), [json.dumps(one) for one in given], web))

    assert found() == ("valid", "stack_holds_as_stated")
    assert found(*components) == ("valid", "stack_holds")
    fallen = ("valid", "stack_holds_as_stated") if kind == "nowhere" else ("invalid", "stack_does_not_hold")
    open_ = ("valid", "stack_holds_as_stated") if kind == "nowhere" else ("indeterminate", "stack_undecided")
    published.pages[THEIRS] = academy.status_list(THEIRS, 7)
    published.pages[REVOKED] = revocation_list(REVOKED, academy.identifier, {components[1]["id"]: None})
    assert found() == fallen
    del published.pages[THEIRS], published.pages[REVOKED]
    assert found() == open_
    published.pages[THEIRS] = Issuer("stranger").status_list(THEIRS)
    published.pages[REVOKED] = revocation_list(REVOKED, "did:web:stranger.example", {})
    assert found() == open_


def test_a_copy_says_the_same_years_later_and_asks_nobody(series: Series, published: Published, tmp_path: Path) -> None:
    with published.web() as web:
        before = decide(json.dumps(series.stack), (), web)
        web.keep(tmp_path / "kept")
    published.asked.clear()

    copy = Copy(tmp_path / "kept")
    after = decide(json.dumps(series.stack), [json.dumps(one) for one in series.components], copy)

    assert (copy.at, after.at) == (before.at, before.at)
    assert stack_of(after) == ("valid", "stack_holds")
    assert published.asked == []
    index = json.loads((tmp_path / "kept" / "index.json").read_text())
    (tmp_path / "kept" / index["documents"][series.status_list]).unlink()
    assert stack_of(decide(json.dumps(series.stack), (), copy)) == ("indeterminate", "stack_undecided")
    (tmp_path / "kept" / "index.json").write_text(json.dumps(index | {"at": (NOW + timedelta(days=900)).isoformat()}))
    assert str(decide(json.dumps(series.stack), (), Copy(tmp_path / "kept")).verdict) == "invalid"  # it has expired


def test_a_directory_without_a_copy_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NoCopy, match="holds no copy"):
        Copy(tmp_path)
    (tmp_path / "index.json").write_text('{"at": "yesterday", "documents": {}}')
    with pytest.raises(NoCopy, match="holds no copy"):
        Copy(tmp_path)


@pytest.mark.parametrize(
    "url",
    ["http://university.example/x", "file:///etc/passwd", "https://", "x", "https://[::1", "http://localhost:8080"],
)
def test_only_https_is_read(url: str) -> None:
    published = Published()
    with published.web() as web:
        assert "is no https address" in getattr(web.get(url, "*/*"), "detail", "")
    assert published.asked == []


@pytest.mark.parametrize(
    "address",
    [
        "10.0.0.1",
        "127.0.0.1",
        "169.254.169.254",
        "::1",
        "fe80::1%eth0",
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
        "224.0.0.1",
    ],
)
def test_private_networks_are_read_when_that_is_asked_for(address: str) -> None:
    """A stranger's credential names what this machine asks."""
    url = "https://intranet.example/x"
    published = Published({url: {}})
    transport = httpx.MockTransport(published._answer)
    with Web(transport=transport, resolve=lambda _: ["1.1.1.1", address]) as web:
        assert getattr(web.get(url, "*/*"), "code", None) == "address_not_public"
    assert published.asked == []
    with Web(transport=transport, private=True) as web:
        assert web.get(url, "*/*") == {}


def test_the_addresses_of_a_host_are_what_the_system_says() -> None:
    assert resolved("127.0.0.1") == ["127.0.0.1"]
    assert resolved("x" * 70) == ()


def test_who_never_comes_to_an_end_is_not_waited_for() -> None:
    url, over = "https://university.example/x", Event()

    def drip() -> Iterator[bytes]:
        over.wait(60)
        yield b"{}"

    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=drip()))
    try:
        for one_s, all_s in ((0.01, 60.0), (60.0, 0.01), (60.0, 0.0)):
            with Web(transport=transport, resolve=lambda _: (), one_s=one_s, all_s=all_s) as web:
                assert "takes longer" in getattr(web.get(url, "*/*"), "detail", "")
    finally:
        over.set()


def test_what_is_too_large_leads_elsewhere_or_is_no_document_is_not_taken() -> None:
    url = "https://university.example/x"
    answers = {
        "too_large": httpx.Response(200, content=b"[" * (4 * 1024 * 1024 + 1)),
        "status": httpx.Response(302, headers={"Location": "https://elsewhere.example"}),
        "json_malformed": httpx.Response(200, content=b"<html>"),
    }
    for code, answer in answers.items():
        published = Published({url: answer})
        with published.web() as web:
            assert getattr(web.get(url, "*/*"), "code", None) == code
        assert published.asked == [url]


def test_the_client_by_itself_says_what_it_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alone, "find_spec", lambda _: None)
    with pytest.raises(alone.NotInstalled, match=r"laurel-client\[alone\]"):
        alone.decide_alone("{}", (), ca=None, private=False, keep=None, kept=None)


@pytest.mark.parametrize("options", [("--keep", "copy"), ("--alone", "--keep", "copy", "--kept", "copy")])
def test_a_copy_is_kept_of_what_was_read_only(tmp_path: Path, options: tuple[str, ...]) -> None:
    assert "goes with --alone" in told(tmp_path, "stack", "verify", "stack.json", *options, code=2)


def test_by_a_copy_the_command_needs_neither_login_nor_network(
    series: Series, published: Published, tmp_path: Path
) -> None:
    with published.web() as web:
        decide(json.dumps(series.stack), (), web)
        web.keep(tmp_path / "copy")
    (tmp_path / "stack.json").write_text(json.dumps(series.stack))
    assert told(tmp_path, "stack", "verify", "stack.json", "--kept", "copy", code=0) == ""
    assert "holds no copy" in told(tmp_path, "stack", "verify", "stack.json", "--kept", ".", code=4)
