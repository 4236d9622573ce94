"""RDFC-1.0 against the W3C test suite, and its work budget against poison graphs."""

from __future__ import annotations

import hashlib
import itertools
import json
import random
from pathlib import Path
from typing import Any

import pytest

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


def test_too_many_blank_nodes_are_refused_before_any_search() -> None:
    with pytest.raises(LimitError, match="too_many_blank_nodes"):
        canonicalize([(f"_:n{n}", "<urn:p>", f'"{n}"', "") for n in range(129)])


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
