"""PyLD as a judge of our JSON-LD, and a small reader of N-Quads."""

from __future__ import annotations

import re
from typing import Any

from pyld import jsonld

from credential_core.contexts import load_context
from credential_core.jsonld.lexical import iri, literal, quoted
from credential_core.rdfc import Quad


class Dropped(Exception):
    """PyLD left something out."""


def load(url: str, _options: object) -> dict[str, Any]:
    return {"contentType": None, "contextUrl": None, "documentUrl": url, "document": load_context(url), "tag": "static"}


def term(node: dict[str, Any]) -> str:
    if node["type"] != "literal":
        return str(node["value"]) if node["type"] == "blank node" else f"<{node['value']}>"
    if "language" in node:
        return f"{literal(node['value'], None)}@{node['language']}"
    return literal(node["value"], node["datatype"])


def pyld_quads(document: dict[str, Any]) -> list[Quad]:
    """The same document through PyLD; Dropped if it would leave out a member."""

    def drop(name: str) -> None:
        raise Dropped(name)

    jsonld.expand(document, {"documentLoader": load}, on_property_dropped=drop)
    return quads_of(jsonld.to_rdf(document, {"documentLoader": load, "rdfDirection": "i18n-datatype"}))


def quads_of(dataset: dict[str, Any]) -> list[Quad]:
    """PyLD's dataset as our quads."""
    return [
        (term(t["subject"]), term(t["predicate"]), term(t["object"]), "" if graph == "@default" else named(graph))
        for graph, triples in dataset.items()
        for t in triples
    ]


def named(graph: str) -> str:
    return graph if graph.startswith("_:") else f"<{graph}>"


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
