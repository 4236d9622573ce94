"""RDFC-1.0 against the W3C test suite, and its work budget against poison graphs."""

from __future__ import annotations

import itertools
import json
import random
import re
from pathlib import Path
from typing import Any

import pytest

from credential_core.errors import DocumentError, LimitError
from credential_core.jsonld.lexical import iri, literal, quoted
from credential_core.rdfc import Quad, canonicalize

MANIFEST = Path(__file__).resolve().parents[3] / "shared/vectors/w3c-rdf-canon/tests/manifest.jsonld"


def entries(kind: str) -> list[Any]:
    found = json.loads(MANIFEST.read_bytes())["entries"] if MANIFEST.exists() else []
    return [pytest.param(entry, id=entry["id"][1:]) for entry in found if entry["type"] == f"rdfc:{kind}"]


IRI = r"<([^>]*)>"
TERM = rf"(?:{IRI}|(_:\S+))"
LINE = re.compile(rf'{TERM}\s+{IRI}\s+(?:{TERM}|"((?:[^"\\]|\\.)*)"(?:\^\^{IRI}|@([a-zA-Z0-9-]+))?)\s*(?:{TERM}\s*)?\.')
ECHAR = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f", '"': '"', "'": "'", "\\": "\\"}


def unescape(text: str) -> str:
    def replace(match: re.Match[str]) -> str:
        return ECHAR[match[1]] if match[1] else chr(int(match[2] or match[3], 16))

    return re.sub(r"""\\(?:([tbnrf"'\\])|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8}))""", replace, text)


def read_nquads(text: str) -> list[Quad]:
    """A small N-Quads reader, for these tests only."""
    quads = []
    for line in text.split("\n"):
        if not line.strip() or line.startswith("#"):
            continue
        match = LINE.match(line)
        assert match, line
        s_iri, s_blank, predicate, o_iri, o_blank, value, datatype, language, g_iri, g_blank = match.groups()
        if value is None:
            object_ = o_blank or iri(unescape(o_iri))
        elif language:
            object_ = f"{quoted(unescape(value))}@{language}"
        else:
            object_ = literal(unescape(value), unescape(datatype) if datatype else None)
        graph = g_blank or (iri(unescape(g_iri)) if g_iri else "")
        quads.append((s_blank or iri(unescape(s_iri)), iri(unescape(predicate)), object_, graph))
    return quads


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
