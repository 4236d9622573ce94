"""A published achievement in the words of other catalogues. Pure: a version in, a JSON document out."""

from collections.abc import Callable, Mapping, Sequence

from pydantic import JsonValue

from catalog.core.exports import ctdl, elm, open_badges, schema_org
from catalog.core.exports.source import Export
from catalog.core.model import Json

FORMATS: Mapping[str, Callable[[Export], Json]] = {
    "open-badges": open_badges.export,
    "elm": elm.export,
    "ctdl": ctdl.export,
    "schema-org": schema_org.export,
}

OPEN_BADGES = "open-badges"


def several(form: str, sources: Sequence[Export]) -> Json:
    """A page of achievements as one JSON-LD document: a graph of them, in which a thing that several name stands once.

    Formats whose documents are graphs share one context. The others keep theirs at each achievement.
    """
    documents = [FORMATS[form](source) for source in sources]
    nodes: dict[str, JsonValue] = {}
    for number, document in enumerate(documents):
        graph = document.get("@graph")
        for place, node in enumerate(graph if isinstance(graph, list) else [document]):
            named = node.get("@id") if isinstance(node, dict) else None
            nodes.setdefault(str(named or f"{number} {place}"), node)
    shared = {"@context": documents[0]["@context"]} if documents and "@graph" in documents[0] else {}
    return {**shared, "@graph": list(nodes.values())}


__all__ = ["FORMATS", "OPEN_BADGES", "Export", "several"]
