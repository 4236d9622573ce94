"""Pages of short lists that are at hand whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service_kit.errors import Invalid
from service_kit.inputs import PageRequest
from service_kit.pagination import part_of

LETTERS = st.sets(st.text(alphabet="abcdef", min_size=1, max_size=3), max_size=12)


def place(item: str) -> tuple[str, ...]:
    return (item,)


@given(LETTERS, st.integers(1, 5))
def test_pages_show_everything_once_and_in_order(items: set[str], limit: int) -> None:
    seen: list[str] = []
    after: tuple[str, ...] | None = None
    while True:
        page = part_of(items, PageRequest(limit, after), place)
        seen.extend(page.items)
        if page.next is None:
            break
        assert len(page.items) == limit
        after = page.next
    assert seen == sorted(items)


@given(LETTERS, LETTERS, st.integers(1, 5))
def test_what_goes_or_comes_between_two_pages_costs_nobody_else_a_place(
    items: set[str], changed: set[str], limit: int
) -> None:
    first = part_of(items, PageRequest(limit, None), place)
    if first.next is None:
        return
    rest = part_of(items ^ changed, PageRequest(100, first.next), place)
    assert list(rest.items) == [item for item in sorted(items ^ changed) if item > first.items[-1]]


def test_the_cursor_of_another_list_is_none_of_this() -> None:
    with pytest.raises(Invalid, match="cursor"):
        part_of(["a", "b"], PageRequest(1, ("a", "b")), place)
    assert part_of([], PageRequest(1, ("a", "b")), place).items == []
