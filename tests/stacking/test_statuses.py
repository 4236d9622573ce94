"""Where a credential's status is published: read from its document, said in records, compared with them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stacking.statuses import (
    BITSTRING,
    BITSTRING_2021,
    REVOCATION_LIST,
    Listed,
    Status,
    read_said,
    said,
    statuses_of,
)

Json = dict[str, Any]
URL = "https://academy.example/lists/1"
PLAIN = Status(URL, 7)
SUSPENSION = Status(URL, 7, "suspension")
WIDE = Status("https://academy.example/lists/2", 0, "revocation", size=2)
OLDER = Status("https://academy.example/lists/3", 9, "suspension", BITSTRING_2021)
BY_ID = Status("https://academy.example/revoked.json", type=REVOCATION_LIST)
ALL = [PLAIN, SUSPENSION, WIDE, OLDER, BY_ID]
statuses = st.builds(
    Status,
    st.sampled_from([URL, "https://academy.example/lists/2"]),
    st.integers(0, 10**12 - 1),
    st.sampled_from(["revocation", "suspension"]),
    st.just(BITSTRING),
    st.integers(1, 8),
) | st.sampled_from(ALL)


def of(*entries: object) -> tuple[Status, ...] | None:
    return statuses_of({"credentialStatus": list(entries)})


@given(st.lists(statuses, max_size=8, unique=True))
def test_what_an_entry_says_is_read_again(named: list[Status]) -> None:
    assert of(*(one.entry for one in named)) == tuple(named)


@given(st.lists(st.builds(Listed, statuses, st.just("uDigest")), max_size=8, unique=True))
def test_a_record_says_all_of_it(named: list[Listed]) -> None:
    assert read_said(said(tuple(named))) == tuple(named)


def test_one_plain_entry_is_said_as_it_always_was() -> None:
    assert said((Listed(PLAIN, "uDigest"),)) == {
        "statusListCredential": URL,
        "statusListIndex": "7",
        "statusListDigest": "uDigest",
    }
    assert "credentialStatus" in said((Listed(SUSPENSION, "uDigest"),))


def test_one_entry_need_not_be_in_a_list_and_none_is_none() -> None:
    assert statuses_of({"credentialStatus": PLAIN.entry}) == (PLAIN,)
    assert statuses_of({}) == statuses_of({"credentialStatus": None}) == ()
    assert of(PLAIN.entry, PLAIN.entry) == (PLAIN,)


@pytest.mark.parametrize("purpose", ["message", "refresh"])
def test_what_only_informs_is_left_out(purpose: str) -> None:
    told = PLAIN.entry | {"statusPurpose": purpose, "statusListIndex": "none of our business"}
    assert of(told) == ()
    assert of(told, SUSPENSION.entry) == (SUSPENSION,)


@pytest.mark.parametrize(
    "entry",
    [
        None,
        "https://academy.example/status",
        {},
        {"type": "SomeOtherStatus", "id": URL},
        PLAIN.entry | {"type": [BITSTRING, BITSTRING_2021]},
        PLAIN.entry | {"statusPurpose": "expiry"},
        PLAIN.entry | {"statusPurpose": ["revocation"]},
        PLAIN.entry | {"statusListCredential": ""},
        PLAIN.entry | {"statusListIndex": 7},
        PLAIN.entry | {"statusListIndex": "-1"},
        PLAIN.entry | {"statusListIndex": "07"},
        PLAIN.entry | {"statusSize": 9},
        PLAIN.entry | {"statusSize": True},
        {"type": REVOCATION_LIST},
        {"type": REVOCATION_LIST, "statusPurpose": "message"},
    ],
)
def test_one_that_is_not_known_leaves_all_unknown(entry: object) -> None:
    assert of(PLAIN.entry, entry) is None


def test_more_than_verifiers_read_are_not_known() -> None:
    assert of(*(Status(URL, index).entry for index in range(9))) is None


def test_a_kind_of_a_later_release_stays_in_a_record() -> None:
    members = {"credentialStatus": [{"type": "LaterStatus", "id": URL, "statusListDigest": "uDigest"}]}
    [listed] = read_said(members)
    assert statuses_of({"credentialStatus": listed.status.entry}) is None
