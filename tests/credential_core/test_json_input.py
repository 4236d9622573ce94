"""Parsing what strangers send: budgets, and refusals that are always ours."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credential_core.errors import CredentialError, DocumentError, LimitError
from credential_core.json_input import MAX_BYTES, MAX_DEPTH, MAX_NODES, parse


def nested(depth: int) -> str:
    return '{"a":' * (depth - 1) + "{}" + "}" * (depth - 1)


def test_an_object_is_read() -> None:
    assert parse(b' {"a": [1, 2.5, true, null, "\\u00e9"]} ') == {"a": [1, 2.5, True, None, "é"]}
    assert parse('{"a": 1}') == {"a": 1}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("", "json_malformed"),
        ("{", "json_malformed"),
        ("[]", "json_not_object"),
        ('"x"', "json_not_object"),
        ("1", "json_not_object"),
        ("null", "json_not_object"),
        ('{"a": NaN}', "json_malformed"),
        ('{"a": Infinity}', "json_malformed"),
        ('{"a": 1e999}', "json_malformed"),
        ('{"a": 9007199254740992}', "number_unsafe"),
        ('{"a": -9007199254740993}', "number_unsafe"),
        ('{"a": 1e300}', "number_unsafe"),
        ('{"a": ' + "9" * 5000 + "}", "json_malformed"),
        ('{"a": 0.' + "1" * 5000 + "}", "number_unsafe"),
        ('{"a": 1, "a": 2}', "json_duplicate_member"),
        ('{"a": {"b": 1, "b": 1}}', "json_duplicate_member"),
        ('{"a": 1, "\\u0061": 2}', "json_duplicate_member"),
        ('{"a": "\\ud800"}', "json_malformed"),
        ('{"a": "\ud800"}', "json_malformed"),
        (b'{"a": "\xff"}', "json_malformed"),
        (b'{"a": "\xed\xa0\x80"}', "json_malformed"),
        ('{"a": "\\u0000"}', "text_unsafe"),
        ('{"\\u0000": 1}', "text_unsafe"),
        ('{"a": "\n"}', "json_malformed"),
        ("\ufeff{}", "json_malformed"),
        ('{"a": 1} {}', "json_malformed"),
        ("eyJhbGciOiJFZERTQSJ9.eyJhIjoxfQ.c2ln", "format_unsupported"),
    ],
)
def test_what_is_not_one_sound_object_is_refused(body: str | bytes, code: str) -> None:
    with pytest.raises(DocumentError) as refused:
        parse(body)
    assert refused.value.code == code


def test_budgets_are_exact() -> None:
    assert parse(nested(MAX_DEPTH))
    assert parse(json.dumps({"a": [0] * (MAX_NODES - 2)}))
    assert parse('{"a":"' + "x" * (MAX_BYTES - 8) + '"}')


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (nested(MAX_DEPTH + 1), "document_too_deep"),
        (nested(1000), "document_too_deep"),  # more than Python's own parser takes
        ("[" * 100_000 + "]" * 100_000, "json_malformed"),
        (json.dumps({"a": [0] * (MAX_NODES - 1)}), "document_too_many_nodes"),
        ('{"a":"' + "x" * (MAX_BYTES - 7) + '"}', "document_too_large"),
        ('{"a":"' + "é" * (MAX_BYTES // 2) + '"}', "document_too_large"),
    ],
)
def test_past_a_budget_is_refused(body: str, code: str) -> None:
    with pytest.raises(DocumentError) as refused:
        parse(body)
    assert refused.value.code == code


def test_a_mapping_is_held_to_the_same_budgets() -> None:
    assert parse(json.loads(nested(MAX_DEPTH)))
    with pytest.raises(LimitError, match="document_too_deep"):
        parse(json.loads(nested(MAX_DEPTH + 1)))
    deep: Any = {}
    for _ in range(10_000):
        deep = {"a": deep}
    with pytest.raises(LimitError, match="document_too_deep"):
        parse(deep)
    for value in (float("nan"), float("inf"), 2**60, b"x", {1: 2}, {1, 2}, object(), "\x00", "\ud800"):
        with pytest.raises(DocumentError):
            parse({"a": value})


@given(st.binary(max_size=300) | st.text(max_size=300))
def test_any_input_is_an_object_or_our_error(body: bytes | str) -> None:
    try:
        assert isinstance(parse(body), dict)
    except CredentialError as error:
        assert error.code.isidentifier()


@given(
    st.dictionaries(
        st.text(max_size=5), st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=9) | st.floats(-1e9, 1e9)
    )
)
def test_what_we_write_we_read(document: dict[str, Any]) -> None:
    try:
        assert parse(json.dumps(document)) == document
    except DocumentError as error:
        assert error.code in {"text_unsafe", "json_malformed"}
