"""RDFC-1.0 against the W3C test suite, and its work budget against poison graphs."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credential_core import rdfc
from credential_core.errors import DocumentError, LimitError
from credential_core.rdfc import Quad, canonicalize
from tests.credential_core.oracle import read_nquads

MANIFEST = Path(__file__).resolve().parents[3] / "shared/vectors/w3c-rdf-canon/tests/manifest.jsonld"


def entries(kind: str) -> list[Any]:
    found = json.loads(MANIFEST.read_bytes())["entries"] if MANIFEST.exists() else []
    return [pytest.param(entry, id=entry["id"][1:]) for entry in found if entry["type"] == f"rdfc:{kind}"]


def run(entry: dict[str, Any]) -> Any:
    algorithm = {"SHA256": "SHA-256", "SHA384": "SHA-384"}[entry.get("hashAlgorithm", "SHA256")]
    quads = read_nquads((MANIFEST.parent / entry["action"]).read_text(encoding="utf-8"))
    return canonicalize(quads, algorithm=algorithm)


def test_the_whole_suite_is_here(vectors: Path) -> None:
    assert [len(entries(f"RDFC10{kind}Test")) for kind in ("Eval", "Map", "NegativeEval")] == [64, 21, 1]


@pytest.mark.parametrize("entry", entries("RDFC10EvalTest"))
def test_canonical_form_is_the_suites(entry: dict[str, Any]) -> None:
    assert run(entry).nquads == (MANIFEST.parent / entry["result"]).read_text(encoding="utf-8")


@pytest.mark.parametrize("entry", entries("RDFC10MapTest"))
def test_canonical_labels_are_the_suites(entry: dict[str, Any]) -> None:
    assert run(entry).labels == json.loads((MANIFEST.parent / entry["result"]).read_bytes())


@pytest.mark.parametrize("entry", entries("RDFC10NegativeEvalTest"))
def test_poison_is_refused(entry: dict[str, Any]) -> None:
    with pytest.raises(LimitError, match="canonicalization_too_costly"):
        run(entry)


def clique(size: int) -> list[Quad]:
    return [(f"_:n{a}", "<urn:p>", f"_:n{b}", "") for a, b in itertools.permutations(range(size), 2)]


@pytest.mark.parametrize("size", range(5, 13))
def test_cliques_are_refused_early(size: int) -> None:
    with pytest.raises(LimitError):
        canonicalize(clique(size))


@pytest.mark.parametrize("size", range(5, 13))
def test_what_is_refused_has_cost_little(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some 4,000 hashes and 40,000 steps are 10 to 30 ms; hashes can be counted."""
    taken: list[int] = []

    def counted(data: bytes) -> Any:
        taken.append(len(data))
        return hashlib.sha256(data)

    monkeypatch.setitem(rdfc._HASHES, "SHA-256", counted)
    with pytest.raises(LimitError, match="canonicalization_too_costly"):
        canonicalize(clique(size))
    assert len(taken) <= 5_000
    assert sum(taken) <= 500_000


def ladder(rungs: int) -> list[Quad]:
    rails = [(f"_:{rail}{n}", "<urn:p>", f"_:{rail}{n + 1}", "") for rail in "ab" for n in range(rungs - 1)]
    return rails + [(f"_:a{n}", "<urn:q>", f"_:b{n}", "") for n in range(rungs)]


def star_of_stars(rays: int) -> list[Quad]:
    inner = [("_:hub", "<urn:p>", f"_:s{a}", "") for a in range(rays)]
    return inner + [(f"_:s{a}", "<urn:p>", f"_:s{a}r{b}", "") for a in range(rays) for b in range(rays)]


@pytest.mark.parametrize("poison", [star_of_stars(7), star_of_stars(10), [*ladder(60), *clique(6)]])
def test_other_poison_is_refused_early(poison: list[Quad]) -> None:
    with pytest.raises(LimitError):
        canonicalize(poison)


@pytest.mark.parametrize("rungs", [2, 8, 32, 64])
def test_a_ladder_is_labelled_or_refused_but_never_searched_for_long(rungs: int) -> None:
    try:
        assert canonicalize(ladder(rungs)).nquads == canonicalize(reversed(ladder(rungs))).nquads
    except LimitError as error:
        assert error.code == "canonicalization_too_costly"  # either outcome is right


