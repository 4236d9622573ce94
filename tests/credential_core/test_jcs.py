"""RFC 8785: the fast path agrees with the reference for every JSON value, and what has no form is refused."""

import hashlib
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from credential_core.errors import DocumentError
from credential_core.jcs import canonicalize, digest
from credential_core.multibase import decode_base64url

SAFE = st.integers(-(2**53) + 1, 2**53 - 1)
SCALARS = st.none() | st.booleans() | SAFE | st.floats(allow_nan=False, allow_infinity=False) | st.text()
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5), max_leaves=30
)


@given(VALUES)
def test_it_agrees_with_the_reference(value: Any) -> None:
    assert canonicalize(value) == rfc8785.dumps(value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": 1, "a": [True, None]}, b'{"a":[true,null],"b":1}'),
        ({"credits": 4.0}, b'{"credits":4}'),
        ({"\U0001f600": 1, "\ufb01": 2}, '{"\U0001f600":1,"\ufb01":2}'.encode()),
        ("\x07\b\x7f", b'"\\u0007\\b\x7f"'),
    ],
)
def test_members_are_sorted_and_numbers_written_as_ecmascript_does(value: Any, text: bytes) -> None:
    assert canonicalize(value) == text


@pytest.mark.parametrize("value", [2**53, -(2**53), float("nan"), float("inf"), "\ud800", {"\ud800": 1}, {1: 2}, b"x"])
def test_what_has_no_canonical_form_is_refused(value: Any) -> None:
    with pytest.raises(DocumentError):
        canonicalize(value)


def test_the_digest_does_not_depend_on_the_order_of_members() -> None:
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})
    assert decode_base64url(digest({})) == hashlib.sha256(b"{}").digest()
