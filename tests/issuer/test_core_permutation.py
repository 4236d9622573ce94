"""Status indexes: a bijection on the list, decided by the key alone."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credential_core.bitstring import MINIMUM_LENGTH
from issuer.core.status_lists.permutation import KEY_BYTES, permute

KEYS = st.binary(min_size=KEY_BYTES, max_size=KEY_BYTES)


@settings(max_examples=30, deadline=None)
@given(KEYS, st.integers(1, 600))
def test_every_number_has_one_place(key: bytes, size: int) -> None:
    assert sorted(permute(key, number, size) for number in range(size)) == list(range(size))


@given(KEYS, st.sets(st.integers(0, MINIMUM_LENGTH - 1), min_size=2, max_size=50))
def test_two_numbers_never_share_a_place_in_a_whole_list(key: bytes, numbers: set[int]) -> None:
    places = {permute(key, number, MINIMUM_LENGTH) for number in numbers}
    assert len(places) == len(numbers)
    assert all(0 <= place < MINIMUM_LENGTH for place in places)


@given(KEYS, KEYS)
def test_another_key_is_another_order(first: bytes, second: bytes) -> None:
    orders = [[permute(key, number, MINIMUM_LENGTH) for number in range(8)] for key in (first, second)]
    assert (orders[0] == orders[1]) is (first == second)


def test_neighbours_do_not_stay_neighbours() -> None:
    places = [permute(bytes(KEY_BYTES), number, MINIMUM_LENGTH) for number in range(1000)]
    steps = [abs(second - first) for first, second in pairwise(places)]
    assert sorted(steps)[len(steps) // 2] > MINIMUM_LENGTH // 10


@pytest.mark.parametrize("number", [-1, 10, 11])
def test_what_is_outside_the_list_is_refused(number: int) -> None:
    with pytest.raises(ValueError, match="below"):
        permute(bytes(KEY_BYTES), number, 10)