def shown_twice(members: int) -> list[Quad]:
    """Two graphs that say the same of a node of their own, as a presentation with one credential twice does."""
    return [
        quad
        for copy in ("1", "2")
        for quad in (
            ("_:p", "<urn:holds>", f"_:g{copy}", ""),
            (f"_:c{copy}", "<urn:about>", f"_:s{copy}", f"_:g{copy}"),
            *((f"_:s{copy}", f"<urn:p{n % 2}>", f'"{n}"', f"_:g{copy}") for n in range(members)),
        )
    ]


@pytest.mark.parametrize("members", range(5))
def test_orders_that_are_the_same_are_tried_once(members: int, monkeypatch: pytest.MonkeyPatch) -> None:
    found = canonicalize(shown_twice(members))
    monkeypatch.setattr(rdfc, "_orders", itertools.permutations)
    assert canonicalize(shown_twice(members), work_limit=10**6) == found


def long_lists(length: int) -> list[Quad]:
    """Two alike nodes, each of which leads to alike nodes over and over: long orders, very many of them."""
    return [
        (f"_:r{root}", f"<urn:p{number}>", f"_:x{root}{leaf}", f"_:g{root}{number % 3}")
        for root in "12"
        for leaf in "ab"
        for number in range(length)
    ]


@pytest.mark.parametrize("length", [30, 300])
def test_long_orders_are_counted_too(length: int, monkeypatch: pytest.MonkeyPatch) -> None:
    written = []
    orders = rdfc._orders

    def counted(related: list[str]) -> Iterator[tuple[str, ...]]:
        for order in orders(related):
            written.append(len(order))
            yield order

    monkeypatch.setattr(rdfc, "_orders", counted)
    with contextlib.suppress(LimitError):  # either outcome is right
        canonicalize(long_lists(length))
    assert sum(written) <= 10 * rdfc.WORK_LIMIT


def test_what_is_shown_twice_costs_little_however_much_it_is() -> None:
    canonicalize(shown_twice(100), work_limit=8000)


@given(st.lists(st.sampled_from("abcd"), min_size=1, max_size=6))
def test_all_different_orders_of_a_list_come_once(related: list[str]) -> None:
    found = list(rdfc._orders(related))
    assert len(found) == len(set(found))
    assert set(found) == set(itertools.permutations(related))


def test_too_many_blank_nodes_are_refused_before_any_search() -> None:
    with pytest.raises(LimitError, match="too_many_blank_nodes"):
        canonicalize([(f"_:n{n}", "<urn:p>", f'"{n}"', "") for n in range(rdfc.MAX_BLANK_NODES + 1)])


@pytest.mark.parametrize("work", [40_000, 10**9])
@pytest.mark.parametrize("length", [140, 400, rdfc.MAX_BLANK_NODES])
def test_a_long_ring_or_chain_of_alike_nodes_is_given_up(length: int, work: int) -> None:
    ring = [(f"_:n{n}", "<urn:p>", f"_:n{(n + 1) % length}", "") for n in range(length)]
    for quads in (ring, ring[:-1]):
        with pytest.raises(LimitError, match="canonicalization_too_costly"):
            canonicalize(quads, work_limit=work)


def test_an_unknown_hash_is_refused() -> None:
    with pytest.raises(DocumentError, match="hash_unsupported"):
        canonicalize([], algorithm="MD5")


def test_order_repeats_and_labels_of_the_input_do_not_matter() -> None:
    quads = [
        ("_:a", "<urn:p>", "_:b", ""),
        ("_:b", "<urn:p>", "_:c", "_:g"),
        ("_:c", "<urn:q>", '"x"', "_:g"),
        ("_:d", "<urn:p>", "_:b", ""),
    ]
    expected = canonicalize(quads).nquads
    shuffler = random.Random(1)  # noqa: S311  # a fixed seed, nothing secret
    for _ in range(20):
        names = dict(
            zip(["_:a", "_:b", "_:c", "_:d", "_:g"], shuffler.sample([f"_:x{n}" for n in range(9)], 5), strict=True)
        )
        renamed = [tuple(names.get(term, term) for term in quad) for quad in quads * 2]
        shuffler.shuffle(renamed)
        assert canonicalize(renamed).nquads == expected  # type: ignore[arg-type]  # tuples of four, mypy sees any length
