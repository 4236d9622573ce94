"""Achievements and pathways in the words of other catalogues. Pure: a version in, a JSON document out."""

from collections.abc import Callable, Mapping, Sequence

from pydantic import JsonValue

from catalog.core.exports import ctdl, elm, open_badges, pathway_ctdl, pathway_elm, schema_org
from catalog.core.exports.pathway_source import PathwayExport
from catalog.core.exports.source import Export
from catalog.core.model import Json

FORMATS: Mapping[str, Callable[[Export], Json]] = {
    "open-badges": open_badges.export,
    "elm": elm.export,
    "ctdl": ctdl.export,
    "schema-org": schema_org.export,
}

PATHWAY_FORMATS: Mapping[str, Callable[[PathwayExport], Json]] = {
    "elm": pathway_elm.export,
    "ctdl": pathway_ctdl.export,
}

OPEN_BADGES = "open-badges"
CTDL = "ctdl"
IN_ALL_LANGUAGES = frozenset({"elm", CTDL})
"""Those that have a place for names in other languages."""


def several(documents: Sequence[Json]) -> Json:
    """A page of documents as one JSON-LD document: a graph of them, in which a thing that several name stands once.

    Formats whose documents are graphs share one context. The others keep theirs at each thing.
    """
    nodes: dict[str, JsonValue] = {}
    for number, document in enumerate(documents):
        graph = document.get("@graph")
        for place, node in enumerate(graph if isinstance(graph, list) else [document]):
            named = node.get("@id") if isinstance(node, dict) else None
            nodes.setdefault(str(named or f"{number} {place}"), node)
    shared = {"@context": documents[0]["@context"]} if documents and "@graph" in documents[0] else {}
    return {**shared, "@graph": list(nodes.values())}


__all__ = [
    "CTDL",
    "FORMATS",
    "IN_ALL_LANGUAGES",
    "OPEN_BADGES",
    "PATHWAY_FORMATS",
    "Export",
    "PathwayExport",
    "several",
]
