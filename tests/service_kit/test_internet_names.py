"""Domains of every script have one form for machines, and another for people."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service_kit.internet_names import (
    ascii_address,
    ascii_domain,
    ascii_url,
    both_forms,
    readable_address,
    readable_domain,
)

PAIRS = (
    ("bücher.example", "xn--bcher-kva.example"),
    ("faß.example", "xn--fa-hia.example"),
    ("例え.テスト", "xn--r8jz45g.xn--zckzah"),
    ("пример.рф", "xn--e1afmkfd.xn--p1ai"),
)


@pytest.mark.parametrize(("people", "machines"), PAIRS)
def test_a_domain_of_another_script_has_two_forms(people: str, machines: str) -> None:
    assert ascii_domain(people) == ascii_domain(people.upper().replace("SS", "ß")) == machines
    assert readable_domain(machines) == people
    assert ascii_address(f"ada@{people}") == f"ada@{machines}"
    assert readable_address(f"ada@{machines}") == f"ada@{people}"
    assert both_forms(f"ada@{machines}") == f"ada@{people} (ada@{machines})"
    assert ascii_url(f"https://{people}:8443/a?b#c") == f"https://{machines}:8443/a?b#c"


@pytest.mark.parametrize("name", ["lakeside.example", "Lake_side.Example", "", "xn--a.example", "localhost"])
def test_what_is_ascii_stays_as_it_is(name: str) -> None:
    assert (ascii_domain(name), readable_domain(name), both_forms(f"ada@{name}")) == (name, name, f"ada@{name}")


@pytest.mark.parametrize(
    "name",
    [
        "\uff4cakeside.example",  # a full-width l
        "a\u200b.example",
        "bu\u0308cher.example",  # not in Normalization Form C
        "b\u00fc cher.example",
        "\u00fc..example",
        f"{'ü' * 64}.example",
        "\u202ebücher.example",
        "_b\u00fc.example",
    ],
)
def test_what_only_looks_like_a_name_is_refused(name: str) -> None:
    for write, text in ((ascii_domain, name), (ascii_address, f"a@{name}"), (ascii_url, f"https://{name}/")):
        with pytest.raises(ValueError, match=r"."):
            write(text)


def test_a_host_is_changed_and_nothing_else() -> None:
    assert ascii_url("https://user@bücher.example/ü") == "https://user@xn--bcher-kva.example/ü"
    assert ascii_url("https://[::1]:80/") == "https://[::1]:80/"


@given(st.text(max_size=80))
def test_nothing_else_is_raised_and_a_second_time_changes_nothing(text: str) -> None:
    for write in (ascii_domain, ascii_address, ascii_url):
        try:
            once = write(text)
        except ValueError:
            continue
        assert write(once) == once
    both_forms(text)
