"""Hostile values in every place of a credential and of a status list: no exception, and never valid by them."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from credential_core.contexts import OPEN_BADGES_EXTENSIONS
from credential_core.errors import CredentialError
from credential_core.openbadges2 import read_badge
from credential_core.report import Report, Verdict
from credential_core.verify import Resolution, needs, parse, verify_sd_jwt

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LIST = "https://issuer.test/status-lists/1"
WEB = "did:web:issuer.test"
WEB_METHOD = f"{WEB}#key-1"


HOSTILE: list[Any] = [
    None,
    True,
    5,
    -1.5,
    "",
    "x",
    "\x07",
    [],
    {},
    [[]],
    [{}],
    [None],
    {"id": {}},
    {"type": [{}]},
    {"id": "#"},
    "did:key:z",
    "did:web:",
    "https://[",
    {"@value": {}},
    [[1]],
    "z",
    "u",
    {"type": "BitstringStatusListEntry"},
    "2026-01-01T00:00:00Z",
]


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for step, item in inner for found in places(item, (*path, step)))]


def replaced(document: Any, path: tuple[Any, ...], value: Any) -> Any:
    changed = copy.deepcopy(document)
    place = changed
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return changed


def test_a_hostile_value_anywhere_never_makes_it_raise_or_valid(
    check: Callable[..., Report], signed: dict[str, Any], status_list: Any
) -> None:
    choose = random.Random(7)  # noqa: S311  # a fixed seed, nothing secret
    lists = {LIST: status_list()}
    for path in places(signed)[1:]:
        for value in choose.sample(HOSTILE, 5):
            changed = replaced(signed, path, value)
            report = check(changed, status_lists=lists)
            needs(changed)
            if report.verdict is Verdict.VALID:
                assert same_reading(changed, signed), (path, value)


def same_reading(changed: dict[str, Any], signed: dict[str, Any]) -> bool:
    """Whether two documents are one to JSON-LD: null and empty arrays are left out, one value may stand alone."""

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: plain(item) for name, item in value.items() if item not in (None, [])}
        return [plain(item) for item in value] if isinstance(value, list) else value

    return bool(plain(changed) == plain(signed))


def test_a_hostile_list_never_makes_it_raise_or_valid(
    check: Callable[..., Report], signed: dict[str, Any], status_list: Any
) -> None:
    genuine = status_list()
    for path in places(genuine)[1:]:
        for value in HOSTILE:
            report = check(signed, status_lists={LIST: replaced(genuine, path, value)})
            assert report.verdict is Verdict.INDETERMINATE, (path, value)


NO_OBJECTS: list[Any] = [None, True, 5, 10**15, 1.5, "x", b"x", [], [{}], (1,)]


@pytest.mark.parametrize("value", NO_OBJECTS, ids=str)
def test_evidence_that_is_no_object_leaves_it_open(
    check: Callable[..., Report], unsigned: dict[str, Any], sign: Any, value: Resolution
) -> None:
    named = {"credentialSchema": [{"id": "https://u.test/s", "type": "1EdTechJsonSchemaValidator2019"}]}
    document = sign({**unsigned, **named, "@context": [*unsigned["@context"], OPEN_BADGES_EXTENSIONS]})
    for evidence in ({"status_lists": {LIST: value}}, {"schemas": {"https://u.test/s": value}}):
        assert check(document, **evidence).verdict is Verdict.INDETERMINATE
    web = {**unsigned, "issuer": WEB, "proof": {**document["proof"], "verificationMethod": WEB_METHOD}}
    assert check(web, controllers={WEB: value}).verdict is not Verdict.VALID


@pytest.mark.parametrize("value", NO_OBJECTS, ids=str)
def test_what_is_no_text_is_refused(check: Callable[..., Report], value: Any) -> None:
    for read in (parse, read_badge):
        with pytest.raises(CredentialError):
            read(value)
    assert check(value).verdict is Verdict.INVALID
    report = verify_sd_jwt(value, controllers={}, status_lists={}, now=NOW, trusted_issuers=lambda _: None)  # type: ignore[arg-type,return-value]
    assert report.verdict is Verdict.INVALID
